"""Every lock that a model waits for, and that its reference waits for it, too.

A search of the model finds, for each lock, a shortest way to a state where somebody has to
wait for it. The reference is taken there; then whoever can not step in the model is let go, and
nobody may come on. That is a replay of a run that stutters for ever.
"""
from __future__ import annotations

from collections import deque

from checker.engines.interp.step import initial_states, location_of, steps_of
from checker.judgement.certify import trace_step
from checker.ir.nodes import Var
from checker.ir.walk import subexpressions
from checker.judgement.replay import Reproduced, adapter_of, replay
from checker.results.trace import Trace
from checker.types import Lock, Map


def locks_of(location):
    """The locks that a step waits for, by name."""
    return tuple(sorted({part.name for part in subexpressions(location.guard)
                         if isinstance(part, Var) and (
                             isinstance(part.type, Lock) or isinstance(part.type, Map)
                             and isinstance(part.type.value, Lock))}))


def ways(system, limit):
    """{locks: trace to a state where somebody waits for them}, as far as they are found among the
    first `limit` states."""
    found = {}
    queue = deque((state, state, ()) for state in initial_states(system))
    seen = {state for state, *_ in queue}
    while queue:
        state, initial, way = queue.popleft()
        for instance in system.instances:
            location = location_of(system, state, instance)
            steps = list(steps_of(system, state, instance))
            locks = locks_of(location) if location is not None and not steps else ()
            if locks and locks not in found:
                found[locks] = _trace(system, initial, way)
            for step in steps:
                if step.after is not None and step.after not in seen and len(seen) < limit:
                    seen.add(step.after)
                    queue.append((step.after, initial, (step, way)))
    return found


def _trace(system, initial, way):
    """The trace of a way, which is a list from its end, that stutters at the end."""
    steps = []
    while way:
        step, way = way
        steps.append(step)
    shown = tuple(trace_step(step) for step in reversed(steps))
    return Trace(system, system.properties[0].name, "sometimes", initial, shown, loop=len(shown))


def comes_on(trace, *, adapter=None, timeout=0.1):
    """How the replay ends where the reference does not wait as the model does; None where it
    does."""
    outcome = replay(trace, timeout=timeout, adapter=adapter or adapter_of(trace))
    return None if isinstance(outcome, Reproduced) else str(outcome)
