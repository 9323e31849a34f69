"""What is true together of some elements in reachable states: all valuations that there are.

The atoms of a prefix and the places where its processes wait are bits; a row is what they are for
one state and one tuple of elements, and a table has each row once. Valuations are kept as columns,
a bit for each row, so that "which rows have all of these" is a conjunction of numbers.

NOTE(alike). Elements of an Index are interchangeable, so one tuple stands for all; but a variable
that holds an element from the beginning holds the first one, which then is like no other.
"""
from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from checker.engines.smt.anysize.atoms import Atom, Prefix, atoms, same_set, waiting
from checker.engines.smt.anysize.candidates import NESTED, can_be_said, nested
from checker.engines.smt.anysize.columns import Columns
from checker.engines.smt.anysize.pycode import sized
from checker.ir.nodes import Const, Expr, Op, Quantifier
from checker.ir.system import State, System
from checker.ir.walk import free_locals, subexpressions
from checker.types import NUMBERS, Index, Map, bounds

LITERAL, NUMBER, CONSTANT = 2, 2, 10
"""What a literal costs, and what more where it says that two numbers are equal, or that a number
is one in particular; half as much where it says that they are not. Counts cost COUNTED more."""
COUNTED = 8


@dataclass(frozen=True)
class Bit:
    """A condition in valuations: an atom, or that a process waits at `place`.

    `costs`: of a literal that it is false, and that it is true; None where that is not said.
    """

    expr: Expr
    place: str | None
    names: frozenset[str]
    costs: tuple[int | None, int]


@dataclass
class Table:
    """`columns[i]` has a bit for each row in which bit `i` of a valuation is set.

    `said` are the atoms that the first bits are about, `places` what the others tell the place of.
    """

    prefix: Prefix
    said: list[Atom]
    places: list[Expr]
    bits: list[Bit]
    columns: list[int]
    rows: int

    @property
    def atoms(self) -> list[Expr]:
        return [atom.expr for atom in self.said]

    def row(self, seen: tuple) -> str:
        """A valuation as bits: the atoms, then for each process its places."""
        found = ["1" if value else "0" for value in seen[:len(self.said)]]
        for part, at in zip(self.places, seen[len(self.said):], strict=True):
            found += ["1" if member == at else "0" for member in part.type.members]
        return "".join(found)

    def add(self, row: str) -> None:
        if not self.has(row):
            new = 1 << self.rows
            self.rows += 1
            self.columns = [column | new if bit == "1" else column
                            for column, bit in zip(self.columns, row, strict=True)]

    def has(self, row: str) -> bool:
        left = self.everything
        for agreeing in self.agreeing(row):
            left &= agreeing
        return left != 0

    @property
    def everything(self) -> int:
        return (1 << self.rows) - 1

    def agreeing(self, row: str) -> list[int]:
        """For each bit of a valuation the rows that have it as well."""
        every = self.everything
        return [column if bit == "1" else every & ~column
                for column, bit in zip(self.columns, row, strict=True)]

    def cost(self, row: str, bit: int) -> int | None:
        return self.bits[bit].costs[row[bit] == "1"]


class Tables:
    """Those of the reachable states of `samples`, made as they are asked for; `system` is the
    family's."""

    def __init__(self, system: System,
                 samples: Sequence[tuple[System, Sequence[State]]]) -> None:
        self.system = system
        self._columns = Columns(system, samples)
        self._tables: dict[Prefix, Table] = {}

    def of(self, prefix: Prefix) -> Table:
        if prefix not in self._tables:
            self._tables[prefix] = self._made(prefix)
        return self._tables[prefix]

    def _made(self, prefix: Prefix) -> Table:
        said = [a for a in atoms(self.system, prefix, measured=True)
                if can_be_said(self.system, a.expr)]
        places = list(waiting(self.system, prefix))
        found = [Bit(a.expr, None, free_locals(a.expr), _costs(a.expr, a.both)) for a in said]
        found += [Bit(part, place, free_locals(part), (None, LITERAL)) for part in places
                  for place in part.type.members]
        of, rows = self._columns.columns(
            [*(a.expr for a in said), *places], prefix,
            [representative(sample, prefix) for sample, _ in self._columns.samples])
        columns = [column.get(True, 0) for column in of[:len(said)]]
        for part, column in zip(places, of[len(said):], strict=True):
            columns += [column.get(place, 0) for place in part.type.members]
        return Table(prefix, said, places, found, columns, rows)


def _costs(expr: Expr, both: bool) -> tuple[int | None, int]:
    cost = LITERAL + LITERAL * NESTED * nested(expr)
    more = 0
    match expr:
        case Op("eq", (a, b)) if isinstance(a.type, NUMBERS):
            more = CONSTANT if isinstance(b, Const) else NUMBER
    if any(isinstance(e, Quantifier) and e.kind == "sum" for e in subexpressions(expr)):
        cost += COUNTED
    if any(isinstance(e, Const) for e in subexpressions(expr)) and any(
            isinstance(e, Op) and e.op in ("add", "sub") for e in subexpressions(expr)):
        more = CONSTANT
    return (cost + more // 2 if both else None), cost + more


# ── tuples of elements ───────────────────────────────────────────────────────────────────────

def repeated(prefix: Prefix) -> int:
    """How many pairs of elements are of one set."""
    return sum(1 for (_, a), (_, b) in itertools.combinations(prefix, 2) if same_set(a, b))


def tuples(sample: System, prefix: Prefix) -> list[tuple[int, ...]]:
    """Tuples of different elements; those of one ordered set in their order."""
    choices = []
    for _, of in prefix:
        here = sized(sample, of)
        lo, hi = (0, here.size - 1) if isinstance(here, Index) else bounds(here)
        choices.append(range(lo, hi + 1))
    pairs = [(i, j, isinstance(prefix[i][1], Index))
             for i, j in itertools.combinations(range(len(prefix)), 2)
             if same_set(prefix[i][1], prefix[j][1])]
    return [t for t in itertools.product(*choices)
            if all(t[i] != t[j] if apart else t[i] < t[j] for i, j, apart in pairs)]


def representative(sample: System, prefix: Prefix) -> list[tuple[int, ...]]:
    """Tuples that stand for all in a set of reachable states; see NOTE(alike)."""
    special = _with_a_first(sample)
    found: dict[tuple, tuple[int, ...]] = {}
    for chosen in tuples(sample, prefix):
        found.setdefault(tuple(
            value if not isinstance(of, Index) or of.name in special and value == 0 else None
            for (_, of), value in zip(prefix, chosen, strict=True)), chosen)
    return list(found.values())


def _with_a_first(system: System) -> frozenset[str]:
    """The sets of which some variable holds an element from the beginning."""
    found = set()
    for variable in system.variables:
        of = variable.type
        while isinstance(of, Map):
            of = of.value
        if isinstance(of, Index):
            found.add(of.name)
    return frozenset(found)
