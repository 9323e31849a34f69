"""How a state becomes words: every type has a code, every variable a place.

A value of a type is coded by a number from 0 upwards; the codes of a type fill `bits` bits. The
lowest value of a type always has code 0, so a state of lowest values is all zeros.

- Scalars: the position in `values.domain`. Lock: 0 for free, the holder's number plus one.
- Maybe: 0 for None, else the inner code plus one. Set: a mask, bit n for the n-th element.
- Map and Record: the codes of the parts, side by side. Queue: the length, then the slots; slots
  beyond the length are 0, so that equal queues have equal codes.

NOTE(wide). A code of at most 64 bits is *narrow* and never straddles two words. Anything larger
is *wide*: a whole number of words, in which again no narrow part straddles. So each part of a
state is reached by one shift and one mask, and equality of wide values is equality of words.

NOTE(spare). The two highest bits of word 0 are always 0 in a state: where a state is one word, the
table of the engine marks its slots there (`c/table.h`).
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from checker.ir.system import State, System
from checker.types import (NUMBERS, SCALARS, Lock, Map, Maybe, Queue, Record, Set, Type, bounds,
                           size)
from checker.values import Value, belongs, domain, ordinal

WORD = 64
SPARE = 2                # bits of word 0 that are left free for the table
MOST_WORDS = 64          # larger states are left to the interpreter


class Unsupported(Exception):
    """The native engine can not lay this system out or emit it; the interpreter can."""


@dataclass(frozen=True, slots=True)
class Elements:
    """Equal parts side by side: `per` narrow ones of `bits` in a word, or wide ones of `words`.

    A group of narrow parts that fits one word has them all in it.
    """

    bits: int
    per: int
    words: int = 0

    def offset(self, position: int) -> int:
        """Where a part begins, in bits."""
        if self.words:
            return position * self.words * WORD
        return position // self.per * WORD + position % self.per * self.bits

    def span(self, count: int) -> int:
        """The bits of `count` parts; of whole words once there is more than one word."""
        if self.words:
            return count * self.words * WORD
        if count <= self.per:
            return count * self.bits
        return -(-count // self.per) * WORD


class Codes:
    """The codes of all types in a system with `holders` process instances."""

    def __init__(self, holders: int) -> None:
        self.holders = holders
        self._counts: dict[Type, int] = {}

    def count(self, of: Type) -> int:
        """How many codes the type has; a power of two for anything with parts."""
        found = self._counts.get(of)
        if found is None:
            found = self._counts[of] = self._count(of)
        return found

    def _count(self, of: Type) -> int:
        match of:
            case Lock():
                return self.holders + 1
            case Maybe(inner):
                return 1 << 2 * WORD if self.wide(inner) else self.count(inner) + 1
            case Set(inner):
                if size(inner) > WORD:
                    raise Unsupported(f"{of} has more than {WORD} possible elements")
                return 1 << size(inner)
            case Map(key, value):
                return 1 << self.elements(value).span(len(domain(key)))
            case Record():
                return 1 << self._fields(of)[1]
            case Queue(_, capacity):
                return 1 << self.slots_at(of) + self.slots(of).span(capacity)
        assert isinstance(of, SCALARS)
        return size(of)

    def bits(self, of: Type) -> int:
        return (self.count(of) - 1).bit_length()

    def wide(self, of: Type) -> bool:
        return self.bits(of) > WORD

    def words(self, of: Type) -> int:
        """The words of a wide value."""
        if isinstance(of, Maybe):              # the flag, then the inner value
            return 1 + (self.words(of.of) if self.wide(of.of) else 1)
        return -(-self.bits(of) // WORD)

    def elements(self, of: Type) -> Elements:
        """Many values of the type side by side, as in a Map."""
        if self.wide(of):
            return Elements(WORD, 1, self.words(of))
        bits = self.bits(of)
        return Elements(bits, WORD // bits if bits else 1 << 62)

    def length_bits(self, of: Queue) -> int:
        return of.capacity.bit_length()

    def slots(self, of: Queue) -> Elements:
        return self.elements(of.of)

    def slots_at(self, of: Queue) -> int:
        """Where a queue's slots begin: after the length, or after a word that holds it."""
        slots, length = self.slots(of), self.length_bits(of)
        if not slots.words and length + of.capacity * slots.bits <= WORD:
            return length
        return WORD

    def field(self, of: Record, name: str) -> int:
        """Where a field begins, in bits."""
        return self._fields(of)[0][name]

    def _fields(self, of: Record) -> tuple[dict[str, int], int]:
        """The places of the fields and the bits of the whole record."""
        places, end = {}, 0
        for name, field_type in of.fields:
            wide = self.wide(field_type)
            need = self.words(field_type) * WORD if wide else self.bits(field_type)
            if wide or end % WORD + need > WORD:
                end = -(-end // WORD) * WORD
            places[name] = end if need else 0
            end += need
        return places, end if end <= WORD else -(-end // WORD) * WORD

    # ── values ──────────────────────────────────────────────────────────────────────────────

    def encode(self, of: Type, value: Value) -> int:
        match of:
            case Lock():
                return 0 if value is None else value + 1
            case Maybe(inner):
                if value is None:
                    return 0
                code = self.encode(inner, value)
                return 1 | code << WORD if self.wide(of) else code + 1
            case Set(inner):
                return sum(1 << ordinal(inner, element) for element in value)
            case Map(_, inner):
                parts = self.elements(inner)
                return sum(self.encode(inner, v) << parts.offset(i) for i, v in enumerate(value))
            case Record(fields):
                return sum(self.encode(t, v) << self.field(of, name)
                           for (name, t), v in zip(fields, value))
            case Queue(inner, _):
                slots, at = self.slots(of), self.slots_at(of)
                return len(value) | sum(self.encode(inner, v) << at + slots.offset(i)
                                        for i, v in enumerate(value))
        return ordinal(of, value)

    def decode(self, of: Type, code: int) -> Value:
        match of:
            case Lock():
                return code - 1 if code else None
            case Maybe(inner):
                if not code:
                    return None
                return self.decode(inner, code >> WORD if self.wide(of) else code - 1)
            case Set(inner):
                return frozenset(e for i, e in enumerate(domain(inner)) if code >> i & 1)
            case Map(key, inner):
                parts = self.elements(inner)
                return tuple(self._part(inner, code, parts.offset(i))
                             for i in range(len(domain(key))))
            case Record(fields):
                return tuple(self._part(t, code, self.field(of, name)) for name, t in fields)
            case Queue(inner, _):
                slots, at = self.slots(of), self.slots_at(of)
                length = code & (1 << (self.length_bits(of) if at < WORD else WORD)) - 1
                return tuple(self._part(inner, code, at + slots.offset(i)) for i in range(length))
        if isinstance(of, NUMBERS):
            return bounds(of)[0] + code
        return domain(of)[code]

    def _part(self, of: Type, code: int, offset: int) -> Value:
        width = self.words(of) * WORD if self.wide(of) else self.bits(of)
        return self.decode(of, code >> offset & (1 << width) - 1)


@dataclass(frozen=True)
class Layout:
    """Where each variable of a system stands in a state, in bits from the start of word 0."""

    system: System

    @cached_property
    def codes(self) -> Codes:
        return Codes(len(self.system.instances))

    @cached_property
    def places(self) -> dict[str, int]:
        """Narrow variables go first-fit, the widest first; wide ones get words of their own."""
        return self._placed[0]

    @cached_property
    def words(self) -> int:
        return self._placed[1]

    @cached_property
    def bits(self) -> int:
        """The bits that the variables need, unused ones between them left out."""
        return sum(self.codes.words(v.type) * WORD if self.codes.wide(v.type)
                   else self.codes.bits(v.type) for v in self.system.variables)

    @cached_property
    def end(self) -> int:
        """The bits from the start of word 0 to the end of the last narrow variable, or more."""
        return max((self.places[v.name] + self.codes.bits(v.type) for v in self.system.variables
                    if not self.codes.wide(v.type)), default=1) or 1

    @cached_property
    def _placed(self) -> tuple[dict[str, int], int]:
        codes, places, used = self.codes, {}, [SPARE]
        narrow = [v for v in self.system.variables if not codes.wide(v.type)]
        if sum(codes.bits(v.type) for v in narrow) > WORD - SPARE:
            narrow.sort(key=lambda v: -codes.bits(v.type))
        for variable in narrow:
            need = codes.bits(variable.type)
            word = next((i for i, taken in enumerate(used) if taken + need <= WORD), len(used))
            if word == len(used):
                used.append(0)
            places[variable.name] = word * WORD + used[word] - (SPARE if word == 0 else 0)
            used[word] += need
        words = len(used)
        for variable in self.system.variables:
            if codes.wide(variable.type):
                places[variable.name] = words * WORD
                words += codes.words(variable.type)
        if words > MOST_WORDS:
            raise Unsupported(f"a state takes {words} words; the engine stores {MOST_WORDS}")
        return {v.name: places[v.name] for v in self.system.variables}, words

    def encode(self, state: State) -> tuple[int, ...]:
        """The words of a state."""
        whole = 0
        for variable, value in zip(self.system.variables, state, strict=True):
            assert belongs(variable.type, value), (variable.name, value)
            whole |= self.codes.encode(variable.type, value) << self.places[variable.name]
        assert whole >> WORD - SPARE & (1 << SPARE) - 1 == 0, "the spare bits are taken"
        return self.split(whole)

    def decode(self, words: tuple[int, ...]) -> State:
        """The state of these words; encoding it again gives the words."""
        whole = sum(word << i * WORD for i, word in enumerate(words))
        state = []
        for variable, (shift, mask, known) in zip(self.system.variables, self._fields):
            code = whole >> shift & mask
            whole &= ~(mask << shift)
            if code not in known:
                known[code] = self.codes.decode(variable.type, code)
                assert self.codes.encode(variable.type, known[code]) == code, variable.name
            state.append(known[code])
        assert whole == 0, "the engine's words are not those of a state"
        return tuple(state)

    @cached_property
    def _fields(self) -> list[tuple[int, int, dict[int, Value]]]:
        """For each variable its place, the mask of its width, and the codes decoded so far."""
        found = []
        for variable in self.system.variables:
            of = variable.type
            wide = self.codes.wide(of)
            width = self.codes.words(of) * WORD if wide else self.codes.bits(of)
            found.append((self.places[variable.name], (1 << width) - 1, {}))
        return found

    def split(self, whole: int) -> tuple[int, ...]:
        return tuple(whole >> i * WORD & (1 << WORD) - 1 for i in range(self.words))
