"""Deadlocks of locks in Promela: somebody waits for one that will never be released."""
from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from checker.engines.export.promela import text
from checker.engines.export.promela.text import P
from checker.engines.export.refuse import Untranslatable
from checker.ir.system import System

MOST_CYCLES = 20_000

Waits = Callable[[int, int], P]
"""Whether one instance waits for a lock that another one holds, by their numbers."""


def stuck(system: System, locks: int, waiting: Sequence[int], waits: Waits,
          done: Callable[[int], P]) -> P:
    """Whether an instance of `waiting` waits for one that is done, or some wait in a cycle.

    Each instance of a cycle waits for another lock, so no cycle is longer than there are `locks`.
    Raises Untranslatable where there are too many possible cycles to write them out.
    """
    everybody = range(len(system.instances))
    ended = [text.conjunction(waits(i, h), done(h)) for i in waiting for h in everybody]
    count, cycles = 0, []
    for length in range(1, min(locks, len(waiting)) + 1):
        for cycle in itertools.permutations(waiting, length):
            count += 1
            if count > MOST_CYCLES:
                raise Untranslatable("Promela", f"the deadlocks of {len(waiting)} instances and "
                                     f"{locks} locks", hint="choose a smaller instance")
            if cycle[0] == min(cycle):
                after = (*cycle[1:], cycle[0])
                cycles.append(text.conjunction(*(waits(i, h) for i, h in zip(cycle, after))))
    return text.disjunction(*ended, *cycles)
