"""Verdicts: there are three, and only a complete answer says `holds`."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from checker.results.trace import Trace

Outcome = Literal["holds", "violated", "unknown"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one property of one system.

    `engine` names who found out, `coverage` what was covered ("complete: 8,832 distinct states,
    depth 11") or why nothing more can be said. `violated` always carries a certified trace, but
    for a `sometimes`: that no state shows it is nothing that a trace could show, only a complete
    search. A `sometimes` that holds carries its witness. `others` are further counterexamples,
    of other kinds (`ir/control.py`), where several were asked for.
    """

    property: str
    kind: str
    outcome: Outcome
    engine: str
    coverage: str
    trace: Trace | None = None
    notes: tuple[str, ...] = field(default=())
    others: tuple[Trace, ...] = ()

    def __post_init__(self) -> None:
        shown = self.kind == "sometimes" or self.trace is not None
        assert self.outcome != "violated" or shown, "a violation needs its trace"
