"""The ledger: one line for each property, its verdict, who found out and what was covered.

The same results give the same lines, whatever the time and the machine; how long it took stands
on a line of its own at the end, and what a large search took on one of its own below its run.
Results that are of little interest where everything is as declared (implicit properties, what a
fault leaves alone) share a line, unless asked for.
"""
from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from checker.face.check import Result, Run, Standing
from checker.face.options import show_value
from checker.face.recorded import Recorded
from checker.face.report import Report
from checker.face.terminal import complain
from checker.results.exploration import Exploration
from checker.results.render import WIDTH, render_lines
from checker.results.trace import Trace
from checker.source import short_path

MARKS: dict[Standing, tuple[str, str]] = {
    "declared": ("✓", "green"), "differs": ("✗", "bold red"), "unknown": ("?", "yellow")}
OUTCOME_STYLES = {"holds": "", "violated": "bold", "unknown": "yellow", "vacuous": "bold red",
                  "error": "bold red", "unproved": "bold red"}
TRACE_STYLES = {"headline": "bold red", "doc": "italic", "lanes": "bold", "initial": "dim",
                "step": "", "change": "cyan", "failure": "bold red", "loop": "magenta",
                "explanation": "yellow", "replay": "green", "blank": ""}
LARGE = 1_000_000   # states; what such a search took is told
NAMES = 24          # columns of the property's name, where no name is longer


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the ledger."""

    standing: Standing
    word: str
    name: str
    engine: str
    text: str
    place: str = ""


class Ledger:
    """Writes runs as they finish, then traces and the summary."""

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self.console = console
        self.verbose = verbose
        self._section: tuple[str, str | None] | None = None
        self._told: set[str] = set()

    def run(self, run: Run) -> None:
        """The lines of one run, under the heading of its spec where that is a new one."""
        if run.error is not None and str(run.error) in self._told:
            return
        section = (run.job.spec.path + run.job.spec.name, run.job.instance)
        if section != self._section:
            if self._section is not None:
                self.line("")
            self._section = section
            self._heading(run)
        if run.job.fault is not None:
            self._fault(run)
        lines = list(rows(run, self.verbose))
        width = max([NAMES, *(len(r.verdict.property) for r in run.results
                              if r.verdict.kind != "implicit")])
        engine = max([len("native"), *(len(row.engine) for row in lines)])
        for row in lines:
            self._row(row, width, engine)
        if run.found is not None and run.found.distinct >= LARGE:
            self.line(f"    search: {_effort(run.found)}", "dim")
        for note in (*run.notes, *_of_proof(run)):
            self.line(f"    note: {note}", "dim")
        self.console.file.flush()         # whoever follows in a pipe sees each run as it ends
        if run.error is not None:
            self.error(run.error)

    def error(self, error: Exception) -> None:
        """What is wrong with a spec, told once, on standard error."""
        if str(error) not in self._told:
            self._told.add(str(error))
            complain(error)

    def recorded(self, recorded: Iterable[Recorded]) -> None:
        """The counterexample files, as runs of their own."""
        files = list(recorded)
        if files:
            self.line("")
            self.line("recorded counterexamples", "bold")
        width = max([len(short_path(r.file)) for r in files], default=0)
        for file in files:
            count = f"{file.steps} step{'s' * (file.steps != 1)}"
            self._row(Row("differs" if file.error else "declared",
                          "error" if file.error else "violated", file.property, "interp",
                          f"{short_path(file.file):<{width}}  "
                          + (file.error or f"counterexample of {count}, certified")),
                      NAMES, len("interp"))

    def traces(self, report: Report, *, everything: bool) -> None:
        """The traces of results that differ, or of `everything` that has one: of witnesses
        only where a single property was asked for."""
        for run in report.runs:
            for result in run.results:
                violated = result.verdict.outcome == "violated"
                wanted = everything and (violated or report.only)
                if result.verdict.trace and (wanted or result.standing == "differs"):
                    for trace in (result.verdict.trace, *result.verdict.others):
                        self.trace(trace)

    def trace(self, trace: Trace) -> None:
        """A trace, after an empty line."""
        self.line("")
        width = min(WIDTH, max(self.console.width, 60)) if self.console.is_terminal else WIDTH
        for line in render_lines(trace, width=width):
            self.line(line.text, TRACE_STYLES[line.kind])

    def summary(self, report: Report) -> None:
        """What it all comes to, then the time."""
        self.line("")
        if report.left_out:
            self.line("left out, without this instance or constant: "
                      + ", ".join(report.left_out), "yellow")
        self.console.print(_summary(report), soft_wrap=True)
        self.line(f"{report.seconds:.1f} s", "dim")

    def line(self, text: str, style: str = "") -> None:
        self.console.print(Text(text.rstrip(), style), soft_wrap=True)

    def _heading(self, run: Run) -> None:
        job = run.job
        title = f"{job.spec.name}  {job.instance}" if job.instance else job.spec.name
        path = short_path(job.spec.path)
        text = Text(job.spec.name, "bold")
        text.append(title.removeprefix(job.spec.name))
        text.append(" " * max(2, WIDTH - len(title) - len(path)) + path, "dim")
        self.console.print(text, soft_wrap=True)
        shown = constants_text(job.given) + "  preemptible" * job.preemptible
        for line in textwrap.wrap(shown.strip(), WIDTH - 2):
            self.line(f"  {line}", "dim")

    def _fault(self, run: Run) -> None:
        """The heading of a fault: its name, constants and source, in one line if they fit."""
        fault = run.job.fault
        assert fault is not None
        elsewhere = fault.instance if fault.instance != run.job.instance else ""
        more = "  ".join(part for part in (elsewhere, constants_text(fault.constants)) if part)
        text = Text(f"  {run.job.title}", "bold")
        below = []
        for part, style in ((f"  {more}", ""), (f"  {fault.cite}", "dim italic")):
            if len(text.plain) + len(part) > WIDTH or below:
                below.append((part.strip(), style))
            elif style and part.strip():
                text.append(part.rjust(WIDTH - len(text.plain)), style)
            else:
                text.append(part.rstrip(), style)
        self.line("")
        self.console.print(text, soft_wrap=True)
        for part, style in below:
            for line in textwrap.wrap(part, WIDTH - 4, break_on_hyphens=False):
                self.line(f"    {line}", style)

    def _row(self, row: Row, width: int, engine: int) -> None:
        mark, style = MARKS[row.standing]
        text = Text("  ")
        text.append(mark, style)
        text.append(f" {row.word:<9}", OUTCOME_STYLES[row.word] or style)
        text.append(f" {row.name:<{width}}")
        text.append(f"  {row.engine:<{engine}}  ", "dim")
        text.append(row.text, "" if row.standing == "declared" else style.replace("bold ", ""))
        if row.place:
            below = len(text.plain) + 2 + len(row.place) > WIDTH
            text.append(f"\n{'':14}" if below else "  ").append(row.place, "dim")
        text.rstrip()
        self.console.print(text, soft_wrap=True)


def _effort(found: Exploration) -> str:
    """What a search took: how large its states are, and what it spent on each."""
    parts = [f"{found.distinct:,} states, {found.generated:,} transitions, {found.seconds:.1f} s"]
    if found.table:
        parts.append(f"{found.state_bits} bits a state: {found.table_bytes:.2g} bytes in the "
                     f"{found.table} table, {found.bytes_per_state:.2g} in all")
    return "; ".join(parts)


def rows(run: Run, verbose: bool = False) -> Iterator[Row]:
    """The lines of a run: each property of its own, or together with its like."""
    if run.error is not None:
        yield Row("differs", "error", run.job.title, "", "the spec is at fault")
        return
    together: dict[tuple[str, ...], list[Result]] = {}
    for result in run.results:
        key = () if verbose else _together(run, result)
        if key:
            together.setdefault(key, []).append(result)
        else:
            verdict = result.verdict
            yield Row(result.standing, verdict.outcome, verdict.property, verdict.engine,
                      verdict.coverage + _contrast(result))
    for (_, noun, _), results in together.items():
        verdict = next((r.verdict for r in results if r.verdict.trace is None), results[0].verdict)
        count = f"{len(results)} {noun}" if len(results) > 1 else verdict.property
        yield Row(results[0].standing, verdict.outcome, count, verdict.engine, verdict.coverage)
    for complaint in run.complaints:
        place = str(complaint.loc) if complaint.loc.line else ""
        yield Row("differs", "vacuous", complaint.name, "", complaint.message, place)
    for problem in run.proof.problems if run.proof else ():
        place = str(problem.loc) if problem.loc.line else ""
        yield Row("differs", "unproved", problem.name, "", problem.message, place)
    if run.proof and run.proof.reason:
        yield Row("unknown", "unknown", "kept lemmas", "", run.proof.reason)


def _of_proof(run: Run) -> Iterator[str]:
    """What the kept lemmas prove of another instance than the one explored, and the remedies."""
    proof = run.proof
    if proof is None:
        return
    if proof.instance != run.job.instance and proof.proved:
        declared, others = proof.named
        yield (f"{proof.coverage} at {proof.instance}, with the kept lemmas: "
               f"{', '.join([*declared, others])}")
    yield from dict.fromkeys(f"remedy: {p.hint}" for p in proof.problems if p.hint)


def _together(run: Run, result: Result) -> tuple[str, ...]:
    """What a result has in common with those that share its line; () for a line of its own."""
    verdict = result.verdict
    if "violated" in (verdict.outcome, result.expected) or result.standing == "differs":
        return ()
    if run.job.fault is not None:
        return (result.standing, "other properties", verdict.outcome)
    if verdict.kind == "implicit":
        return (result.standing, "implicit properties", verdict.coverage)
    return ()


def _contrast(result: Result) -> str:
    missed = result.standing == "differs" and result.expected == "violated"
    return "; declared to break" if missed else ""


def constants_text(constants: dict[str, Any]) -> str:
    """`groups=2  vote=after attach`."""
    return "  ".join(f"{name}={show_value(value)!s}" for name, value in constants.items())


def _summary(report: Report) -> Text:
    parts = [(f"{report.count('declared'):,} as declared", "green"),
             (f"{report.count('differs'):,} differ", "bold red"),
             (f"{report.count('unknown'):,} unknown", "yellow")]
    if report.complaints:
        parts.append((f"{report.complaints} vacuous", "bold red"))
    if report.recorded:
        good = sum(not recorded.error for recorded in report.recorded)
        parts.append((f"{good} of {len(report.recorded)} recorded certified",
                      "green" if good == len(report.recorded) else "bold red"))
    if report.proof_problems:
        parts.append((f"{report.proof_problems} unproved", "bold red"))
    broken = len(report.errors) + sum(run.error is not None for run in report.runs)
    if broken:
        parts.append((f"{broken} at fault", "bold red"))
    runs = len(report.runs)
    text = Text(f"{runs} run{'s' * (runs != 1)}: ")
    for number, (part, style) in enumerate(parts):
        text.append(", " * (number > 0)).append(part, "dim" if part.startswith("0 ") else style)
    if report.interrupted:
        left = report.planned - len(report.runs)
        text.append(f"; interrupted, {left} of {report.planned} not begun", "yellow")
    return text
