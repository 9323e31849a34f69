"""What each operator of `ir.ops.OPERATORS` becomes in Promela: one row for each of its rows."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from checker.engines.export.promela import text
from checker.engines.export.promela.text import (P, binary, bits, boolean, complement, conditional,
                                                 conjunction, negation, number)
from checker.engines.export.promela.values import (Compiled, Fields, Line, Option, Row, choice,
                                                   constant, equal, shift)
from checker.engines.export.refuse import Untranslatable
from checker.ir.nodes import Op
from checker.ir.ops import OPERATORS
from checker.types import NUMBERS, Queue, Set, bounds, size
from checker.values import lowest

if TYPE_CHECKING:
    from checker.engines.export.promela.expressions import Expressions

Env = Mapping[object, Compiled]
Translation = Callable[["Expressions", Op, Env], Compiled]


def _of(build: Callable[..., Compiled]) -> Translation:
    """A translation that needs nothing but the arguments."""
    return lambda t, e, env: build(*(t.compile(arg, env) for arg in e.args))


def _infix(op: str) -> Translation:
    return _of(lambda a, b: binary(op, a, b))


def _equality(t: Expressions, e: Op, env: Env) -> P:
    a, b = (t.compile(arg, env) for arg in e.args)
    _same_base(e, e.args[0].type, e.args[1].type)
    return equal(a, b)


def _same_base(e: Op, *types: object) -> None:
    """Sets of numbers that are counted from different ones have different bits."""
    bases = {shift(of.of) for of in types if isinstance(of, Set)}
    if len(bases) > 1:
        raise Untranslatable("Promela", "a Set beside one of another range", e.loc,
                             "declare both over the same range")


def _division(t: Expressions, e: Op, env: Env) -> P:
    """Rounded down; 0 where the divisor is."""
    a, b = (t.scalar(arg, env) for arg in e.args)
    (least, _), (lo, hi) = (bounds(arg.type) for arg in e.args)
    plain = binary("/", a, b)
    if least < 0 or lo < 0:
        odd = conjunction(binary("!=", binary("%", a, b), number(0)),
                          binary("!=", P(f"({binary('<', a, number(0))})"),
                                 P(f"({binary('<', b, number(0))})")))
        plain = conditional(odd, binary("-", plain, number(1)), plain)
    if lo <= 0 <= hi:
        plain = conditional(binary("==", b, number(0)), number(0), plain)
    return plain


def _remainder(t: Expressions, e: Op, env: Env) -> P:
    """With the sign of the divisor; 0 where it is 0."""
    a, b = (t.scalar(arg, env) for arg in e.args)
    (least, _), (lo, hi) = (bounds(arg.type) for arg in e.args)
    plain = binary("%", a, b)
    if least < 0 or lo < 0:
        plain = binary("%", P(f"({binary('+', binary('%', a, b), b)})"), b)
    if lo <= 0 <= hi:
        plain = conditional(binary("==", b, number(0)), number(0), plain)
    return plain


def _maybe_value(t: Expressions, e: Op, env: Env) -> Compiled:
    option, otherwise = (t.compile(arg, env) for arg in e.args)
    return choice(option.none, otherwise, option.value)


def _place(t: Expressions, e: Op, env: Env) -> tuple[P, P]:
    """The place of an element's bit, and whether the element has one at all."""
    of = e.args[0].type.of
    place = binary("-", t.scalar(e.args[1], env), number(shift(of)))
    if _always_inside(e):
        return place, text.TRUE
    inside = conjunction(binary("<=", number(0), place), binary("<", place, number(size(of))))
    return place, inside


def _bit(t: Expressions, e: Op, env: Env) -> P:
    """The number with the bit of the second argument, an element of the set in the first; no bit
    for one that the set can not have."""
    place, inside = _place(t, e, env)
    return conditional(inside, bits("<<", number(1), place), number(0))


def _contains(t: Expressions, e: Op, env: Env) -> P:
    place, inside = _place(t, e, env)
    found = bits("&", t.scalar(e.args[0], env), bits("<<", number(1), place))
    return conjunction(inside, binary("!=", found, number(0)))


def _always_inside(e: Op) -> bool:
    """Whether the element surely has a bit in the set."""
    of, element = e.args[0].type.of, e.args[1].type
    if not isinstance(of, NUMBERS):
        return True
    return bounds(of)[0] <= bounds(element)[0] and bounds(element)[1] <= bounds(of)[1]


def _sets(build: Callable[[P, P], P]) -> Translation:
    def translate(t: Expressions, e: Op, env: Env) -> P:
        _same_base(e, *(arg.type for arg in e.args))
        return build(*(t.scalar(arg, env) for arg in e.args))
    return translate


def _set_len(t: Expressions, e: Op, env: Env) -> P:
    mask, total = t.scalar(e.args[0], env), number(0)
    for n in range(size(e.args[0].type.of)):
        part = bits("&", bits(">>", mask, number(n)) if n else mask, number(1))
        total = binary("+", total, part) if n else part
    return total


def _record(t: Expressions, e: Op, env: Env) -> Fields:
    return Fields({n: t.compile(arg, env) for (n, _), arg in zip(e.type.fields, e.args)})


def _head(t: Expressions, e: Op, env: Env) -> Compiled:
    queue, otherwise = (t.compile(arg, env) for arg in e.args)
    return choice(binary("==", queue.length, number(0)), otherwise, queue.places.at(number(0)))


def _push(t: Expressions, e: Op, env: Env) -> Line:
    queue, element = (t.compile(arg, env) for arg in e.args)

    def at(place: P) -> Compiled:
        return choice(binary("==", queue.length, place), element, queue.places.at(place))
    return Line(binary("+", queue.length, number(1)), Row(queue.places.size, at))


def _pop(t: Expressions, e: Op, env: Env) -> Line:
    queue = t.compile(e.args[0], env)
    of = e.args[0].type
    assert isinstance(of, Queue) and isinstance(queue, Line)
    blank, last = constant(of.of, lowest(of.of)), queue.places.size - 1

    def at(place: P) -> Compiled:
        assert place.known is not None, "queues are taken apart place by place"
        return queue.places.at(number(place.known + 1)) if place.known < last else blank
    empty = binary("==", queue.length, number(0))
    return Line(conditional(empty, number(0), binary("-", queue.length, number(1))),
                Row(queue.places.size, at))


def _holder(t: Expressions, e: Op, env: Env) -> P:
    return binary("+", t.scalar(e.args[-1], env), number(1))


TRANSLATIONS: dict[str, Translation] = {
    "not": _of(negation),
    "and": _of(conjunction),
    "or": _of(text.disjunction),
    "implies": _of(lambda a, b: text.disjunction(negation(a), b)),
    "ite": _of(choice),
    "eq": _equality,
    "ne": lambda t, e, env: negation(_equality(t, e, env)),
    "lt": _infix("<"),
    "le": _infix("<="),
    "add": _infix("+"),
    "sub": _infix("-"),
    "mul": _infix("*"),
    "floordiv": _division,
    "mod": _remainder,
    "neg": _of(lambda a: binary("-", number(0), a)),
    "min": _of(lambda a, b: conditional(binary("<=", a, b), a, b)),
    "max": _of(lambda a, b: conditional(binary("<=", a, b), b, a)),
    "int": _of(lambda a: conditional(a, number(1), number(0))),
    "get": lambda t, e, env: t.compile(e, env),           # see Expressions.compile
    "some": _of(lambda a: Option(boolean(False), a)),
    "is_none": _of(lambda a: a.none),
    "value": _maybe_value,
    "contains": _contains,
    "with": lambda t, e, env: bits("|", t.scalar(e.args[0], env), _bit(t, e, env)),
    "without": lambda t, e, env: bits("&", t.scalar(e.args[0], env),
                                      complement(_bit(t, e, env))),
    "union": _sets(lambda a, b: bits("|", a, b)),
    "intersection": _sets(lambda a, b: bits("&", a, b)),
    "difference": _sets(lambda a, b: bits("&", a, complement(b))),
    "subset": _sets(lambda a, b: binary("==", bits("&", a, complement(b)), number(0))),
    "set_len": _set_len,
    "record": _record,
    "queue_len": _of(lambda q: q.length),
    "head": _head,
    "push": _push,
    "pop": _pop,
    "is_free": _of(lambda lock: binary("==", lock, number(0))),
    "held_by": lambda t, e, env: binary("==", t.scalar(e.args[0], env), _holder(t, e, env)),
    "free": lambda t, e, env: number(0),
    "held": _holder,
}
assert set(TRANSLATIONS) == set(OPERATORS), set(TRANSLATIONS) ^ set(OPERATORS)
