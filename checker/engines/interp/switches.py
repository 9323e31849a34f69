"""The violation that is easiest to follow: the one with the fewest context switches.

A shortest trace may jump between processes at every step; one that lets each of them run on for as
long as it can is longer and clearer. This is the search for it: by the number of switches first
and of steps second, over pairs of a state and the instance that moved last (Dijkstra 1959). A
pair is settled when it is taken from the heap, so what fails first there fails at least cost.
"""
from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.explore import STATE_INVARIANTS
from checker.engines.interp.step import Step, deadlocked, initial_states, steps
from checker.ir.system import Property, State, System
from checker.results.exploration import Path

LIMIT = 100_000
"""Pairs of a state and an instance; the interpreter needs half a minute for them."""
NOBODY = -1             # moved last in an initial state

Cost = tuple[int, int]  # switches, steps
Place = tuple[State, int]


def fewest_switches(system: System, names: Iterable[str], limit: int = LIMIT) -> dict[str, Path]:
    """For each of the safety properties `names` a path to its violation, if one is found.

    No other path to a violation of it has fewer context switches, and none with as few is
    shorter. A name is missing where the property holds, or where the search would take more
    than `limit` pairs.
    """
    return _Search(system, set(names), limit).run()


@dataclass(slots=True)
class _Entry:
    """Something to come to: a place, or, where `fails` is set, the violation of that property."""

    place: Place
    before: Place | None
    fails: str = ""
    after: State | None = None      # that the violating step leads to


@dataclass
class _Search:
    system: System
    open: set[str]
    limit: int
    found: dict[str, Path] = field(default_factory=dict)
    parents: dict[Place, Place | None] = field(default_factory=dict)
    heap: list[tuple[Cost, int, _Entry]] = field(default_factory=list)
    serial: Iterator[int] = field(default_factory=itertools.count)

    def run(self) -> dict[str, Path]:
        for state in initial_states(self.system):
            self._push((0, 0), _Entry((state, NOBODY), None))
        while self.heap and self.open and len(self.parents) < self.limit:
            cost, _, entry = heapq.heappop(self.heap)
            if entry.fails:
                self._violated(entry)
            elif entry.place not in self.parents:
                self.parents[entry.place] = entry.before
                self._judge(cost, entry.place)
                self._expand(cost, entry.place)
        return self.found

    def _push(self, cost: Cost, entry: _Entry) -> None:
        heapq.heappush(self.heap, (cost, next(self.serial), entry))

    def _declared(self, *kinds: str) -> list[Property]:
        return [p for p in self.system.properties_of(*kinds) if p.name in self.open]

    def _judge(self, cost: Cost, place: Place) -> None:
        """The properties of the state itself, which cost no further step."""
        failing = [p.name for p in self._declared(*STATE_INVARIANTS)
                   if not evaluate(p.expr, Scope(self.system, place[0]))]
        if "deadlock" in self.open and deadlocked(self.system, place[0]):
            failing.append("deadlock")
        for name in failing:
            self._violated(_Entry(place, None, name))

    def _expand(self, cost: Cost, place: Place) -> None:
        for step in steps(self.system, place[0]):
            number = step.instance.number
            there = (cost[0] + (place[1] not in (NOBODY, number)), cost[1] + 1)
            if step.failed is not None:
                if step.failed.kind in self.open:
                    self._push(there, _Entry(place, None, step.failed.kind))
                continue
            self._judge_step(there, place, step)
            if (step.after, number) not in self.parents:
                self._push(there, _Entry((step.after, number), place))

    def _judge_step(self, cost: Cost, place: Place, step: Step) -> None:
        for declared in self._declared("step_invariant"):
            if not evaluate(declared.expr, Scope(self.system, place[0], after=step.after)):
                self._push(cost, _Entry(place, None, declared.name, step.after))

    def _violated(self, entry: _Entry) -> None:
        if entry.fails not in self.open:
            return
        self.open.remove(entry.fails)
        path = [] if entry.after is None else [entry.after]
        at: Place | None = entry.place
        while at is not None:
            path.append(at[0])
            at = self.parents[at]
        self.found[entry.fails] = tuple(reversed(path))
