"""The operators of the IR, one row each: name, arity, printed form, meaning.

Numbers are mathematical integers between their types' bounds; the front end has made sure that
no intermediate result leaves 63 bits, so 64-bit arithmetic is exact.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Operator:
    """`arity` -1: any number of arguments. `apply` is the meaning, on canonical values.

    `shown` is a format string for the printed form; `args` for the variadic ones.
    """

    name: str
    arity: int
    shown: str
    apply: Callable[..., Any]


def _row(name: str, arity: int, shown: str, apply: Callable[..., Any]) -> tuple[str, Operator]:
    return name, Operator(name, arity, shown, apply)


OPERATORS: dict[str, Operator] = dict([
    # Bool. `and`, `or`, `implies` and `ite` take total expressions, so the order of evaluation
    # has no meaning; the interpreter stops at the operand of `and` or `or` that decides.
    _row("not", 1, "not {0}", lambda a: not a),
    _row("and", -1, " and ", lambda *a: all(a)),
    _row("or", -1, " or ", lambda *a: any(a)),
    _row("implies", 2, "{0} => {1}", lambda a, b: not a or b),
    _row("ite", 3, "({1} if {0} else {2})", lambda c, a, b: a if c else b),
    # Equality, for two arguments of the same type.
    _row("eq", 2, "{0} == {1}", lambda a, b: a == b),
    _row("ne", 2, "{0} != {1}", lambda a, b: a != b),
    # Numbers. Division rounds down and the remainder has the divisor's sign, as in Python;
    # by zero both give 0. `int` makes 0 or 1 of a Bool.
    _row("lt", 2, "{0} < {1}", lambda a, b: a < b),
    _row("le", 2, "{0} <= {1}", lambda a, b: a <= b),
    _row("add", 2, "{0} + {1}", lambda a, b: a + b),
    _row("sub", 2, "{0} - {1}", lambda a, b: a - b),
    _row("mul", 2, "{0} * {1}", lambda a, b: a * b),
    _row("floordiv", 2, "{0} // {1}", lambda a, b: a // b if b else 0),
    _row("mod", 2, "{0} % {1}", lambda a, b: a % b if b else 0),
    _row("neg", 1, "-{0}", lambda a: -a),
    _row("min", 2, "min({0}, {1})", min),
    _row("max", 2, "max({0}, {1})", max),
    _row("int", 1, "int({0})", int),
    # Maps: `get(map, key)`. A key outside the domain gives the value at the lowest key.
    # The engines read the key's position from the map's type, so `apply` is in the interpreter.
    _row("get", 2, "{0}[{1}]", lambda m, position: m[position]),
    # Maybe: `some` injects; `value` of None is the lowest value of the type.
    _row("some", 1, "some({0})", lambda a: a),
    _row("is_none", 1, "{0} is None", lambda a: a is None),
    _row("value", 2, "{0}.value", lambda a, otherwise: otherwise if a is None else a),
    # Sets.
    _row("contains", 2, "{1} in {0}", lambda s, e: e in s),
    _row("with", 2, "{0} | {{{1}}}", lambda s, e: s | {e}),
    _row("without", 2, "{0} - {{{1}}}", lambda s, e: s - {e}),
    _row("union", 2, "{0} | {1}", lambda a, b: a | b),
    _row("intersection", 2, "{0} & {1}", lambda a, b: a & b),
    _row("difference", 2, "{0} - {1}", lambda a, b: a - b),
    _row("subset", 2, "{0} <= {1}", lambda a, b: a <= b),
    _row("set_len", 1, "len({0})", len),
    # Records: all fields in order of declaration.
    _row("record", -1, ", ", lambda *a: a),
    # Queues. `head` of an empty queue is the lowest value, `pop` leaves it as it is. A `Check`
    # keeps `push` from a full one: its result would be no value of the type.
    _row("queue_len", 1, "len({0})", len),
    _row("head", 2, "{0}.head", lambda q, otherwise: q[0] if q else otherwise),
    _row("push", 2, "{0}.push({1})", lambda q, e: q + (e,)),
    _row("pop", 1, "{0}.pop", lambda q: q[1:]),
    # Locks.
    _row("is_free", 1, "{0} is free", lambda holder: holder is None),
    _row("held_by", 2, "{0} held by {1}", lambda holder, me: holder == me),
    _row("free", 0, "free", lambda: None),
    _row("held", 1, "held by {0}", lambda me: me),
])
