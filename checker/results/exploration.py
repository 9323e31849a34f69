"""The raw answer of an explicit engine, before anybody believes it."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from checker.ir.system import State

Path = tuple[State, ...]
"""Consecutive states from an initial one. For a violated `Check` the last state is the one in
which the failing step starts; for every other property the last state shows the violation."""


@dataclass(frozen=True, slots=True)
class Liveness:
    """The answer for one liveness property. A lasso's path ends with the state `loop` again;
    where `loop` is its last state the run ends there. `certificates` say why the run is fair,
    where the engine says so itself."""

    property: str
    outcome: Literal["holds", "violated", "unknown"]
    distinct: int
    path: Path = ()
    loop: int | None = None
    certificates: tuple[str, ...] = ()
    reason: str = ""
    engine: str = "interp"


def rolled_up(path: Path, loop: int) -> tuple[Path, int]:
    """The same lasso with a loop that begins as early as it can: the same run, written shorter."""
    while 0 < loop < len(path) - 1 and path[loop - 1] == path[-2]:
        loop, path = loop - 1, path[:-1]
    return path, loop


@dataclass(slots=True)
class Exploration:
    """What an explicit search found.

    `distinct` counts states, `generated` counts successors computed, repeats included, without
    the initial states and without failing steps. `depth` is the number of steps to the farthest
    state. `violations` and `witnesses` hold a shortest path by property name; implicit
    properties go by the names in `ir.system.IMPLICIT`. A step invariant's path ends with the
    state after the offending step. `fired` names (process, location) pairs of which some step
    was taken; `antecedents` (property, number) pairs that were true somewhere.

    `live` holds the liveness properties that were decided on the way.

    `complete` says that every reachable state was visited; `reason` says why not. Where a search
    was reduced, `reductions` says by what: the counts are those of the reduced search, and
    every path is a real one all the same, and a shortest one where `shortest` says so.
    `bytes_per_state` is all the memory of the search; `table_bytes` of it is in the table of
    states, of the kind `table` (see `engines/native/c/table.h`), both for each state.

    `clearest` names the violations whose path is one with the fewest context switches instead.
    `resumed` is the number of states that a checkpoint already held. `kinds` has the paths of a
    search for several counterexamples to one property, which holds nothing else (`Variety`).
    """

    complete: bool
    distinct: int = 0
    generated: int = 0
    depth: int = 0
    initial: int = 0
    violations: dict[str, Path] = field(default_factory=dict)
    witnesses: dict[str, Path] = field(default_factory=dict)
    live: dict[str, Liveness] = field(default_factory=dict)
    fired: set[tuple[str, str]] = field(default_factory=set)
    antecedents: set[tuple[str, int]] = field(default_factory=set)
    levels: list[int] = field(default_factory=list)
    reason: str = ""
    engine: str = ""
    seconds: float = 0.0
    state_bits: int = 0
    bytes_per_state: float = 0.0
    table: str = ""
    table_bytes: float = 0.0
    threads: int = 1
    reductions: tuple[str, ...] = ()
    shortest: bool = True
    clearest: frozenset[str] = frozenset()
    resumed: int = 0
    kinds: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Variety:
    """Paths to violations of one property, shortest first, no two of the same kind (see
    `ir/control.py`). `reason` says why there may be more kinds; empty where these are all."""

    paths: tuple[Path, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """How far the judgement of liveness is, after a search: which stage, of which property (none
    while what all of them need is made), and what share of it is done."""

    name: str
    property: str
    done: float


@dataclass(frozen=True, slots=True)
class Progress:
    """What a running search reports: states so far, successors, depth, frontier, bytes held.

    `levels` are the sizes of the last complete levels, the frontier as the last of them, and
    `following` are the states that are known of the next; `stage` is where liveness is, when the
    search is over.
    """

    distinct: int
    generated: int
    depth: int
    frontier: int
    seconds: float
    memory: int = 0
    levels: tuple[int, ...] = ()
    following: int = 0
    stage: Stage | None = None


Report = Callable[[Progress], None]
