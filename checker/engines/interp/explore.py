"""Breadth-first search over the interpreter's steps: the reference for every count.

The plain textbook search, level by level: first the initial states, then everything one step
away from them, and so on, each state once. Level order makes every path a shortest one, and the
interpreter's defined order of steps makes the search deterministic, the paths included. Faster
engines are measured against this one, so speed here would be a bug.

A search goes on past a violating state: a second property may fail only behind it.
"""
from __future__ import annotations

import time
from dataclasses import dataclass, field

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.step import Step, deadlocked, initial_states, steps
from checker.ir.nodes import Expr
from checker.ir.system import State, System
from checker.results.exploration import Exploration, Path, Progress, Report

REPORT_EVERY = 2_000        # states expanded between two reports of progress
STATE_INVARIANTS = ("invariant", "lemma")


def explore(system: System, *, limit: int | None = None, stop_early: bool = False,
            report: Report | None = None) -> Exploration:
    """Visit every reachable state of `system`.

    `limit` is the most distinct states to store; `stop_early` ends the search with the level
    that holds the first violation. Either leaves the answer incomplete, with its reason.
    """
    search = _Search(system, limit, report)
    try:
        search.run(stop_early)
    except KeyboardInterrupt:
        search.give_up("interrupted")
    return search.finished()


class _LimitReached(Exception):
    """One more state would exceed the limit."""


@dataclass
class _Search:
    system: System
    limit: int | None
    report: Report | None
    found: Exploration = field(default_factory=lambda: Exploration(True, engine="interp"))
    parents: dict[State, State | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.started = time.perf_counter()

    def run(self, stop_early: bool) -> None:
        """The levels, one after the other, until one is empty or the search has to end."""
        try:
            frontier = self._initial()
            self.found.initial = len(frontier)
            while frontier:
                self.found.levels.append(len(frontier))
                if stop_early and self.found.violations:
                    return self.give_up("stopped at the first violation")
                frontier = self._expand_all(frontier)
        except _LimitReached:
            self.give_up(f"the limit of {self.limit:,} states was reached")

    def give_up(self, reason: str) -> None:
        self.found.complete, self.found.reason = False, reason

    def finished(self) -> Exploration:
        self.found.distinct = len(self.parents)
        self.found.depth = max(len(self.found.levels) - 1, 0)
        self.found.seconds = time.perf_counter() - self.started
        return self.found

    def _initial(self) -> list[State]:
        return [state for state in initial_states(self.system) if self._visit(state, None)]

    def _expand_all(self, frontier: list[State]) -> list[State]:
        following: list[State] = []
        for number, state in enumerate(frontier):
            for step in steps(self.system, state):
                self._judge_step(state, step)
                if step.after is not None and self._visit(step.after, state):
                    following.append(step.after)
            if self.report and number % REPORT_EVERY == 0:
                self.report(Progress(len(self.parents), self.found.generated,
                                     len(self.found.levels) - 1, len(frontier),
                                     time.perf_counter() - self.started,
                                     levels=tuple(self.found.levels), following=len(following)))
        return following

    def _visit(self, state: State, parent: State | None) -> bool:
        """Store a state and judge it; False for one that was seen before."""
        if state in self.parents:
            return False
        if self.limit is not None and len(self.parents) >= self.limit:
            raise _LimitReached
        self.parents[state] = parent
        self._judge_state(state)
        return True

    def _judge_state(self, state: State) -> None:
        scope = Scope(self.system, state)
        for declared in self.system.properties:
            if declared.kind in STATE_INVARIANTS and not evaluate(declared.expr, scope):
                self._record(self.found.violations, declared.name, state)
            elif declared.kind == "sometimes" and evaluate(declared.expr, scope):
                self._record(self.found.witnesses, declared.name, state)
            if declared.kind != "step_invariant":
                self._antecedents(declared.name, declared.antecedents, scope)
        if "deadlock" not in self.found.violations and deadlocked(self.system, state):
            self._record(self.found.violations, "deadlock", state)

    def _judge_step(self, state: State, step: Step) -> None:
        if step.after is None:
            assert step.failed is not None
            self._record(self.found.violations, step.failed.kind, state)
            return
        self.found.generated += 1
        self.found.fired.add((step.instance.process.name, step.location.name))
        scope = Scope(self.system, state, after=step.after)
        for declared in self.system.properties_of("step_invariant"):
            if not evaluate(declared.expr, scope):
                self._record(self.found.violations, declared.name, state, step.after)
            self._antecedents(declared.name, declared.antecedents, scope)

    def _antecedents(self, name: str, antecedents: tuple[Expr, ...], scope: Scope) -> None:
        for number, antecedent in enumerate(antecedents):
            if (name, number) not in self.found.antecedents and evaluate(antecedent, scope):
                self.found.antecedents.add((name, number))

    def _record(self, paths: dict[str, Path], name: str, state: State,
                after: State | None = None) -> None:
        """Keep the first path for `name`: level order makes it a shortest one."""
        if name in paths:
            return
        states = [] if after is None else [after]
        at: State | None = state
        while at is not None:
            states.append(at)
            at = self.parents[at]
        paths[name] = tuple(reversed(states))
