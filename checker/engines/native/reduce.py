"""Which reductions a search uses: what was asked for, as far as it is sound for the system."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from checker.engines.native.partial_order import usable
from checker.engines.native.symmetry import MOST_ELEMENTS
from checker.errors import UserError
from checker.ir.dependence import LocalStep
from checker.ir.symmetry import symmetry
from checker.ir.system import System
from checker.types import Index

Reduction = Literal["symmetry", "partial-order"]
REDUCTIONS: tuple[Reduction, ...] = ("symmetry", "partial-order")

LIVENESS = ("eventually", "leads_to")
UNSOUND = {
    "symmetry": {kind: "fairness is promised to each process by name, and a representative "
                 "forgets the names" for kind in LIVENESS},
    "partial-order": {kind: "a step that is put off may be the one that a fair run has to take"
                      for kind in LIVENESS}
    | {"step_invariant": "a step is judged by the state before it, and steps that are put off "
       "are taken from other states"},
}
"""The kinds of properties that a reduction may not be used with, and why."""


@dataclass(frozen=True, slots=True)
class Reductions:
    """What a search leaves out: permutations of the elements of `symmetry`, and other orders of
    the steps that are taken `alone`.

    `notes` say what was asked for and can not be done, where that is no error.
    """

    symmetry: tuple[Index, ...] = ()
    alone: tuple[LocalStep, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[str, ...]:
        """The reductions in words, for the verdict."""
        names = ", ".join(index.name for index in self.symmetry)
        return (f"symmetry of {names}",) * bool(names) + ("partial order",) * bool(self.alone)


NOTHING = Reductions()


def reductions(system: System, wanted: Sequence[Reduction]) -> Reductions:
    """The reductions that are sound for all that the system asks.

    Raises UserError where one that is wanted is not sound: the user has to leave it out, lest
    a report speak of a reduction that there was none of.
    """
    notes: list[str] = []
    for name in wanted:
        _refuse_kinds(system, name)
    indices = _scalarsets(system, notes) if "symmetry" in wanted else ()
    alone = usable(system) if "partial-order" in wanted else ()
    if "partial-order" in wanted and not alone:
        notes.append("partial-order reduces nothing: each step may matter to another process, "
                     "or to a property")
    return Reductions(indices, alone, tuple(notes))


def _refuse_kinds(system: System, name: Reduction) -> None:
    for declared in system.properties:
        why = UNSOUND[name].get(declared.kind)
        if why is not None:
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
