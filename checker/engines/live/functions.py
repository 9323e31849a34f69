"""A spec's functions, relinked to live objects.

A function of a spec names types (`for p in PAGES`, `Request(page=p)`), helpers and the built-in
`any`, `all` and `sum`. Relinking makes a function of the same code whose globals, closure and
defaults hold live counterparts. The code itself stays what CPython compiled, but for two cases
in which CPython offers no place to check a range: an annotated local (`n: Int(0, 5) = 0`) and a
set made by a comprehension, to which elements are added later. A function that has one is
compiled again, with a call around the value.

NOTE(eager quantifiers). `any` and `all` look at all elements. In the language a quantifier has a
value where its body has one for every element; stopping early would make it depend on the order
of the elements whether a step fails.
"""
from __future__ import annotations

import ast
import copy
import inspect
import types
from collections.abc import Iterable
from typing import Any

from checker.engines.live.objects import Domain, LiveSet, RecordMaker, fit
from checker.lang.component import Component
from checker.source import function_def
from checker.types import SCALARS, Bool, Record, as_type

FIT, TYPE, COLLECT = "__fit__", "__type__", "__collect__"


def eager_any(items: Iterable[Any]) -> bool:
    return any(list(items))


def eager_all(items: Iterable[Any]) -> bool:
    return all(list(items))


def fitted(declared: Any, value: Any) -> Any:
    """What an annotated local holds: `fit`, for a type as an author writes it."""
    return fit(as_type(Bool if declared is bool else declared), value)


def as_declared(thing: Any) -> Any:
    """The type behind a live object that stands for one."""
    return thing.of if isinstance(thing, (Domain, RecordMaker)) else thing


def collected(over: Any, elements: Any) -> Any:
    """What a set comprehension over `over` makes: a set of the same type, if that has one."""
    return LiveSet(over.of, elements) if isinstance(over, (Domain, LiveSet)) else elements


class Relinker:
    """Makes each live function, namespace and class once."""

    def __init__(self) -> None:
        self.namespaces: dict[int, dict[str, Any]] = {}
        self.functions: dict[Any, Any] = {}
        self.classes: dict[type, type] = {}

    def thing(self, thing: Any) -> Any:
        """The live counterpart of what a name in a spec stands for."""
        if isinstance(thing, SCALARS):
            return Domain(thing)
        if isinstance(thing, Record):
            return RecordMaker(thing)
        if isinstance(thing, types.FunctionType):
            ours = thing.__module__.startswith("checker.")
            return thing if ours else self.function(thing)
        if inspect.isclass(thing) and issubclass(thing, Component) and thing is not Component:
            return self.live_class(thing)
        if type(thing) in (tuple, list):
            return type(thing)(self.thing(part) for part in thing)
        return thing

    def function(self, function: Any) -> Any:
        if function not in self.functions:
            code = _live_code(function)
            closed = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
            cells = tuple(types.CellType(self.thing(closed[name].cell_contents))
                          for name in code.co_freevars)
            live = types.FunctionType(code, self.namespace(function.__globals__),
                                      function.__name__, function.__defaults__, cells)
            live.__kwdefaults__ = function.__kwdefaults__
            self.functions[function] = live
        return self.functions[function]

    def namespace(self, names: dict[str, Any]) -> dict[str, Any]:
        """The globals of a spec's module with live counterparts."""
        if id(names) not in self.namespaces:
            live = self.namespaces[id(names)] = dict(names)
            live.update({name: self.thing(thing) for name, thing in names.items()
                         if not name.startswith("__")})
            live.update({"any": eager_any, "all": eager_all, FIT: fitted,
                         TYPE: as_declared, COLLECT: collected})
        return self.namespaces[id(names)]

    def live_class(self, cls: type) -> type:
        """A subclass whose methods are relinked and whose attributes check what they are given."""
        if cls not in self.classes:
            live: dict[str, Any] = {"__slots__": (), "__setattr__": _set_state}
            made = self.classes[cls] = type(cls.__name__, (cls,), live)
            for base in reversed(cls.__mro__):
                if base not in (object, Component):
                    for name, thing in vars(base).items():
                        if not name.startswith("__"):
                            setattr(made, name, self.thing(thing))
        return self.classes[cls]


STATE = "__checker_state__"


def _set_state(component: Any, name: str, value: Any) -> None:
    """`component.name = value`, where the name was declared as state."""
    fields = vars(component)
    fields[name] = fit(fields[STATE][name], value)


# ── code compiled again ──────────────────────────────────────────────────────────────────────

def _live_code(function: Any) -> types.CodeType:
    """The function's code, compiled again where something has to be checked in it."""
    definition = function_def(function)
    every = [] if definition is None else list(ast.walk(definition))
    declared = {part.target.id: part.annotation for part in every
                if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)}
    if not declared and not any(isinstance(part, ast.SetComp) for part in every):
        return function.__code__
    alone = copy.deepcopy(definition)
    alone.decorator_list = []
    checked = _Checked(declared).visit(alone)
    free = [ast.arg(name) for name in function.__code__.co_freevars]
    outer = ast.FunctionDef("outer", ast.arguments([], free, None, [], [], None, []), [checked],
                            [], None)
    module = ast.fix_missing_locations(ast.Module([ast.copy_location(outer, checked)], []))
    compiled = compile(module, function.__code__.co_filename, "exec", dont_inherit=True)
    return _code(_code(compiled, "outer"), function.__name__)


def _code(inside: types.CodeType, name: str) -> types.CodeType:
    """The code of the function `name` that this code defines."""
    return next(part for part in inside.co_consts
                if isinstance(part, types.CodeType) and part.co_name == name)


class _Checked(ast.NodeTransformer):
    """Rewrites assignments to annotated locals, and set comprehensions; positions stay."""

    def __init__(self, declared: dict[str, ast.expr]) -> None:
        self.declared = declared

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return self._assignment(node.target, node.value, node)

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        return self._assignment(node.targets[0], node.value, node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        if not self._is_declared(node.target):
            return node
        read = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
        value = ast.copy_location(ast.BinOp(read, node.op, node.value), node)
        return self._assignment(node.target, value, node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.expr:
        self.generic_visit(node)
        over = copy.deepcopy(node.generators[0].iter)
        return ast.copy_location(ast.Call(_name(COLLECT, node), [over, node], []), node)

    def _is_declared(self, target: ast.expr) -> bool:
        return isinstance(target, ast.Name) and target.id in self.declared

    def _assignment(self, target: ast.expr, value: ast.expr, node: ast.stmt) -> ast.stmt:
        value = self.visit(value)
        if self._is_declared(target):
            of = _AsType().visit(copy.deepcopy(self.declared[target.id]))
            value = ast.copy_location(ast.Call(_name(FIT, node), [of, value], []), node)
        return ast.copy_location(ast.Assign([target], value), node)


class _AsType(ast.NodeTransformer):
    """Turns the live objects that an annotation names back into types: `Maybe(self.page)`."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.copy_location(ast.Call(_name(TYPE, node), [node], []), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        return ast.copy_location(ast.Call(_name(TYPE, node), [node], []), node)


def _name(name: str, node: ast.AST) -> ast.expr:
    return ast.copy_location(ast.Name(name, ast.Load()), node)
