"""Several counterexamples to one property: a shortest one of each kind (`ir/control.py`).

The breadth-first search of `explore`, but for one property, and no run goes on behind a violation
of it: what has already failed would fail in many ways more.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.explore import STATE_INVARIANTS
from checker.engines.interp.step import Step, deadlocked, initial_states, steps
from checker.ir.control import Kind, groups, kind_of_end
from checker.ir.system import State, System
from checker.results.exploration import Path, Variety


def kinds(system: System, name: str, most: int, limit: int | None = None) -> Variety:
    """Paths to violations of the safety property `name`, shortest first, no two of the same kind.

    Ends with the level on which there are `most` kinds, and with `limit` states stored.
    """
    search = _Search(system, name, most, limit)
    try:
        search.run()
    except KeyboardInterrupt:
        return search.found(reason="interrupted")
    return search.found()


@dataclass
class _Search:
    system: System
    name: str
    most: int
    limit: int | None
    reason: str = ""
    paths: dict[Kind, Path] = field(default_factory=dict)
    parents: dict[State, State | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        declared = self.system.property_named(self.name)
        self.of_states = declared if declared and declared.kind in STATE_INVARIANTS else None
        self.of_steps = declared if declared and declared.kind == "step_invariant" else None
        self.groups = groups(self.system, self.name)

    def found(self, reason: str = "") -> Variety:
        return Variety(tuple(self.paths.values())[:self.most], reason or self.reason)

    def run(self) -> None:
        """Level after level, each complete, until there is nothing new or there are enough."""
        level = list(self._initial())
        while level and not self.reason:
            following: list[State] = []
            for state in level:
                following += self._expanded(state)
                if self.limit is not None and len(self.parents) > self.limit:
                    self.reason = f"the limit of {self.limit:,} states was reached"
                    return
            level = following
            if len(self.paths) >= self.most:
                self.reason = "there were enough"

    def _initial(self) -> Iterator[State]:
        for state in initial_states(self.system):
            if self._fails(state):
                self._violated(state, state, (state,))
            elif state not in self.parents:
                self.parents[state] = None
                yield state

    def _expanded(self, state: State) -> Iterator[State]:
        """What is new a step away, but for what violates."""
        if self.name == "deadlock" and deadlocked(self.system, state):
            self._violated(state, state, self._path(state))
            return
        for step in steps(self.system, state):
            if step.after is None:
                if step.failed is not None and step.failed.kind == self.name:
                    self._violated(state, state, self._path(state))
            elif self._breaks(state, step):
                self._violated(state, step.after, (*self._path(state), step.after))
            elif step.after not in self.parents:
                self.parents[step.after] = state
                yield step.after

    def _breaks(self, state: State, step: Step) -> bool:
        assert step.after is not None
        if self.of_steps is not None:
            scope = Scope(self.system, state, after=step.after)
            return not evaluate(self.of_steps.expr, scope)
        return self._fails(step.after)

    def _fails(self, state: State) -> bool:
        return (self.of_states is not None
                and not evaluate(self.of_states.expr, Scope(self.system, state)))

    def _violated(self, before: State, after: State, path: Path) -> None:
        """Keep the first path of each kind: level order makes it a shortest one."""
        self.paths.setdefault(kind_of_end(self.system, self.groups, before, after), path)

    def _path(self, state: State) -> Path:
        states: list[State] = []
        at: State | None = state
        while at is not None:
            states.append(at)
            at = self.parents[at]
        return tuple(reversed(states))
