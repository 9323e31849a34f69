"""Bounded search: is there a path of length 0, 1, 2, ... that shows a property violated?

All properties are asked about at once: one question per level says whether some property not
yet decided fails there, and is repeated without those that do. What is found at a level is
found on a shortest path, because the levels come in order. What is refuted at a level is added
as a fact, which is free and helps with the next.

A bounded search proves nothing beyond its bound, with one exception: when no path has the next
length (every process is done, or the only continuations fail), or when nothing is left to look
for, the search is `exhausted`.

Source: Biere, Cimatti, Clarke and Zhu, "Symbolic Model Checking without BDDs", TACAS 1999.
"""
from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from checker.engines.smt.encode import Encoding, Unrolling
from checker.engines.smt.solver import Answer, Solver, values
from checker.engines.smt.terms import Truth, disj, neg
from checker.ir.system import IMPLICIT, System
from checker.results.exploration import Path

Report = Callable[[str], None]

STATE_KINDS = ("invariant", "lemma")
LIVENESS = ("eventually", "leads_to")


@dataclass(slots=True)
class Bounded:
    """What a bounded search found, raw: nothing here is certified yet.

    Every level from 0 to `depth` is answered completely (-1: none is). `violations` and
    `witnesses` hold shortest paths by property name, with the conventions of
    `results.exploration.Path`. `exhausted`: nothing can be found beyond `depth`, the answer is
    complete. `unknown` names the properties that stay undecided for another reason than the
    bound, and that reason; `reason` is why the search ended before the bound. `seconds` are
    those of each level.
    """

    bound: int
    depth: int = -1
    exhausted: bool = False
    violations: dict[str, Path] = field(default_factory=dict)
    witnesses: dict[str, Path] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    seconds: list[float] = field(default_factory=list)
    questions: int = 0


def search(system: System, *, bound: int, seconds: float | None = None,
           rlimit: int | None = None, report: Report | None = None,
           encoding: Encoding | None = None) -> Bounded:
    """Search all paths of up to `bound` steps, a shortest violation of each property first.

    `rlimit` is Z3's budget for one question, `seconds` a limit for the whole search; where one
    is reached, the undecided properties are `unknown` with that reason. `encoding` is that of
    the same system, where the caller has one.
    """
    encoding = encoding or Encoding(system)
    solver = Solver(encoding.space.context, rlimit=rlimit, seconds=seconds)
    return _Search(system, encoding, solver, bound, report).run()


class _Search:
    def __init__(self, system: System, encoding: Encoding, solver: Solver, bound: int,
                 report: Report | None) -> None:
        self.system, self.encoding, self.solver = system, encoding, solver
        self.unrolling = Unrolling(encoding)
        self.report = report
        self.found = Bounded(bound)
        self.witnessed = {p.name for p in system.properties_of("sometimes")}
        self.state_targets, self.step_targets = self._targets()
        for declared in system.properties_of(*LIVENESS):
            self.found.unknown[declared.name] = ("bounded search looks for no lassos: it cannot "
                                                 f"refute {declared.kind}")

    def _targets(self) -> tuple[dict[str, Truth], dict[str, Truth]]:
        """What to find, over a state and over a step, by the name of the property."""
        states: dict[str, Truth] = {"deadlock": self.encoding.deadlocked}
        states |= self.encoding.failing
        steps: dict[str, Truth] = {}
        for declared in self.system.properties:
            if declared.kind in STATE_KINDS:
                states[declared.name] = neg(self.encoding.holds(declared.expr))
            elif declared.kind == "sometimes":
                states[declared.name] = self.encoding.holds(declared.expr)
            elif declared.kind == "step_invariant":
                steps[declared.name] = neg(self.encoding.holds(declared.expr))
        return states, steps

    def run(self) -> Bounded:
        self.solver.add(self.unrolling.at(self.encoding.initial, 0))
        if not self._false_start():
            for level in range(self.found.bound + 1):
                started = time.perf_counter()
                going_on = self._level(level)
                self.found.seconds.append(time.perf_counter() - started)
                self._tell(level)
                if not going_on:
                    break
        self.found.questions = self.solver.questions
        return self.found

    def _false_start(self) -> bool:
        """Whether a check can fail before a first await; then there is nothing to search."""
        if self.encoding.false_start is False:
            return False
        separate = Solver(self.encoding.space.context)
        separate.add(self.encoding.false_start)
        if separate.ask().outcome == "unsat":
            return False
        self._give_up("a check can fail before a first await")
        return True

    def _level(self, level: int) -> bool:
        """Answer one level; False where the search ends with it."""
        if level > 0:
            self.solver.add(self.unrolling.at(self.encoding.transition, level - 1))
        targets = {name: self.unrolling.at(part, level)
                   for name, part in self._open(self.state_targets).items()}
        if level > 0:
            targets |= {name: self.unrolling.at(part, level - 1)
                        for name, part in self._open(self.step_targets).items()}
        answer = self._find(level, targets)
        if answer.outcome == "unsat":
            answer = self.solver.ask()       # is there a path of this length at all?
        if answer.outcome == "unknown":
            self._give_up(answer.reason)
            return False
        if answer.outcome == "unsat":
            self.found.exhausted = True
            return False
        self.found.depth = level
        self.found.exhausted = not self._open(self.state_targets | self.step_targets)
        return not self.found.exhausted

    def _find(self, level: int, targets: dict[str, Truth]) -> Answer:
        """Find every target that some path of this length reaches; the last answer."""
        answer = Answer("unsat")
        while targets:
            some = self.solver.literal(disj(*targets.values()))
            answer = self.solver.ask(some)
            self.solver.retire(some)
            if answer.outcome != "sat":
                break
            shown = values(answer.model, targets.values())
            reached = [name for name, value in zip(targets, shown) if value]
            assert reached, "a model of a disjunction makes none of its parts true"
            path = self.unrolling.path(level, answer.model)
            for name in reached:
                del targets[name]
                found = self.found.witnesses if name in self.witnessed else self.found.violations
                found[name] = path
        if answer.outcome == "unsat":
            self.solver.add(neg(disj(*targets.values())))
        return answer

    def _open(self, targets: dict[str, Truth]) -> dict[str, Truth]:
        return {name: part for name, part in targets.items()
                if part is not False and name not in self.found.violations
                and name not in self.found.witnesses}

    def _give_up(self, reason: str) -> None:
        self.found.reason = reason
        names = [*IMPLICIT, *(p.name for p in self.system.properties)]
        for name in names:
            if name not in self.found.violations and name not in self.found.witnesses:
                self.found.unknown.setdefault(name, reason)

    def _tell(self, level: int) -> None:
        if self.report:
            found = len(self.found.violations) + len(self.found.witnesses)
            self.report(f"depth {level}: {self.found.seconds[-1]:.2f} s, {found} found"
                        + (f", {self.found.reason}" if self.found.reason else ""))
