"""Many jobs on all cores: one process a core, forked so that the specs need no second import.

A compiled system, its search and the certificates of its paths take tenths of a second each and
mostly in Python, so threads would not help. Results come back in the order of the jobs.
"""
from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Any

from checker.face.packing import Packed, pack, unpack

WORTH_IT = 4
"""Jobs; fewer are done in this process."""

_shared: tuple[Callable[..., Any], Sequence[Any], tuple[Any, ...]] | None = None


class Workers:
    """Runs `function(job, *arguments)` for each job, ahead of the calls of `result`."""

    def __init__(self, function: Callable[..., Any], jobs: Sequence[Any], *arguments: Any) -> None:
        self._work = (function, jobs, arguments)
        self._pool: ProcessPoolExecutor | None = None
        self._futures: list[Future[Any]] = []

    def __enter__(self) -> Workers:
        cores = len(os.sched_getaffinity(0))
        jobs = self._work[1]
        if len(jobs) >= WORTH_IT and cores > 1:
            global _shared
            _shared = self._work
            self._pool = ProcessPoolExecutor(cores, multiprocessing.get_context("fork"),
                                             initializer=_begin)
            self._futures = [self._pool.submit(_run, number) for number in range(len(jobs))]
        return self

    def result(self, number: int) -> Any:
        """The result of one job; None without workers."""
        return unpack(self._futures[number].result()) if self._futures else None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._pool is None:
            return
        processes = list(self._pool._processes.values())
        unfinished = any(not future.done() for future in self._futures)
        self._pool.shutdown(wait=not unfinished, cancel_futures=True)
        for process in processes if unfinished else ():
            process.terminate()


def _begin() -> None:
    """Ctrl-C reaches the whole group of processes; the first one decides what to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()


def _run(number: int) -> Packed:
    assert _shared is not None, "a worker is forked after the jobs are set"
    function, jobs, arguments = _shared
    return pack(function(jobs[number], *arguments))
