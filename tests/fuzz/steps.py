"""The interpreter's steps, each made once.

Its search, its decision of liveness and the comparison with CPython ask for the same steps of the
same states, and what a system is asked for does not change its steps. Certification still makes
its own.
"""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

from checker.engines.interp import liveness, step
from checker.engines.interp.step import Step, steps_of
from checker.engines.live import lockstep
from checker.ir.system import Instance, State, System

ASKED_BY = (step, liveness, lockstep)


@contextmanager
def made_once() -> Iterator[None]:
    """As long as it lasts."""
    # With a system of each kind, so that no other one is at its place in memory.
    known: dict[tuple[int, int], tuple[System, dict[tuple[State, int], list[Step]]]] = {}

    def remembered(system: System, state: State, instance: Instance) -> list[Step]:
        _, made = known.setdefault((id(system.processes), id(system.variables)), (system, {}))
        key = state, instance.number
        if key not in made:
            made[key] = list(steps_of(system, state, instance))
        return made[key]

    with ExitStack() as stack:
        for module in ASKED_BY:
            stack.enter_context(mock.patch.object(module, "steps_of", remembered))
        yield
