"""Candidates for lemmas: the shortest clauses that hold in every state seen.

A cube is a conjunction of up to three literals; if no reachable state has it, its negation is a
candidate. Cubes are found by bit masks: one column for each literal, one row for each distinct
valuation of the atoms, so a cube is impossible where the columns have no common row (the miner
of Hance et al., "Finding invariants of distributed systems: it's a small (enough) world after
all", NSDI 2021, enumerates formulas; here only minimal clauses are made).

NOTE(places). Where a process waits is one of dozens of names, and a clause for each of them is
what makes thousands of candidates. So places come in sets, as large as the states seen allow:
"while `holds[g]`, the process of `g` is at none of these", "of two processes that stand in these
places there is one at most".

Elements are interchangeable, so that valuations of one tuple of different elements are those of
all tuples, unless the state begins with a named element.

Three elements are looked at in two families: "at most one", two facts `R(a, b)` and `R(a, c)` of
one relation, without which relations prove nothing; and what relations of three sorts say of
each other.
"""
from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checker.engines.smt.anysize.atoms import (Atom, Prefix, atoms, same_set, sizes_of,
                                                waiting)
from checker.engines.smt.anysize.columns import Columns
from checker.engines.smt.anysize.family import all_types
from checker.engines.smt.anysize.lemmas import among, show_lemma
from checker.engines.smt.anysize.pycode import NoSource, sized, source
from checker.engines.smt.anysize.refuse import OutsideFragment
from checker.engines.smt.anysize.space import index_domains
from checker.ir import build
from checker.ir.nodes import Expr, Local, Op, Quantifier
from checker.ir.system import State, System
from checker.ir.walk import free_locals, subexpressions, substitute
from checker.types import Bool, Index, Map, Type

BOOL = Bool()
MOST_ATOMS = 400
MOST_CANDIDATES = 2_500
NESTED = 3
"""How many literals a quantifier within a literal counts for: conditions of the author's that
nobody needs in a lemma, and that Z3 has a hard time with."""


@dataclass(frozen=True, slots=True)
class Literal:
    """`names` are the elements it speaks of, `mask` the rows in which it is true."""

    atom: Atom
    positive: bool
    mask: int
    names: frozenset[str]

    @property
    def denied(self) -> Expr:
        return build.negation(self.atom.expr) if self.positive else self.atom.expr


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where one process waits: the rows for each place."""

    part: Expr
    rows: dict[str, int]
    names: frozenset[str]

    def missing(self, mask: int) -> frozenset[str]:
        """The places at which no row of the mask has it."""
        return frozenset(place for place, rows in self.rows.items() if not rows & mask)

    def denied(self, places: frozenset[str]) -> Expr:
        return nowhere(self.part, places)


def nowhere(part: Expr, places: frozenset[str]) -> Expr:
    """That a process waits at none of these, said by the shorter list."""
    members = part.type.members
    inside = [m for m in members if m in places]
    outside = [m for m in members if m not in places]
    if len(outside) < len(inside):
        return among(part, outside)
    return among(part, inside, negated=True)


@dataclass(frozen=True)
class Candidate:
    """A clause; `size`: how many elements and literals it takes to say it, how many quantifiers
    in the literals."""

    expr: Expr
    text: str
    size: int

    def rank(self) -> tuple[int, int, str]:
        """Where it stands among others: the simplest are tried first."""
        return self.size, len(self.text), self.text


@dataclass(frozen=True)
class Table:
    """The literals and the places of a prefix, by the rows that have them."""

    literals: list[Literal]
    waiting: list[Waiting]
    everything: int


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


def every_prefix(system: System) -> Iterator[Prefix]:
    """Up to three elements, of index sets and of the ordered ones that something is a map over."""
    over = dict.fromkeys(of.key for of in all_types(system)
                         if isinstance(of, Map) and sizes_of(of.key))
    sets: list[Type] = [*index_domains(system), *over]
    names = [of.name if isinstance(of, Index) else max(sizes_of(of)) for of in sets]
    named = {of: _names_of(name, names) for of, name in zip(sets, names)}
    for count in range(4):
        for chosen in itertools.combinations_with_replacement(sets, count):
            yield tuple((named[of][chosen[:i].count(of)], of) for i, of in enumerate(chosen))


def of_three(system: System) -> Iterator[Prefix]:
    """Two elements of one sort and one of another, or of the same; one of each of three."""
    indices = list(index_domains(system))
    names = {of.name: _names(of, indices) for of in indices}
    for of in indices:
        first, second = names[of.name]
        yield (first, of), (second, of), (second + "2", of)
    for a, b in itertools.permutations(indices, 2):
        yield (names[a.name][0], a), (names[a.name][1], a), (names[b.name][0], b)
    for chosen in itertools.combinations(indices, 3):
        yield tuple((names[of.name][0], of) for of in chosen)


def _names(of: Index, indices: list[Index]) -> list[str]:
    """Two names for elements: the first letters of the sort, as far as it takes to be different."""
    return _names_of(of.name, [other.name for other in indices])[:2]


def _names_of(own: str, every: Sequence[str]) -> list[str]:
    """Three names for elements of the set `own` among others."""
    others = [name for name in every if name != own]
    length = 1
    while any(name[:length] == own[:length] for name in others) and length < len(own):
        length += 1
    stem = own[:length]
    following = chr(ord(stem[-1]) + 1) if stem[-1] not in "zZ9_" else stem[-1] + "2"
    second = stem[:-1] + following
    if any(second == name[:len(second)] for name in others):
        second = stem + "2"
    return [stem, second, stem + ("3" if second.endswith("2") else "2")]


def candidates(system: System, samples: Sequence[tuple[System, Sequence[State]]], *,
               most: int = MOST_CANDIDATES) -> list[Candidate]:
    """Minimal clauses that hold in all sampled states.

    `system` is the family's; each sample is the system at one size with its reachable states.
    Three literals are said together only where that makes no more than `most` candidates.
    """
    short: list[tuple[Prefix, tuple[Part, ...]]] = []
    long: list[tuple[Prefix, tuple[Part, ...]]] = []
    columns = Columns(system, samples)
    for prefix in prefixes(system):
        table = _table(system, prefix, columns)
        for parts in (*_cubes(table.literals), *_placed(table, prefix), *apart(table)):
            if spoken_of(parts) == {name for name, _ in prefix}:     # else a shorter prefix has it
                (short if len(parts) < 3 else long).append((prefix, parts))
    for prefix in of_three(system):
        table = _table(system, prefix, columns)
        of_one_each = len({of.name for _, of in prefix}) == 3
        short += [(prefix, parts) for parts in _at_most_one(table, prefix)]
        long += [(prefix, parts) for parts in _placed(table, prefix)
                 if of_one_each and spoken_of(parts) == {name for name, _ in prefix}]
    found: dict[str, Candidate] = {}
    for prefix, parts in short + long:
        if len(parts) < 3 or _has_place(parts) or len(short) + len(long) <= most:
            _keep(system, found, prefix, parts)
    return sorted(found.values(), key=Candidate.rank)


Part = Literal | tuple[Waiting, frozenset[str]]
"""A literal, or a process with the places at which it must not be."""


def spoken_of(cube: tuple[Part, ...]) -> frozenset[str]:
    """The elements that a cube is about."""
    return frozenset().union(*((part.names if isinstance(part, Literal) else part[0].names)
                               for part in cube))


def _has_place(cube: tuple[Part, ...]) -> bool:
    return any(not isinstance(part, Literal) for part in cube)


def _keep(system: System, found: dict[str, Candidate], prefix: Prefix,
          cube: tuple[Part, ...]) -> None:
    denied = [part.denied if isinstance(part, Literal) else part[0].denied(part[1])
              for part in cube]
    expr = clause(system, prefix, denied)
    texts = [show_lemma(system, expr)]
    for swapped in _swapped(prefix):
        texts.append(show_lemma(system, clause(
            system, prefix, [substitute(part, swapped) for part in denied])))
    if texts[0] == min(texts):
        size = len(cube) + len(prefix) + NESTED * sum(map(nested, denied))
        found.setdefault(texts[0], Candidate(expr, texts[0], size))


def nested(expr: Expr) -> int:
    """How many quantifiers there are in a literal."""
    return sum(1 for e in subexpressions(expr)
               if isinstance(e, Quantifier) and e.kind in ("any", "all"))


def _swapped(prefix: Prefix) -> Iterator[dict[str, Expr]]:
    """The renamings that exchange two elements of one sort."""
    for (a, of), (b, other) in itertools.combinations(prefix, 2):
        if of.name == other.name:
            yield {a: Local(b, of), b: Local(a, of)}


def clause(system: System, prefix: Prefix, denied: list[Expr]) -> Expr:
    """The disjunction of what a cube denies, for all different elements of the prefix."""
    body = build.disjunction(sorted(denied, key=lambda part: show_lemma(system, part)))
    apart: list[Expr] = [Op("ne" if isinstance(of, Index) else "lt",
                            (Local(a, of), Local(b, other)), BOOL)
                         for (a, of), (b, other) in itertools.combinations(prefix, 2)
                         if same_set(of, other)]
    if apart:
        body = Op("implies", (build.conjunction(apart), body), BOOL)
    for name, of in reversed(prefix):
        body = Quantifier("all", name, of, body, BOOL)
    return body


# ── valuations ───────────────────────────────────────────────────────────────────────────────

def _table(system: System, prefix: Prefix, columns: Columns) -> Table:
    """The literals and places of a prefix with the rows in which they are true."""
    usable = [atom for atom in atoms(system, prefix)[:MOST_ATOMS]
              if can_be_said(system, atom.expr)]
    parts = list(waiting(system, prefix))
    of, rows = columns.columns([*(atom.expr for atom in usable), *parts], prefix,
                               [_tuples(sample, prefix) for sample, _ in columns.samples])
    everything = (1 << rows) - 1
    found = []
    for atom, column in zip(usable, of):
        mask = column.get(True, 0)
        names = free_locals(atom.expr)
        found.append(Literal(atom, True, mask, names))
        if atom.both:
            found.append(Literal(atom, False, everything & ~mask, names))
    places = [Waiting(part, {place: column.get(place, 0) for place in part.type.members},
                      free_locals(part)) for part, column in zip(parts, of[len(usable):])]
    return Table(found, places, everything)


def can_be_said(system: System, expr: Expr) -> bool:
    """Whether there is a text for an expression, and a way to look at many states with it."""
    try:
        show_lemma(system, expr)
        source(system, expr)
    except (NoSource, OutsideFragment):
        return False
    return True


def _tuples(system: System, prefix: Prefix) -> list[tuple[int, ...]]:
    """Tuples of different elements: one stands for all, unless elements are told apart."""
    sizes = [sized(system, of).size for _, of in prefix]
    every = [t for t in itertools.product(*map(range, sizes))
             if all(x != y for (x, (_, a)), (y, (_, b)) in itertools.combinations(
                 list(zip(t, prefix)), 2) if a.name == b.name)]
    return every if names_an_element(system) else every[:1]


def names_an_element(system: System) -> bool:
    """Whether some variable holds an element from the beginning: then element 0 is special."""
    def bare(of) -> bool:
        return isinstance(of, Index) or isinstance(of, Map) and bare(of.value)

    return any(bare(variable.type) for variable in system.variables)


# ── cubes ────────────────────────────────────────────────────────────────────────────────────

def _cubes(literals: list[Literal]) -> Iterator[tuple[Literal, ...]]:
    """The minimal impossible cubes of up to three literals."""
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
    yield from _triples(open_, pairs, impossible)


def _triples(open_: list[Literal], pairs: list[tuple[int, int, int]],
             impossible: set[tuple[int, int]]) -> Iterator[tuple[Literal, ...]]:
    for i, j, both in pairs:
        for k in range(j + 1, len(open_)):
            if both & open_[k].mask == 0 and (i, k) not in impossible and (
                    j, k) not in impossible:
                yield open_[i], open_[j], open_[k]


def _placed(table: Table, prefix: Prefix) -> Iterator[tuple[Part, ...]]:
    """What excludes places: nothing (they are never reached), one literal, or two together.

    A pair of literals is worth saying where it excludes more than each of the two.
    """
    every = {name for name, _ in prefix}
    for where in table.waiting:
        never = where.missing(table.everything)
        if never:
            yield ((where, never),)
        literals = [a for a in table.literals if a.mask]
        alone = [where.missing(a.mask) for a in literals]
        for a, excluded in zip(literals, alone):
            if excluded - never:
                yield a, (where, excluded - never)
        for i, a in enumerate(literals):
            for j in range(i + 1, len(literals)):
                b = literals[j]
                both = a.mask & b.mask
                if both in (0, a.mask, b.mask) or same_group(a, b) or (
                        a.names | b.names | where.names) != every:
                    continue
                more = where.missing(both) - alone[i] - alone[j]
                if more:
                    yield a, b, (where, more)
        yield from _owned(table, where, every)


def _owned(table: Table, where: Waiting, every: set[str]) -> Iterator[tuple[Part, ...]]:
    """What is true of one element while a process stands at certain places only if that process
    is the one which has it in hand: two literals of the element, and that a relation between
    the two fails."""
    if len(every) != 2 or len(where.names) != 1:
        return
    one = [a for a in table.literals if a.mask and a.names == every - where.names]
    related = [a for a in table.literals if a.atom.relation and not a.positive
               and a.names == every]
    for d in related:
        alone = [where.missing(a.mask & d.mask) for a in one]
        for i, a in enumerate(one):
            for j in range(i + 1, len(one)):
                b = one[j]
                both = a.mask & b.mask
                if both in (0, a.mask, b.mask) or same_group(a, b):
                    continue
                more = where.missing(both & d.mask) - alone[i] - alone[j] - where.missing(both)
                if more:
                    yield a, b, d, (where, more)



def apart(table: Table) -> Iterator[tuple[Part, ...]]:
    """Places at which two processes never are together: those with the same partners as one."""
    for one, other in itertools.combinations(table.waiting, 2):
        never = other.missing(table.everything)
        groups: dict[frozenset[str], list[str]] = {}
        for place, rows in one.rows.items():
            partners = other.missing(rows) - never
            if rows and partners:
                groups.setdefault(partners, []).append(place)
        for partners, places in groups.items():
            yield (one, frozenset(places)), (other, partners)


def same_group(a: Literal, b: Literal) -> bool:
    """Whether two literals are of one part of the state, so that both say little more than one."""
    return a.atom is b.atom or bool(a.atom.group) and a.atom.group == b.atom.group


def _at_most_one(table: Table, prefix: Prefix) -> Iterator[tuple[Part, ...]]:
    """Impossible cubes with two facts of one relation, about elements that differ in one."""
    related = [a for a in table.literals if a.positive and a.atom.relation and len(a.names) == 2]
    every = {name for name, _ in prefix}
    for a, b in itertools.combinations(related, 2):
        if a.atom.expr.op != b.atom.expr.op or a.names | b.names != every:
            continue
        both = a.mask & b.mask
        if both == 0:
            yield a, b
            continue
        for c in table.literals:
            if c.atom not in (a.atom, b.atom) and both & c.mask == 0 and (
                    a.mask & c.mask and b.mask & c.mask):
                yield a, b, c
        for where in table.waiting:
            more = where.missing(both) - where.missing(a.mask) - where.missing(b.mask)
            if more:
                yield a, b, (where, more)
