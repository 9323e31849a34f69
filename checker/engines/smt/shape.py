"""Symbolic values: what each type looks like in cells, how cells are made and read back.

| type                        | symbolic value                                       |
|-----------------------------|------------------------------------------------------|
| Bool                        | a truth                                              |
| Int, Wrapping, Range, Index | `Num`                                                |
| Enum                        | `Num`, the member's position                         |
| Lock                        | `Num`, 0 when free, else the holder's number plus 1  |
| Set                         | tuple of truths, one for each element of the domain  |
| Map, Record                 | tuple of symbolic values                             |
| Maybe                       | `MaybeTerm`                                          |
| Queue                       | `QueueTerm`                                          |

Every scalar part is a Z3 constant of its own, so that a step which leaves a part alone leaves
its term alone. The payload of None and the slots behind a queue's end have no meaning: equality
does not look at them.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import z3

from checker.engines.smt.terms import (Num, Truth, at_most, choose, clip, conj, disj, either, iff,
                                       implies, num, same, width)
from checker.types import (SCALARS, Bool, Enum, Index, Int, Lock, Map, Maybe, Queue, Range,
                           Record, Set, Type, Wrapping, bounds)
from checker.values import Value, domain, lowest, ordinal


@dataclass(frozen=True, slots=True)
class MaybeTerm:
    present: Truth
    payload: Symbolic


@dataclass(frozen=True, slots=True)
class QueueTerm:
    """`slots` are as many as the capacity, head first."""

    length: Num
    slots: tuple[Symbolic, ...]


Symbolic = Truth | Num | tuple | MaybeTerm | QueueTerm
Cell = Truth | Num


@dataclass(frozen=True, slots=True)
class Space:
    """Where constants live: how many instances may hold a lock, and see NOTE(contexts)."""

    holders: int
    context: z3.Context = field(default_factory=z3.Context)

    def truth(self, name: str) -> z3.BoolRef:
        return z3.Bool(name, self.context)

    def number(self, name: str, lo: int, hi: int) -> Num:
        if lo == hi:
            return num(lo)
        return Num(z3.BitVec(name, width(lo, hi), self.context), lo, hi)


def interval(of: Type, holders: int) -> tuple[int, int]:
    """The interval of a type that is one `Num`; `holders` are the instances of the system."""
    match of:
        case Int(lo, hi):
            return lo, hi
        case Wrapping(size):
            return 0, 2 ** size - 1
        case Enum(members):
            return 0, len(members) - 1
        case Index(_, n) | Range(n):
            return 0, n - 1
        case Lock():
            return 0, holders
    raise TypeError(of)


def literal(of: Type, value: Value) -> Symbolic:
    """A canonical value as a symbolic one."""
    match of:
        case Bool():
            return bool(value)
        case Enum():
            return num(ordinal(of, value))
        case Lock():
            return num(0 if value is None else value + 1)
        case Maybe(inner):
            payload = lowest(inner) if value is None else value
            return MaybeTerm(value is not None, literal(inner, payload))
        case Set(inner):
            return tuple(element in value for element in domain(inner))
        case Map(_, inner):
            return tuple(literal(inner, part) for part in value)
        case Record(fields):
            return tuple(literal(t, part) for (_, t), part in zip(fields, value, strict=True))
        case Queue(inner, capacity):
            filled = value + (lowest(inner),) * (capacity - len(value))
            return QueueTerm(num(len(value)), tuple(literal(inner, part) for part in filled))
    return num(value)


def constant(of: Type, name: str, space: Space, tail: str = "") -> Symbolic:
    """A value whose cells are Z3 constants, named `name`, what tells them apart, and `tail`.

    Nothing bounds them yet: see `in_range`.
    """
    def part(inner: Type, more: str) -> Symbolic:
        return constant(inner, name + more, space, tail)

    match of:
        case Bool():
            return space.truth(name + tail)
        case Maybe(inner):
            return MaybeTerm(space.truth(f"{name}?{tail}"), part(inner, "!"))
        case Set(inner):
            return tuple(space.truth(f"{name}{{{e}}}{tail}") for e in domain(inner))
        case Map(key, inner):
            return tuple(part(inner, f"[{k}]") for k in domain(key))
        case Record(fields):
            return tuple(part(t, f".{field}") for field, t in fields)
        case Queue(inner, capacity):
            slots = tuple(part(inner, f"<{i}>") for i in range(capacity))
            return QueueTerm(space.number(f"{name}#{tail}", 0, capacity), slots)
    return space.number(name + tail, *interval(of, space.holders))


def cells(value: Symbolic) -> Iterator[Cell]:
    """The scalar parts of a value, in a fixed order."""
    match value:
        case MaybeTerm(present, payload):
            yield present
            yield from cells(payload)
        case QueueTerm(length, slots):
            yield length
            yield from cells(slots)
        case tuple():
            for part in value:
                yield from cells(part)
        case _:
            yield value


def in_range(value: Symbolic) -> Truth:
    """That no constant of the value lies outside its interval."""
    def inside(cell: Cell) -> Truth:
        if not isinstance(cell, Num) or isinstance(cell.term, int):
            return True
        size = cell.term.size()
        lowest_bits = 0 if cell.lo >= 0 else -2 ** (size - 1)
        highest_bits = lowest_bits + 2 ** size - 1
        anything = Num(cell.term, lowest_bits, highest_bits)
        return conj(at_most(num(cell.lo), anything), at_most(anything, num(cell.hi)))

    return conj(*(inside(cell) for cell in cells(value)))


def fit(of: Type, value: Symbolic, holders: int) -> Symbolic:
    """The same value, known to be of the type: what an assignment stores (NOTE(totality))."""
    match of:
        case Bool() | Set():
            return value
        case Maybe(inner):
            return MaybeTerm(value.present, fit(inner, value.payload, holders))
        case Map(_, inner):
            return tuple(fit(inner, part, holders) for part in value)
        case Record(fields):
            return tuple(fit(t, part, holders)
                         for (_, t), part in zip(fields, value, strict=True))
        case Queue(inner, _):
            return QueueTerm(value.length,
                             tuple(fit(inner, part, holders) for part in value.slots))
    return clip(value, *interval(of, holders))


def convert(value: Symbolic, of: Type, to: Type) -> Symbolic:
    """A value of type `of` laid out as one of the compatible type `to`.

    Only sets of numbers and queues have layouts that differ. What does not fit is dropped: a
    `Check` came before (NOTE(totality)).
    """
    if of is to or isinstance(of, (*SCALARS, Lock)) or of == to:
        return value
    match of, to:
        case Maybe(inner), Maybe(wanted):
            return MaybeTerm(value.present, convert(value.payload, inner, wanted))
        case Set(inner), Set(wanted):
            bits_of = dict(zip(domain(inner), value, strict=True))
            return tuple(bits_of.get(element, False) for element in domain(wanted))
        case Map(_, inner), Map(_, wanted):
            return tuple(convert(part, inner, wanted) for part in value)
        case Record(fields), Record(others):
            typed = zip(value, fields, others, strict=True)
            return tuple(convert(part, t, other) for part, (_, t), (_, other) in typed)
        case Queue(inner, capacity), Queue(wanted, room):
            slots = [convert(slot, inner, wanted) for slot in value.slots[:room]]
            slots += [literal(wanted, lowest(wanted))] * (room - capacity)
            return QueueTerm(clip(value.length, 0, room), tuple(slots))
    raise TypeError(f"{of} is not compatible with {to}")


def common(a: Type, b: Type) -> Type:
    """A type that holds the values of two compatible types."""
    if a == b:
        return a
    match a, b:
        case Maybe(x), Maybe(y):
            return Maybe(common(x, y))
        case Set(x), Set(y):
            return Set(common(x, y))
        case Queue(x, m), Queue(y, n):
            return Queue(common(x, y), max(m, n))
        case Map(key, x), Map(_, y):
            return Map(key, common(x, y))
        case Record(fields), Record(others):
            pairs = zip(fields, others, strict=True)
            return Record(**{name: common(x, y) for (name, x), (_, y) in pairs})
    (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
    return Int(min(a_lo, b_lo), max(a_hi, b_hi))


def merge(condition: Truth, then: Symbolic, otherwise: Symbolic) -> Symbolic:
    """`then` where the condition holds, else `otherwise`; of the same shape."""
    if then is otherwise or condition is True:
        return then
    if condition is False:
        return otherwise
    match then:
        case Num():
            return choose(condition, then, otherwise)
        case MaybeTerm(present, payload):
            return MaybeTerm(either(condition, present, otherwise.present),
                             merge(condition, payload, otherwise.payload))
        case QueueTerm(length, slots):
            return QueueTerm(choose(condition, length, otherwise.length),
                             merge(condition, slots, otherwise.slots))
        case tuple():
            return tuple(merge(condition, a, b) for a, b in zip(then, otherwise, strict=True))
    return either(condition, then, otherwise)


def equal(left: Symbolic, right: Symbolic) -> Truth:
    """Whether two values of the same shape are equal."""
    match left:
        case Num():
            return same(left, right)
        case MaybeTerm(present, payload):
            return conj(iff(present, right.present),
                        implies(present, equal(payload, right.payload)))
        case QueueTerm(length, slots):
            pairs = enumerate(zip(slots, right.slots, strict=True))
            return conj(same(length, right.length),
                        *(disj(at_most(length, num(i)), equal(a, b)) for i, (a, b) in pairs))
        case tuple():
            return conj(*(equal(a, b) for a, b in zip(left, right, strict=True)))
    return iff(left, right)


def identical(left: Symbolic, right: Symbolic) -> Truth:
    """Whether all cells agree, also those without a meaning."""
    pairs = zip(cells(left), cells(right), strict=True)
    return conj(*(same_cell(a, b) for a, b in pairs))


def same_cell(left: Cell, right: Cell) -> Truth:
    return same(left, right) if isinstance(left, Num) else iff(left, right)


def unchanged_term(left: Cell, right: Cell) -> bool:
    """Whether two cells are the very same term, so that nothing need be said of them."""
    if isinstance(left, Num):
        left, right = left.term, right.term
    if isinstance(left, (bool, int)) or isinstance(right, (bool, int)):
        return left is right or (type(left) is type(right) and left == right)
    return left.eq(right)


def read(of: Type, value: Symbolic, model: z3.ModelRef) -> Value:
    """The canonical value that a model gives to a symbolic one."""
    match of:
        case Bool():
            return _truth(value, model)
        case Enum(members):
            return members[integer(value, model)]
        case Lock():
            holder = integer(value, model)
            return None if holder == 0 else holder - 1
        case Maybe(inner):
            return read(inner, value.payload, model) if _truth(value.present, model) else None
        case Set(inner):
            pairs = zip(domain(inner), value, strict=True)
            return frozenset(element for element, bit in pairs if _truth(bit, model))
        case Map(_, inner):
            return tuple(read(inner, part, model) for part in value)
        case Record(fields):
            return tuple(read(t, part, model) for (_, t), part in zip(fields, value, strict=True))
        case Queue(inner, _):
            length = integer(value.length, model)
            return tuple(read(inner, part, model) for part in value.slots[:length])
    return integer(value, model)


def _truth(value: Truth, model: z3.ModelRef) -> bool:
    if isinstance(value, bool):
        return value
    return z3.is_true(model.eval(value, model_completion=True))


def integer(value: Num, model: z3.ModelRef) -> int:
    """The value of a number in a model."""
    if isinstance(value.term, int):
        return value.term
    found = model.eval(value.term, model_completion=True)
    return found.as_long() if value.lo >= 0 else found.as_signed_long()


def raw(cell: Cell) -> z3.ExprRef | None:
    """The Z3 constant of a cell; None where the type leaves one value only."""
    term = cell.term if isinstance(cell, Num) else cell
    return None if isinstance(term, (bool, int)) else term
