"""Whether the code that a fault adds or changes is ever run.

A fault is declared to break a property, and it may do so by half of its mistake while the other
half sits behind a condition that is never true. What is a fault's *own* is found by holding its
system against those of the spec as it should be, whatever its instance:

- *added* is a place in the source that is in none of them: every stretch of statements there has
  to be run, and every condition has to be true at some time;
- *changed* is a place that they have, and that says something else now, because a constant went
  another way in the middle of an expression: it has to be run, unless it is not run in the spec as
  it should be either.

To find out, the system is given *probes*: at a branch a step chooses, and by one of its choices it
fails a `Check`. By the other one it goes on as ever, so that states and other steps are what they
were. One search answers for as many branches as there are kinds of checks that nothing else fails.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from checker.ir.build import BOOL, TRUE
from checker.ir.nodes import (Assign, Block, Branch, Check, CheckKind, Choose, ForEach, Goto,
                              Local, Statement, When)
from checker.ir.show import show_expr
from checker.ir.system import Process, System
from checker.ir.walk import all_statements, blocks_from
from checker.source import Loc

KINDS: tuple[CheckKind, ...] = (
    "assertion", "overflow", "none_used", "bad_key", "queue_full", "queue_empty", "empty_choice",
    "division", "reentry", "release")
Place = tuple[str, int, int]
Told = tuple[Place, bool]
"""A place in the source, and whether it is about the condition there being true."""


@dataclass(frozen=True, slots=True)
class Own:
    """A branch that is a fault's own: a place that is to be run or, with `holds`, a condition
    that is to be true. Several processes may have the place, of which one is enough."""

    loc: Loc
    holds: bool = False
    added: bool = True

    @property
    def told(self) -> Told:
        return place(self.loc), self.holds

    @property
    def text(self) -> str:
        return " ".join(self.loc.text().split())


def place(loc: Loc) -> Place:
    return loc.path, loc.line, loc.column


# ── what is a fault's own ────────────────────────────────────────────────────────────────────

Known = dict[Place, set[str]]
"""What is said at a place."""


def known_branches(systems: Iterable[System]) -> Known:
    """What the systems of a spec as it should be say, by its place."""
    found: Known = {}
    for system in systems:
        for process in system.processes:
            for statements, end in _stretches(process):
                for node in (*statements, *end):
                    found.setdefault(place(node.loc), set()).add(_said(node))
    return found


def own_branches(system: System, known: Known) -> tuple[Own, ...]:
    """The branches of `system` that are not known, in the order of the source."""
    found: dict[Told, Own] = {}
    for process in system.processes:
        for statements, end in _stretches(process):
            for own in _own(statements, end, known):
                found.setdefault(own.told, own)
    return tuple(sorted(found.values(), key=lambda own: own.told))


def _own(statements: tuple[Statement, ...], end: tuple[Branch, ...], known: Known) -> Iterator[Own]:
    """Those of one stretch: once its first own statement is run, the others are."""
    of_the_author = [node for node in (*statements, *end)
                     if node.loc.line and not isinstance(node, Check)]
    added = [node for node in of_the_author if place(node.loc) not in known]
    changed = [node for node in of_the_author if place(node.loc) in known
               and _said(node) not in known[place(node.loc)]]
    yield from (Own(node.loc) for node in added[:1])
    yield from (Own(node.loc, added=False) for node in changed[:1])
    yield from (Own(node.loc, holds=True) for node in added if isinstance(node, (When, Branch)))


def _stretches(process: Process) -> Iterator[tuple[tuple[Statement, ...], tuple[Branch, ...]]]:
    """Statements that follow each other, and the condition that ends them, if one does. What
    runs before the first await is left out: nothing skips it."""
    for number in _blocks(process):
        block = process.blocks[number]
        end = block.terminator
        yield block.statements, (end,) if isinstance(end, Branch) else ()
        for statement in all_statements(block.statements):
            if isinstance(statement, When):
                yield statement.then, ()
                yield statement.otherwise, ()
            elif isinstance(statement, ForEach):
                yield statement.body, ()


def _blocks(process: Process) -> list[int]:
    return sorted({n for at in process.locations.values()
                   for n in blocks_from(process, at.entry)})


def _said(node: Statement | Branch) -> str:
    """What a statement says, without what is nested in it."""
    match node:
        case When(condition) | Branch(condition) | Check(condition):
            return show_expr(condition)
        case ForEach():
            return ""
        case Choose(_, _, where, name):
            return f"{name} {show_expr(where)}"
        case Assign(_, value):
            return show_expr(value)


# ── probes ───────────────────────────────────────────────────────────────────────────────────

def probed(system: System, probes: Mapping[Own, CheckKind]) -> System:
    """The system with a probe at each of the branches, which fails a check of its kind."""
    kinds = {own.told: kind for own, kind in probes.items()}
    return replace(system, processes=tuple(_probed(p, kinds) for p in system.processes))


def _probed(process: Process, kinds: Mapping[Told, CheckKind]) -> Process:
    blocks = dict(process.blocks)
    for number in _blocks(process):
        block = process.blocks[number]
        writing = _Probes(kinds, f"probe${number}$")
        statements, end = writing.within(block.statements), block.terminator
        if isinstance(end, Branch):
            statements += writing.at(end.loc)
            edge = _Probes(kinds, f"probe${number}$then$")
            probe = edge.at(end.loc, holds=True)
            if probe:
                between = max(blocks) + 1
                blocks[between] = Block((*edge.choices, *probe), Goto(end.then))
                end = replace(end, then=between)
        blocks[number] = replace(block, statements=(*writing.choices, *statements),
                                 terminator=end)
    return replace(process, blocks=blocks)


@dataclass
class _Probes:
    """Writes the probes of one block; `choices` are to be made before all of them."""

    kinds: Mapping[Told, CheckKind]
    prefix: str
    choices: list[Choose] = field(default_factory=list)

    def at(self, loc: Loc, *, holds: bool = False) -> tuple[Statement, ...]:
        kind = self.kinds.get((place(loc), holds))
        if kind is None:
            return ()
        name = f"{self.prefix}{len(self.choices)}"
        self.choices.append(Choose(name, BOOL, TRUE, "probe", "maybe"))
        return (Check(Local(name, BOOL), kind, "a probe"),)

    def within(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        result: list[Statement] = []
        for statement in statements:
            if not isinstance(statement, Check):        # it is at the place of what it is for
                result += self.at(statement.loc)
            match statement:
                case When(_, then, otherwise):
                    statement = replace(
                        statement, otherwise=self.within(otherwise),
                        then=self.at(statement.loc, holds=True) + self.within(then))
                case ForEach():
                    statement = replace(statement, body=self.within(statement.body))
            result.append(statement)
        return tuple(result)
