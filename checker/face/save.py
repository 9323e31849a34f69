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
    """The counterexamples of a run by file name: the fault's, with the property's where the
    fault has several, or the property's alone."""
    shown = [(r.verdict.property, r.verdict.trace) for r in run.results
             if r.verdict.outcome == "violated" and r.verdict.trace is not None]
    for name, trace in shown:
        parts = [run.job.fault.name] if run.job.fault else [name]
        if run.job.fault and len(shown) > 1:
            parts.append(name)
        yield ".".join(re.sub(r"[^\w.-]+", "_", part).strip("_") for part in parts), trace
