"""Whether a counterexample has steps that do not matter.

A step does not matter where the rest is a counterexample without it. A process that has moved on
for no purpose has done so with its last steps, for what came before was needed to get there. So
these are left out, of one process at a time and of each as many as it takes, and the interpreter
executes what remains: the same steps in the same order, with the same choices. Where the property
fails all the same, the trace is one that is shorter with needless steps in it, and not *tight*.
"""
from __future__ import annotations

from collections.abc import Sequence

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.step import Step, deadlocked, steps_of
from checker.ir.control import Kind, groups, kind_of_end
from checker.ir.system import Instance, Property, State, System
from checker.results.trace import Trace, TraceStep


def kind_of_trace(trace: Trace) -> Kind:
    """The kind of a counterexample to a safety property, see `ir/control.py`."""
    states = trace.states
    by_step = trace.kind != "implicit" and len(states) > 1
    return kind_of_end(trace.system, groups(trace.system, trace.property),
                       states[-2] if by_step else states[-1], states[-1])


def tight(trace: Trace) -> bool:
    """Whether no process's last steps can be left out of a counterexample to a safety property.
    The step that violates is never left out."""
    ends = trace.property != "deadlock" and trace.steps
    kept = len(trace.steps) - 1 if ends else len(trace.steps)
    actors = dict.fromkeys((s.process, s.key) for s in trace.steps[:kept])
    if ends:
        actors.pop((trace.steps[-1].process, trace.steps[-1].key), None)
    for actor in actors:
        own = [n for n in range(kept) if (trace.steps[n].process, trace.steps[n].key) == actor]
        for first in range(len(own)):
            if _violates_without(trace, frozenset(own[first:])):
                return False
    return True


def _violates_without(trace: Trace, left_out: frozenset[int]) -> bool:
    """Whether the steps that are not left out can be taken, and violate the property."""
    system, name = trace.system, trace.property
    declared = system.property_named(name)
    begin = min(left_out)
    state = trace.states[begin]
    for number in range(begin + 1, len(trace.steps)):
        if number in left_out:
            continue
        step = _same_step(system, state, trace.steps[number])
        if step is None:
            return False
        if step.after is None:
            return step.failed is not None and step.failed.kind == name
        if _violated(system, declared, state, step.after):
            return True
        state = step.after
    return name == "deadlock" and deadlocked(system, state)


def _violated(system: System, declared: Property | None, before: State, after: State) -> bool:
    if declared is None:
        return False
    scope = Scope(system, before, after=after) if declared.kind == "step_invariant" \
        else Scope(system, after)
    return not evaluate(declared.expr, scope)


def _same_step(system: System, state: State, wanted: TraceStep) -> Step | None:
    """The step that the same instance takes from the same location with the same choices."""
    return next((step for step in steps_of(system, state, _instance(system, wanted))
                 if step.location.name == wanted.location
                 and _choices(step) == [(c.name, c.value) for c in wanted.choices]), None)


def _choices(step: Step) -> Sequence[tuple[str, object]]:
    return [(choice.choose.name, choice.value) for choice in step.choices]


def _instance(system: System, step: TraceStep) -> Instance:
    return next(i for i in system.instances
                if i.process.name == step.process and i.key == step.key)
