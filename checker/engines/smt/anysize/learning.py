"""The cheapest clause that excludes a state: lemmas of any length, led by counterexamples.

Clauses of three literals can be listed (`candidates.py`), those of seven can not. But the state
before a step that breaks a goal says which literals to look at: those that are true in it, of some
elements, and that speak of what makes the step break the goal (`lifting.py`). Together they are a
cube that no reachable state has, if anything can be said against the state at all, and what is
wanted is the cheapest part of it that none has. That is a hitting set: each valuation seen in a
reachable state has to differ in one of the literals. (Diagrams of states: Karbyshev et al.,
"Property-directed inference of universal invariants or proving their absence", CAV 2015. Learning
from reachable states: Koenig et al., "First-order quantified separators", PLDI 2020.)

Valuations are columns of bits, a bit for each row, so that "which rows have all of these" is a
conjunction of two numbers. The hitting set is looked for greedily, several at a time. Then the
literals are weakened, `<` to `<=`, and where a process waits is said as widely as the rows allow
(NOTE(places) in `candidates.py`). A table begins with a part of the states; a clause that is false
in one of the others has its valuation added, and another clause is looked for.

NOTE(repeated). With two elements of one set, what is false may need a third to be seen: states of
two listeners say nothing of a third one. So these are looked at where one of each set is not
enough.
"""
from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from checker.engines.smt.anysize.atoms import Prefix, atoms, same_set, waiting
from checker.engines.smt.anysize.candidates import (NESTED, can_be_said, clause, every_prefix,
                                                    names_an_element, nested, nowhere)
from checker.engines.smt.anysize.columns import Column, Columns
from checker.engines.smt.anysize.holders import moved
from checker.engines.smt.anysize.lemmas import show_lemma
from checker.engines.smt.anysize.lifting import Cell
from checker.engines.smt.anysize.pycode import sized, source
from checker.ir import build
from checker.ir.nodes import Const, Expr, Local, Op, Var
from checker.ir.system import State, System
from checker.ir.walk import children, free_locals, subexpressions
from checker.types import NUMBERS, Index, Map, bounds

BEAM = 6
"""How many partial cubes are looked at side by side."""
MOST_LITERALS = 9
MOST_ROWS = 10_000
"""Rows of each sample that a table begins with."""
LITERAL, NUMBER, CONSTANT = 2, 2, 4
"""What a literal costs, and what more where it says that two numbers are equal, or that a number
is one in particular; half as much where it says that they are not."""


@dataclass(frozen=True)
class _Bit:
    """A condition in valuations: an atom, or that a process waits at `place`.

    `costs`: of a literal that it is false, and that it is true; None where that is not said.
    """

    expr: Expr
    place: str | None
    names: frozenset[str]
    costs: tuple[int | None, int]


@dataclass
class _Table:
    """What is true of the elements of a prefix, in rows of reachable states: strings of bits.

    `columns[i]` has a bit for each row in which bit `i` of a valuation is set.
    """

    prefix: Prefix
    atoms: list[Expr]
    places: list[Expr]
    bits: list[_Bit]
    columns: list[int] = field(default_factory=list)
    count: int = 0

    def row(self, seen: tuple) -> str:
        """A valuation as bits: the atoms, then for each process its places."""
        bits = ["1" if value else "0" for value in seen[:len(self.atoms)]]
        for part, at in zip(self.places, seen[len(self.atoms):], strict=True):
            bits += ["1" if member == at else "0" for member in part.type.members]
        return "".join(bits)

    def begin(self, of: Sequence[Column], count: int) -> None:
        """The columns of all expressions, atoms first."""
        self.count = count
        self.columns = [column.get(True, 0) for column in of[:len(self.atoms)]]
        for part, column in zip(self.places, of[len(self.atoms):], strict=True):
            self.columns += [column.get(member, 0) for member in part.type.members]

    def add(self, row: str) -> None:
        if row not in self:
            new = 1 << self.count
            self.count += 1
            self.columns = [column | new if bit == "1" else column
                            for column, bit in zip(self.columns, row, strict=True)]

    def __contains__(self, row: str) -> bool:
        return bool(_common(self.agreeing(row), range(len(row)), self.everything))

    @property
    def everything(self) -> int:
        return (1 << self.count) - 1

    def agreeing(self, row: str) -> list[int]:
        """For each bit of a valuation the rows that have it as well."""
        every = self.everything
        return [column if bit == "1" else every & ~column
                for column, bit in zip(self.columns, row, strict=True)]

    def cost(self, row: str, bit: int) -> int | None:
        return self.bits[bit].costs[row[bit] == "1"]


Cube = list[int]
"""Bits of a valuation."""


class Learner:
    """Clauses about the reachable states of `samples`; `system` is the family's."""

    def __init__(self, system: System,
                 samples: Sequence[tuple[System, Sequence[State]]]) -> None:
        self.system, self.samples = system, samples
        self.prefixes = sorted(every_prefix(system), key=_repeated)
        self._tables: dict[Prefix, _Table] = {}
        self._looks: dict[tuple[int, Prefix], Callable[..., tuple]] = {}
        self._made: dict[str, tuple[Prefix, Expr]] = {}

    def excludes(self, sample: System, state: State, about: frozenset[Cell]) -> str | None:
        """The cheapest clause found that is false in a state of the system `sample` and speaks of
        nothing but some parts of it."""
        best: tuple[int, int, str] | None = None
        for prefix in self.prefixes:
            if best is not None and _repeated(prefix):
                break
            for chosen in _tuples(sample, prefix):
                most = best[0] if best is not None else 10 ** 6
                found = self._clause(sample, state, prefix, chosen, about, most)
                if found is not None and (best is None or found < best):
                    best = found
        return best[2] if best is not None else None

    def doubt(self, sample: System, text: str, state: State) -> None:
        """Take a state in which a clause made here is false for one that may be reachable: the
        clause was of no use, and has to be another one next time."""
        prefix, body = self._made[text]
        table = self.table(prefix)
        false = self._false(prefix, body, sample)
        for found in false([state], _tuples(sample, prefix)):
            table.add(self._valuation(table, sample, *found))

    # ── valuations ───────────────────────────────────────────────────────────────────────────

    def table(self, prefix: Prefix) -> _Table:
        if prefix not in self._tables:
            said = [a for a in atoms(self.system, prefix, measured=True)
                    if can_be_said(self.system, a.expr)]
            places = list(waiting(self.system, prefix))
            bits = [_Bit(a.expr, None, free_locals(a.expr), _costs(a.expr, a.both)) for a in said]
            bits += [_Bit(part, place, free_locals(part), (None, LITERAL)) for part in places
                     for place in part.type.members]
            table = _Table(prefix, [a.expr for a in said], places, bits)
            every = [_representative(sample, prefix) for sample, _ in self.samples]
            some = [(sample, states[::max(1, len(states) * len(tuples) // MOST_ROWS)])
                    for (sample, states), tuples in zip(self.samples, every)]
            table.begin(*Columns(self.system, some).columns([*table.atoms, *places], prefix, every))
            self._tables[prefix] = table
        return self._tables[prefix]

    def _look(self, table: _Table, sample: System) -> Callable[..., tuple]:
        """The valuation of a state and elements: atoms, then where processes wait."""
        key = (id(sample), table.prefix)
        if key not in self._looks:
            names = "".join(f", {name}" for name, _ in table.prefix)
            parts = [source(sample, moved(expr, self.system, sample))
                     for expr in (*table.atoms, *table.places)]
            seen = "".join(f"{part}, " for part in parts)
            self._looks[key] = eval(f"lambda state_{names}: ({seen})")
        return self._looks[key]

    def _valuation(self, table: _Table, sample: System, state: State,
                   chosen: tuple[int, ...]) -> str:
        return table.row(self._look(table, sample)(state, *chosen))

    def _false(self, prefix: Prefix, body: Expr, sample: System) -> Callable:
        """A generator of the states and elements of which a clause is false."""
        names = "".join(f"{name}, " for name, _ in prefix)
        text = source(sample, moved(body, self.system, sample))
        return eval(f"lambda states_, every_: ((state_, ({names})) for ({names}) in every_ "
                    f"for state_ in states_ if not {text})")

    # ── one tuple of elements ────────────────────────────────────────────────────────────────

    def _clause(self, sample: System, state: State, prefix: Prefix, chosen: tuple[int, ...],
                about: frozenset[Cell], most: int) -> tuple[int, int, str] | None:
        """The cheapest clause about these elements: what it costs, its length, and its text."""
        table = self.table(prefix)
        row = self._valuation(table, sample, state, chosen)
        allowed = _allowed(table, chosen, about)
        every = frozenset(name for name, _ in prefix)
        while row not in table:
            cube = _cheapest(table, row, allowed, most - LITERAL * len(prefix))
            if cube is None or every != frozenset().union(*(table.bits[i].names for i in cube)):
                return None             # a shorter prefix has it
            cube = _weakened(table, row, cube)
            body = build.disjunction(sorted(_denied(table, row, cube),
                                            key=lambda part: show_lemma(self.system, part)))
            seen = self._refuted(table, body)
            if seen is None:
                text = show_lemma(self.system, clause(self.system, prefix, [body]))
                self._made[text] = prefix, body
                cost = sum(table.cost(row, i) or LITERAL for i in cube) + LITERAL * len(prefix)
                return cost, len(text), text
            table.add(seen)
        return None

    def _refuted(self, table: _Table, body: Expr) -> str | None:
        """The row of a reachable state in which a clause is false."""
        for sample, states in self.samples:
            false = self._false(table.prefix, body, sample)
            found = next(false(states, _representative(sample, table.prefix)), None)
            if found is not None:
                return self._valuation(table, sample, *found)
        return None


def _costs(expr: Expr, both: bool) -> tuple[int | None, int]:
    cost = LITERAL + LITERAL * NESTED * nested(expr)
    more = 0
    match expr:
        case Op("eq", (a, b)) if isinstance(a.type, NUMBERS):
            more = CONSTANT if isinstance(b, Const) else NUMBER
    if any(isinstance(e, Const) for e in subexpressions(expr)) and any(
            isinstance(e, Op) and e.op in ("add", "sub") for e in subexpressions(expr)):
        more = CONSTANT
    return (cost + more // 2 if both else None), cost + more


def _repeated(prefix: Prefix) -> int:
    """How many pairs of elements are of one set; see NOTE(repeated)."""
    return sum(1 for (_, a), (_, b) in itertools.combinations(prefix, 2) if same_set(a, b))


def _tuples(sample: System, prefix: Prefix) -> list[tuple[int, ...]]:
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


def _representative(sample: System, prefix: Prefix) -> list[tuple[int, ...]]:
    """Tuples that stand for all in a set of reachable states: elements of an Index are alike."""
    every = _tuples(sample, prefix)
    if names_an_element(sample):
        return every
    kinds = [isinstance(of, Index) for _, of in prefix]
    first = [v for v, alike in zip(every[0], kinds) if alike] if every else []
    return [t for t in every if [v for v, alike in zip(t, kinds) if alike] == first]


# ── what literals read ───────────────────────────────────────────────────────────────────────

def _allowed(table: _Table, chosen: tuple[int, ...], about: frozenset[Cell]) -> list[bool]:
    """Which bits speak of nothing but some parts of the state."""
    elements = {name: value for (name, _), value in zip(table.prefix, chosen, strict=True)}
    variables = {cell[0] for cell in about}
    known: dict[Expr, bool] = {}
    for bit in table.bits:
        if bit.expr not in known:
            known[bit.expr] = all(cell in about if exact else cell[0] in variables
                                  for cell, exact in _reads(bit.expr, elements))
    return [known[bit.expr] for bit in table.bits]


def _reads(expr: Expr, elements: dict[str, int]) -> Iterator[tuple[Cell, bool]]:
    """The parts of the state that an expression is about; not exact is some part of a variable."""
    keys: list[Expr] = []
    inner = expr
    while isinstance(inner, Op) and inner.op == "get":
        inner, key = inner.args
        keys.insert(0, key)
    if not isinstance(inner, Var):
        for part in children(expr):
            yield from _reads(part, elements)
        return
    at = [elements.get(k.name) if isinstance(k, Local) else getattr(k, "value", None)
          for k in keys]
    exact = None not in at and not isinstance(expr.type, Map)
    yield ((inner.name, *at) if exact else (inner.name,)), exact
    for key in keys:
        yield from _reads(key, elements)


# ── cubes ────────────────────────────────────────────────────────────────────────────────────

def _cheapest(table: _Table, row: str, allowed: list[bool], most: int) -> Cube | None:
    """The cheapest cube found that is true in `row`, in no row of the table, and costs at most so
    much."""
    agree, everything = table.agreeing(row), table.everything
    usable = [(i, cost) for i in range(len(row)) if allowed[i] and agree[i] != everything
              and (cost := table.cost(row, i)) is not None]
    beam: list[tuple[float, int, tuple[int, ...], int]] = [(0.0, 0, (), everything)]
    best: tuple[int, ...] | None = None
    for _ in range(MOST_LITERALS):
        grown: dict[int, tuple[float, int, tuple[int, ...], int]] = {}
        for _, spent, cube, mask in beam:
            for i, cost in usable:
                left, more = mask & agree[i], spent + cost
                if left == mask or more > most or best is not None and more == most:
                    continue
                if not left:
                    best, most = (*cube, i), more
                    continue
                score = more + LITERAL * math.log2(left.bit_count() + 1) / 3
                if left not in grown or grown[left][0] > score:
                    grown[left] = score, more, (*cube, i), left
        beam = sorted(grown.values(), key=lambda each: each[:3])[:BEAM]
    return None if best is None else _reduced(list(best), agree, everything)


def _common(agree: list[int], cube: Sequence[int], everything: int) -> int:
    """The rows that have all of a cube."""
    for i in cube:
        everything &= agree[i]
    return everything


def _reduced(cube: Cube, agree: list[int], everything: int) -> Cube:
    """The cube without what it does not need."""
    for i in list(cube):
        if not _common(agree, [j for j in cube if j != i], everything):
            cube.remove(i)
    return sorted(cube)


def _weakened(table: _Table, row: str, cube: Cube) -> Cube:
    """The cube with comparisons that say less where no row has it then either: `<=` for `<` and
    for `==`."""
    agree, everything = table.agreeing(row), table.everything
    numbers = {expr: i for i, expr in enumerate(table.atoms)}
    for n, i in enumerate(cube):
        match table.bits[i].expr if row[i] == "1" else None:
            case Op("lt", (a, b), of):
                others = [Op("lt", (b, a), of)]
            case Op("eq", (a, b), of) if isinstance(a.type, NUMBERS):
                others = [Op("lt", (b, a), of), Op("lt", (a, b), of)]
            case _:
                continue
        for other in others:
            j = numbers.get(other)
            if j is not None and not _common(agree, [*cube[:n], j, *cube[n + 1:]], everything):
                cube[n] = j
                break
    return _reduced(cube, agree, everything)


def _denied(table: _Table, row: str, cube: Cube) -> Iterator[Expr]:
    """The negations of a cube's literals, with places said as widely as the rows allow."""
    masks = dict(zip(range(len(row)), table.agreeing(row)))
    for i in cube:
        bit = table.bits[i]
        if bit.place is None:
            yield build.negation(bit.expr) if row[i] == "1" else bit.expr
            continue
        rest = table.everything
        for j in cube:
            rest &= masks[j] if j != i else rest
        wide = {other.place: column for other, column in zip(table.bits, table.columns)
                if other.expr == bit.expr and not column & rest}
        masks[i] = 0
        for column in wide.values():
            masks[i] |= column
        yield nowhere(bit.expr, frozenset(wide))
