"""What Promela holds for values: numbers alone, so that compound values fall into parts.

| value                | in Promela                                                       |
|----------------------|------------------------------------------------------------------|
| Bool, numbers        | themselves                                                       |
| Enum, Index          | the position of the value                                        |
| Maybe of a scalar    | 0 for None, else the position plus one                           |
| Maybe of another     | whether there is one, and the value, lowest where there is none  |
| Set                  | a number with a bit for each element                             |
| Map                  | an array; a Map in a Map makes it longer                         |
| Record               | a variable for each field                                        |
| Queue                | its length and an array, lowest behind the end                   |
| Lock                 | 0 where free, else the holder's number plus one                  |

A value of the system has one form here, so equal states are equal for SPIN.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from checker.engines.export.promela import text
from checker.engines.export.promela.text import P, binary, conditional, conjunction, number
from checker.engines.export.refuse import Untranslatable
from checker.source import NOWHERE, Loc
from checker.types import (NUMBERS, SCALARS, Bool, Enum, Index, Int, Lock, Map, Maybe, Queue,
                           Record, Set, Type, bounds, size)
from checker.values import Value, domain, lowest, ordinal

LARGEST = 2 ** 31 - 1
MOST_BITS = 31


@dataclass(frozen=True)
class Option:
    """A Maybe: whether it is None, and the value, which is not looked at where it is.

    `cell` is the variable that keeps its code, or whether there is a value; `base` is the value
    that the code 1 stands for.
    """

    none: P
    value: Compiled
    cell: P | None = None
    base: int = 0


@dataclass(frozen=True)
class Row:
    """A Map, or the places of a Queue: the element at a position."""

    size: int
    at: Callable[[P], Compiled]


@dataclass(frozen=True)
class Fields:
    parts: dict[str, Compiled]


@dataclass(frozen=True)
class Line:
    """A Queue: its length and its places, of which those behind the length hold the lowest."""

    length: P
    places: Row


Compiled = P | Option | Row | Fields | Line


def scalar_maybe(of: Type) -> bool:
    return isinstance(of, Maybe) and isinstance(of.of, (*SCALARS, Lock))


def shift(of: Type) -> int:
    """What is taken from a scalar value to get its position."""
    return bounds(of)[0] if isinstance(of, NUMBERS) else 0


# ── storage ──────────────────────────────────────────────────────────────────────────────────

@dataclass(frozen=True, slots=True)
class Leaf:
    """A variable of the Promela model: a number, or an array of them."""

    name: str
    of: Type
    length: int | None


def leaves(name: str, of: Type, length: int | None = None) -> Iterator[Leaf]:
    """The variables that keep a value of the type, for `length` of them at once."""
    match of:
        case Map(key, value):
            yield from leaves(name, value, (length or 1) * size(key))
        case Record(fields):
            for field_name, field_type in fields:
                yield from leaves(f"{name}_{field_name}", field_type, length)
        case Queue(inner, capacity):
            yield from leaves(name, inner, (length or 1) * capacity)
            yield Leaf(f"{name}_len", Int(0, capacity), length)
        case Maybe(inner) if not scalar_maybe(of):
            yield from leaves(name, inner, length)
            yield Leaf(f"{name}_some", Bool(), length)
        case _:
            yield Leaf(name, of, length)


def stored(leaf: Callable[[str], str], name: str, of: Type, index: P | None = None) -> Compiled:
    """The value kept in variables; `leaf` gives the identifier for a leaf's name."""
    def further(position: P, count: int) -> P:
        return position if index is None else binary("+", binary("*", index, number(count)),
                                                     position)

    match of:
        case Map(key, value):
            count = size(key)
            return Row(count, lambda p: stored(leaf, name, value, further(p, count)))
        case Record(fields):
            return Fields({n: stored(leaf, f"{name}_{n}", t, index) for n, t in fields})
        case Queue(inner, capacity):
            places = Row(capacity, lambda p: stored(leaf, name, inner, further(p, capacity)))
            return Line(_item(leaf(f"{name}_len"), index), places)
        case Maybe(inner) if not scalar_maybe(of):
            some = _item(leaf(f"{name}_some"), index)
            return Option(text.negation(some), stored(leaf, name, inner, index), some)
        case Maybe(inner):
            return decoded(_item(leaf(name), index), inner)
    return _item(leaf(name), index)


def _item(name: str, index: P | None) -> P:
    return P(name) if index is None else P(f"{name}[{index}]")


def decoded(code: P, inner: Type) -> Option:
    """The Maybe of a scalar that a number stands for."""
    base = shift(inner)
    return Option(binary("==", code, number(0)), binary("+", code, number(base - 1)), code, base)


def encoded(value: Option, inner: Type) -> P:
    """The number that stands for a Maybe of a scalar."""
    assert isinstance(value.value, P)
    if value.cell is not None and value.base == shift(inner):
        return value.cell
    plain = binary("+", value.value, number(1 - shift(inner)))
    return conditional(value.none, number(0), plain)


def ctype(leaf: Leaf) -> str:
    """The narrowest type of Promela for a leaf. Raises Untranslatable."""
    lo, hi = extent(leaf.of)
    if lo < 0 or hi > 255:
        return "short" if lo >= -2 ** 15 and hi < 2 ** 15 else "int"
    return "bool" if isinstance(leaf.of, Bool) else "byte"


def extent(of: Type, loc: Loc = NOWHERE) -> tuple[int, int]:
    """Lowest and highest number that stands for a value. Raises Untranslatable."""
    match of:
        case Set(inner):
            if size(inner) > MOST_BITS:
                raise Untranslatable("Promela", f"a Set of {size(inner)} elements, more than "
                                     f"{MOST_BITS},", loc)
            return 0, 2 ** size(inner) - 1
        case Maybe(Lock()) | Lock():
            return 0, 255
        case Maybe(inner):
            return 0, size(inner)
        case Bool() | Enum() | Index():
            return 0, size(of) - 1
    lo, hi = bounds(of)
    if lo < -LARGEST or hi > LARGEST:
        raise Untranslatable("Promela", f"a number from {lo:,} to {hi:,}", loc,
                             "numbers have 32 bits there; choose smaller ranges")
    return lo, hi


# ── values ───────────────────────────────────────────────────────────────────────────────────

def constant(of: Type, value: Value) -> Compiled:
    """A value of the system."""
    match of:
        case Map(_, inner):
            parts = [constant(inner, v) for v in value]
            return row(parts)
        case Record(fields):
            return Fields({n: constant(t, v) for (n, t), v in zip(fields, value)})
        case Queue(inner, capacity):
            padded = [*value, *[lowest(inner)] * (capacity - len(value))]
            return Line(number(len(value)), row([constant(inner, v) for v in padded]))
        case Maybe(inner):
            inside = lowest(inner) if value is None else value
            return Option(text.boolean(value is None), constant(inner, inside))
        case Set(inner):
            return number(sum(1 << ordinal(inner, e) for e in value))
        case Bool():
            return text.boolean(value)
        case Lock():
            return number(0 if value is None else value + 1)
        case Enum() | Index():
            return number(ordinal(of, value))
    extent(of)
    return number(value)


def row(parts: list[Compiled]) -> Row:
    """A Map of known elements; at an unknown position, the element that it turns out to be."""
    def at(position: P) -> Compiled:
        if position.known is not None:
            return parts[position.known]
        found = parts[-1]
        for number_, part in reversed(list(enumerate(parts[:-1]))):
            found = choice(binary("==", position, number(number_)), part, found)
        return found
    return Row(len(parts), at)


def choice(test: P, a: Compiled, b: Compiled) -> Compiled:
    """`a` where the test is true, else `b`."""
    match a, b:
        case (P(), P()):
            return conditional(test, a, b)
        case (Option(), Option()):
            return Option(conditional(test, a.none, b.none), choice(test, a.value, b.value))
        case (Fields(), Fields()):
            return Fields({n: choice(test, part, b.parts[n]) for n, part in a.parts.items()})
        case (Row(), Row()):
            return Row(max(a.size, b.size), lambda p: choice(test, a.at(p), b.at(p)))
        case (Line(), Line()):
            return Line(conditional(test, a.length, b.length), choice(test, a.places, b.places))
    raise TypeError((a, b))


def equal(a: Compiled, b: Compiled) -> P:
    match a, b:
        case (P(), P()):
            return binary("==", a, b)
        case (Option(), Option()) if a.cell and b.cell and isinstance(a.value, P) \
                and a.base == b.base:
            return binary("==", a.cell, b.cell)
        case (Option(), Option()):
            both = conjunction(text.negation(a.none), text.negation(b.none),
                               equal(a.value, b.value))
            return text.disjunction(conjunction(a.none, b.none), both)
        case (Fields(), Fields()):
            return conjunction(*(equal(part, b.parts[n]) for n, part in a.parts.items()))
        case (Row(), Row()):
            return conjunction(*(equal(a.at(number(i)), b.at(number(i)))
                                 for i in range(min(a.size, b.size))))
        case (Line(), Line()):
            return conjunction(binary("==", a.length, b.length), equal(a.places, b.places))
    raise TypeError((a, b))


def assignments(target: Compiled, of: Type, value: Compiled) -> Iterator[tuple[P, P]]:
    """What a value that is kept in variables becomes, number by number."""
    match of, target, value:
        case (Map(_, inner), Row(), Row()):
            for i in range(target.size):
                yield from assignments(target.at(number(i)), inner, value.at(number(i)))
        case (Record(fields), Fields(), Fields()):
            for name, inner in fields:
                yield from assignments(target.parts[name], inner, value.parts[name])
        case (Queue(inner, capacity), Line(), Line()):
            blank = constant(inner, lowest(inner))
            for i in range(capacity):
                part = value.places.at(number(i)) if i < value.places.size else blank
                yield from assignments(target.places.at(number(i)), inner, part)
            yield target.length, value.length
        case (Maybe(inner), Option(), Option()) if scalar_maybe(of):
            yield target.cell, encoded(value, inner)
        case (Maybe(inner), Option(), Option()):
            inside = choice(value.none, constant(inner, lowest(inner)), value.value)
            yield from assignments(target.value, inner, inside)
            yield target.cell, text.negation(value.none)
        case (_, P(), P()):
            yield target, value
        case _:
            raise TypeError((of, target, value))


def positions(of: Type) -> list[tuple[P, Value]]:
    """What each value of a scalar type is, in expressions."""
    found = []
    for value in domain(of):
        compiled = constant(of, value)
        assert isinstance(compiled, P)
        found.append((compiled, value))
    return found
