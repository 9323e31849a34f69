"""What the translator keeps about the functions, loops and locals that it is in."""
from __future__ import annotations

import ast
import functools
from dataclasses import dataclass, field
from typing import Any

from checker.frontend.static import Result, Static
from checker.ir.nodes import Check, CheckKind, Expr
from checker.source import Loc, parts
from checker.types import Type

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Frame:
    """A function being translated: where its names come from.

    `assigned` counts the assignments to each local that becomes an IR local; the names of a pure
    method stand for values, so there it is empty.
    """

    function: Any
    names: dict[str, Result] = field(default_factory=dict)
    prefix: str = ""
    assigned: dict[str, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.function.__code__.co_filename


@dataclass(slots=True)
class Obligation:
    """`condition` must be true for an expression to have a value."""

    condition: Expr
    kind: CheckKind
    message: str
    loc: Loc

    def check(self) -> Check:
        return Check(self.condition, self.kind, self.message, loc=self.loc)


@dataclass(slots=True)
class Inlined(Frame):
    """A frame whose statements are translated: its locals, and where `return` goes."""

    returns_to: int | None = None
    returns_value: bool = False
    held: int = 0


@dataclass(slots=True)
class Loop:
    """Where `continue` and `break` go, and how many locks were held when the loop began.

    `continued` and `broken` are what names meant at each of them.
    """

    next: int
    after: int
    held: int
    continued: list[dict[str, Result]] = field(default_factory=list)
    broken: list[dict[str, Result]] = field(default_factory=list)


@dataclass(slots=True)
class Types:
    """What is known of the locals' types; kept from one pass over a process to the next."""

    known: dict[str, Type] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    optional: set[str] = field(default_factory=set)
    growing: dict[str, ast.AST] = field(default_factory=dict)
    missed: set[str] = field(default_factory=set)
    changed: bool = False

    def declare(self, name: str, of: Type) -> None:
        """Note a local's type; where another was used before, what was translated is stale."""
        self.changed |= self.known.get(name, of) != of
        self.known[name] = of

    def waits_for(self, name: str) -> bool:
        """Whether a local without a type may get one yet: the first time that it is missed."""
        first = name not in self.missed
        self.missed.add(name)
        self.changed |= first
        return first


@dataclass(frozen=True, slots=True)
class Unusable:
    """A name whose compile-time meaning depends on the path taken; using it is an error."""

    code: str
    reason: str


UNASSIGNED = Static(Unusable("E109", "may be used before it is assigned"))
CONFLICT = Static(Unusable("E104", "stands for different things on different paths"))
LAST_ELEMENT = Static(Unusable("E106", "is the element that a loop came to last"))


def merge_names(ends: list[dict[str, Result]]) -> dict[str, Result]:
    """What names mean where several paths meet, each with its own meanings."""
    merged: dict[str, Result] = {}
    for name in dict.fromkeys(name for names in ends for name in names):
        meanings = [names.get(name, UNASSIGNED) for names in ends]
        same = all(meaning == meanings[0] for meaning in meanings)
        unset = UNASSIGNED in meanings
        merged[name] = meanings[0] if same else UNASSIGNED if unset else CONFLICT
    return merged


def assigned_names(definition: Definition) -> dict[str, int]:
    """How often each name is assigned in a function's body, loop variables aside."""
    return dict(_assignments(definition))


@functools.lru_cache(maxsize=None)
def _assignments(definition: Definition) -> dict[str, int]:
    """Kept: a method is asked about at each of its calls, on each pass, for each system."""
    counts: dict[str, int] = {}
    for statement in definition.body:
        for part in parts(statement):
            names: list[ast.expr] = []
            if isinstance(part, ast.Assign):
                names = part.targets
            elif isinstance(part, ast.AugAssign):
                names = [part.target, part.target]
            elif isinstance(part, ast.AnnAssign):
                names = [part.target]
            for name in names:
                if isinstance(name, ast.Name):
                    counts[name.id] = counts.get(name.id, 0) + 1
    return counts


@functools.lru_cache(maxsize=None)
def returns_value(definition: Definition) -> bool:
    """Whether some `return` of the function gives a value."""
    return any(isinstance(part, ast.Return) and part.value is not None
               for part in parts(definition))
