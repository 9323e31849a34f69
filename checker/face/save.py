"""Counterexamples as files: for each fault one ITF file and the same trace as text."""
from __future__ import annotations

import pathlib
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

from checker.face.check import Run
from checker.face.recorded import SUFFIX
from checker.face.report import Report
from checker.face.terminal import write_file
from checker.results import itf
from checker.results.render import render
from checker.results.trace import Trace


def save(report: Report, folder: str | pathlib.Path) -> list[pathlib.Path]:
    """Write every counterexample below `folder`, by spec and fault; the files written.

    Raises UserError where that is not possible.
    """
    written: list[pathlib.Path] = []
    for run in report.runs:
        for stem, trace in _named(run):
            path = pathlib.Path(folder) / run.job.spec.name / f"{stem}{SUFFIX}"
            command = f"checker replay {shlex.quote(str(path))}"
            trace = replace(trace, meta={**trace.meta, "command": command})
            text = path.with_name(f"{stem}.txt")
            write_file(path, itf.write(trace))
            write_file(text, render(trace))
            written += [path, text]
    return written


def _named(run: Run) -> Iterator[tuple[str, Trace]]:
    """The counterexamples of a run by file name: one for each property, or for the fault.

    Of the properties that a fault breaks the last one is shown: damage comes after its cause.
    Further counterexamples are numbered: `NAME`, `NAME-2`, `NAME-3`.
    """
    shown = {r.verdict.property: (r.verdict.trace, *r.verdict.others) for r in run.results
             if r.verdict.outcome == "violated" and r.verdict.trace is not None}
    if run.job.fault is not None:
        last = next((name for name in (*reversed(run.job.breaks), *shown) if name in shown), None)
        shown = {run.job.fault.name: shown[last]} if last is not None else {}
    for name, traces in shown.items():
        stem = re.sub(r"[^\w.-]+", "_", name).strip("_")
        for number, trace in enumerate(traces, 1):
            yield stem if number == 1 else f"{stem}-{number}", trace
