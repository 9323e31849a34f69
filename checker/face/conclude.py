"""The end of a command that looks at one system: its report, printed, and the exit status."""
from __future__ import annotations

import time
from collections.abc import Sequence

import click

from checker.face.check import Run
from checker.face.ledger import Ledger
from checker.face.report import Report
from checker.face.terminal import console
from checker.face.tojson import report_json


def conclude(run: Run, started: float, *, as_json: bool, verbose: bool,
             texts: Sequence[str] = ()) -> int:
    """Report on one run, with further texts after its ledger; the exit status."""
    report = Report([run], planned=1, seconds=time.perf_counter() - started)
    if as_json:
        click.echo(report_json(report))
        return report.exit_status
    ledger = Ledger(console(), verbose=verbose)
    ledger.run(run)
    for text in texts:
        ledger.line("")
        ledger.line(text)
    ledger.traces(report, everything=False)
    ledger.summary(report)
    return report.exit_status
