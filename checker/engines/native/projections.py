"""The fields of a state that liveness looks at one by one, see `c/projections.h`.

Any bits may be a field; the fewer things move in it, the more is seen. So a field is one part of a
variable, of which only the highest bits where there are too many, or as many neighbours as fit.
"""
from __future__ import annotations

from collections.abc import Iterator

from checker.engines.native.layout import WORD, Codes, Layout
from checker.types import Map, Maybe, Queue, Record, Set, Type
from checker.values import domain

MOST_BITS = 6
"""Of a field: as many values as a word of `c/projections.h` has bits."""

Field = tuple[int, int]
"""Where it begins, in bits, and its width."""


def fields(layout: Layout) -> list[Field]:
    """The fields of a system's states, in order; each within a word, and none twice."""
    parts = sorted(part for variable in layout.system.variables
                   for part in _parts(layout.codes, variable.type, layout.places[variable.name]))
    found: list[Field] = []
    for at, width in parts:
        last, taken = found[-1] if found else (at, MOST_BITS)
        near = last + taken == at and last // WORD == at // WORD
        if near and taken + width <= MOST_BITS:
            found[-1] = last, taken + width
        else:
            found.append((at, width))
    return found


def _parts(codes: Codes, of: Type, at: int) -> Iterator[Field]:
    match of:
        case Map(key, inner):
            elements = codes.elements(inner)
            for i in range(len(domain(key))):
                yield from _parts(codes, inner, at + elements.offset(i))
        case Record(inside):
            for name, inner in inside:
                yield from _parts(codes, inner, at + codes.field(of, name))
        case Queue(inner, capacity):
            slots = codes.slots_at(of)
            yield from _highest(at, codes.length_bits(of))
            for i in range(capacity):
                yield from _parts(codes, inner, at + slots + codes.slots(of).offset(i))
        case Maybe(inner) if codes.wide(of):
            yield at, 1
            yield from _parts(codes, inner, at + WORD)
        case Set():
            for bit in range(codes.bits(of)):
                yield at + bit, 1
        case _:
            yield from _highest(at, codes.bits(of))


def _highest(at: int, width: int) -> Iterator[Field]:
    kept = min(width, MOST_BITS)
    if kept:
        yield at + width - kept, kept
