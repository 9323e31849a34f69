"""Mutants: systems with one deliberate mistake each, to see whether any property notices.

A model that behaves well with a guard turned round has a property too few, or a guard too many.
(The idea is DeMillo, Lipton and Sayward's, Hints on Test Data Selection, 1978.) The mistakes are
those that people make in concurrent code: a condition the wrong way round, a wait forgotten, a
step left out, two steps in the wrong order, a lock not taken or not given back.

A mutant changes the compiled system, one process of it at a place in the source. What the front
end made of that place several times in the process (a loop unrolled, a helper inlined twice at
waits of one label) is changed everywhere at once, as an edit of the source would. Mutants that
are no legal systems, as where a swapped step reads what nobody has computed yet, are left out.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from checker.ir import build
from checker.ir.nodes import (Assign, Block, Branch, Check, Choose, Expr, ForEach, Local,
                              Location, Op, Place, Statement, When, Yield)
from checker.ir.system import Process, System
from checker.ir.verify import IllegalIR, verify
from checker.ir.walk import all_statements, blocks_from, place_value, subexpressions
from checker.source import Loc
from checker.types import Bool, Lock

ABOUT_LOCKS = ("release", "reentry")
"""Checks that belong to a lock operation; those of other kinds but assertions to a write."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: what (`operator`), in which process, at which label (of the step that it is
    in, "" where it is in several), where in the source, and in words what it is about."""

    operator: str
    process: str
    label: str
    loc: Loc
    text: str
    system: System = field(compare=False, repr=False)

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies it, in every instance of a spec."""
        place = f"{self.loc.path}:{self.loc.line}:{self.loc.column}"
        return self.operator, self.process, self.label, place, self.text


def mutants(system: System) -> Iterator[Mutant]:
    """The mutants of a system, in the order of processes, places and operators."""
    for process in system.processes:
        writing = _Writing(system, process)
        for operator in (_flipped_guards, _waits, _dropped_steps, _swapped_steps,
                         _dropped_locks):
            for text, label, loc, changed in operator(process):
                mutant = writing.mutant(text, label, loc, changed)
                if mutant is not None:
                    yield mutant


Found = Iterator[tuple[tuple[str, str], str, Loc, Process]]
"""((operator, how it reads), label, place, the process with the mistake)."""


@dataclass
class _Writing:
    """Puts changed processes in their system; refuses what is illegal or no change."""

    system: System
    process: Process

    def mutant(self, text: tuple[str, str], label: str, loc: Loc,
               changed: Process) -> Mutant | None:
        if changed == self.process:
            return None
        processes = tuple(changed if p is self.process else p for p in self.system.processes)
        system = replace(self.system, processes=processes)
        try:
            verify(system)
        except IllegalIR:
            return None
        return Mutant(text[0], self.process.name, label, loc, text[1], system)


# ── editing ──────────────────────────────────────────────────────────────────────────────────

Rewrite = Callable[[Statement], tuple[Statement, ...] | None]
"""What a statement becomes; None where it stays, but for what is nested in it."""


def _rewritten(statements: Iterable[Statement], rewrite: Rewrite) -> tuple[Statement, ...]:
    result: list[Statement] = []
    for statement in statements:
        new = rewrite(statement)
        if new is not None:
            result += new
            continue
        match statement:
            case When(_, then, otherwise):
                statement = replace(statement, then=_rewritten(then, rewrite),
                                    otherwise=_rewritten(otherwise, rewrite))
            case ForEach():
                statement = replace(statement, body=_rewritten(statement.body, rewrite))
        result.append(statement)
    return tuple(result)


def _with_blocks(process: Process, numbers: Iterable[int],
                 change: Callable[[Block], Block]) -> Process:
    blocks = dict(process.blocks)
    for number in numbers:
        blocks[number] = change(blocks[number])
    return replace(process, blocks=blocks)


def _with_statements(process: Process, numbers: Iterable[int], rewrite: Rewrite) -> Process:
    return _with_blocks(process, numbers, lambda block: replace(
        block, statements=_rewritten(block.statements, rewrite)))


def _with_guards(process: Process, change: Callable[[Location], Location]) -> Process:
    return replace(process, locations={name: change(at)
                                       for name, at in process.locations.items()})


def _same_place(one: Loc, other: Loc) -> bool:
    return (one.path, one.line, one.column) == (other.path, other.line, other.column)


def _labelled(process: Process) -> Iterator[list[Location]]:
    """The locations by label and place: the copies of one await."""
    groups: dict[tuple[str, str, int, int], list[Location]] = {}
    for at in process.locations.values():
        groups.setdefault((at.label, at.loc.path, at.loc.line, at.loc.column), []).append(at)
    yield from groups.values()


def _own_blocks(process: Process, at: Location) -> list[int]:
    """The blocks that no other step runs: what a step does on its own account."""
    others = {process.start, *(a.entry for a in process.locations.values() if a is not at)}
    shared = {n for entry in others for n in blocks_from(process, entry)}
    return [n for n in blocks_from(process, at.entry) if n not in shared]


# ── guards ───────────────────────────────────────────────────────────────────────────────────

def _flipped_guards(process: Process) -> Found:
    """Each `if` and `while` the other way round."""
    places: dict[tuple[str, int, int], Loc] = {}
    for block in process.blocks.values():
        chosen = {s.variable for s in all_statements(block.statements) if isinstance(s, Choose)}
        conditions = [s for s in all_statements(block.statements) if isinstance(s, When)]
        if isinstance(block.terminator, Branch):
            conditions.append(block.terminator)
        for node in conditions:
            # A choice read the other way round is the same choice.
            free = isinstance(node.condition, Local) and node.condition.name in chosen
            if node.loc.line and not free:
                places.setdefault((node.loc.path, node.loc.line, node.loc.column), node.loc)
    for loc in places.values():
        yield ("flip guard", f"`{_text(loc)}`"), "", loc, _flipped(process, loc)


def _flipped(process: Process, loc: Loc) -> Process:
    def turn(statement: Statement) -> tuple[Statement, ...] | None:
        if isinstance(statement, When) and _same_place(statement.loc, loc):
            return (replace(statement, condition=build.negation(statement.condition),
                            then=_rewritten(statement.then, turn),
                            otherwise=_rewritten(statement.otherwise, turn)),)
        return None

    def change(block: Block) -> Block:
        end = block.terminator
        if isinstance(end, Branch) and _same_place(end.loc, loc):
            end = replace(end, then=end.otherwise, otherwise=end.then)
        return replace(block, statements=_rewritten(block.statements, turn), terminator=end)

    return _with_blocks(process, process.blocks, change)


def _waits(process: Process) -> Found:
    """Each wait for a condition: not waited for, and waited for the other way round."""
    for copies in _labelled(process):
        at = copies[0]
        for operator, rest in (("drop wait", lambda guard: build.TRUE),
                               ("flip wait", build.negation)):
            names = {copy.name for copy in copies}

            def change(here: Location, rest=rest, names=names) -> Location:
                if here.name not in names:
                    return here
                locks, others = _guard_parts(process, here)
                if not others:
                    return here
                wanted = rest(build.conjunction(others))
                return replace(here, guard=build.conjunction([*locks, wanted]))

            yield (operator, ""), at.label, at.loc, _with_guards(process, change)


def _guard_parts(process: Process, at: Location) -> tuple[list[Expr], list[Expr]]:
    """A guard's conjuncts: "the lock is free", for locks that the step takes; and the others."""
    parts = list(at.guard.args) if isinstance(at.guard, Op) and at.guard.op == "and" \
        else [at.guard]
    taken = [Op("is_free", (place_value(place),), Bool()) for place in _taken(process, at)]
    locks = [part for part in parts if part in taken]
    return locks, [part for part in parts if part not in taken and part != build.TRUE]


# ── steps ────────────────────────────────────────────────────────────────────────────────────

def _is_write(statement: Statement) -> bool:
    """Whether it changes what other processes see, locks aside."""
    return (isinstance(statement, Assign) and not statement.place.local
            and not isinstance(statement.place.type, Lock))


def _without_writes(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The statements without their writes and the checks that belong to these."""
    kept: list[Statement] = []
    for statement in statements:
        match statement:
            case Assign() if _is_write(statement):
                while kept and isinstance(kept[-1], Check) and kept[-1].kind not in (
                        "assertion", *ABOUT_LOCKS):
                    kept.pop()
                continue
            case When(_, then, otherwise):
                statement = replace(statement, then=_without_writes(then),
                                    otherwise=_without_writes(otherwise))
            case ForEach():
                statement = replace(statement, body=_without_writes(statement.body))
        kept.append(statement)
    return tuple(kept)


def _dropped_steps(process: Process) -> Found:
    """Each step without what it does to the state that processes share; its decisions, its
    locals and its locks stay."""
    for copies in _labelled(process):
        own = {n for copy in copies for n in _own_blocks(process, copy)}
        changed = _with_blocks(process, own, lambda block: replace(
            block, statements=_without_writes(block.statements)))
        yield ("drop step", ""), copies[0].label, copies[0].loc, changed


def _swapped_steps(process: Process) -> Found:
    """Neighbours that do each other's work: of two awaits in a row, of which the second is
    reached from the first only, each has the writes of the other."""
    for at in process.locations.values():
        reached = [process.blocks[n].terminator for n in blocks_from(process, at.entry)]
        for name in dict.fromkeys(e.location for e in reached if isinstance(e, Yield)):
            following = process.locations[name]
            if following is not at and _only_after(process, at, following):
                changed = _swapped(process, at.entry, following.entry)
                yield (("swap steps", f"with `{following.label}`"), at.label, at.loc, changed)


def _only_after(process: Process, at: Location, following: Location) -> bool:
    """Whether a location is waited at only after a step from `at`."""
    inside = {n for n in blocks_from(process, at.entry)
              if process.blocks[n].terminator == Yield(following.name)}
    everywhere = {n for n, block in process.blocks.items()
                  if block.terminator == Yield(following.name)}
    return inside == everywhere and inside <= set(_own_blocks(process, at))


def _swapped(process: Process, one: int, other: int) -> Process:
    blocks = dict(process.blocks)
    for here, there in ((one, other), (other, one)):
        mine, yours = process.blocks[here], process.blocks[there]
        statements = (*_without_writes(mine.statements), *_writes(yours.statements))
        blocks[here] = replace(mine, statements=statements)
    return replace(process, blocks=blocks)


def _writes(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The statements that write, whole, each after the checks that belong to it."""
    found: list[Statement] = []
    checks: list[Statement] = []
    for statement in statements:
        if isinstance(statement, Check):
            checks.append(statement)
        elif any(_is_write(s) for s in all_statements([statement])):
            found += [*checks, statement]
            checks = []
        else:
            checks = []
    return tuple(found)


# ── locks ────────────────────────────────────────────────────────────────────────────────────

def _takes(statement: Statement) -> Place | None:
    """The lock that a statement takes, or tries to."""
    match statement:
        case Assign(Place(type=Lock()) as place, value) if any(
                isinstance(e, Op) and e.op == "held" for e in subexpressions(value)):
            return place
    return None


def _gives(statement: Statement) -> Place | None:
    """The lock that a statement gives back."""
    match statement:
        case Assign(Place(type=Lock()) as place, Op("free")):
            return place
    return None


def _taken(process: Process, at: Location) -> list[Place]:
    """The locks that a step takes in its own blocks."""
    found = [_takes(s) for n in _own_blocks(process, at)
             for s in all_statements(process.blocks[n].statements)]
    return [place for place in found if place is not None]


def _dropped_locks(process: Process) -> Found:
    """Each acquisition and each release left out; and each lock altogether, in this process."""
    yield from _dropped_acquisitions(process)
    yield from _dropped_releases(process)
    names: dict[str, Loc] = {}
    for block in process.blocks.values():
        for statement in all_statements(block.statements):
            place = _takes(statement)
            if place is not None:
                names.setdefault(place.name, statement.loc)
    for name, loc in names.items():
        yield ("without lock", f"`{name}`"), "", loc, _without_lock(process, name)


def _dropped_acquisitions(process: Process) -> Found:
    for copies in _labelled(process):
        at = copies[0]
        changed = process
        for copy in copies:
            for place in _taken(process, copy):
                changed = _not_taken(changed, copy, place)
        yield ("drop acquire", ""), at.label, at.loc, changed


def _not_taken(process: Process, at: Location, place: Place) -> Process:
    own = _own_blocks(process, at)
    changed = _with_statements(process, own, lambda s: () if _takes(s) == place else None)
    return _with_guards(changed, lambda here: _unguarded(here, place_value(place))
                        if here.name == at.name else here)


def _unguarded(at: Location, lock: Expr) -> Location:
    """A location that does not wait for a lock."""
    free = Op("is_free", (lock,), Bool())
    parts = at.guard.args if isinstance(at.guard, Op) and at.guard.op == "and" else (at.guard,)
    if free not in parts:
        return at
    guard = build.conjunction([part for part in parts if part != free])
    if at.kind == "acquire":
        return replace(at, guard=guard, kind="step", lock=None)
    return replace(at, guard=guard)


def _dropped_releases(process: Process) -> Found:
    places: dict[tuple[str, int, int, str], tuple[Loc, str]] = {}
    for block in process.blocks.values():
        for statement in all_statements(block.statements):
            place = _gives(statement)
            if place is not None:
                loc = statement.loc
                places.setdefault((loc.path, loc.line, loc.column, place.name),
                                  (loc, place.name))
    for loc, name in places.values():
        def rewrite(statement: Statement, loc=loc, name=name) -> tuple[Statement, ...] | None:
            place = _gives(statement)
            mine = place is not None and place.name == name and _same_place(statement.loc, loc)
            return () if mine else None

        yield (("drop release", f"`{name}`"), "", loc,
               _with_statements(process, process.blocks, rewrite))


def _without_lock(process: Process, name: str) -> Process:
    """The process without a lock: it neither waits for it, nor takes it, nor gives it back; a
    trylock succeeds."""
    def rewrite(statement: Statement) -> tuple[Statement, ...] | None:
        place = _takes(statement) or _gives(statement)
        if place is not None:
            return () if place.name == name else None
        match statement:
            case Check(condition, kind) if kind in ABOUT_LOCKS and _mentions(condition, name):
                return ()
            case Assign(Place(local=True), Op("is_free", (lock,))) if _mentions(lock, name):
                return (replace(statement, value=build.TRUE),)
        return None

    changed = _with_statements(process, process.blocks, rewrite)
    places = [place for at in process.locations.values() for place in _taken(process, at)
              if place.name == name]

    def unguarded(at: Location) -> Location:
        for place in places:
            at = _unguarded(at, place_value(place))
        return at

    return _with_guards(changed, unguarded)


def _mentions(expr: Expr, name: str) -> bool:
    return any(getattr(e, "name", None) == name for e in subexpressions(expr))


# ── words ────────────────────────────────────────────────────────────────────────────────────

def _text(loc: Loc) -> str:
    """The source at a place, on one line."""
    return " ".join(loc.text().split())
