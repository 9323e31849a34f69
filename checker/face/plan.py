"""What there is to check: a spec as it should be, with each of its faults, in each finding."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from checker.errors import UserError
from checker.frontend import Spec
from checker.frontend.refuse import did_you_mean
from checker.ir.system import System
from checker.lang.component import Fault
from checker.results.itf import TraceFile

DEFAULT_INSTANCE = "ci"


@dataclass(frozen=True)
class Job:
    """One system to check: a spec at an instance, as it should be or with a fault.

    `files` are counterexamples recorded for just this system, to be certified again.
    """

    spec: Spec
    instance: str | None = None
    fault: Fault | None = None
    constants: dict[str, Any] = field(default_factory=dict)
    preemptible: bool = False
    files: tuple[TraceFile, ...] = field(default=(), repr=False)

    @property
    def title(self) -> str:
        if self.fault is None:
            return "as it should be"
        return f"{'finding' if self.fault.finding else 'fault'} {self.fault.name}"

    @property
    def at(self) -> str | None:
        """The name of the instance that it really starts from."""
        return (self.fault.instance if self.fault else None) or self.instance

    @property
    def breaks(self) -> tuple[str, ...]:
        """The properties that must break."""
        return self.fault.broken if self.fault else ()

    @property
    def given(self) -> dict[str, Any]:
        """The constants of the instance and the user, before those of the fault."""
        return self.spec.arguments(self.instance, self.constants)

    def system(self) -> System:
        """Compile. Raises SpecError or UserError."""
        return self.spec.system(self.instance, fault=self.fault, preemptible=self.preemptible,
                                **self.constants)


@dataclass(frozen=True)
class Selection:
    """What the user asked for. `fault` names the only one wanted; `faults` is False for none."""

    instance: str | None = None
    constants: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None
    faults: bool = True
    preemptible: bool = False


def default_instance(spec: Spec) -> str | None:
    """`ci` where there is one, else the first, else the constructor's own defaults."""
    if DEFAULT_INSTANCE in spec.instances:
        return DEFAULT_INSTANCE
    return next(iter(spec.instances), None)


def plan(specs: Sequence[Spec], chosen: Selection) -> list[Job]:
    """The jobs of a selection, in the order of declaration. Raises UserError for a name that
    one of the specs does not know, for a fault: that none knows."""
    if chosen.fault is not None:
        known = [fault.name for spec in specs for fault in spec.faults]
        if chosen.fault not in known:
            raise UserError(f"there is no fault {chosen.fault!r}",
                            hint=did_you_mean(chosen.fault, known))
    for spec in specs:
        spec.arguments(chosen.instance, chosen.constants)
    return [job for spec in specs for job in _jobs(spec, chosen)]


def those_that_know(specs: Sequence[Spec], chosen: Selection) -> list[Spec]:
    """The specs that have the instance and the constants; all of them where none has, so that
    `plan` can say what is unknown."""
    found = [spec for spec in specs
             if (chosen.instance is None or chosen.instance in spec.instances)
             and set(chosen.constants) <= set(spec.constants)]
    return found or list(specs)


def _jobs(spec: Spec, chosen: Selection) -> Iterator[Job]:
    instance = chosen.instance or default_instance(spec)
    more = (chosen.constants, chosen.preemptible)
    if chosen.fault is None:
        yield Job(spec, instance, None, *more)
    for fault in spec.faults if chosen.faults else ():
        # A constant that the user fixes and the fault changes: that fault would be another one.
        collides = set(fault.constants) & set(chosen.constants)
        if chosen.fault == fault.name or (chosen.fault is None and not collides):
            yield Job(spec, instance, fault, *more)
