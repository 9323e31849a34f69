"""What is known before checking starts: constants, components, types, methods.

A spec's expressions mix what the constructor decided with state. The translator evaluates the
former as Python objects, wrapped in `Static`, and makes IR of the latter.
"""
from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from checker.ir.nodes import Expr, Place
from checker.lang import waiting
from checker.lang.component import Component
from checker.types import SCALARS


@dataclass(frozen=True, slots=True)
class Static:
    """A Python object known at compile time."""

    value: Any


@dataclass(frozen=True, slots=True)
class BoundMethod:
    """A method of a component, or a plain function (`component` is None)."""

    component: Component | View | None
    function: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class View:
    """A component as a step invariant sees it: before the step, or after it (`primed`)."""

    component: Component
    primed: bool


@dataclass(frozen=True, slots=True)
class ValueMethod:
    """A method of a state value: `self.queue.put`, `self.lock.locked`."""

    value: Expr
    place: Place | None
    name: str


Result = Static | Expr

BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
    ast.BitOr: operator.or_, ast.BitAnd: operator.and_,
}

COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}

FOLDED = {getattr(builtins, name) for name in (
    "abs", "bool", "dict", "enumerate", "frozenset", "int", "isinstance", "len", "list", "max",
    "min", "range", "reversed", "set", "sorted", "str", "sum", "tuple", "zip")}
"""Functions that are called at compile time when all their arguments are known."""

EFFECTS = {waiting.pick: "pick", waiting.maybe: "maybe", waiting.fails: "fails"}
WAITS = {waiting.step: "step", waiting.until: "until"}


def is_one_of(thing: Any, table: Any) -> bool:
    """Whether a compile-time object, hashable or not, is a key of the table."""
    try:
        return thing in table
    except TypeError:
        return False


def is_set(thing: Any) -> bool:
    """Whether a static value is a type whose values can be enumerated: Index, Range, Enum, ..."""
    return isinstance(thing, SCALARS)
