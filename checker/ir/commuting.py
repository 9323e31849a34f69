"""For each two locations: whether steps from them, by different instances, depend on each other.

Independent steps can be taken in either order, with the same state at the end, and neither enables
or disables the other (`ir/dependence.py`). A search that meets states by such steps in every order
finds each of them many times; the native engine uses this to know beforehand which of those
meetings are repetitions (`engines/native/c/repeats.h`).
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from checker.ir.dependence import Overlap, Touch, overlap, touches
from checker.ir.locks import Locks
from checker.ir.system import System


def dependences(system: System) -> list[list[Overlap]]:
    """By location, then by location, in the order of the processes and of their locations.

    `SAME_KEY`: only where the two instances have the same key (they are of different processes).
    """
    sound = Locks(system).sound
    steps = [(process.name, touches(process, location, sound))
             for process in system.processes for location in process.locations]
    return _Parts(steps).matrix()


@dataclass(frozen=True, slots=True)
class _Step:
    """What a step reads and what it writes; and what depends on a write, or on a read, of that
    part: for sure, or if the keys are equal. Each is a set of parts of the state, as bits."""

    process: str
    reads: int
    writes: int
    near: dict[tuple[bool, Overlap], tuple[int, int]]


class _Parts:
    """The parts of the state that steps touch, numbered, so that sets of them are numbers."""

    def __init__(self, steps: list[tuple[str, frozenset[Touch]]]) -> None:
        parts = sorted({_part(touch) for _, touched in steps for touch in touched}, key=repr)
        self.number = {part: i for i, part in enumerate(parts)}
        self.overlapping = {same: self._overlapping(parts, same) for same in (False, True)}
        self.steps = [self._step(process, touched) for process, touched in steps]

    def _overlapping(self, parts: list[Touch], same: bool) -> list[dict[Overlap, int]]:
        """For each part those that may be the same for another instance, by how."""
        of_variable: dict[str, list[Touch]] = defaultdict(list)
        for part in parts:
            of_variable[part.variable].append(part)
        found = []
        for part in parts:
            near = dict.fromkeys(Overlap, 0)
            for other in of_variable[part.variable]:
                near[overlap(part, other, same)] |= 1 << self.number[other]
            found.append(near)
        return found

    def _step(self, process: str, touched: frozenset[Touch]) -> _Step:
        reads = self._set(touch for touch in touched if not touch.write)
        writes = self._set(touch for touch in touched if touch.write)
        near = {(same, how): (self._near(reads, same, how), self._near(writes, same, how))
                for same in (False, True) for how in (Overlap.SAME_KEY, Overlap.PERHAPS)}
        return _Step(process, reads, writes, near)

    def _set(self, touched: Iterable[Touch]) -> int:
        bits = 0
        for touch in touched:
            bits |= 1 << self.number[_part(touch)]
        return bits

    def _near(self, parts: int, same: bool, how: Overlap) -> int:
        bits = 0
        while parts:
            number = parts.bit_length() - 1
            bits |= self.overlapping[same][number][how]
            parts ^= 1 << number
        return bits

    def matrix(self) -> list[list[Overlap]]:
        return [[_dependence(one, other) for other in self.steps] for one in self.steps]


def _part(touch: Touch) -> Touch:
    """The part of the state alone, read or written."""
    return Touch(touch.variable, touch.path, False, touch.own)


def _dependence(one: _Step, other: _Step) -> Overlap:
    same = one.process == other.process
    for how in (Overlap.PERHAPS, Overlap.SAME_KEY):
        of_reads, of_writes = one.near[same, how]
        if of_reads & other.writes or of_writes & (other.reads | other.writes):
            return how
    return Overlap.NEVER
