"""Which locks a process instance surely holds where it waits.

The steps of each process are followed with what is known of each lock: that it is free, or that
the running instance holds it. A lock is *sound* where no step takes it unless it is free, and
none frees it unless its own instance holds it (a `Check` says so, or the steps before). What an
instance holds of a sound lock it then holds until it frees it, whatever the others do.

Only locks with a constant place are followed: not those in a Map at a key that varies.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, Union

from checker.ir.nodes import (Assign, Block, Branch, Check, Choose, Const, Expr, Field, ForEach,
                              Local, Me, Op, Place, Quantifier, Statement, Var, When, Yield)
from checker.ir.system import Process, System
from checker.ir.walk import all_statements, place_value, targets
from checker.types import Bool, Lock, contains

LockPlace = tuple[Union[str, tuple], ...]
"""A variable, then field names and, as tuples of one, constant keys."""

Known = Literal["free", "mine"]


def lock_place(expr: Expr) -> LockPlace | None:
    """The constant place that an expression of type Lock reads."""
    match expr:
        case Var(name):
            return (name,)
        case Field(record, name):
            inner = lock_place(record)
            return None if inner is None else (*inner, name)
        case Op("get", (whole, Const(key))):
            inner = lock_place(whole)
            return None if inner is None else (*inner, (key,))
    return None


def needed_free(guard: Expr) -> frozenset[LockPlace]:
    """The locks without which being free the guard is false."""
    match guard:
        case Op("is_free", (lock,)):
            place = lock_place(lock)
            return frozenset() if place is None else frozenset((place,))
        case Op("and", args):
            return frozenset().union(*map(needed_free, args))
    return frozenset()


@dataclass
class Facts:
    """What is known in the middle of a step. `tested`: locals that say whether a lock was free
    when the step had not touched it."""

    locks: dict[LockPlace, Known] = field(default_factory=dict)
    truths: dict[str, bool] = field(default_factory=dict)
    tested: dict[str, LockPlace] = field(default_factory=dict)

    def copy(self) -> Facts:
        return Facts(dict(self.locks), dict(self.truths), dict(self.tested))

    def meet(self, other: Facts) -> Facts:
        """What is known either way."""
        return Facts(*(dict(mine.items() & theirs.items()) for mine, theirs in (
            (self.locks, other.locks), (self.truths, other.truths),
            (self.tested, other.tested))))

    def truth(self, expr: Expr) -> bool | None:
        """Whether a condition is known to be true or false."""
        match expr:
            case Const(value):
                return bool(value)
            case Local(name):
                return self.truths.get(name)
            case Op("not", (inner,)):
                known = self.truth(inner)
                return None if known is None else not known
            case Op("is_free" | "held_by" as op, (lock, *_)):
                known = self.locks.get(lock_place(lock))
                if known is None:
                    return None
                return (known == "free") == (op == "is_free")
            case Op("and" | "or" as op, args):
                truths = [self.truth(arg) for arg in args]
                if (op == "or") in truths:
                    return op == "or"
                return None if None in truths else op == "and"
            case Op("implies", (first, then)):
                return self.truth(Op("or", (Op("not", (first,), Bool()), then), Bool()))
            case Quantifier("any" | "all", _, _, body):
                return self.truth(body)            # no Index and no range is empty
        return None

    def assume(self, condition: Expr) -> None:
        """Learn from a condition that is true."""
        match condition:
            case Op("is_free", (lock,)) if lock_place(lock):
                self.locks[lock_place(lock)] = "free"
            case Op("held_by", (lock, Me())) if lock_place(lock):
                self.locks[lock_place(lock)] = "mine"
            case Op("and", args):
                for arg in args:
                    self.assume(arg)


class Locks:
    """`held`: by process and location, the locks that an instance holds there, for certain.
    `sound`: the locks of which that can be said; see above."""

    def __init__(self, system: System) -> None:
        self.held: dict[tuple[str, str], frozenset[LockPlace]] = {}
        self._unsound: set[LockPlace] = set()
        self._places: set[LockPlace] = set()
        while True:
            before = len(self._unsound)
            for process in system.processes:
                self._follow(process)
            if len(self._unsound) == before:
                break
        self.sound = frozenset(self._places - self._unsound)
        self.held = {where: locks & self.sound for where, locks in self.held.items()}

    def _follow(self, process: Process) -> None:
        """The locks held at each location, from the beginning of the process on."""
        held: dict[str, frozenset[LockPlace]] = {}
        pending = [(process.start, Facts())]
        while pending:
            entry, facts = pending.pop()
            for location, locks in self._step(process, entry, facts):
                known = held.get(location)
                now = locks if known is None else known & locks
                if now != known:
                    held[location] = now
                    at = process.locations[location]
                    begin = Facts({lock: "mine" for lock in now})
                    begin.assume(at.guard)
                    pending.append((at.entry, begin))
        for location in process.locations:
            self.held[process.name, location] = held.get(location, frozenset())

    def _step(self, process: Process, entry: int,
              facts: Facts) -> list[tuple[str, frozenset[LockPlace]]]:
        """The locations where a step may end, each with the locks held then."""
        arriving, found = {entry: facts}, []
        for number in _in_order(process, entry):
            if number not in arriving:
                continue
            block, now = process.blocks[number], arriving[number]
            self._run(block.statements, now)
            if isinstance(block.terminator, Yield):
                mine = {lock for lock, known in now.locks.items() if known == "mine"}
                found.append((block.terminator.location, frozenset(mine - self._unsound)))
            for target in _followed(block, now):
                known = arriving.get(target)
                arriving[target] = now.copy() if known is None else known.meet(now)
        return found

    def _run(self, statements: Iterable[Statement], facts: Facts) -> None:
        for statement in statements:
            match statement:
                case Assign(place, value) if place.local:
                    self._assign_local(place, value, facts)
                case Assign(place, value) if contains(place.type, [Lock]):
                    self._assign_lock(place, value, facts)
                case Check(condition):
                    facts.assume(condition)
                case Choose(variable):
                    facts.truths.pop(variable, None)
                    facts.tested.pop(variable, None)
                case When(condition, then, otherwise):
                    self._branches(condition, then, otherwise, facts)
                case ForEach(_, _, body):
                    self._loop(body, facts)

    def _branches(self, condition: Expr, then: tuple[Statement, ...],
                  otherwise: tuple[Statement, ...], facts: Facts) -> None:
        yes, no = facts.copy(), facts.copy()
        yes.assume(condition)
        self._run(then, yes)
        self._run(otherwise, no)
        both = yes.meet(no)
        facts.locks, facts.truths, facts.tested = both.locks, both.truths, both.tested

    def _loop(self, body: tuple[Statement, ...], facts: Facts) -> None:
        """Nothing is known after a loop of what its body assigns; nor is a lock in it sound."""
        for statement in all_statements(body):
            if isinstance(statement, Assign):
                place = statement.place
                facts.truths.pop(place.name, None)
                facts.tested.pop(place.name, None)
                if not place.local and contains(place.type, [Lock]):
                    self._give_up(place.name, facts)

    def _assign_local(self, place: Place, value: Expr, facts: Facts) -> None:
        truth = None if place.path else facts.truth(value)
        facts.truths.pop(place.name, None)
        facts.tested.pop(place.name, None)
        if truth is not None:
            facts.truths[place.name] = truth
        match value:
            case Op("is_free", (lock,)) if lock_place(lock) and not place.path:
                facts.tested[place.name] = lock_place(lock)

    def _assign_lock(self, place: Place, value: Expr, facts: Facts) -> None:
        lock = lock_place(place_value(place)) if isinstance(place.type, Lock) else None
        if lock is None:
            self._give_up(place.name, facts)
            return
        self._places.add(lock)
        now = self._written(lock, value, facts)
        facts.tested = {name: of for name, of in facts.tested.items() if of != lock}
        facts.locks.pop(lock, None)
        if now is not None:
            facts.locks[lock] = now

    def _written(self, lock: LockPlace, value: Expr, facts: Facts) -> Known | None:
        """What is known of the lock after this is written; notes what makes it unsound."""
        known = facts.locks.get(lock)
        match value:
            case Op("held", (Me(),)) if known is not None:
                return "mine"
            case Op("free") if known is not None:
                return "free"
            case Op("ite", (test, then, otherwise)):
                truth = facts.truth(test)
                if truth is not None:
                    return self._written(lock, then if truth else otherwise, facts)
                yes, no = facts.copy(), facts.copy()
                yes.assume(test)
                if isinstance(test, Local) and facts.tested.get(test.name) == lock:
                    yes.locks[lock] = "free"
                one, other = self._written(lock, then, yes), self._written(lock, otherwise, no)
                return one if one == other else None
            case _ if lock_place(value) == lock:
                return known
        self._unsound.add(lock)
        return None

    def _give_up(self, variable: str, facts: Facts) -> None:
        """Something in the variable is written that is not followed: a lock of it, perhaps."""
        self._unsound |= {lock for lock in self._places if lock[0] == variable}
        self._unsound.add((variable,))
        facts.locks = {lock: known for lock, known in facts.locks.items()
                       if lock[0] != variable}


def _in_order(process: Process, entry: int) -> list[int]:
    """The blocks that a step may run, each after all its predecessors."""
    order: list[int] = []

    def visit(number: int) -> None:
        if number not in order:
            for target in targets(process.blocks[number].terminator):
                visit(target)
            order.append(number)

    visit(entry)
    return order[::-1]


def _followed(block: Block, facts: Facts) -> tuple[int, ...]:
    """The blocks that may follow, as far as is known."""
    if isinstance(block.terminator, Branch):
        truth = facts.truth(block.terminator.condition)
        if truth is not None:
            return (block.terminator.then if truth else block.terminator.otherwise,)
    return targets(block.terminator)
