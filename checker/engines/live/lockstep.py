"""CPython and the interpreter in lock-step: the same start, the same steps, the same states.

Whatever can be compared is: the set of instances that can step, the choices of a step and how
many there are, how the step ends, the state after it, whether that is a deadlock, and the value
of every property there. The first difference raises `Disagreement`, with the steps that led to
it: a defect of the checker, never of the spec.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.step import Step, deadlocked, enabled, initial_states, steps_of
from checker.engines.live.judge import NO_VALUE, Judge
from checker.engines.live.objects import canonical
from checker.engines.live.run import Live, Outcome, Script
from checker.engines.live.violation import Defect
from checker.frontend.spec import Spec
from checker.ir.nodes import CheckKind
from checker.ir.system import Property, State, System
from checker.values import show

Move = tuple[int, Script]
"""A step: an instance's number, and the number of the option taken at each choice."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a run begins: initial values, and the choices made before the first awaits."""

    values: State
    script: Script = ()


class Disagreement(Exception):
    """CPython and the interpreter differ: a defect of the checker."""

    def __init__(self, what: str, system: System, states: list[State]) -> None:
        self.what, self.states = what, states
        lines = [f"{system.name}: CPython and the interpreter differ: {what}"]
        for number, state in enumerate(states):
            lines.append(f"  {number}: {describe(system, state)}")
        super().__init__("\n".join(lines))


def describe(system: System, state: State) -> str:
    """A state in one line."""
    return "  ".join(f"{variable.name}={show(variable.type, value)}"
                     for variable, value in zip(system.variables, state))


@dataclass(frozen=True, slots=True)
class Taken:
    """A compared step: the state after it or the check that failed, and the options it had."""

    step: Step
    after: State | None
    failed: CheckKind | None
    script: Script
    counts: tuple[int, ...]
    violated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What is true of a state, by CPython's account: names of properties."""

    violated: tuple[str, ...]
    witnessed: tuple[str, ...]


class LockStep:
    """Runs both; `state` is where they are."""

    def __init__(self, spec: Spec, system: System) -> None:
        self.system = system
        self.live = Live(spec, system)
        stepwise = any(system.properties_of("step_invariant"))
        self.before = Live(spec, system) if stepwise else None
        self.judge = Judge(self.live, self.before)
        self.initial = dict.fromkeys(initial_states(system))
        self.state: State = ()
        self.states: list[State] = []
        self._steps: dict[tuple[State, int], list[Step]] = {}

    def differ(self, what: str) -> Disagreement:
        return Disagreement(what, self.system, self.states)

    # ── moving ───────────────────────────────────────────────────────────────────────────────

    def begin(self, start: Start) -> Outcome:
        """Start over in an initial state."""
        self.states = []
        outcome = self.live.begin(start.values, start.script)
        if outcome.failed:
            raise self.differ(f"before the first await, CPython fails: {outcome.error!r}")
        shared = [self.system.position[v.name] for v in self.system.variables
                  if v.kind == "shared"]
        for expected in self.initial:
            if all(expected[p] == start.values[p] for p in shared):
                try:
                    state = self.live.snapshot(expected)
                except Defect:
                    continue
                if state == expected:
                    self.state, self.states = state, [state]
                    return outcome
        raise self.differ("CPython begins in a state that is no initial state: "
                          + describe(self.system, self._snapshot(None)))

    def repeat(self, start: Start, moves: tuple[Move, ...], states: tuple[State, ...]) -> None:
        """Start over and repeat moves that led through `states`: they must lead there again."""
        outcome = self.live.begin(start.values, start.script)
        for number, script in moves:
            outcome = self.live.run(number, script)
        self.state, self.states = states[-1], list(states)
        if outcome.failed or self._snapshot(self.state) != self.state:
            raise self.differ("CPython does not do the same again for the same choices; does a "
                              "process or a constructor keep something outside the state?")

    def take(self, number: int, script: Script = ()) -> Taken:
        """One step of both, compared. After a failed check, `begin` again."""
        before = self.state
        outcome = self.live.run(number, script)
        step = self._same_choices(number, outcome)
        counts = tuple(choice.count for choice in outcome.chosen)
        failed = None if step.failed is None else step.failed.kind
        if outcome.failed != failed:
            said = outcome.failed and f"{outcome.failed} ({outcome.error!r})"
            raise self.differ(f"{step.instance} at {step.location.name}: CPython says "
                              f"{said or 'no violation'}, the interpreter "
                              f"{failed or 'no violation'}")
        if step.after is None:
            return Taken(step, None, failed, outcome.script, counts)
        after = self._moved(number, before, step.after)
        if after != step.after:
            raise self.differ(f"{step.instance} at {step.location.name} leads to\n"
                              f"  CPython:     {describe(self.system, after)}\n"
                              f"  interpreter: {describe(self.system, step.after)}")
        self.state = after
        self.states.append(after)
        return Taken(step, after, None, outcome.script, counts, self._judge_step(before, after))

    def steps(self, state: State, number: int) -> list[Step]:
        """The interpreter's steps of an instance in a state."""
        key = state, number
        if key not in self._steps:
            instance = self.system.instances[number]
            self._steps[key] = list(steps_of(self.system, state, instance))
        return self._steps[key]

    def _snapshot(self, expected: State | None) -> State:
        try:
            return self.live.snapshot(expected)
        except Defect as defect:
            raise self.differ(str(defect)) from defect

    def _moved(self, number: int, before: State, expected: State) -> State:
        try:
            return self.live.moved(number, before, expected)
        except Defect as defect:
            raise self.differ(str(defect)) from defect

    def _same_choices(self, number: int, outcome: Outcome) -> Step:
        """The interpreter's step with the choices that CPython made."""
        for step in self.steps(self.state, number):
            if len(step.choices) == len(outcome.chosen) and all(
                    mine.choose.kind == yours.kind
                    and mine.value == canonical(mine.choose.domain, yours.value)
                    for mine, yours in zip(step.choices, outcome.chosen)):
                return step
        chosen = ", ".join(f"{c.kind} {c.name or '?'}={c.value!r}" for c in outcome.chosen)
        instance = self.system.instances[number]
        others = len(self.steps(self.state, number))
        raise self.differ(f"{instance} steps with the choices ({chosen}); the interpreter has "
                          f"{others} steps, none of them with these")

    # ── judging ──────────────────────────────────────────────────────────────────────────────

    def enabled(self) -> list[int]:
        """The instances that can step, compared."""
        live = self.live.steps()
        interpreted = [i.number for i in self.system.instances
                       if enabled(self.system, self.state, i)]
        if live != interpreted:
            names = [[str(self.system.instances[n]) for n in found]
                     for found in (live, interpreted)]
            raise self.differ(f"CPython can step {names[0]}, the interpreter {names[1]}")
        return live

    def judge_state(self) -> Judged:
        """The properties of states, each compared with the interpreter's evaluation.

        So is the whole state: of a step, only what its own process may change was compared.
        """
        whole = self._snapshot(self.state)
        if whole != self.state:
            raise self.differ("a step changed the locals of another process: "
                              + describe(self.system, whole))
        violated, witnessed = [], []
        for declared in self.system.properties:
            if declared.kind == "step_invariant":
                continue
            value = self.judge.of_state(declared)
            self._compare(declared, value, Scope(self.system, self.state))
            if declared.kind in ("invariant", "lemma") and value is not True:
                violated.append(declared.name)
            if declared.kind == "sometimes" and value is True:
                witnessed.append(declared.name)
        dead = self.live.deadlocked()
        if dead != deadlocked(self.system, self.state):
            raise self.differ(f"a deadlock: CPython says {dead}, the interpreter {not dead}")
        return Judged((*violated, "deadlock") if dead else tuple(violated), tuple(witnessed))

    def _judge_step(self, before: State, after: State) -> tuple[str, ...]:
        if self.before is None:
            return ()
        self.before.load(before)
        violated = []
        for declared in self.system.properties_of("step_invariant"):
            value = self.judge.of_step(declared)
            self._compare(declared, value, Scope(self.system, before, after=after))
            if value is not True:
                violated.append(declared.name)
        return tuple(violated)

    def _compare(self, declared: Property, value: Any, scope: Scope) -> None:
        exprs = [declared.expr] if declared.target is None else [declared.expr, declared.target]
        if value == NO_VALUE:
            # The premise of a leads_to may have a value all the same; what follows has none.
            pairs = [(False, exprs[-1])]
        else:
            pairs = list(zip(value if declared.target is not None else (value,), exprs))
        for live, expr in pairs:
            interpreted = evaluate(expr, scope)
            if live != interpreted:
                raise self.differ(f"the property {declared.name} is {value!r} in CPython, "
                                  f"{interpreted!r} in the interpreter")
