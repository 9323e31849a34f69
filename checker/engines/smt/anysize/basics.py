"""Short clauses that are inductive together at small sizes, found without any goal.

Most of what a proof needs is short: who has the lock at which places, which of two queues is
empty while a process waits there. Clauses of two literals can all be listed, in seconds, and a
step that breaks some is asked for until none is broken (Flanagan and Leino, "Houdini, an annotation
assistant for ESC/Java", FME 2001). What is left excludes most of the unreachable states that a
step may start from, so what else is missing is learned from states that are nearly reachable
(`learning.py`).
"""
from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import z3

from checker.engines.smt.anysize import candidates
from checker.engines.smt.anysize.candidates import Literal, Part, Waiting, clause, every_prefix
from checker.engines.smt.anysize.lemmas import show_lemma
from checker.engines.smt.anysize.selection import Bench
from checker.engines.smt.anysize.tables import Table, Tables
from checker.ir.nodes import Op
from checker.types import NUMBERS

ELEMENTS = 2
"""How many a short clause is about."""


def basics(tables: Tables, benches: Sequence[Bench], tell: Callable[[str], None]) -> list[str]:
    """Short clauses that hold in all rows and that no step breaks at a bench's size, the simplest
    first."""
    found: dict[str, int] = {}
    for prefix in every_prefix(tables.system):
        if len(prefix) <= ELEMENTS:
            table = tables.of(prefix)
            for cube in _cubes(table):
                denied = [part.denied if isinstance(part, Literal) else part[0].denied(part[1])
                          for part in cube]
                text = show_lemma(tables.system, clause(tables.system, prefix, denied))
                found.setdefault(text, len(cube) + len(prefix))
    tell(f"{len(found)} short candidates")
    left = sorted(found, key=lambda text: (found[text], len(text), text))
    for bench in benches:
        left = inductive(bench, left)
    return left


def inductive(bench: Bench, texts: Sequence[str]) -> list[str]:
    """The largest subset that no step breaks from a state where all of it holds, and the
    properties as well."""
    left = list(texts)
    while True:
        broken = [part for part in map(bench.broken, left) if not isinstance(part, bool)]
        if not broken:
            return left
        some = bench.solver.literal(z3.Or(broken))
        answer = bench.solver.ask(bench.step, *map(bench.held, bench.own), *map(bench.held, left),
                                  some)
        bench.solver.retire(some)
        if answer.outcome != "sat":
            return left if answer.outcome == "unsat" else []
        after = bench.after(answer)
        left = [text for text in left if bench.true_in(text, after)]


def _cubes(table: Table) -> Iterator[tuple[Part, ...]]:
    """What no row has, about all elements of the prefix: one or two literals, of which one may
    be that a process waits at one of several places. Where there is no row nothing is known."""
    if not table.rows:
        return
    every = {name for name, _ in table.prefix}
    listed = candidates.Table(list(_literals(table)), list(_waiting(table)), table.everything)
    for cube in itertools.chain(_pairs(listed.literals), _placed(listed),
                                candidates.apart(listed), _related(listed, every)):
        if candidates.spoken_of(cube) == every:
            yield cube


def _literals(table: Table) -> Iterator[Literal]:
    for atom, column, bit in zip(table.said, table.columns, table.bits):
        yield Literal(atom, True, column, bit.names)
        if atom.both:
            yield Literal(atom, False, table.everything & ~column, bit.names)


def _waiting(table: Table) -> Iterator[Waiting]:
    columns = iter(table.columns[len(table.said):])
    names = iter(bit.names for bit in table.bits[len(table.said):])
    for part in table.places:
        rows = {place: next(columns) for place in part.type.members}
        yield Waiting(part, rows, [next(names) for _ in rows][0])


def _pairs(literals: list[Literal]) -> Iterator[tuple[Literal, ...]]:
    yield from ((literal,) for literal in literals if not literal.mask)
    for a, b in itertools.combinations([each for each in literals if each.mask], 2):
        if not a.mask & b.mask and not candidates.same_group(a, b) and not (
                _is_of_numbers(a) and _is_of_numbers(b)):
            yield a, b


def _is_of_numbers(literal: Literal) -> bool:
    """Two comparisons of numbers that are never true together are too many to look at, and mostly
    follow from what the numbers may be."""
    match literal.atom.expr:
        case Op("eq" | "lt" | "le", (a, _)):
            return isinstance(a.type, NUMBERS)
    return False


def _placed(table: candidates.Table) -> Iterator[tuple[Part, ...]]:
    for where in table.waiting:
        never = where.missing(table.everything)
        if never:
            yield ((where, never),)
        for literal in table.literals:
            more = where.missing(literal.mask) - never if literal.mask else frozenset()
            if more:
                yield literal, (where, more)


def _related(table: candidates.Table, every: set[str]) -> Iterator[tuple[Part, ...]]:
    """What is true of one element never while a process that has it in hand is at some places."""
    for where in table.waiting:
        for relation in table.literals:
            if not (relation.atom.relation and relation.positive and relation.names == every):
                continue
            alone = where.missing(relation.mask)
            for literal in table.literals:
                both = literal.mask & relation.mask
                if both in (0, relation.mask) or literal.atom is relation.atom:
                    continue
                more = where.missing(both) - alone - where.missing(literal.mask)
                if more:
                    yield relation, literal, (where, more)
