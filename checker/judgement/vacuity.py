"""What was checked only in appearance: steps that never fire, premises that are never true.

A green result over a spec in which nothing happens is worse than none. After a complete search
the following are errors, each unless the author named it in `intended` with a reason:

- a label at which no step is ever taken: dead code, or a wait that nothing ends;
- an antecedent of a property that is true in no reachable state: the property says nothing
  (the classic of Beer, Ben-David, Eisner and Rodeh, Efficient Detection of Vacuity, 1997);
- a shared variable that no guard, no expression and no property reads.

What of a fault's own is never run, steps and branches, is in `face/unmade.py`.

An intention that silences nothing is an error too: it hides the next mistake of that name. A
`sometimes` without a witness is no complaint but a violated property, see `never_seen`.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from checker.ir.show import show_expr
from checker.ir.system import Process, Property, System
from checker.ir.walk import start_access, state_variables, step_access
from checker.results.exploration import Exploration
from checker.source import NOWHERE, Loc

ComplaintKind = Literal["never_fires", "never_true", "never_read", "idle_intention", "never_run"]


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something vacuous: `name` is the label, property or variable that `intended` would name."""

    kind: ComplaintKind
    name: str
    message: str
    loc: Loc = NOWHERE


def vacuity(system: System, found: Exploration) -> tuple[Complaint, ...]:
    """What is vacuous in `system`, in the order of its declarations, intentions applied.

    What was not seen in an incomplete search may still be reachable, so then only the
    variables are looked at.
    """
    everything = list(_never_read(system))
    if found.complete:
        everything += [*_never_taken(system, found), *_never_true(system, found)]
    kept = [complaint for complaint in everything if complaint.name not in system.intended]
    if found.complete:
        silenced = {complaint.name for complaint in everything}
        kept += [Complaint("idle_intention", name, f"`{name}` is declared intended ({reason}), "
                           "but there is nothing to excuse")
                 for name, reason in system.intended.items() if name not in silenced]
    return tuple(kept)


def never_fires(system: System, found: Exploration) -> tuple[Complaint, ...]:
    """Only the steps that a complete search has never taken, intentions applied."""
    return tuple(complaint for complaint in _never_taken(system, found)
                 if complaint.name not in system.intended)


def never_seen(system: System, found: Exploration) -> tuple[Property, ...]:
    """The `sometimes` properties that a complete search has refuted: no state shows them."""
    if not found.complete:
        return ()
    return tuple(p for p in system.properties_of("sometimes") if p.name not in found.witnesses)


def _never_taken(system: System, found: Exploration) -> Iterator[Complaint]:
    """By label: an await that was inlined twice fires when one of its copies does."""
    for process in system.processes:
        labels: dict[str, Loc] = {}
        for location in process.locations.values():
            labels.setdefault(location.label, location.loc)
        fired = {at.label for at in process.locations.values()
                 if (process.name, at.name) in found.fired}
        for label, loc in labels.items():
            if label not in fired:
                yield Complaint("never_fires", label,
                                f"the step `{label}` of {process.name} is never taken", loc)


def _never_true(system: System, found: Exploration) -> Iterator[Complaint]:
    for declared in system.properties:
        for number, antecedent in enumerate(declared.antecedents):
            if (declared.name, number) not in found.antecedents:
                text = " ".join(antecedent.loc.text().split()) or show_expr(antecedent)
                yield Complaint("never_true", declared.name, f"{declared.kind} {declared.name} "
                                f"says nothing: `{text}` is never true",
                                antecedent.loc if antecedent.loc.line else declared.loc)


def _never_read(system: System) -> Iterator[Complaint]:
    read: frozenset[str] = frozenset()
    for process in system.processes:
        read |= _read_by(process)
    for declared in system.properties:
        target = () if declared.target is None else (declared.target,)
        for expr in (declared.expr, *target, *declared.antecedents):
            read |= state_variables(expr)
    for variable in system.variables:
        if variable.kind == "shared" and variable.name not in read:
            yield Complaint("never_read", variable.name, f"the variable `{variable.name}` is "
                            "never read: no guard, expression or property depends on it",
                            variable.loc)


def _read_by(process: Process) -> frozenset[str]:
    parts = [start_access(process), *(step_access(process, name) for name in process.locations)]
    return frozenset().union(*(part.reads for part in parts))
