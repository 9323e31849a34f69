"""Which explicit engine searches a system.

A small system is done by the interpreter before a compiler would have started, so `auto` gives
it a budget of states first where its variables have few values. The budget counts states, not
seconds: which engine answers must not depend on the machine.
"""
from __future__ import annotations

import math
import pathlib
from dataclasses import dataclass
from typing import Literal

from checker.engines import native
from checker.engines.interp.explore import explore as interpret
from checker.engines.interp.switches import LIMIT as MOST_PLACES
from checker.engines.interp.switches import fewest_switches
from checker.errors import UserError
from checker.face.compiled import Compiled
from checker.ir.system import System
from checker.results.exploration import Exploration, Report
from checker.types import size

SMALL = 200
"""States that the interpreter may visit before `auto` turns to the native engine."""
FEW = 1 << 24
"""Combinations of values; a system with more of them is not even tried with the interpreter."""
SLOWER = "no C compiler was found: the interpreter searches some 1,000 times slower"

UNREDUCED = "; nothing was reduced"

Engine = Literal["auto", "interp", "native"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How to search and how far. `threads`, `memory`, `reduce` and `checkpoint` (a folder)
    are for the native engine. `proofs`: prove again with the lemmas that are kept. `max_traces`
    is the most counterexamples to show for a property; where `traces_of` names one, more than
    one are looked for of that only."""

    engine: Engine = "auto"
    threads: int | None = None
    limit: int | None = None
    memory: int | None = None
    stop_early: bool = False
    reduce: tuple[native.Reduction, ...] = ()
    checkpoint: str | None = None
    fewest_switches: bool = False
    max_traces: int = 1
    traces_of: str | None = None
    proofs: bool = True


def search(compiled: Compiled, limits: Limits,
           report: Report | None) -> tuple[Exploration, tuple[str, ...]]:
    """The answer, and notes on how it came about. Raises UserError without an engine."""
    found, notes = _explored(compiled, limits, report)
    if limits.fewest_switches and found.violations:
        notes += _clearer(compiled.system, found)
    return found, notes


def _clearer(system: System, found: Exploration) -> tuple[str, ...]:
    """Replace the paths to violations by ones with the fewest context switches."""
    better = fewest_switches(system, found.violations)
    missing = sorted(set(found.violations) - set(better))
    found.violations.update(better)
    found.clearest = frozenset(better)
    if not missing:
        return ()
    return (f"more than {MOST_PLACES:,} states to search for the fewest context switches: "
            f"the trace of {', '.join(missing)} is a shortest one",)


def _explored(compiled: Compiled, limits: Limits,
              report: Report | None) -> tuple[Exploration, tuple[str, ...]]:
    """What an engine finds, and notes. Raises UserError without an engine."""
    system = compiled.system
    whole = limits.reduce or limits.checkpoint
    if limits.engine == "auto" and not whole and _combinations(system) <= FEW:
        answer = _small(system, limits)
        if answer is not None:
            return answer, ()
    if limits.engine == "interp":
        return _interpret(system, limits, report), ()
    try:
        prepared = compiled.prepare(limits.reduce)
        saved = native.Checkpoint(pathlib.Path(limits.checkpoint)) if limits.checkpoint else None
        found = native.explore(system, threads=limits.threads, limit=limits.limit,
                               memory=limits.memory, stop_early=limits.stop_early,
                               report=report, prepared=prepared, checkpoint=saved)
        return found, (*prepared.reductions.notes, *_went_on(found))
    except KeyboardInterrupt:
        return Exploration(False, engine="native", reason="interrupted"), ()
    except (native.NoCompiler, native.Unsupported) as error:
        missing = isinstance(error, native.NoCompiler)
        if limits.engine == "native":
            hint = "use --engine interp" + ", or install a C compiler" * missing
            raise UserError(f"{system.name}: {error}", hint=hint) from error
        note = SLOWER if missing else f"the native engine can not search this: {error}"
        note += UNREDUCED if limits.reduce else ""
    return _interpret(system, limits, report), (note,)


def _went_on(found: Exploration) -> tuple[str, ...]:
    return (f"went on from a checkpoint of {found.resumed:,} states",) if found.resumed else ()


def _small(system: System, limits: Limits) -> Exploration | None:
    """The interpreter's answer, where it is one that more states would not change."""
    asked = limits.limit
    found = interpret(system, limit=SMALL if asked is None else min(SMALL, asked),
                      stop_early=limits.stop_early)
    stopped = limits.stop_early and found.violations
    enough = asked is not None and asked <= SMALL
    final = found.complete or stopped or enough or found.reason == "interrupted"
    return found if final else None


def _interpret(system: System, limits: Limits, report: Report | None) -> Exploration:
    return interpret(system, limit=limits.limit, stop_early=limits.stop_early, report=report)


def _combinations(system: System) -> int:
    """How many states there would be if all combinations of values could be reached."""
    return math.prod(size(variable.type) for variable in system.variables)
