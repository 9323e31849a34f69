"""Expressions: the value of each node in a state."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from checker.ir.nodes import Const, Expr, Field, Local, Me, Op, Quantifier, Var
from checker.ir.ops import OPERATORS
from checker.ir.system import State, System
from checker.types import Map
from checker.values import Value, belongs, domain, ordinal


@dataclass(slots=True)
class Scope:
    """What an expression can see: the state, the process's locals, its instance number.

    `after` is the state after the step, for `Var(primed=True)` in step invariants.
    """

    system: System
    state: State
    locals: dict[str, Value] = field(default_factory=dict)
    me: int = -1
    after: State | None = None

    def binding(self, name: str, value: Value) -> Scope:
        """The same scope with one more local."""
        return Scope(self.system, self.state, {**self.locals, name: value}, self.me, self.after)


def evaluate(expr: Expr, scope: Scope) -> Value:
    """The value of `expr`; total, see NOTE(totality) in `ir/nodes.py`."""
    match expr:
        case Const(value):
            return value
        case Var(name, _, primed):
            state = scope.after if primed else scope.state
            assert state is not None, "a primed variable outside a step invariant"
            return state[scope.system.position[name]]
        case Local(name):
            return scope.locals[name]
        case Me():
            return scope.me
        case Field(record, name):
            return evaluate(record, scope)[record.type.position(name)]
        case Op("get", (mapping, key)):
            return evaluate(mapping, scope)[key_position(mapping.type, evaluate(key, scope))]
        # Totality again: what one operand decides needs no other.
        case Op("and", args):
            return all(evaluate(arg, scope) for arg in args)
        case Op("or", args):
            return any(evaluate(arg, scope) for arg in args)
        case Op(op, args):
            return OPERATORS[op].apply(*(evaluate(arg, scope) for arg in args))
        case Quantifier():
            return _quantify(expr, scope)
        case _:
            assert_never(expr)


def key_position(mapping: Map, key: Value) -> int:
    """Where a map keeps the value of `key`; the lowest key's place for a key outside."""
    return ordinal(mapping.key, key) if belongs(mapping.key, key) else 0


def _quantify(expr: Quantifier, scope: Scope) -> Value:
    values = domain(expr.domain)
    bodies = (evaluate(expr.body, scope.binding(expr.variable, value)) for value in values)
    match expr.kind:
        case "any":
            return any(bodies)
        case "all":
            return all(bodies)
        case "sum":
            return sum(bodies)
        case "set":
            return frozenset(value for value, member in zip(values, bodies) if member)


def replace(value: Value, of: Map, path: tuple[Value | str, ...], new: Value) -> Value:
    """`value` of type `of` with the part at `path` (map keys and field names) replaced."""
    if not path:
        return new
    head, *rest = path
    if isinstance(of, Map):
        position, part = key_position(of, head), of.value
    else:
        position, part = of.position(head), of.field_type(head)
    changed = replace(value[position], part, tuple(rest), new)
    return value[:position] + (changed,) + value[position + 1:]


Locals = Mapping[str, Value]
