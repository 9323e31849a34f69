"""Parts of values in C: where a path of keys and fields leads, how to read it and write it.

A *container* is a wide value (words, in memory) or a narrow one (a single word). A path into a
state variable is read and written by an accessor, a small inline function named after the
variable (`get_votes(s)`, `set_holds_at(s, g, true)`); each is emitted once, when first used.
"""
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from checker.engines.native.cexpr import (C, Names, binary, call, cast, item, literal, plus,
                                          times, total)
from checker.engines.native.layout import WORD, Codes, Elements, Layout
from checker.text import Writer
from checker.types import NUMBERS, Bool, Type, bounds

Key = C | str
"""A step of a path: the position of a key, or the name of a field."""


def lowest_number(of: Type) -> int:
    return bounds(of)[0]


class Coding:
    """What C holds for a value of each type."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes

    def ctype(self, of: Type) -> str:
        """The C type: number, bool, word (a narrow code) or const word * (a wide value)."""
        if isinstance(of, NUMBERS):
            return "number"
        if isinstance(of, Bool):
            return "bool"
        return "const word *" if self.codes.wide(of) else "word"

    def decode(self, of: Type, code: C) -> C:
        """The C value of a narrow code."""
        if isinstance(of, NUMBERS):
            return plus(cast("number", code), lowest_number(of))
        return code

    def encode(self, of: Type, value: C) -> C:
        """The code of a narrow C value, as a word."""
        if isinstance(of, NUMBERS):
            return cast("word", plus(value, -lowest_number(of)))
        return value

    def constant(self, of: Type, code: int) -> C:
        """The C value for a code known beforehand."""
        if isinstance(of, NUMBERS):
            return literal(code + lowest_number(of))
        if isinstance(of, Bool):
            return C("true" if code else "false")
        if self.codes.wide(of):
            count = self.codes.words(of)
            words = ", ".join(str(literal(code >> i * WORD & (1 << WORD) - 1))
                              for i in range(count))
            return C(f"(const word[{count}]){{{words}}}")
        return literal(code)

    def size(self, of: Type) -> int:
        """The bits of a value, wide or narrow."""
        return self.codes.words(of) * WORD if self.codes.wide(of) else self.codes.bits(of)


@dataclass(slots=True)
class Spot:
    """A part of a container: constants and variable terms of its word and of its shift."""

    of: Type
    coding: Coding
    word: int = 0
    shift: int = 0
    words: list[C] = field(default_factory=list)
    shifts: list[C] = field(default_factory=list)

    def enter(self, key: Key) -> None:
        """Move on to the part at a map's position or to a record's field."""
        codes, of = self.coding.codes, self.of
        if isinstance(key, str):
            self._skip(codes.field(of, key))
            self.of = of.field_type(key)
            return
        self._element(codes.elements(of.value), key, narrow=not codes.wide(of))
        self.of = of.value

    def _skip(self, offset: int) -> None:
        more, self.shift = divmod(self.shift + offset, WORD)
        self.word += more

    def _element(self, parts: Elements, position: C, *, narrow: bool) -> None:
        if parts.bits == 0:
            return
        if parts.words:
            self.words.append(times(position, parts.words))
        elif narrow:
            self.shifts.append(times(position, parts.bits))
        else:
            self.words.append(binary("/", position, literal(parts.per)))
            self.shifts.append(times(binary("%", position, literal(parts.per)), parts.bits))

    @property
    def wide(self) -> bool:
        return self.coding.codes.wide(self.of)

    @property
    def width(self) -> int:
        return self.coding.codes.bits(self.of)

    def address(self, base: C) -> C:
        """A pointer to the word of the part."""
        offset = total(self.words, self.word)
        return base if offset.text == "0" else binary("+", base, offset)

    def read(self, base: C, *, narrow: bool) -> C:
        """The part's value; `base` is a word where the container is narrow, else a pointer."""
        if self.wide:
            return self.address(base)
        if self.width == 0:
            return self.coding.constant(self.of, 0)
        whole = base if narrow else item(base, total(self.words, self.word))
        return self.coding.decode(self.of, call("bits", whole, total(self.shifts, self.shift),
                                                self.width))

    def write(self, base: C, value: C) -> str | None:
        """The statement that stores a value; `base` points to the container. None: no bits."""
        if self.wide:
            count = self.coding.codes.words(self.of)
            return f"{call('wide_copy', self.address(base), value, count)};"
        if self.width == 0:
            return None
        code = self.coding.encode(self.of, value)
        shift = total(self.shifts, self.shift)
        return f"{call('put', self.address(base), shift, self.width, code)};"


@contextlib.contextmanager
def function(write: Writer, head: str) -> Iterator[None]:
    """A C function: its head, its body in braces, an empty line."""
    write(head)
    with write.block("{"):
        yield
    write()


def declared(of: str, name: str) -> str:
    """A declaration, the star of a pointer at the name."""
    return f"{of}{name}" if of.endswith("*") else f"{of} {name}"


class Accessors:
    """The accessors of a file: made on demand, remembered, and written out in one go."""

    def __init__(self, layout: Layout, names: Names) -> None:
        self.layout, self.names = layout, names
        self.coding = Coding(layout.codes)
        self._written: set[str] = set()
        self.text = Writer()

    def read(self, state: str, variable: str, path: list[Key]) -> C:
        """The value of a part of a state variable."""
        spot, keys = self._spot(variable, path)
        if not spot.wide and spot.width == 0:
            return self.coding.constant(spot.of, 0)
        name = self._name("get", variable, path)
        if name not in self._written:
            self._written.add(name)
            of = self.coding.ctype(spot.of)
            head = f"static inline {declared(of, name)}"
            with function(self.text, f"{head}({self._parameters('const word *s', keys)})"):
                self.text(f"return {spot.read(C('s'), narrow=False)};")
        return call(name, state, *self._positions(path))

    def write(self, variable: str, path: list[Key], value: C) -> str | None:
        """The statement that stores a value in a part of a state variable of `s`."""
        spot, keys = self._spot(variable, path)
        if not spot.wide and spot.width == 0:
            return None
        name = self._name("set", variable, path)
        if name not in self._written:
            self._written.add(name)
            of = self.coding.ctype(spot.of)
            parameters = f"{self._parameters('word *s', keys)}, {declared(of, 'value')}"
            head = f"static inline void {name}({parameters})"
            with function(self.text, head):
                self.text(str(spot.write(C("s"), C("value"))))
        return f"{call(name, 's', *self._positions(path), value)};"

    def _spot(self, variable: str, path: list[Key]) -> tuple[Spot, list[str]]:
        """The part in a state, its keys replaced by the accessor's parameters."""
        place = self.layout.places[variable]
        spot = Spot(self.layout.system.variable[variable].type, self.coding,
                    place // WORD, place % WORD)
        keys: list[str] = []
        for key in path:
            if isinstance(key, str):
                spot.enter(key)
            else:
                keys.append("ijklmnopqrstuvw"[len(keys)])
                spot.enter(C(keys[-1]))
        return spot, keys

    def _name(self, prefix: str, variable: str, path: list[Key]) -> str:
        shape = tuple(key if isinstance(key, str) else 0 for key in path)
        wanted = "_".join([prefix, variable, *(key if key else "at" for key in shape)])
        return self.names.name((prefix, variable, shape), wanted)

    @staticmethod
    def _parameters(state: str, keys: list[str]) -> str:
        return ", ".join([state, *(f"word {key}" for key in keys)])

    @staticmethod
    def _positions(path: list[Key]) -> list[C]:
        return [key for key in path if not isinstance(key, str)]

