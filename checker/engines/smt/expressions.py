"""Expressions: the symbolic value of each node, the twin of `interp/evaluate.py`.

Quantifiers are unrolled over their finite domains; everything else is a row of `OPERATIONS`,
which has the same names as `ir.ops.OPERATORS` (a test compares the two tables row by row).
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from checker.engines.smt import terms
from checker.engines.smt.shape import (MaybeTerm, QueueTerm, Symbolic, common, convert, equal,
                                       literal, merge)
from checker.engines.smt.terms import Num, Truth, conj, disj, implies, neg, num
from checker.ir.nodes import Const, Expr, Field, Local, Me, Op, Quantifier, Var
from checker.ir.system import System
from checker.types import Bool, Type
from checker.values import domain

SymbolicState = tuple[Symbolic, ...]
"""The symbolic values of `System.variables`, in their order."""


@dataclass(slots=True)
class SymbolicScope:
    """What an expression can see; `after` is the state after the step, for step invariants."""

    system: System
    state: SymbolicState
    locals: dict[str, Symbolic] = field(default_factory=dict)
    me: int = -1
    after: SymbolicState | None = None

    def binding(self, name: str, value: Symbolic) -> SymbolicScope:
        """The same scope with one more local."""
        return SymbolicScope(self.system, self.state, {**self.locals, name: value}, self.me,
                             self.after)


def evaluate(expr: Expr, scope: SymbolicScope) -> Symbolic:
    """The symbolic value of `expr`."""
    match expr:
        case Const(value, of):
            return literal(of, value)
        case Var(name, _, primed):
            state = scope.after if primed else scope.state
            assert state is not None, "a primed variable outside a step invariant"
            return state[scope.system.position[name]]
        case Local(name):
            return scope.locals[name]
        case Me():
            return num(scope.me)
        case Field(record, name):
            return evaluate(record, scope)[record.type.position(name)]
        case Op(op, args):
            return OPERATIONS[op](expr, [evaluate(arg, scope) for arg in args])
        case Quantifier():
            return _quantify(expr, scope)
        case _:
            assert_never(expr)


def _quantify(expr: Quantifier, scope: SymbolicScope) -> Symbolic:
    bodies = [evaluate(expr.body, scope.binding(expr.variable, literal(expr.domain, value)))
              for value in domain(expr.domain)]
    match expr.kind:
        case "any":
            return disj(*bodies)
        case "all":
            return conj(*bodies)
        case "sum":
            return terms.total([_number(body) for body in bodies])
        case "set":
            return tuple(bodies)


# ── maps and sets: keys ──────────────────────────────────────────────────────────────────────

def hits(of: Type, key: Symbolic) -> list[Truth]:
    """For each value of the scalar type `of`, whether `key` is it; at most one is."""
    return [equal(literal(of, value), key) for value in domain(of)]


def key_positions(of: Type, key: Symbolic) -> list[Truth]:
    """For each position of a map with keys of type `of`, whether it is the one of `key`.

    A key outside the domain stands for the lowest one: exactly one position is hit.
    """
    found = hits(of, key)
    return [conj(*(neg(hit) for hit in found[1:]))] + found[1:]


def lookup(of: Type, values: Sequence[Symbolic], key: Symbolic) -> Symbolic:
    """The part of a map's `values` at `key`, keys of type `of`."""
    found = hits(of, key)
    possible = [(hit, value) for hit, value in zip(found, values, strict=True)
                if hit is not False]
    inside = isinstance(of, Bool) or (isinstance(key, Num) and _covered(of, key))
    # Inside the domain one of the possible values is it, so the first needs no condition.
    result = possible[0][1] if inside and possible else values[0]
    for hit, value in possible[1:] if inside else possible:
        result = merge(hit, value, result)
    return result


def _covered(of: Type, key: Num) -> bool:
    first, last = literal(of, domain(of)[0]), literal(of, domain(of)[-1])
    return first.lo <= key.lo and key.hi <= last.hi


# ── the table ────────────────────────────────────────────────────────────────────────────────

def _number(value: Symbolic) -> Num:
    """A number, also of a Bool: 0 or 1."""
    return value if isinstance(value, Num) else terms.choose(value, num(1), num(0))


def _as(op: Op, position: int, args: list[Symbolic], to: Type) -> Symbolic:
    """An argument laid out as a value of the type `to`."""
    return convert(args[position], op.args[position].type, to)


def _equal(op: Op, args: list[Symbolic]) -> Truth:
    both = common(op.args[0].type, op.args[1].type)
    return equal(_as(op, 0, args, both), _as(op, 1, args, both))


def _ite(op: Op, args: list[Symbolic]) -> Symbolic:
    return merge(args[0], _as(op, 1, args, op.type), _as(op, 2, args, op.type))


def _get(op: Op, args: list[Symbolic]) -> Symbolic:
    mapping = op.args[0].type
    return convert(lookup(mapping.key, *args), mapping.value, op.type)


def _value(op: Op, args: list[Symbolic]) -> Symbolic:
    payload = convert(args[0].payload, op.args[0].type.of, op.type)
    return merge(args[0].present, payload, _as(op, 1, args, op.type))


def _contains(op: Op, args: list[Symbolic]) -> Truth:
    found = hits(op.args[0].type.of, args[1])
    return disj(*(conj(hit, bit) for hit, bit in zip(found, args[0], strict=True)))


def _with(op: Op, args: list[Symbolic]) -> Symbolic:
    found, bits = hits(op.type.of, args[1]), _as(op, 0, args, op.type)
    return tuple(disj(hit, bit) for hit, bit in zip(found, bits, strict=True))


def _without(op: Op, args: list[Symbolic]) -> Symbolic:
    found, bits = hits(op.type.of, args[1]), _as(op, 0, args, op.type)
    return tuple(conj(neg(hit), bit) for hit, bit in zip(found, bits, strict=True))


def _pairwise(combine: Callable[..., Truth]) -> Callable[[Op, list[Symbolic]], Symbolic]:
    def combined(op: Op, args: list[Symbolic]) -> Symbolic:
        left, right = (_as(op, i, args, op.type) for i in (0, 1))
        return tuple(combine(a, b) for a, b in zip(left, right, strict=True))

    return combined


def _subset(op: Op, args: list[Symbolic]) -> Truth:
    both = common(op.args[0].type, op.args[1].type)
    left, right = (_as(op, i, args, both) for i in (0, 1))
    return conj(*(implies(a, b) for a, b in zip(left, right, strict=True)))


def _record(op: Op, args: list[Symbolic]) -> Symbolic:
    return tuple(_as(op, i, args, of) for i, (_, of) in enumerate(op.type.fields))


def _head(op: Op, args: list[Symbolic]) -> Symbolic:
    queue, otherwise = args[0], _as(op, 1, args, op.type)
    first = convert(queue.slots[0], op.args[0].type.of, op.type)
    return merge(terms.less(num(0), queue.length), first, otherwise)


def _push(op: Op, args: list[Symbolic]) -> QueueTerm:
    queue, element = _as(op, 0, args, op.type), _as(op, 1, args, op.type.of)
    slots = tuple(merge(terms.same(queue.length, num(i)), element, slot)
                  for i, slot in enumerate(queue.slots))
    length = terms.smaller(terms.plus(queue.length, num(1)), num(len(slots)))
    return QueueTerm(length, slots)


def _pop(op: Op, args: list[Symbolic]) -> QueueTerm:
    queue = _as(op, 0, args, op.type)
    # The last slot keeps its value: it lies behind the end now and has no meaning.
    slots = queue.slots[1:] + queue.slots[-1:]
    return QueueTerm(terms.larger(terms.minus(queue.length, num(1)), num(0)), slots)


OPERATIONS: dict[str, Callable[[Op, list[Symbolic]], Symbolic]] = {
    "not": lambda op, args: neg(args[0]),
    "and": lambda op, args: conj(*args),
    "or": lambda op, args: disj(*args),
    "implies": lambda op, args: implies(*args),
    "ite": _ite,
    "eq": _equal,
    "ne": lambda op, args: neg(_equal(op, args)),
    "lt": lambda op, args: terms.less(*args),
    "le": lambda op, args: terms.at_most(*args),
    "add": lambda op, args: terms.plus(*args),
    "sub": lambda op, args: terms.minus(*args),
    "mul": lambda op, args: terms.times(*args),
    "floordiv": lambda op, args: terms.divide(*args),
    "mod": lambda op, args: terms.remainder(*args),
    "neg": lambda op, args: terms.negative(args[0]),
    "min": lambda op, args: terms.smaller(*args),
    "max": lambda op, args: terms.larger(*args),
    "int": lambda op, args: _number(args[0]),
    "get": _get,
    "some": lambda op, args: MaybeTerm(True, _as(op, 0, args, op.type.of)),
    "is_none": lambda op, args: neg(args[0].present),
    "value": _value,
    "contains": _contains,
    "with": _with,
    "without": _without,
    "union": _pairwise(disj),
    "intersection": _pairwise(conj),
    "difference": _pairwise(lambda a, b: conj(a, neg(b))),
    "subset": _subset,
    "set_len": lambda op, args: terms.total([_number(bit) for bit in args[0]]),
    "record": _record,
    "queue_len": lambda op, args: args[0].length,
    "head": _head,
    "push": _push,
    "pop": _pop,
    "is_free": lambda op, args: terms.same(args[0], num(0)),
    "held_by": lambda op, args: terms.same(args[0], terms.plus(args[1], num(1))),
    "free": lambda op, args: num(0),
    "held": lambda op, args: terms.plus(args[0], num(1)),
}
