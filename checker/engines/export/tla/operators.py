"""What each operator of `ir.ops.OPERATORS` becomes in TLA+: one row for each of its rows."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from checker.engines.export.tla import text
from checker.engines.export.tla.text import ATOM, COMPARE, SUM, T, binary, call
from checker.ir.nodes import Const, Op
from checker.ir.ops import OPERATORS
from checker.types import bounds

if TYPE_CHECKING:
    from checker.engines.export.tla.expressions import Expressions

Env = Mapping[object, T]
Translation = Callable[["Expressions", Op, Env], T]


def _args(t: Expressions, e: Op, env: Env) -> list[T]:
    return [t.compile(arg, env) for arg in e.args]


def _of(build: Callable[..., T]) -> Translation:
    """A translation that needs nothing but the arguments."""
    return lambda t, e, env: build(*_args(t, e, env))


def _infix(op: str, level: int) -> Translation:
    return _of(lambda a, b: binary(op, a, b, level))


def _helper(name: str) -> Translation:
    return lambda t, e, env: t.helper(name, *_args(t, e, env))


def _division(op: str, general: str) -> Translation:
    """TLC wants a positive divisor; with one, its operators round as Python's."""
    def translate(t: Expressions, e: Op, env: Env) -> T:
        a, b = _args(t, e, env)
        if bounds(e.args[1].type)[0] > 0:
            return binary(op, a, b, SUM)
        return t.helper(general, a, b)
    return translate


def _record(t: Expressions, e: Op, env: Env) -> T:
    pairs = zip(e.type.fields, _args(t, e, env))
    return T("[" + ", ".join(f"{t.field(name)} |-> {arg}" for (name, _), arg in pairs) + "]")


def _held(t: Expressions, e: Op, env: Env) -> T:
    [holder] = e.args
    if isinstance(holder, Const):
        return t.holder(t.system.instances[holder.value])
    return t.compile(holder, env)


def _held_by(t: Expressions, e: Op, env: Env) -> T:
    lock, holder = e.args
    me = _held(t, Op("held", (holder,), lock.type), env)
    return binary("=", t.compile(lock, env), me, COMPARE)


TRANSLATIONS: dict[str, Translation] = {
    "not": _of(text.negation),
    "and": _of(text.conjunction),
    "or": _of(text.disjunction),
    "implies": _of(text.implication),
    "ite": _of(text.conditional),
    "eq": _infix("=", COMPARE),
    "ne": _infix("#", COMPARE),
    "lt": _infix("<", COMPARE),
    "le": _infix("<=", COMPARE),
    "add": _infix("+", SUM),
    "sub": _infix("-", SUM),
    "mul": _infix("*", SUM),
    "floordiv": _division("\\div", "Quotient"),
    "mod": _division("%", "Remainder"),
    "neg": _of(lambda a: T(f"-{a.within(ATOM)}", SUM)),
    "min": _helper("Minimum"),
    "max": _helper("Maximum"),
    "int": _of(lambda a: text.conditional(a, T("1"), T("0"))),
    "get": lambda t, e, env: t.compile(e, env),           # see Expressions.compile
    "some": _of(lambda a: a),
    "is_none": _of(lambda a: binary("=", a, T("None"), COMPARE)),
    "value": _of(lambda a, lowest: text.conditional(
        binary("=", a, T("None"), COMPARE), lowest, a)),
    "contains": _of(lambda s, e: binary("\\in", e, s, COMPARE)),
    "with": _of(lambda s, e: binary("\\cup", s, T(f"{{{e}}}"), SUM)),
    "without": _of(lambda s, e: binary("\\", s, T(f"{{{e}}}"), SUM)),
    "union": _infix("\\cup", SUM),
    "intersection": _infix("\\cap", SUM),
    "difference": _infix("\\", SUM),
    "subset": _infix("\\subseteq", COMPARE),
    "set_len": _of(lambda s: call("Cardinality", s)),
    "record": _record,
    "queue_len": _of(lambda q: call("Len", q)),
    "head": _of(lambda q, lowest: text.conditional(
        binary("=", q, T("<<>>"), COMPARE), lowest, call("Head", q))),
    "push": _of(lambda q, e: call("Append", q, e)),
    "pop": _of(lambda q: text.conditional(
        binary("=", q, T("<<>>"), COMPARE), q, call("Tail", q))),
    "is_free": _of(lambda lock: binary("=", lock, T("Free"), COMPARE)),
    "held_by": _held_by,
    "free": lambda t, e, env: T("Free"),
    "held": _held,
}
assert set(TRANSLATIONS) == set(OPERATORS), set(TRANSLATIONS) ^ set(OPERATORS)
