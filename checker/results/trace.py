"""Traces: what happened, step by step."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from checker.ir.system import State, System
from checker.source import Loc
from checker.values import Value


@dataclass(frozen=True)
class ChoiceMade:
    """A choice in a step: its kind (pick, maybe, fails), its name and the value chosen, shown."""

    kind: str
    name: str
    value: Value
    shown: str


@dataclass(frozen=True)
class TraceStep:
    """One step: who (`process`, `key`; `actor` as shown), at which location, with what choices.

    `after` is None for a step that a failed check ended: then `failure` says which, in words,
    and `failure_values` the values that it compared.
    """

    actor: str
    process: str
    key: Value | None
    location: str
    label: str
    provenance: str
    loc: Loc
    choices: tuple[ChoiceMade, ...]
    after: State | None
    failure: str = ""
    failure_loc: Loc | None = None
    failure_values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trace:
    """A certified run: an initial state and steps; `loop` is the state that a lasso returns to.

    `property` is what it violates (or witnesses), `kind` is the property's kind or "implicit".
    State 0 is `initial`, state n the one after step n (the n-th of `steps`, from 1).
    """

    system: System
    property: str
    kind: str
    initial: State
    steps: tuple[TraceStep, ...]
    loop: int | None = None
    explanation: tuple[str, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def states(self) -> tuple[State, ...]:
        return (self.initial, *(s.after for s in self.steps if s.after is not None))
