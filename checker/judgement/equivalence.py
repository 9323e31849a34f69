"""Whether two systems that differ in their code behave alike: have the same reachable graph.

By induction: if both begin in the same states, and if in every state that the one reaches each
instance can do the same in both, then both reach the same states by the same steps. Where the
code of a step is the same in both there is nothing to compare, so the interpreter is asked only
about the steps that differ, in the states where somebody is about to take one.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker.engines.interp.step import enabled, initial_states, location_of, steps, steps_of
from checker.ir.nodes import Block, Location
from checker.ir.system import Instance, Process, State, System
from checker.ir.walk import blocks_from


def behave_alike(system: System, other: System, states: Iterable[State]) -> bool:
    """Whether `other` does what `system` does in each of `states`, all those that `system` can
    reach. Both have the same variables, processes and locations."""
    if set(initial_states(system)) != set(initial_states(other)):
        return False
    differing = {process.name: _differing(process, other.process[process.name])
                 for process in system.processes}
    pairs = [(one, two) for one, two in zip(system.instances, other.instances)
             if differing[one.process.name]]
    for state in states:
        for one, two in pairs:
            at = location_of(system, state, one)
            if at is not None and at.name in differing[one.process.name] \
                    and _offers(system, state, one) != _offers(other, state, two):
                return False
    return True


def reachable(system: System) -> Iterator[State]:
    """All reachable states, by the interpreter: for systems that are small, or where there is
    no compiler."""
    found = dict.fromkeys(initial_states(system))
    pending = list(found)
    while pending:
        state = pending.pop()
        yield state
        for step in steps(system, state):
            if step.after is not None and step.after not in found:
                found[step.after] = None
                pending.append(step.after)


def _differing(process: Process, other: Process) -> set[str]:
    """The locations whose step is written otherwise."""
    return {name for name, at in process.locations.items()
            if _code(process, at) != _code(other, other.locations[name])}


def _code(process: Process, at: Location) -> tuple[object, ...]:
    def blocks() -> Iterable[tuple[int, Block]]:
        return ((n, process.blocks[n]) for n in blocks_from(process, at.entry))

    return at.guard, at.entry, at.kind, at.lock, tuple(blocks())


def _offers(system: System, state: State, instance: Instance) -> object:
    """Whether an instance can step, where to, and which checks fail on the way."""
    if not enabled(system, state, instance):
        return None
    return {(step.after, step.failed.kind if step.failed else "")
            for step in steps_of(system, state, instance)}
