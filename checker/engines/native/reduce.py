"""Which reductions a search uses: what was asked for, as far as it is sound for the system."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from checker.engines.native.partial_order import usable
from checker.engines.native.symmetry import MOST_ELEMENTS
from checker.errors import UserError
from checker.ir.dependence import LocalStep
from checker.ir.merging import Place, beginning, mergeable
from checker.ir.steady import steady
from checker.ir.symmetry import symmetry
from checker.ir.system import Property, System
from checker.types import Index

Reduction = Literal["symmetry", "partial-order", "local"]
REDUCTIONS: tuple[Reduction, ...] = ("symmetry", "partial-order", "local")

LIVENESS = ("eventually", "leads_to")
UNSOUND = {
    "symmetry": {kind: "fairness is promised to each process by name, and a representative "
                 "forgets the names" for kind in LIVENESS},
    "partial-order": {kind: "a step that is put off may be the one that a fair run has to take"
                      for kind in LIVENESS}
    | {"step_invariant": "a step is judged by the state before it, and steps that are put off "
       "are taken from other states"},
    "local": {kind: "what is fair is told from single steps, and merged ones are several"
              for kind in LIVENESS},
}
"""The kinds of properties that a reduction may not be used with, and why."""
UNSTEADY = ("steps that change nothing it reads are not all taken, and nothing says that it holds "
            "in them")


@dataclass(frozen=True, slots=True)
class Reductions:
    """What a search leaves out: permutations of the elements of `symmetry`, other orders of the
    steps that are taken `alone`, and states between a step and those from `merged` locations,
    of so many `locations`; the processes in `beginning` go on with them before the search.

    `notes` say what was asked for and can not be done, where that is no error.
    """

    symmetry: tuple[Index, ...] = ()
    alone: tuple[LocalStep, ...] = ()
    merged: frozenset[Place] = frozenset()
    beginning: frozenset[str] = frozenset()
    locations: int = 0
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[str, ...]:
        """The reductions in words, for the verdict."""
        names = ", ".join(index.name for index in self.symmetry)
        merging = f"merging of local steps ({len(self.merged)} of {self.locations})"
        return ((f"symmetry of {names}",) * bool(names) + ("partial order",) * bool(self.alone)
                + (merging,) * bool(self.merged))

    @property
    def shortest(self) -> bool:
        """Whether the shortest path to everything is still there."""
        return not (self.alone or self.merged)


NOTHING = Reductions()


def reductions(system: System, wanted: Sequence[Reduction]) -> Reductions:
    """The reductions that are sound for all that the system asks.

    Raises UserError where one that is wanted is not sound: the user has to leave it out, lest
    a report speak of a reduction that there was none of.
    """
    notes: list[str] = []
    for name in wanted:
        _refuse(system, name)
    indices = _scalarsets(system, notes) if "symmetry" in wanted else ()
    merged = mergeable(system) if "local" in wanted else frozenset[Place]()
    alone = usable(system, merged) if "partial-order" in wanted else ()
    if "partial-order" in wanted and not alone:
        notes.append("partial-order reduces nothing: each step may matter to another process, "
                     "or to a property")
    if "local" in wanted and not merged:
        notes.append("local reduces nothing: each step waits for something, or matters to another "
                     "process or to a property, or is a loop of its own")
    locations = sum(len(process.locations) for process in system.processes)
    return Reductions(indices, alone, merged, beginning(system, merged), locations, tuple(notes))


def why_not(declared: Property, name: Reduction) -> str:
    """Why a reduction may not be used with a property; empty where it may."""
    if name == "local" and declared.kind == "step_invariant" and not steady(declared):
        return UNSTEADY
    return UNSOUND[name].get(declared.kind, "")


def _refuse(system: System, name: Reduction) -> None:
    for declared in system.properties:
        why = why_not(declared, name)
        if why:
            place = f" ({declared.loc})" if declared.loc.line else ""
            raise UserError(
                f"{system.name}: --reduce {name} is not sound for the {declared.kind} "
                f"property `{declared.name}`{place}: {why}", hint=f"leave out --reduce {name}")


def _scalarsets(system: System, notes: list[str]) -> tuple[Index, ...]:
    found = symmetry(system)
    if found.broken and not found.scalarsets:
        reasons = "; ".join(map(str, found.broken))
        raise UserError(f"{system.name}: --reduce symmetry: no Index is interchangeable: "
                        f"{reasons}", hint="leave out --reduce symmetry")
    notes += [f"no symmetry of {reason}" for reason in found.broken]
    chosen: list[Index] = []
    for index in found.scalarsets:
        if sum(other.size for other in chosen) + index.size <= MOST_ELEMENTS:
            chosen.append(index)
        else:
            notes.append(f"no symmetry of {index}: more than {MOST_ELEMENTS} elements in all")
    if not chosen:
        notes.append("symmetry reduces nothing: there is no Index of more than one element")
    return tuple(chosen)
