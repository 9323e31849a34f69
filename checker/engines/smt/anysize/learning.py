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
(NOTE(places) in `candidates.py`).

NOTE(repeated). With two elements of one set, what is false may need a third to be seen: states of
two listeners say nothing of a third one. So these are looked at where one of each set is not
enough.
"""
from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from checker.engines.smt.anysize.atoms import Prefix
from checker.engines.smt.anysize.candidates import clause, every_prefix, nowhere
from checker.engines.smt.anysize.holders import moved
from checker.engines.smt.anysize.lemmas import show_lemma
from checker.engines.smt.anysize.lifting import Cell
from checker.engines.smt.anysize.pycode import source
from checker.engines.smt.anysize.tables import LITERAL, Table, Tables, repeated, tuples
from checker.ir import build
from checker.ir.nodes import Expr, Local, Op, Var
from checker.ir.system import State, System
from checker.ir.walk import children
from checker.types import NUMBERS, Map

BEAM = 6
"""How many partial cubes are looked at side by side."""
MOST_LITERALS = 9
ALONE = 3
"""What the only literal of a clause costs at most: that two numbers are equal is much to say."""

WORSE = 4
"""How much more than the cheapest clause another one may cost that is looked at as well."""

Cube = list[int]
"""Bits of a valuation."""
Found = tuple[int, int, str]
"""What a clause costs, its length, and its text."""


class Learner:
    """Clauses about the reachable states that tables were made of; `system` is the family's."""

    def __init__(self, system: System, tables: Tables) -> None:
        self.system = system
        self.tables = tables
        self.prefixes = sorted(every_prefix(system), key=repeated)
        self._looks: dict[tuple[int, Prefix], Callable[..., tuple]] = {}
        self._made: dict[str, tuple[Prefix, Expr]] = {}

    def excluding(self, sample: System, state: State, about: frozenset[Cell]) -> list[Found]:
        """The cheapest clauses found that are false in a state of the system `sample` and speak of
        nothing but some parts of it; the best first."""
        found: dict[str, Found] = {}
        for prefix in self.prefixes:
            if found and repeated(prefix):
                break
            for chosen in tuples(sample, prefix):
                most = min(found.values())[0] + WORSE if found else 10 ** 6
                one = self._clause(sample, state, prefix, chosen, about, most)
                if one is not None:
                    found[one[2]] = one
        return sorted(found.values())

    def doubt(self, sample: System, text: str, state: State) -> None:
        """Take a state in which a clause made here is false for one that may be reachable: the
        clause was of no use, and has to be another one next time."""
        prefix, body = self._made[text]
        table = self.tables.of(prefix)
        false = source(sample, moved(body, self.system, sample))
        names = "".join(f", {name}" for name, _ in prefix)
        test = eval(f"lambda state_{names}: {false}")
        for chosen in tuples(sample, prefix):
            if not test(state, *chosen):
                table.add(self._valuation(table, sample, state, chosen))

    def _valuation(self, table: Table, sample: System, state: State,
                   chosen: tuple[int, ...]) -> str:
        """What is true of elements in a state: atoms, then where processes wait."""
        key = (id(sample), table.prefix)
        if key not in self._looks:
            names = "".join(f", {name}" for name, _ in table.prefix)
            parts = [source(sample, moved(expr, self.system, sample))
                     for expr in (*table.atoms, *table.places)]
            seen = "".join(f"{part}, " for part in parts)
            self._looks[key] = eval(f"lambda state_{names}: ({seen})")
        return table.row(self._looks[key](state, *chosen))

    # ── one tuple of elements ────────────────────────────────────────────────────────────────

    def _clause(self, sample: System, state: State, prefix: Prefix, chosen: tuple[int, ...],
                about: frozenset[Cell], most: int) -> Found | None:
        """The cheapest clause about these elements: what it costs, its length, and its text."""
        table = self.tables.of(prefix)
        row = self._valuation(table, sample, state, chosen)
        allowed = _allowed(table, chosen, about)
        every = frozenset(name for name, _ in prefix)
        if table.has(row):
            return None
        cube = _cheapest(table, row, allowed, most - LITERAL * len(prefix))
        if cube is None or every != frozenset().union(*(table.bits[i].names for i in cube)):
            return None             # a shorter prefix has it
        cube = _weakened(table, row, cube)
        body = build.disjunction(sorted(_denied(table, row, cube),
                                        key=lambda part: show_lemma(self.system, part)))
        text = show_lemma(self.system, clause(self.system, prefix, [body]))
        self._made[text] = prefix, body
        cost = sum(table.cost(row, i) or LITERAL for i in cube)
        if len(cube) == 1:
            cost = min(cost, ALONE)
        cost += LITERAL * len(prefix)
        return cost, len(text), text


# ── what literals read ───────────────────────────────────────────────────────────────────────

def _allowed(table: Table, chosen: tuple[int, ...], about: frozenset[Cell]) -> list[bool]:
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

def _cheapest(table: Table, row: str, allowed: list[bool], most: int) -> Cube | None:
    """The cheapest cube found that is true in `row`, in no row of the table, and costs at most so
    much."""
    agree, everything = table.agreeing(row), table.everything
    usable = [(i, cost) for i in range(len(row)) if allowed[i] and agree[i] != everything
              and (cost := table.cost(row, i)) is not None]
    beam: list[tuple[float, int, tuple[int, ...], int]] = [(0.0, 0, (), everything)]
    best: tuple[int, ...] | None = None
    for i, cost in usable:
        if not agree[i] and min(cost, ALONE) <= most:
            best, most = (i,), min(cost, ALONE)
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


def _weakened(table: Table, row: str, cube: Cube) -> Cube:
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


def _denied(table: Table, row: str, cube: Cube) -> Iterator[Expr]:
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
