"""What expressions are in many states: the valuations, each once, as columns of bits.

An expression reads few variables, and these have few values together however many states there
are. So it is looked at once for each of them. Expressions that read the same variables of the same
elements are a *piece*: all that they are is one byte, and a valuation is a row of a few bytes.
Rows, and columns of bits, are made by slices and translations of bytes, which is a hundred times as
fast as looking at rows one by one.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from checker.engines.smt.anysize.atoms import Prefix
from checker.engines.smt.anysize.holders import moved
from checker.engines.smt.anysize.pycode import source
from checker.ir.nodes import Expr
from checker.ir.system import State, System
from checker.ir.walk import free_locals, state_variables
from checker.values import Value

Column = dict[Value, int]
"""For each value of an expression the rows that have it, a bit for each."""
Piece = tuple[Expr, ...]
Read = tuple[str, ...]
"""The variables that an expression reads."""
Elements = tuple[tuple[str, int], ...]
BYTE = 256


class Columns:
    """What expressions of the family's `system` are in the states of each sample."""

    def __init__(self, system: System,
                 samples: Sequence[tuple[System, Sequence[State]]]) -> None:
        self.system, self.samples = system, samples
        self._alike: dict[tuple[int, Read], tuple[list[State], list[int]]] = {}
        self._looks: dict[tuple[int, Expr, tuple[str, ...]], Callable[..., Value]] = {}
        self._cases: dict[tuple[int, Expr, Elements], list[Value]] = {}
        self._named: dict[Piece, dict[tuple, int]] = {}
        self._bytes: dict[tuple[int, Piece, Elements], bytes] = {}

    def columns(self, exprs: Sequence[Expr], prefix: Prefix,
                tuples: Sequence[Sequence[tuple[int, ...]]]) -> tuple[list[Column], int]:
        """A column for each expression, and how many rows there are: the different valuations in
        the states of each sample, of the tuples of elements that are given for each.

        Raises ValueError where an expression has more than 256 values.
        """
        looked = [(number, dict(zip((name for name, _ in prefix), chosen)))
                  for number, every in enumerate(tuples) for chosen in every]
        pieces = list(self._pieces(exprs, looked))
        rows: dict[bytes, None] = {}
        for number, elements in looked:
            many = len(self.samples[number][1])
            seen = b"".join(self._column(number, piece, elements) for piece in pieces)
            rows.update(dict.fromkeys(seen[i::many] for i in range(many)))
        every = b"".join(reversed(rows))
        found: dict[Expr, Column] = {}
        for n, piece in enumerate(pieces):
            found |= zip(piece, self._told(piece, every[n::len(pieces)]))
        return [found.get(expr, {}) for expr in exprs], len(rows)

    def _pieces(self, exprs: Sequence[Expr],
                looked: list[tuple[int, dict[str, int]]]) -> Iterator[Piece]:
        """The expressions in pieces, with a number for each of what a piece may be."""
        together: dict[tuple, list[Expr]] = {}
        for expr in dict.fromkeys(exprs):
            together.setdefault((state_variables(expr), free_locals(expr)), []).append(expr)
        for mine in together.values():
            pieces = [tuple(mine)]
            if len(self._number(pieces[0], looked)) > BYTE:
                pieces = [(expr,) for expr in mine]
            for piece in pieces:
                self._number(piece, looked)
                yield piece

    def _number(self, piece: Piece, looked: list[tuple[int, dict[str, int]]]) -> dict[tuple, int]:
        named = self._named.setdefault(piece, {})
        for number, elements in looked:
            for case in self._together(number, piece, elements):
                named.setdefault(case, len(named))
        return named

    def _together(self, number: int, piece: Piece, elements: dict[str, int]) -> Iterator[tuple]:
        """What the expressions of a piece are, in each case of the variables that they read."""
        return zip(*(self._values(number, expr, elements) for expr in piece))

    def _values(self, number: int, expr: Expr, elements: dict[str, int]) -> list[Value]:
        used = _used(expr, elements)
        key = number, expr, used
        if key not in self._cases:
            look = self._look(number, expr, tuple(name for name, _ in used))
            chosen = [value for _, value in used]
            self._cases[key] = [look(state, *chosen)
                                for state in self._told_apart(number, _read(expr))[0]]
        return self._cases[key]

    def _look(self, number: int, expr: Expr, names: tuple[str, ...]) -> Callable[..., Value]:
        """What the expression is in a state, of elements."""
        key = number, expr, names
        if key not in self._looks:
            sample, _ = self.samples[number]
            text = source(sample, moved(expr, self.system, sample))
            self._looks[key] = eval(f"lambda {', '.join(['state_', *names])}: {text}")
        return self._looks[key]

    def _column(self, number: int, piece: Piece, elements: dict[str, int]) -> bytes:
        """The number of what a piece is, for each state."""
        key = number, piece, _used(piece[0], elements)
        if key not in self._bytes:
            named = self._named[piece]
            short = [named[case] for case in self._together(number, piece, elements)]
            _, which = self._told_apart(number, _read(piece[0]))
            self._bytes[key] = bytes(map(short.__getitem__, which))
        return self._bytes[key]

    def _told_apart(self, number: int, read: Read) -> tuple[list[State], list[int]]:
        """A state for each case of some variables, and for each state which case it is."""
        if (number, read) not in self._alike:
            sample, states = self.samples[number]
            keys: list = [None] * len(states)
            if len(read) > 1:
                keys = list(zip(self._told_apart(number, read[:-1])[1],
                                self._told_apart(number, read[-1:])[1]))
            elif read:
                position = sample.position[read[0]]
                keys = [state[position] for state in states]
            examples = dict(zip(keys, states))
            names = {key: n for n, key in enumerate(examples)}
            self._alike[number, read] = list(examples.values()), [names[key] for key in keys]
        return self._alike[number, read]

    def _told(self, piece: Piece, column: bytes) -> Iterator[Column]:
        """The columns of a piece's expressions; the last row comes first."""
        for values in zip(*self._named[piece]):
            of: dict[Value, bytearray] = {}
            for n, value in enumerate(values):
                of.setdefault(value, bytearray(b"0" * BYTE))[n] = ord("1")
            yield {value: int(b"0" + column.translate(table), 2) for value, table in of.items()}


def _read(expr: Expr) -> Read:
    return tuple(sorted(state_variables(expr)))


def _used(expr: Expr, elements: dict[str, int]) -> Elements:
    names = free_locals(expr)
    return tuple((name, value) for name, value in elements.items() if name in names)
