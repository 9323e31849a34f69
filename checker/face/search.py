"""Which explicit engine searches a system, and compiling ahead of the searches.

A small system is done by the interpreter before a compiler would have started, so `auto` gives
it a budget of states first where its variables have few values. The budget counts states, not
seconds: which engine answers must not depend on the machine.
"""
from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from checker.engines import native
from checker.engines.interp.explore import explore as interpret
from checker.errors import UserError
from checker.ir.system import System
from checker.results.exploration import Exploration, Report
from checker.types import size

SMALL = 200
"""States that the interpreter may visit before `auto` turns to the native engine."""
FEW = 1 << 24
"""Combinations of values; a system with more of them is not even tried with the interpreter."""
COMPILERS = 2
"""Systems compiled at the same time."""
SLOWER = "no C compiler was found: the interpreter searches some 1,000 times slower"

Engine = Literal["auto", "interp", "native"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How to search and how far. `threads` and `memory` are for the native engine."""

    engine: Engine = "auto"
    threads: int | None = None
    limit: int | None = None
    memory: int | None = None
    stop_early: bool = False


@dataclass(slots=True)
class Begun:
    """A search that was begun: answered by the interpreter, or being compiled."""

    system: System
    answer: Exploration | None = None
    compiling: Future[Any] | None = None


class Searcher:
    """Begins searches ahead of time and finishes them in order."""

    def __init__(self, limits: Limits, pool: ThreadPoolExecutor) -> None:
        self.limits = limits
        self._pool = pool

    def begin(self, system: System) -> Begun:
        """Try the interpreter within its budget; start the compiler where that is not enough."""
        begun = Begun(system)
        if self.limits.engine == "auto" and _combinations(system) <= FEW:
            begun.answer = self._small(system)
        if begun.answer is None and self.limits.engine != "interp" and native.available():
            begun.compiling = self._pool.submit(native.prepare, system)
        return begun

    def finish(self, begun: Begun, report: Report | None) -> tuple[Exploration, tuple[str, ...]]:
        """The answer, and notes on how it came about. Raises UserError without an engine."""
        if begun.answer is not None:
            return begun.answer, ()
        if self.limits.engine == "interp":
            return self._interpret(begun.system, report), ()
        try:
            prepared = begun.compiling.result() if begun.compiling is not None else None
            found = native.explore(begun.system, threads=self.limits.threads,
                                   limit=self.limits.limit, memory=self.limits.memory,
                                   stop_early=self.limits.stop_early, report=report,
                                   prepared=prepared)
            return found, ()
        except (native.NoCompiler, native.Unsupported) as error:
            if self.limits.engine == "native":
                raise UserError(f"{begun.system.name}: {error}",
                                hint="use --engine interp, or install a C compiler"
                                if isinstance(error, native.NoCompiler)
                                else "use --engine interp") from error
            note = SLOWER if isinstance(error, native.NoCompiler) else \
                f"the native engine can not search this: {error}"
        return self._interpret(begun.system, report), (note,)

    def _small(self, system: System) -> Exploration | None:
        """The interpreter's answer, where it is one that more states would not change."""
        asked = self.limits.limit
        found = interpret(system, limit=SMALL if asked is None else min(SMALL, asked),
                          stop_early=self.limits.stop_early)
        stopped = self.limits.stop_early and found.violations
        enough = asked is not None and asked <= SMALL
        final = found.complete or stopped or enough or found.reason == "interrupted"
        return found if final else None

    def _interpret(self, system: System, report: Report | None) -> Exploration:
        return interpret(system, limit=self.limits.limit, stop_early=self.limits.stop_early,
                         report=report)


def _combinations(system: System) -> int:
    """How many states there would be if all combinations of values could be reached."""
    return math.prod(size(variable.type) for variable in system.variables)


@contextlib.contextmanager
def searcher(limits: Limits) -> Iterator[Searcher]:
    """A searcher; what is still being compiled at the end is not waited for twice."""
    pool = ThreadPoolExecutor(COMPILERS)
    try:
        yield Searcher(limits, pool)
    finally:
        pool.shutdown(cancel_futures=True)
