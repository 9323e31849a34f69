"""Elaboration: run a spec's constructor and find the components, state and marked methods."""
from __future__ import annotations

import ast
import enum
import functools
import inspect
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from checker.errors import Diagnostic, Label, SpecError
from checker.frontend.aliases import Aliases
from checker.ir.system import Variable
from checker.lang.component import MARK, Component, ProcessMark, PropertyMark, Var
from checker.source import NOWHERE, Loc, function_def, loc_of, source_lines
from checker.types import (
    LOWEST,
    TYPES,
    Bool,
    Index,
    Lock,
    Map,
    Maybe,
    Queue,
    Range,
    Record,
    Set,
    Type,
    as_type,
    parts,
)
from checker.values import initial_values


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked method of one component."""

    component: Component
    function: Any
    mark: ProcessMark | PropertyMark
    name: str

    @property
    def loc(self) -> Loc:
        return def_loc(self.function)


@dataclass(slots=True)
class Elaborated:
    """A component tree. `paths` maps id(component) to its path, "" for the root."""

    root: Component
    paths: dict[int, str] = field(default_factory=dict)
    components: list[Component] = field(default_factory=list)
    variables: dict[tuple[int, str], Variable] = field(default_factory=dict)
    processes: list[Marked] = field(default_factory=list)
    properties: list[Marked] = field(default_factory=list)
    aliases: list[Aliases] = field(default_factory=list)

    def qualified(self, component: Component, name: str) -> str:
        path = self.paths[id(component)]
        return f"{path}.{name}" if path else name

    def variable(self, component: Any, attribute: str) -> Variable | None:
        return self.variables.get((id(component), attribute))


def def_loc(function: Any) -> Loc:
    """The name in a function's `def` line."""
    node = function_def(function)
    if node is None:
        return Loc(function.__code__.co_filename, function.__code__.co_firstlineno)
    whole = loc_of(function.__code__.co_filename, node)
    start = whole.column + (10 if inspect.iscoroutinefunction(function) else 4)
    return Loc(whole.path, whole.line, start, whole.line, start + len(node.name))


def class_loc(cls: type) -> Loc:
    """The `class` line of a component class."""
    try:
        return Loc(inspect.getsourcefile(cls) or "", inspect.getsourcelines(cls)[1])
    except (OSError, TypeError):
        return NOWHERE


def elaborate(cls: type[Component], constants: dict[str, Any]) -> Elaborated:
    """Construct the spec and collect its parts. Raises SpecError (E121, E122)."""
    found = Elaborated(construct(cls, constants))
    _visit(found, found.root, "")
    _check_indices(found)
    for component in found.components:
        for name, function in _methods(component):
            mark = getattr(function, MARK)
            marked = Marked(component, function, mark, found.qualified(component, name))
            kept = found.processes if isinstance(mark, ProcessMark) else found.properties
            kept.append(marked)
    return found


def construct(cls: type[Component], constants: dict[str, Any]) -> Component:
    """Call the constructor; its own failure is an error of the spec, at the line that raised."""
    try:
        return cls(**constants)
    except Exception as error:
        path = inspect.getsourcefile(cls) or ""
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
        loc = Loc(path, frames[-1].lineno or 0) if frames else class_loc(cls)
        loc = Loc(loc.path, loc.line, *_whole_line(loc))
        headline = f"{cls.__name__}(...) can not be constructed: {error}"
        raise SpecError([Diagnostic("E121", headline, (Label(loc),))]) from error


def _whole_line(loc: Loc) -> tuple[int, int, int]:
    lines = source_lines(loc.path)
    line = lines[loc.line - 1] if 0 < loc.line <= len(lines) else ""
    return len(line) - len(line.lstrip()), loc.line, len(line.rstrip())


def _methods(component: Component) -> Iterator[tuple[str, Any]]:
    """The marked methods, base classes first, in order of definition; overriding ones once."""
    things: dict[str, Any] = {}
    for cls in reversed(type(component).__mro__):
        things.update(vars(cls))
    for name, function in things.items():
        if inspect.isfunction(function) and hasattr(function, MARK):
            yield name, function


def _visit(found: Elaborated, component: Component, path: str) -> None:
    if id(component) in found.paths:
        return
    found.paths[id(component)] = path
    found.components.append(component)
    for attribute, thing in vars(component).items():
        name = f"{path}.{attribute}" if path else attribute
        _visit_attribute(found, component, attribute, name, thing)


def _visit_attribute(found: Elaborated, component: Component, attribute: str, name: str,
                     thing: Any) -> None:
    if isinstance(thing, Component):
        _visit(found, thing, name)
    elif isinstance(thing, (list, tuple)) and any(isinstance(t, Component) for t in thing):
        for i, part in enumerate(thing):
            if isinstance(part, Component):
                _visit(found, part, f"{name}{i}")
    elif is_state(thing):
        of = declared_type(thing)
        loc = _declaration_loc(component, attribute)
        try:
            initial = initial_values(of)
        except ValueError as error:
            headline = f"`{attribute}`: {error}"
            raise SpecError([Diagnostic("E121", headline, (Label(loc),))]) from None
        found.variables[id(component), attribute] = Variable(name, of, initial, loc=loc)


def is_state(thing: Any) -> bool:
    """Whether an attribute's value declares a state variable; Index and Range are sets."""
    if isinstance(thing, enum.EnumMeta):
        return False
    return (isinstance(thing, Var) or thing in (Bool, Lock)
            or isinstance(thing, TYPES) and not isinstance(thing, (Index, Range)))


def declared_type(thing: Any) -> Type:
    """The type of a state declaration, with the declaration's own `init`."""
    if not isinstance(thing, Var):
        return as_type(thing)
    if thing.init is LOWEST:
        return thing.type
    return with_init(thing.type, thing.init)


def with_init(of: Type, init: Any) -> Type:
    """The same type with another initial value."""
    match of:
        case Maybe(inner) | Set(inner):
            return type(of)(inner, init=init)
        case Queue(inner, capacity):
            return Queue(inner, capacity, init=init)
        case Map(key, value):
            return Map(key, value, init=init)
        case Record(fields):
            return Record(init=init, **dict(fields))
        case Bool() | Lock():
            return type(of)(init=init)
        case Index(name, n):
            return Index(name, n, init=init)
        case Range(n):
            return Range(n, init=init)
    return type(of)(*_positional(of), init=init)


def _positional(of: Type) -> tuple[Any, ...]:
    match of:
        case _ if hasattr(of, "members"):
            return of.members
        case _ if hasattr(of, "bits"):
            return (of.bits,)
    return of.lo, of.hi


def _declaration_loc(component: Component, attribute: str) -> Loc:
    """Where `self.attribute = ...` stands in one of the constructors."""
    for cls in type(component).__mro__:
        constructor = vars(cls).get("__init__")
        node = function_def(constructor) if inspect.isfunction(constructor) else None
        stores = _attributes_set(node) if node is not None else {}
        if attribute in stores:
            return loc_of(constructor.__code__.co_filename, stores[attribute])
    return class_loc(type(component))


@functools.lru_cache(maxsize=None)
def _attributes_set(definition: ast.AST) -> dict[str, ast.Attribute]:
    """Where a function first sets each attribute. Kept, as it is asked for each variable."""
    found: dict[str, ast.Attribute] = {}
    for part in ast.walk(definition):
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
            found.setdefault(part.attr, part)
    return found


def _check_indices(found: Elaborated) -> None:
    """One Index name has one size, wherever it occurs."""
    sizes: dict[str, tuple[int, Loc]] = {}
    for component in found.components:
        for attribute, thing in vars(component).items():
            of = declared_type(thing) if is_state(thing) else thing
            for index in (part for part in parts(of) if isinstance(part, Index)):
                loc = _declaration_loc(component, attribute)
                size, first = sizes.setdefault(index.name, (index.size, loc))
                if size != index.size:
                    raise SpecError([Diagnostic(
                        "E122", f"Index {index.name!r} has {size} elements and {index.size}",
                        (Label(loc, "here another size"), Label(first, "first declared here")),
                        "give the two sets different names")])
