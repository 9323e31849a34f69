"""What each operator of `ir.ops.OPERATORS` becomes in C: one row for each of its rows.

A translation is given the translator of the expressions (`t`), which compiles the arguments, and
the node (`e`). Numbers are C numbers, Bools are truth values, narrow values are codes in a word
and wide ones pointers to words; results that are wide are built in compound literals.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from checker.engines.native import cexpr
from checker.engines.native.cexpr import FALSE, TRUE, C, binary, call, cast, chain, item
from checker.engines.native.layout import WORD
from checker.engines.native.parts import lowest_number
from checker.ir.nodes import Const, Expr, Op
from checker.ir.ops import OPERATORS
from checker.types import NUMBERS, Type, bounds, size

if TYPE_CHECKING:
    from checker.engines.native.expressions import Expressions

Translation = Callable[["Expressions", Op], C]
INT_MAX = 2 ** 31 - 1


def _connective(op: str, empty: C) -> Translation:
    return lambda t, e: chain(op, [t.compile(arg) for arg in e.args], empty)


def _not(t: Expressions, e: Op) -> C:
    return cexpr.negation(t.compile(e.args[0]))


def _implies(t: Expressions, e: Op) -> C:
    return binary("||", cexpr.negation(t.compile(e.args[0])), t.compile(e.args[1]))


def _ite(t: Expressions, e: Op) -> C:
    test, then, otherwise = e.args
    return cexpr.ternary(t.compile(test), t.as_type(then, e.type),
                         t.as_type(otherwise, e.type))


def _equality(op: str) -> Translation:
    def translate(t: Expressions, e: Op) -> C:
        of = t.common(e.args[0].type, e.args[1].type)
        a, b = (t.as_type(arg, of) for arg in e.args)
        if not t.codes.wide(of):
            return binary(op, a, b)
        same = call("wide_equal", a, b, t.codes.words(of))
        return same if op == "==" else cexpr.negation(same)
    return translate


def _comparison(op: str) -> Translation:
    return lambda t, e: binary(op, *(t.compile(arg) for arg in e.args))


def _arithmetic(op: str) -> Translation:
    def translate(t: Expressions, e: Op) -> C:
        a, b = (t.compile(arg) for arg in e.args)
        return binary(op, _roomy(a, e), b)
    return translate


def _roomy(value: C, e: Op) -> C:
    """Where the result may leave C's int, two literals must not be computed as ints."""
    lo, hi = bounds(e.type)
    return cast("number", value) if lo < -INT_MAX or hi > INT_MAX else value


def _negative(t: Expressions, e: Op) -> C:
    return cexpr.minus(_roomy(t.compile(e.args[0]), e))


def _division(op: str, general: str) -> Translation:
    """Where neither side can be negative and the divisor is a constant, C's own operator."""
    def translate(t: Expressions, e: Op) -> C:
        a, b = e.args
        left, right = t.compile(a), t.compile(b)
        if isinstance(b, Const) and b.value > 0 and bounds(a.type)[0] >= 0:
            if op == "%" and bounds(a.type)[1] < 2 * b.value:
                return call("wrap_once", left, right)
            return binary(op, left, right)
        return call(general, left, right)
    return translate


def _call(name: str) -> Translation:
    return lambda t, e: call(name, *(t.compile(arg) for arg in e.args))


def _some(t: Expressions, e: Op) -> C:
    inner = e.type.of
    if not t.codes.wide(e.type):
        value = t.as_type(e.args[0], inner)
        if isinstance(inner, NUMBERS):
            return cast("word", cexpr.plus(value, 1 - lowest_number(inner)))
        return cexpr.plus(cast("word", value), 1)
    value = t.as_type(e.args[0], inner)
    words = [cexpr.literal(1), *_words_of(t, value, inner)]
    return _compound(words)


def _words_of(t: Expressions, value: C, of: Type) -> list[C]:
    """The words of a value that stands at the beginning of a word."""
    if not t.codes.wide(of):
        return [t.coding.encode(of, value)]
    return [item(value, i) for i in range(t.codes.words(of))]


def _compound(words: list[C]) -> C:
    return C(f"(const word[{len(words)}]){{{', '.join(map(str, words))}}}")


def _is_none(t: Expressions, e: Op) -> C:
    value = t.compile(e.args[0])
    flag = item(value, 0) if t.codes.wide(e.args[0].type) else value
    return binary("==", flag, cexpr.ZERO)


def _value(t: Expressions, e: Op) -> C:
    maybe, otherwise = e.args
    inner = maybe.type.of
    value, other = t.compile(maybe), t.as_type(otherwise, inner)
    if t.codes.wide(maybe.type):
        some = (binary("+", value, cexpr.literal(1)) if t.codes.wide(inner)
                else t.coding.decode(inner, item(value, 1)))
        found = cexpr.ternary(item(value, 0), some, other)
    elif isinstance(inner, NUMBERS):
        found = call("number_or", value, lowest_number(inner), other)
    else:
        found = call("value_or", value, other)
    return t.converted(found, inner, e.type)


def _element(t: Expressions, element: Expr, of: Type) -> C:
    """The position of an element, too large a one for something outside."""
    value = t.compile(element)
    return t.coding.encode(of, value) if isinstance(of, NUMBERS) else value


def _contains(t: Expressions, e: Op) -> C:
    whole, element = e.args
    of = whole.type.of
    position, mask = _element(t, element, of), t.compile(whole)
    if not isinstance(of, NUMBERS) or t.inside(element.type, of):
        return call("bits", mask, position, 1)
    return binary("!=", binary("&", mask, call("single", position, size(of))), cexpr.ZERO)


def _changed_set(insert: bool) -> Translation:
    def translate(t: Expressions, e: Op) -> C:
        of = e.type.of
        whole = t.as_type(e.args[0], e.type)
        one = call("single", _element(t, e.args[1], of), size(of))
        return binary("|", whole, one) if insert else binary("&", whole, cexpr.complement(one))
    return translate


def _sets(combine: Callable[[C, C], C]) -> Translation:
    return lambda t, e: combine(*(t.as_type(arg, e.type) for arg in e.args))


def _minus_set(a: C, b: C) -> C:
    return binary("&", a, cexpr.complement(b))


def _subset(t: Expressions, e: Op) -> C:
    of = t.common(e.args[0].type, e.args[1].type)
    a, b = (t.as_type(arg, of) for arg in e.args)
    return binary("==", _minus_set(a, b), cexpr.ZERO)


def _record(t: Expressions, e: Op) -> C:
    of, codes = e.type, t.codes
    words: list[list[C]] = [[] for _ in range(codes.words(of) or 1)]
    for (name, field_type), arg in zip(of.fields, e.args):
        at, shift = divmod(codes.field(of, name), WORD)
        value = t.as_type(arg, field_type)
        if codes.wide(field_type):
            for i, part in enumerate(_words_of(t, value, field_type)):
                words[at + i].append(part)
        elif codes.bits(field_type):
            code = cast("word", t.coding.encode(field_type, value))
            words[at].append(binary("<<", code, cexpr.literal(shift)) if shift else code)
    joined = [chain("|", parts, cexpr.ZERO) for parts in words]
    return _compound(joined) if codes.wide(of) else joined[0]


def _queue_len(t: Expressions, e: Op) -> C:
    of, value = e.args[0].type, t.compile(e.args[0])
    if t.codes.wide(of):
        return cast("number", item(value, 0))
    return cast("number", call("queue_length", value, t.queue(of)))


def _head(t: Expressions, e: Op) -> C:
    queue, otherwise = e.args
    of, inner = queue.type, queue.type.of
    value, other = t.compile(queue), t.as_type(otherwise, inner)
    if not t.codes.wide(of):
        code = call("queue_head", value, t.queue(of), t.coding.encode(inner, other))
        found = t.coding.decode(inner, code)
    else:
        first = binary("+", value, cexpr.literal(1))
        if not t.codes.wide(inner):
            code = call("bits", item(value, 1), 0, t.codes.bits(inner))
            first = t.coding.decode(inner, code)
        found = cexpr.ternary(item(value, 0), first, other)
    return t.converted(found, inner, e.type)


def _push(t: Expressions, e: Op) -> C:
    of = e.type
    queue, element = t.as_type(e.args[0], of), t.as_type(e.args[1], of.of)
    if not t.codes.wide(of):
        return call("queue_push", queue, t.queue(of), t.coding.encode(of.of, element))
    if not t.codes.wide(of.of):
        element = _compound([t.coding.encode(of.of, element)])
    return call("wide_push", t.room(of), queue, t.queue(of), element)


def _pop(t: Expressions, e: Op) -> C:
    queue = t.as_type(e.args[0], e.type)
    if t.codes.wide(e.type):
        return call("wide_pop", t.room(e.type), queue, t.queue(e.type))
    return call("queue_pop", queue, t.queue(e.type))


def _holder(t: Expressions, holder: Expr) -> C:
    return cast("word", cexpr.plus(t.compile(holder), 1))


def _held_by(t: Expressions, e: Op) -> C:
    lock, holder = e.args
    value = t.compile(lock)
    same = binary("==", value, _holder(t, holder))
    if bounds(holder.type)[0] >= 0:
        return same
    return binary("&&", binary("!=", value, cexpr.ZERO), same)      # -1 has the code of free


TRANSLATIONS: dict[str, Translation] = {
    "not": _not,
    "and": _connective("&&", TRUE),
    "or": _connective("||", FALSE),
    "implies": _implies,
    "ite": _ite,
    "eq": _equality("=="),
    "ne": _equality("!="),
    "lt": _comparison("<"),
    "le": _comparison("<="),
    "add": _arithmetic("+"),
    "sub": _arithmetic("-"),
    "mul": _arithmetic("*"),
    "floordiv": _division("/", "floor_div"),
    "mod": _division("%", "floor_mod"),
    "neg": _negative,
    "min": _call("least"),
    "max": _call("greatest"),
    "int": lambda t, e: cast("number", t.compile(e.args[0])),
    "get": lambda t, e: t.compile(e),       # a part of a value, see Expressions._part
    "some": _some,
    "is_none": _is_none,
    "value": _value,
    "contains": _contains,
    "with": _changed_set(insert=True),
    "without": _changed_set(insert=False),
    "union": _sets(lambda a, b: binary("|", a, b)),
    "intersection": _sets(lambda a, b: binary("&", a, b)),
    "difference": _sets(_minus_set),
    "subset": _subset,
    "set_len": _call("set_size"),
    "record": _record,
    "queue_len": _queue_len,
    "head": _head,
    "push": _push,
    "pop": _pop,
    "is_free": lambda t, e: binary("==", t.compile(e.args[0]), cexpr.ZERO),
    "held_by": _held_by,
    "free": lambda t, e: cexpr.ZERO,
    "held": lambda t, e: _holder(t, e.args[0]),
}
assert set(TRANSLATIONS) == set(OPERATORS), set(TRANSLATIONS) ^ set(OPERATORS)
