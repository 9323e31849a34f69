"""Lassos: infinite runs written down finitely, and the independent check of one.

A lasso is a path whose last state is `path[loop]` again: the run goes on from there for ever,
through the states from `loop` to the end. With `loop` the last state itself, the run has ended:
nothing can step there (a stutter, in the sense of Lamport, The Temporal Logic of Actions, 1994).

`check_lasso` shares no code with the search of `liveness.py`: it walks the path with the
interpreter, evaluates the property on every state and looks at each fair instance in turn. An
instance is *taken* in the loop where some pair of consecutive states is a step of it. That two
instances may share a pair is no flaw: the run goes round for ever and can let each have a turn.
"""
from __future__ import annotations

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.step import enabled, initial_states, steps, steps_of
from checker.ir.nodes import Expr
from checker.ir.system import Instance, Property, State, System


class NotALasso(Exception):
    """The path is not a fair run on which the property fails; the message says why."""


def check_lasso(system: System, declared: Property, states: tuple[State, ...],
                loop: int) -> tuple[str, ...]:
    """See that the lasso is a run, that the property fails on it and that it is fair.

    The result tells, for each fair instance, why the run is fair to it. Raises NotALasso.
    """
    _check_run(system, states, loop)
    _check_property(system, declared, states, loop)
    fair = [instance for instance in system.instances if instance.process.fair]
    return tuple(_check_fair(system, instance, states, loop) for instance in fair)


def _check_run(system: System, states: tuple[State, ...], loop: int) -> None:
    if not 0 <= loop < len(states):
        raise NotALasso(f"there is no state {loop} to return to")
    if states[0] not in initial_states(system):
        raise NotALasso("the first state is not an initial state")
    for number, (before, after) in enumerate(zip(states, states[1:])):
        if all(step.after != after for step in steps(system, before)):
            raise NotALasso(f"no step leads from state {number} to state {number + 1}")
    if states[-1] != states[loop]:
        raise NotALasso(f"the last state is not state {loop} again")
    if loop == len(states) - 1 and any(enabled(system, states[-1], i) for i in system.instances):
        raise NotALasso("the run stops in a state in which a process can step")


def _check_property(system: System, declared: Property, states: tuple[State, ...],
                    loop: int) -> None:
    """Never `expr`; or, for leads_to, once `expr` and from then on never `target`."""
    def true_at(expr: Expr, number: int) -> bool:
        return bool(evaluate(expr, Scope(system, states[number])))

    numbers = range(len(states))
    if declared.kind == "eventually":
        reached = [n for n in numbers if true_at(declared.expr, n)]
        if reached:
            raise NotALasso(f"the condition holds in state {reached[0]}")
        return
    assert declared.kind == "leads_to" and declared.target is not None
    targets = [n for n in numbers if true_at(declared.target, n)]
    for begin in numbers:
        # What holds anywhere in the loop comes again, so a late beginning sees the whole loop.
        if true_at(declared.expr, begin) and all(n < min(begin, loop) for n in targets):
            return
    raise NotALasso("wherever the premise holds, the conclusion follows")


def _check_fair(system: System, instance: Instance, states: tuple[State, ...],
                loop: int) -> str:
    """Why the loop is fair to the instance. Raises NotALasso where it is not."""
    kind, last = instance.process.fair, len(states) - 1
    for number in range(loop, last):
        taken = steps_of(system, states[number], instance)
        if any(step.after == states[number + 1] for step in taken):
            return f"{instance} ({kind} fairness) is taken in the loop, by step {number + 1}"
    looped = range(loop, last) if loop < last else range(last, last + 1)
    able = [enabled(system, states[number], instance) for number in looped]
    if not any(able):
        return f"{instance} ({kind} fairness) can not step anywhere in the loop"
    if kind == "weak" and not all(able):
        number = looped[able.index(False)]
        return f"{instance} (weak fairness) can not step in state {number} of the loop"
    ever = "always" if kind == "weak" else "again and again"
    raise NotALasso(f"the loop is not fair to {instance}: {ever} able to step, never taken")
