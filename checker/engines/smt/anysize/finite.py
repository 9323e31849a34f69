"""The family at small sizes: the sizes, and the reachable states of one."""
from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checker.engines.interp.step import initial_states, steps
from checker.engines.smt.anysize.family import Family
from checker.ir.system import State, System


@dataclass(frozen=True, slots=True)
class Sample:
    """The reachable states of one size; `complete` says that these are all."""

    system: System
    states: Sequence[State]
    complete: bool


def reachable(system: System, most: int) -> Sample:
    """The reachable states by the interpreter's steps, level by level, up to `most`."""
    seen = dict.fromkeys(initial_states(system))
    frontier = list(seen)
    while frontier and len(seen) <= most:
        following = []
        for state in frontier:
            for step in steps(system, state):
                if step.after is not None and step.after not in seen:
                    seen[step.after] = None
                    following.append(step.after)
            if len(seen) > most:
                break
        frontier = following
    return Sample(system, list(seen)[:most], complete=not frontier)


def sizes(family: Family, most: int) -> Iterator[dict[str, int]]:
    """The sizes up to `most` for each constant, small ones first."""
    every = itertools.product(range(1, most + 1), repeat=len(family.constants))
    for chosen in sorted(every, key=lambda each: (sum(each), max(each), each)):
        yield dict(zip(family.constants, chosen))
