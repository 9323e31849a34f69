"""How many states there will be in all, from the sizes of the levels: where that can be known.

What is ahead of a search nobody knows in general: behind a level that shrinks may lie another
part of the system, larger than all before, as behind the failure of a device its recovery. So
nothing is said but where the levels have been shrinking for long, each by a larger factor than
the one before, as those do of systems whose processes run side by side. There the factors go on
falling much as they fell last: the levels ahead are those of a bell, whose logarithm is a parabola.
"""
from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

RATIOS = 10             # from level to level, that have to fall one after the other
SLOPE = 4               # of them, from which the next ones are told
AGREE = 3               # forecasts, of this level and those before, that must be much the same
SPREAD = 1.1            # as much the same as this
SHRUNK = 0.7            # the share of the largest level that is left, at most


def forecast(levels: Sequence[int], following: int = 0) -> int | None:
    """The states that a search has yet to find, if it can be told. `levels` are the sizes of the
    last complete levels, the last of which is being expanded; `following` states of the next
    have been found by now."""
    told = []
    for back in range(AGREE):
        ahead = _ahead(levels[:len(levels) - back])
        if ahead is None:
            return None
        told.append(ahead - sum(levels[len(levels) - back:]))
    known = sum(levels)
    if known + max(told) > SPREAD * (known + min(told)):
        return None
    return max(0, round(told[0]) - following)


def _ahead(levels: Sequence[int]) -> float | None:
    """The states behind the last of these levels, if the factors between them have been falling."""
    if len(levels) <= RATIOS or min(levels) < 1 or levels[-1] > SHRUNK * max(levels):
        return None
    falls = [math.log(b / a) for a, b in itertools.pairwise(levels[-RATIOS - 1:])]
    if falls[-1] >= 0 or any(b >= a for a, b in itertools.pairwise(falls)):
        return None
    slope = (falls[-1] - falls[-1 - SLOPE]) / SLOPE
    fall, size, ahead = falls[-1], float(levels[-1]), 0.0
    while size >= 1:
        fall += slope
        size *= math.exp(fall)
        ahead += size
    return ahead
