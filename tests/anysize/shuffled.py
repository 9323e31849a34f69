"""Proofs made again with another seed, and with candidates and actions in another order."""
from __future__ import annotations

import contextlib
import functools
import random
from collections.abc import Callable, Iterator, Sequence

from checker.engines.smt.anysize import proof as module
from checker.engines.smt.anysize.finite import Sample
from checker.ir.system import System


class Remembered:
    """What no seed and no order has a part in, made once for all proofs of one spec: the states
    of small sizes, and the candidates that hold in them."""

    def __init__(self, states: Callable[[System, int], Sample]) -> None:
        self._enumerate, self._candidates = states, module.candidates
        self._samples: dict[str, Sample] = {}
        self._found: dict[tuple[int, ...], list] = {}

    def states(self, system: System, most: int) -> Sample:
        key = f"{most} {sorted(system.constants.items())}"
        if key not in self._samples:
            self._samples[key] = self._enumerate(system, most)
        return self._samples[key]

    def candidates(self, system: System, samples: Sequence) -> list:
        key = tuple(len(states) for _, states in samples)
        if key not in self._found:
            self._found[key] = list(self._candidates(system, samples))
        return list(self._found[key])


@contextlib.contextmanager
def another_order(seed: int, remembered: Remembered) -> Iterator[random.Random]:
    """Candidates and paths come in an order of this seed's, for a while; the order is given, to
    shuffle what else there is."""
    order = random.Random(seed)
    candidates, Encoding = module.candidates, module.Encoding

    def in_another_order(system, samples):
        listed = remembered.candidates(system, samples)
        order.shuffle(listed)
        return listed

    class InAnotherOrder(Encoding):
        @functools.cached_property
        def paths(self):
            listed = list(Encoding.paths.func(self))
            order.shuffle(listed)
            return tuple(listed)

    module.candidates, module.Encoding = in_another_order, InAnotherOrder
    try:
        yield order
    finally:
        module.candidates, module.Encoding = candidates, Encoding
