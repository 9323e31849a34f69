"""Counterexamples to induction, for people: certified by the interpreter, labelled, rendered.

A CTI is a state that the hypotheses allow and a step from it that breaks the goal. It is not a
bug: the state may be unreachable, and then the hypotheses are too weak. `label` says which,
where a set of reachable states is known. A solver's model is only a claim; `certify` evaluates
the hypotheses, the step and the goal again, with the interpreter (as mypyvy does with its
`--smoke-test-solver`).
"""
from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.step import Step, deadlocked, initial_states, instance_value, steps
from checker.engines.smt.encode import dead_locals, places
from checker.ir.nodes import Expr
from checker.ir.system import Instance, Property, State, System
from checker.results.exploration import Path
from checker.text import Writer
from checker.types import Lock, Map, Record, Type
from checker.values import Value, belongs, domain, lowest, show

Label = Literal["reachable", "unreachable at this size", "undecided"]
GoalKind = Literal["invariant", "lemma", "step_invariant", "deadlock", "check"]


@dataclass(frozen=True, slots=True)
class Goal:
    """Something to prove: a property, that no state is deadlocked, or a kind of check."""

    name: str
    kind: GoalKind
    expr: Expr | None = None

    @property
    def of_states(self) -> bool:
        """Whether it speaks of single states, so that it can be a hypothesis."""
        return self.kind in ("invariant", "lemma", "deadlock")


def goal_of(declared: Property) -> Goal:
    return Goal(declared.name, declared.kind, declared.expr)


@dataclass(frozen=True, slots=True)
class Cti:
    """`path` holds the states before the step, one for induction of depth 1; `hypotheses` are
    true in all of them and `step`, from the last, breaks `goal`."""

    goal: Goal
    path: Path
    step: Step
    hypotheses: tuple[Goal, ...]

    @property
    def before(self) -> State:
        return self.path[-1]

    @property
    def after(self) -> State | None:
        """None where the step fails a check."""
        return self.step.after


class NotACti(Exception):
    """A claimed CTI is none: a defect of the encoding."""


def find_cti(system: System, goal: Goal, path: Path, hypotheses: tuple[Goal, ...]) -> Cti:
    """The first step, in the interpreter's order, that breaks `goal` after `path`; certified.

    Raises NotACti where there is none, or where the path is not what it claims to be.
    """
    for number, state in enumerate(path):
        _certify_state(system, state, hypotheses)
        if number and all(step.after != state for step in steps(system, path[number - 1])):
            raise NotACti(f"{goal.name}: no step leads to state {number} of the path")
    for step in steps(system, path[-1]):
        if breaks(system, goal, path[-1], step):
            return Cti(goal, path, step, hypotheses)
    raise NotACti(f"{goal.name}: no step from the state breaks it")


def holds(system: System, goal: Goal, state: State) -> bool:
    """Whether a goal that speaks of states holds in one."""
    if goal.kind == "deadlock":
        return not deadlocked(system, state)
    return bool(evaluate(goal.expr, Scope(system, state)))


def breaks(system: System, goal: Goal, before: State, step: Step) -> bool:
    """Whether a step breaks the goal."""
    if goal.kind == "check":
        return step.failed is not None and step.failed.kind == goal.name
    if step.after is None:
        return False
    if goal.kind == "step_invariant":
        return not evaluate(goal.expr, Scope(system, before, after=step.after))
    return not holds(system, goal, step.after)


def _certify_state(system: System, state: State, hypotheses: tuple[Goal, ...]) -> None:
    if not well_formed(system, state):
        raise NotACti("a state of the path is not well formed")
    for goal in hypotheses:
        if not holds(system, goal, state):
            raise NotACti(f"the hypothesis {goal.name} is false in a state of the path")


def well_formed(system: System, state: State) -> bool:
    """What holds in every state by construction; see `Encoding.well_formed`."""
    holders = len(system.instances)
    typed = all(belongs(v.type, value) and all(part is None or part < holders
                                               for part in _locks(v.type, value))
                for v, value in zip(system.variables, state, strict=True))
    return typed and all(_waits_properly(system, state, i) for i in system.instances)


def _waits_properly(system: System, state: State, instance: Instance) -> bool:
    process = instance.process
    place = instance_value(system, state, instance, process.location_variable)
    return place in places(process) and all(
        instance_value(system, state, instance, process.local_variable(name)) == lowest(of)
        for name, of in dead_locals(process, place).items())


def _locks(of: Type, value: Value) -> Iterator[Value]:
    """The values of the locks within a value."""
    match of:
        case Lock():
            yield value
        case Map(_, inner):
            for part in value:
                yield from _locks(inner, part)
        case Record(fields):
            for (_, field_type), part in zip(fields, value):
                yield from _locks(field_type, part)


def label(cti: Cti, reachable: Collection[State] | None, *, complete: bool = True) -> Label:
    """Whether the state before the step is reachable, so that the CTI is a real violation.

    `reachable` are states known to be; `complete` says that there are no others.
    """
    if reachable is not None and cti.before in reachable:
        return "reachable"
    if reachable is None or not complete:
        return "undecided"
    return "unreachable at this size"


# ── rendering ────────────────────────────────────────────────────────────────────────────────

def render(system: System, cti: Cti) -> str:
    """The CTI as text: how the state before differs from an initial one, the step, its changes.

    Of several initial states the first is shown for comparison.
    """
    out, initial = Writer("  "), next(initial_states(system))
    out(f"counterexample to induction: {_claim(cti)}")
    with out.indent():
        for number, state in enumerate(cti.path):
            out("before" if number == len(cti.path) - 1 else f"state {number}")
            with out.indent():
                for name, usual, value in differences(system, initial, state):
                    out(f"{name} = {value}   (initially {usual})")
                if state == initial:
                    out("the initial state")
        step, choices = cti.step, cti.step.choices
        made = "".join(f", {c.choose.name} = {show(c.choose.domain, c.value)}" for c in choices)
        source = f"   [{step.location.provenance}]" if step.location.provenance else ""
        out(f"step {step.instance} at {step.location.label}{made}{source}")
        with out.indent():
            if step.after is None:
                out(f"fails: {step.failed.message}")
            else:
                for name, old, new in differences(system, cti.before, step.after):
                    out(f"{name}: {old} -> {new}")
    return out.text()


def _claim(cti: Cti) -> str:
    match cti.goal.kind:
        case "check":
            return f"a check fails ({cti.goal.name})"
        case "deadlock":
            return "a step into a deadlock"
    return f"{cti.goal.name} is not preserved"


def differences(system: System, one: State, other: State) -> Iterator[tuple[str, str, str]]:
    """The parts in which two states differ: name, value in the one, value in the other."""
    for variable, a, b in zip(system.variables, one, other, strict=True):
        yield from _differences(variable.name, variable.type, a, b)


def _differences(name: str, of: Type, a: Value, b: Value) -> Iterator[tuple[str, str, str]]:
    if a == b:
        return
    match of:
        case Map(key, inner):
            for k, x, y in zip(domain(key), a, b, strict=True):
                yield from _differences(f"{name}[{show(key, k)}]", inner, x, y)
        case Record(fields):
            for (field, field_type), x, y in zip(fields, a, b, strict=True):
                yield from _differences(f"{name}.{field}", field_type, x, y)
        case _:
            yield name, show(of, a), show(of, b)
