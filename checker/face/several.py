"""Several counterexamples to a property, of different kinds: `--max-traces`.

The engine that found the first one searches again, for each violated safety property, and gives a
shortest counterexample of each kind (`ir/control.py`); shown are those that are tight: without
steps that do not matter (`judgement/tight.py`). What is left out is one of those shown with such
steps in it.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from checker.engines import native
from checker.engines.interp.kinds import kinds as interpreted
from checker.engines.interp.liveness import KINDS as LIVENESS
from checker.face.command import trace_meta
from checker.face.compiled import Compiled
from checker.face.search import Limits
from checker.judgement.certify import Certifier, NotCertified
from checker.judgement.tight import kind_of_trace, tight
from checker.results.exploration import Report, Variety
from checker.results.trace import Trace
from checker.results.verdict import Verdict

if TYPE_CHECKING:
    from checker.face.check import Result, Run

MOST = 256
"""Kinds that are looked at for a property."""


def with_others(run: Run, ready: Compiled, limits: Limits, report: Report | None) -> Run:
    """The run with up to `limits.max_traces` counterexamples to each violated property."""
    certifier = Certifier(ready.system)
    run.results = tuple(_with_others(run, result, ready, limits, certifier, report)
                        for result in run.results)
    return run


def _with_others(run: Run, result: Result, ready: Compiled, limits: Limits,
                 certifier: Certifier, report: Report | None) -> Result:
    verdict, first = result.verdict, result.verdict.trace
    name = verdict.property
    wanted = limits.traces_of in (None, name, name.split("(")[0])
    if verdict.outcome != "violated" or first is None or not wanted or run.stopped:
        return result
    if verdict.kind in LIVENESS:
        run.notes += (f"--max-traces: one counterexample to {name} is shown, as it speaks of "
                      f"whole runs",)
        return result
    variety = _variety(verdict, ready, limits, report)
    run.stopped = variety.reason == "interrupted"
    others: list[Trace] = []
    try:
        for trace in _tight(certifier, name, first, variety):
            others.append(replace(trace, meta=trace_meta(run.job, ready.system, name,
                                                         len(others) + 2)))
            if len(others) == limits.max_traces - 1:
                break
        else:
            run.notes += _why_no_more(name, variety)
    except NotCertified as error:
        run.defects += (str(error),)
    return replace(result, verdict=replace(verdict, others=tuple(others),
                                           coverage=_coverage(verdict, others, variety)))


def _variety(verdict: Verdict, ready: Compiled, limits: Limits,
             report: Report | None) -> Variety:
    """The kinds of counterexamples, from the engine that found the first."""
    name = verdict.property
    if verdict.engine == "interp":
        return interpreted(ready.system, name, MOST, limits.limit)
    try:
        return native.kinds(ready.prepare(), name, MOST, threads=limits.threads,
                            limit=limits.limit, memory=limits.memory, report=report)
    except KeyboardInterrupt:
        return Variety(reason="interrupted")


def _tight(certifier: Certifier, name: str, first: Trace, variety: Variety) -> Iterator[Trace]:
    """The certified traces of other kinds than the first that have no needless steps."""
    shown = kind_of_trace(first)
    for path in variety.paths:
        trace = certifier.trace(name, path)
        if kind_of_trace(trace) != shown and tight(trace):
            yield trace


def _why_no_more(name: str, variety: Variety) -> tuple[str, ...]:
    """A note where there may be further kinds that nobody has looked at."""
    match variety.reason:
        case "":
            return ()
        case "there were enough":
            return (f"of the ways to violate {name} the {MOST} shortest were looked at",)
    return (f"there may be more counterexamples to {name}: {variety.reason}",)


def _coverage(verdict: Verdict, others: list[Trace], variety: Variety) -> str:
    if not others:
        return verdict.coverage + ", the only kind" * (not variety.reason)
    lengths = ", ".join(str(len(trace.steps)) for trace in others)
    return f"{verdict.coverage}; of other kinds: {lengths} steps"
