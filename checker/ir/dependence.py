"""Which steps depend on which: what a partial-order reduction needs to know of a system.

Two steps of different instances are *independent* where neither writes what the other reads or
writes: then their order does not matter, and neither enables or disables the other. A step of
instance i is *local in a state* where no other instance can, without i, ever come to a step that
depends on it: then the steps of i alone are a persistent set, and nothing is lost by taking them
first. That is decided from the locations of the others: from each, what can still be reached?

What narrows it down:

- A part of a Map at an instance's own key is another part than at another instance's key, and
  whether that key is in a set another than whether another is.
- Who waits for a lock that i holds does not move before i does. Which locks an instance surely
  holds at a location is found by following the steps (`ir/locks.py`).

Two more conditions make it sound for properties of states. The states that are passed over are
those in which the others have moved and i has not yet: a property must show nothing in them that
it does not show after the step of i. So the step is *invisible*: it writes nothing that the
property reads, or the property shows nothing as long as i holds a lock and stands where it does.
And no step may be put off for ever: `LocalStep.rank` falls with every step that is taken alone,
so every chain of them is finite and ends in a state from which everything is tried (Kurshan,
Levin, Minea, Peled and Yenigün, Static Partial Order Reduction, 1998). That a process is stuck,
once true, stays true; so deadlocks need no condition of their own.
"""
from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Union

from checker.ir.locks import Facts, LockPlace, Locks, lock_place, needed_free
from checker.ir.nodes import (Assign, Branch, Choose, Const, Expr, Field, ForEach, Local, Me, Op,
                              Quantifier, Var, Yield)
from checker.ir.system import Process, System
from checker.ir.walk import (all_statements, blocks_from, children, place_keys, place_value,
                             statement_expressions)
from checker.types import Type, size
from checker.values import Value


class Which(enum.Enum):
    """A key that is not known: the instance's own, or any."""

    OWN = "own"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A key that is a constant."""

    value: Value


Key = Union[str, Which, Fixed]
"""A step of a path into a variable: a field's name, or a key."""


@dataclass(frozen=True, slots=True)
class Touch:
    """A part of the state that a step reads or writes; `own` is the type of its own key."""

    variable: str
    path: tuple[Key, ...]
    write: bool
    own: Type | None = None


class Overlap(enum.IntEnum):
    """Whether parts that two instances touch can be the same: never, only where their own keys
    are equal, or always perhaps."""

    NEVER = 0
    SAME_KEY = 1
    PERHAPS = 2


@dataclass(frozen=True, slots=True)
class Danger:
    """Locations of a process from which a dependent step can be reached: by any other instance,
    or (`same_key`) by the instance with the same key only."""

    process: str
    anyone: frozenset[str]
    same_key: frozenset[str]


@dataclass(frozen=True, slots=True)
class LocalStep:
    """The steps from a location may be taken alone where nobody stands at a dangerous place.
    `rank` is larger than that of any such step that may follow it."""

    process: str
    location: str
    dangers: tuple[Danger, ...]
    rank: int


def local_steps(system: System, merged: Collection[tuple[str, str]] = ()
                ) -> tuple[LocalStep, ...]:
    """The steps that can be taken alone in some state, as far as this analysis sees. The steps
    from the locations `merged` belong to the steps before them (`ir/merging.py`)."""
    return Analysis(system).found(merged)


def overlap(a: Touch, b: Touch, same_process: bool) -> Overlap:
    """Whether the parts can be the same for two different instances."""
    if a.variable != b.variable:
        return Overlap.NEVER
    result = Overlap.PERHAPS
    for mine, theirs in zip(a.path, b.path):
        match mine, theirs:
            case (str() | Fixed(), str() | Fixed()) if mine != theirs:
                return Overlap.NEVER
            case (Which.OWN, Which.OWN) if same_process:
                return Overlap.NEVER
            case (Which.OWN, Which.OWN) if a.own == b.own:
                result = Overlap.SAME_KEY
    return result


def conflict(a: Iterable[Touch], b: Iterable[Touch], same_process: bool) -> Overlap:
    """How two steps depend on each other."""
    others = tuple(b)
    return max((overlap(x, y, same_process) for x in a for y in others if x.write or y.write),
               default=Overlap.NEVER)


# ── what a step touches ──────────────────────────────────────────────────────────────────────

@dataclass(frozen=True, slots=True)
class _Reader:
    """Whose code is read: `own` are the locals that hold the instance's own key, `domain` is its
    type. Whether it holds a lock of `settled` itself is nothing that others can change."""

    own: frozenset[str] = frozenset()
    domain: Type | None = None
    settled: frozenset[LockPlace] = frozenset()

    def touched(self, expr: Expr) -> Iterator[Touch]:
        """What an expression reads."""
        match expr:
            case Op("held_by", (lock, Me())) if lock_place(lock) in self.settled:
                return
        path: list[Key] = []
        root = expr
        match expr:
            case Op("contains", (root, element)):
                path.append(self.key(element))
                yield from self.touched(element)
            case Quantifier():
                # What it binds may have the name of the instance's own key.
                own = self.own - {expr.variable}
                yield from replace(self, own=own).touched(expr.body)
                return
        while isinstance(root, Field) or isinstance(root, Op) and root.op == "get":
            if isinstance(root, Field):
                path.insert(0, root.name)
                root = root.record
            else:
                path.insert(0, self.key(root.args[1]))
                yield from self.touched(root.args[1])
                root = root.args[0]
        if isinstance(root, Var):
            yield Touch(root.name, tuple(path), False, self.domain)
            return
        for below in children(expr) if root is expr else (root,):
            yield from self.touched(below)

    def written(self, statement: Assign) -> Iterator[Touch]:
        """What an assignment to a state variable writes, and what it reads besides. One that puts
        an element into a set or takes it out leaves the rest of the set alone."""
        place, value = statement.place, statement.value
        keys: list[str | Expr] = list(place.path)
        match value:
            case Op("with" | "without", (before, element)) if before == place_value(place):
                keys.append(element)
                yield from self.touched(element)
            case _:
                yield from self.touched(value)
        for key in place_keys(place):
            yield from self.touched(key)
        path = tuple(key if isinstance(key, str) else self.key(key) for key in keys)
        yield Touch(place.name, path, True, self.domain)

    def key(self, expr: Expr) -> Key:
        match expr:
            case Local(name) if name in self.own:
                return Which.OWN
            case Const(value):
                return Fixed(value)
        return Which.ANY


def own_keys(process: Process) -> frozenset[str]:
    """The locals that hold nothing but the instance's own key: its parameter, and copies."""
    if process.domain is None:
        return frozenset()
    given: dict[str, list[Expr | None]] = {}
    for block in process.blocks.values():
        for statement in all_statements(block.statements):
            match statement:
                case Assign(place, value) if place.local:
                    given.setdefault(place.name, []).append(None if place.path else value)
                case Choose(variable) | ForEach(variable):
                    given.setdefault(variable, []).append(None)
    known = {process.parameter}
    while True:
        more = {name for name, values in given.items() if name not in known
                and all(isinstance(v, Local) and v.name in known for v in values)}
        if not more:
            return frozenset(known)
        known |= more


def touches(process: Process, location: str,
            settled: frozenset[LockPlace] = frozenset()) -> frozenset[Touch]:
    """What a step from the location may read and write, where the process waits and its
    persistent locals included."""
    reader = _Reader(own_keys(process), process.domain, settled)
    at = process.locations[location]
    here: tuple[Key, ...] = () if process.domain is None else (Which.OWN,)
    found = {Touch(name, here, True, process.domain) for name in
             (process.location_variable, *map(process.local_variable, process.locals))}
    found.update(reader.touched(at.guard))
    for number in blocks_from(process, at.entry):
        block = process.blocks[number]
        for statement in all_statements(block.statements):
            if isinstance(statement, Assign) and not statement.place.local:
                found.update(reader.written(statement))
                continue
            for expr in statement_expressions(statement):
                found.update(reader.touched(expr))
        if isinstance(block.terminator, Branch):
            found.update(reader.touched(block.terminator.condition))
    return frozenset(found)


def read_by(expr: Expr) -> frozenset[Touch]:
    """What an expression that is no process's reads."""
    return frozenset(_Reader().touched(expr))


def ends(process: Process, location: str) -> frozenset[str]:
    """The locations where a step from this one may end; the end of the process is none."""
    return ends_from(process, process.locations[location].entry)


def ends_from(process: Process, entry: int) -> frozenset[str]:
    """The same for what begins with a block."""
    terminators = (process.blocks[number].terminator for number in blocks_from(process, entry))
    return frozenset(t.location for t in terminators if isinstance(t, Yield))


def ends_merged(process: Process, location: str,
                merged: Collection[tuple[str, str]]) -> frozenset[str]:
    """The same where what follows at the locations `merged`, at once, belongs to the step."""
    found, pending = set[str](), [location]
    while pending:
        following = ends(process, pending.pop()) - found
        found |= following
        pending += [name for name in following if (process.name, name) in merged]
    return frozenset(name for name in found if (process.name, name) not in merged)


# ── the analysis ─────────────────────────────────────────────────────────────────────────────

@dataclass
class Analysis:
    """What is known of the steps of a system: the parts they touch, whether they are seen."""

    system: System

    @cached_property
    def locks(self) -> Locks:
        return Locks(self.system)

    @cached_property
    def touches(self) -> dict[tuple[str, str], frozenset[Touch]]:
        return {(process.name, location): touches(process, location, self.locks.sound)
                for process in self.system.processes for location in process.locations}

    @cached_property
    def sought(self) -> tuple[tuple[Expr, bool, frozenset[Touch]], ...]:
        """What the search looks for: a condition, the truth value that would be a find, and what
        the condition reads."""
        found = []
        for declared in self.system.properties:
            breaks = declared.kind != "sometimes"
            parts = _parts("and" if breaks else "or", declared.expr)
            found += [(part, not breaks) for part in parts]
            found += [(part, True) for antecedent in declared.antecedents
                      for part in _parts("or", antecedent)]
        return tuple((expr, value, read_by(expr)) for expr, value in found)

    def visible(self, process: Process, location: str) -> bool:
        """Whether a find may be passed over by taking the step first."""
        writes = [touch for touch in self.touches[process.name, location] if touch.write]
        held = self.locks.held[process.name, location]
        facts = Facts({lock: "mine" for lock in held})
        return any(conflict(writes, reads, False) and facts.truth(expr) in (value, None)
                   for expr, value, reads in self.sought)

    def found(self, merged: Collection[tuple[str, str]]) -> tuple[LocalStep, ...]:
        steps = []
        for process in self.system.processes:
            dangers = {}
            for location in process.locations:
                if (process.name, location) in merged or self.visible(process, location):
                    continue
                around = tuple(danger for other in self.system.processes
                               if (danger := self._danger(process, location, other)) is not None)
                if not any(self._always(danger) for danger in around):
                    dangers[location] = around
            ranks = _ranks(dangers, lambda name: ends_merged(process, name, merged))
            steps += [LocalStep(process.name, location, dangers[location], rank)
                      for location, rank in ranks.items()]
        return tuple(steps)

    def _danger(self, process: Process, location: str, other: Process) -> Danger | None:
        """Where the other instances of `other` must not be."""
        same = process is other
        if same and (process.domain is None or size(process.domain) == 1):
            return None
        held = self.locks.held[process.name, location]
        mine = self.touches[process.name, location]
        reach: dict[Overlap, frozenset[str]] = {}
        for least in (Overlap.SAME_KEY, Overlap.PERHAPS):
            goals = {name for name in other.locations
                     if conflict(mine, self.touches[other.name, name], same) >= least}
            reach[least] = self._leading_to(other, goals, held)
        anyone = reach[Overlap.PERHAPS]
        same_key = reach[Overlap.SAME_KEY] - anyone
        return Danger(other.name, anyone, same_key) if anyone or same_key else None

    def _leading_to(self, process: Process, goals: set[str],
                    held: frozenset[LockPlace]) -> frozenset[str]:
        """The locations from which one of `goals` is reached while the locks are held."""
        moving = {name for name, location in process.locations.items()
                  if not needed_free(location.guard) & held}
        found = goals & moving
        while True:
            more = {name for name in moving - found if ends(process, name) & found}
            if not more:
                return frozenset(found)
            found |= more

    def _always(self, danger: Danger) -> bool:
        """Whether some instance is at a dangerous place in every state."""
        process = self.system.process[danger.process]
        return danger.anyone >= set(process.locations) and not process.finishes


def _parts(op: str, expr: Expr) -> Iterator[Expr]:
    """The parts of a conjunction or disjunction."""
    match expr:
        case Op(name, args) if name == op:
            for arg in args:
                yield from _parts(op, arg)
        case _:
            yield expr


def _ranks(dangers: dict[str, tuple[Danger, ...]],
           following: Callable[[str], frozenset[str]]) -> dict[str, int]:
    """The locations that may be used alone, cycles broken, with ranks that fall along them.

    Of each cycle the location with the most dangerous places is given up.
    """
    left = set(dangers)
    cost = {name: sum(len(d.anyone) + len(d.same_key) for d in around)
            for name, around in dangers.items()}
    while True:
        ranks: dict[str, int] = {}
        while True:
            ready = {name for name in left - set(ranks)
                     if following(name) & left <= set(ranks)}
            if not ready:
                break
            rank = len(set(ranks.values()))
            ranks.update({name: rank for name in ready})
        stuck = left - set(ranks)
        if not stuck:
            return {name: ranks[name] for name in dangers if name in ranks}
        left.discard(max(sorted(stuck), key=lambda name: cost[name]))
