"""The report of a whole run of the checker: what was checked, what was found, what it is worth.

The exit status is computed here, once, from everything. The worst counts: a defect of the
checker, then a spec at fault, then a result that differs from what is declared, then one that
nobody knows. Only a report in which everything is as declared has status 0.
"""
from __future__ import annotations

from dataclasses import dataclass, field

from checker.errors import (EXIT_DIFFERS, EXIT_INTERNAL, EXIT_OK, EXIT_SPEC, EXIT_UNKNOWN,
                            EXIT_USAGE, SpecError, UserError)
from checker.face.check import Run, Standing
from checker.face.recorded import Recorded

PRECEDENCE = (EXIT_INTERNAL, EXIT_SPEC, EXIT_USAGE, EXIT_DIFFERS, EXIT_UNKNOWN, EXIT_OK)
"""The exit statuses from the gravest on."""


@dataclass(slots=True)
class Report:
    """What happened. `planned` counts the jobs there were, all of `runs` unless interrupted.

    `left_out` names specs of spec/ that do not have the instance or constants asked for.
    `only` is the one property that is reported on, where one was asked for.
    """

    runs: list[Run] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    errors: list[SpecError | UserError] = field(default_factory=list)
    planned: int = 0
    interrupted: bool = False
    left_out: list[str] = field(default_factory=list)
    seconds: float = 0.0
    only: str | None = None

    @property
    def exit_status(self) -> int:
        statuses = {_status_of(run) for run in self.runs}
        statuses |= {run.proof.status for run in self.runs if run.proof is not None}
        statuses |= {recorded.status for recorded in self.recorded}
        statuses |= {error.exit_status for error in self.errors}
        # Nothing checked is nothing known, whatever the reason.
        if self.interrupted or len(self.runs) < self.planned or not statuses:
            statuses.add(EXIT_UNKNOWN)
        return next(status for status in PRECEDENCE if status in statuses)

    def count(self, standing: Standing) -> int:
        return sum(len(run.with_standing(standing)) for run in self.runs)

    @property
    def proof_problems(self) -> int:
        return sum(len(run.proof.problems) for run in self.runs if run.proof is not None)

    @property
    def complaints(self) -> int:
        return sum(len(run.complaints) for run in self.runs)


def _status_of(run: Run) -> int:
    if run.defects:
        return EXIT_INTERNAL
    if run.error is not None:
        return run.error.exit_status
    if run.complaints or run.with_standing("differs"):
        return EXIT_DIFFERS
    if run.with_standing("unknown"):
        return EXIT_UNKNOWN
    return EXIT_OK
