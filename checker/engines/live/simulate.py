"""Random walks: CPython runs the spec, the interpreter watches every step.

For systems too large to search. A walk proves nothing; what it finds is real, because every
step was made by CPython and by the interpreter alike. The paths found go to the certifier like
those of any other engine.
"""
from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field

from checker.engines.live.lockstep import LockStep, Start
from checker.frontend.spec import Spec
from checker.ir.system import State, System
from checker.results.exploration import Path


@dataclass(slots=True)
class Simulation:
    """What random walks saw. Paths are as in `Exploration`, the shortest one seen of each."""

    seed: int
    runs: int = 0
    steps: int = 0
    longest: int = 0
    distinct: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    violations: dict[str, Path] = field(default_factory=dict)
    witnesses: dict[str, Path] = field(default_factory=dict)
    fired: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float = 0.0


def simulate(spec: Spec, system: System, *, seed: int = 0, steps: int = 100,
             runs: int = 100) -> Simulation:
    """`runs` walks of at most `steps` steps; the same seed gives the same walks.

    Each run has its own source of chance, so that run k does not depend on the runs before it.
    Raises Disagreement where CPython and the interpreter differ, Unsupported where CPython can
    not run the system.
    """
    return _Simulator(spec, system, seed).walks(runs, steps)


class _Simulator:
    def __init__(self, spec: Spec, system: System, seed: int) -> None:
        self.system = system
        self.both = LockStep(spec, system)
        self.found = Simulation(seed)
        self.seen: set[State] = set()

    def walks(self, runs: int, steps: int) -> Simulation:
        started = time.perf_counter()
        for number in range(runs):
            chance = random.Random(f"{self.found.seed}/{number}")
            self.found.ends[self._walk(chance, steps)] += 1
            self.found.runs += 1
        self.found.distinct = len(self.seen)
        self.found.seconds = time.perf_counter() - started
        return self.found

    def _walk(self, chance: random.Random, steps: int) -> str:
        """One walk; how it ended."""
        self.both.live.chance = chance
        self.both.begin(Start(tuple(chance.choice(v.initial) for v in self.system.variables)))
        self._judge()
        for made in range(steps):
            able = self.both.enabled()
            if not able:
                return "no process can step"
            taken = self.both.take(chance.choice(able))
            if taken.failed is not None:
                self._keep(self.found.violations, taken.failed)
                return "a check failed"
            self.found.steps += 1
            self.found.longest = max(self.found.longest, made + 1)
            self.found.fired[taken.step.instance.process.name, taken.step.location.name] += 1
            for name in taken.violated:
                self._keep(self.found.violations, name)
            self._judge()
        return "the last step allowed"

    def _judge(self) -> None:
        self.seen.add(self.both.state)
        judged = self.both.judge_state()
        for name in judged.violated:
            self._keep(self.found.violations, name)
        for name in judged.witnessed:
            self._keep(self.found.witnesses, name)

    def _keep(self, paths: dict[str, Path], name: str) -> None:
        """The walk so far, where it is the shortest that shows this."""
        path = tuple(self.both.states)
        if name not in paths or len(path) < len(paths[name]):
            paths[name] = path
