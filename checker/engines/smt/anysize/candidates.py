"""Candidates for lemmas: the shortest clauses that hold in every state seen.

A cube is a conjunction of up to three literals; if no reachable state has it, its negation is a
candidate. Cubes are found by bit masks: one column for each literal, one row for each distinct
valuation of the atoms, so a cube is impossible where the columns have no common row (the miner
of Hance et al., "Finding invariants of distributed systems: it's a small (enough) world after
all", NSDI 2021, enumerates formulas; here only minimal clauses are made).

Elements are interchangeable, so that valuations of one tuple of different elements are those of
all tuples, unless the state begins with a named element.

Three elements are looked at for one family only, "at most one": two facts `R(a, b)` and
`R(a, c)` of one relation, and up to one more literal. Without them relations prove nothing.
"""
from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checker.engines.smt.anysize.atoms import Atom, Prefix, atoms
from checker.engines.smt.anysize.lemmas import show_lemma
from checker.engines.smt.anysize.pycode import NoSource, sized, source
from checker.engines.smt.anysize.space import index_domains
from checker.ir import build
from checker.ir.nodes import Expr, Local, Op, Quantifier
from checker.ir.system import State, System
from checker.ir.walk import free_locals, substitute
from checker.types import Bool, Index, Map

BOOL = Bool()
MOST_ATOMS = 400
MOST_CUBES = 3


@dataclass(frozen=True, slots=True)
class Literal:
    atom: Atom
    positive: bool
    mask: int

    @property
    def expr(self) -> Expr:
        return self.atom.expr if self.positive else build.negation(self.atom.expr)

    @property
    def denied(self) -> Expr:
        return build.negation(self.atom.expr) if self.positive else self.atom.expr


def prefixes(system: System) -> Iterator[Prefix]:
    """No element, one, two of each pair of sorts."""
    indices = list(index_domains(system))
    names = {of.name: _names(of, indices) for of in indices}
    yield ()
    for of in indices:
        yield ((names[of.name][0], of),)
    for a, b in itertools.combinations_with_replacement(indices, 2):
        second = names[b.name][1 if a.name == b.name else 0]
        yield (names[a.name][0], a), (second, b)


def relations_of_three(system: System) -> Iterator[Prefix]:
    """Two elements of one sort and one of another, or of the same."""
    indices = list(index_domains(system))
    names = {of.name: _names(of, indices) for of in indices}
    for of in indices:
        first, second = names[of.name]
        yield (first, of), (second, of), (second + "2", of)
    for a, b in itertools.permutations(indices, 2):
        yield (names[a.name][0], a), (names[a.name][1], a), (names[b.name][0], b)


def _names(of: Index, indices: list[Index]) -> list[str]:
    """Names for elements: the first letters of the sort, as far as it takes to be different."""
    others = [other.name for other in indices if other.name != of.name]
    length = 1
    while any(name[:length] == of.name[:length] for name in others) and length < len(of.name):
        length += 1
    stem = of.name[:length]
    following = chr(ord(stem[-1]) + 1) if stem[-1] not in "zZ9_" else stem[-1] + "2"
    second = stem[:-1] + following
    if any(second == name[:len(second)] for name in others):
        second = stem + "2"
    return [stem, second]


def candidates(system: System, samples: Sequence[tuple[System, Sequence[State]]], *,
               literals: int = MOST_CUBES) -> list[Expr]:
    """Minimal clauses that hold in all sampled states, shortest first, in a fixed order.

    `system` is the family's; each sample is the system at one size with its reachable states.
    """
    found: dict[str, tuple[int, Expr]] = {}
    for prefix in prefixes(system):
        table = _table(system, prefix, samples)
        for cube in _cubes(table, literals):
            _keep(found, prefix, cube)
    for prefix in relations_of_three(system):
        table = _table(system, prefix, samples)
        for cube in _at_most_one(table, prefix):
            _keep(found, prefix, cube)
    ordered = sorted(found.items(), key=lambda item: (item[1][0], len(item[0]), item[0]))
    return [expr for _, (_, expr) in ordered]


def _keep(found: dict[str, tuple[int, Expr]], prefix: Prefix, cube: tuple[Literal, ...]) -> None:
    used = frozenset().union(*(free_locals(literal.atom.expr) for literal in cube))
    if used != {name for name, _ in prefix}:
        return                               # a shorter prefix says it
    expr = _clause(prefix, cube)
    texts = [show_lemma(expr)]
    for swapped in _swapped(prefix):
        texts.append(show_lemma(_clause(prefix, cube, swapped)))
    if texts[0] == min(texts):
        found.setdefault(texts[0], (len(cube) + len(prefix), expr))


def _swapped(prefix: Prefix) -> Iterator[dict[str, Expr]]:
    """The renamings that exchange two elements of one sort."""
    for (a, of), (b, other) in itertools.combinations(prefix, 2):
        if of.name == other.name:
            yield {a: Local(b, of), b: Local(a, of)}


def _clause(prefix: Prefix, cube: tuple[Literal, ...],
            renamed: dict[str, Expr] | None = None) -> Expr:
    """The negation of a cube, for all different elements of the prefix."""
    denied = [substitute(literal.denied, renamed or {}) for literal in cube]
    denied.sort(key=show_lemma)
    body = build.disjunction(denied)
    apart: list[Expr] = [Op("ne", (Local(a, of), Local(b, other)), BOOL)
                         for (a, of), (b, other) in itertools.combinations(prefix, 2)
                         if of.name == other.name]
    if apart:
        body = Op("implies", (build.conjunction(apart), body), BOOL)
    for name, of in reversed(prefix):
        body = Quantifier("all", name, of, body, BOOL)
    return body


# ── valuations ───────────────────────────────────────────────────────────────────────────────

def _table(system: System, prefix: Prefix,
           samples: Sequence[tuple[System, Sequence[State]]]) -> list[Literal]:
    """The literals of a prefix with the rows in which they are true."""
    usable = []
    for atom in atoms(system, prefix)[:MOST_ATOMS]:
        try:
            show_lemma(atom.expr)
            usable.append((atom, [source(sample, atom.expr) for sample, _ in samples]))
        except NoSource:
            continue
    rows: set[int] = set()
    for number, (sample, states) in enumerate(samples):
        names = [name for name, _ in prefix]
        bits = [f"(1 << {i} if {texts[number]} else 0)"
                for i, (_, texts) in enumerate(usable)]
        look = eval(f"lambda {', '.join(['state_', *names])}: {' | '.join(bits) or '0'}")
        for tuple_ in _tuples(sample, prefix):
            rows.update(look(state, *tuple_) for state in states)
    ordered = sorted(rows)
    everything = (1 << len(ordered)) - 1
    found = []
    for i, (atom, _) in enumerate(usable):
        mask = sum(1 << n for n, row in enumerate(ordered) if row >> i & 1)
        found.append(Literal(atom, True, mask))
        if atom.both:
            found.append(Literal(atom, False, everything & ~mask))
    return found


def _tuples(system: System, prefix: Prefix) -> list[tuple[int, ...]]:
    """Tuples of different elements: one stands for all, unless elements are told apart."""
    sizes = [sized(system, of).size for _, of in prefix]
    every = [t for t in itertools.product(*map(range, sizes))
             if all(x != y for (x, (_, a)), (y, (_, b)) in itertools.combinations(
                 list(zip(t, prefix)), 2) if a.name == b.name)]
    return every if _names_an_element(system) else every[:1]


def _names_an_element(system: System) -> bool:
    """Whether some variable holds an element from the beginning: then element 0 is special."""
    def bare(of) -> bool:
        return isinstance(of, Index) or isinstance(of, Map) and bare(of.value)

    return any(bare(variable.type) for variable in system.variables)


# ── cubes ────────────────────────────────────────────────────────────────────────────────────

def _cubes(literals: list[Literal], most: int) -> Iterator[tuple[Literal, ...]]:
    """The minimal impossible cubes of up to `most` literals."""
    for literal in literals:
        if literal.mask == 0:
            yield (literal,)
    open_ = [literal for literal in literals if literal.mask]
    impossible: set[tuple[int, int]] = set()
    pairs: list[tuple[int, int, int]] = []
    for i, a in enumerate(open_):
        for j in range(i + 1, len(open_)):
            b = open_[j]
            if a.atom is b.atom or (a.atom.group and a.atom.group == b.atom.group
                                    and a.positive and b.positive):
                impossible.add((i, j))
                continue
            both = a.mask & b.mask
            if both == 0:
                impossible.add((i, j))
                yield a, b
            elif both not in (a.mask, b.mask):
                pairs.append((i, j, both))
    if most >= 3:
        yield from _triples(open_, pairs, impossible)


def _triples(open_: list[Literal], pairs: list[tuple[int, int, int]],
             impossible: set[tuple[int, int]]) -> Iterator[tuple[Literal, ...]]:
    for i, j, both in pairs:
        for k in range(j + 1, len(open_)):
            if both & open_[k].mask == 0 and (i, k) not in impossible and (
                    j, k) not in impossible:
                yield open_[i], open_[j], open_[k]


def _at_most_one(literals: list[Literal], prefix: Prefix) -> Iterator[tuple[Literal, ...]]:
    """Impossible cubes with two facts of one relation, about elements that differ in one."""
    related = [a for a in literals if a.positive and a.atom.relation
               and len(free_locals(a.atom.expr)) == 2]
    every = {name for name, _ in prefix}
    for a, b in itertools.combinations(related, 2):
        if a.atom.expr.op != b.atom.expr.op or (
                free_locals(a.atom.expr) | free_locals(b.atom.expr)) != every:
            continue
        both = a.mask & b.mask
        if both == 0:
            yield a, b
            continue
        for c in literals:
            if c.atom not in (a.atom, b.atom) and both & c.mask == 0 and (
                    a.mask & c.mask and b.mask & c.mask):
                yield a, b, c

