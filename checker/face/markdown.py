"""The report as Markdown: what was explored, each property's verdict, each fault's trace.

A section for each folder of specs, its variants side by side. Everything in it is the same on
every machine, so that a page can be kept in a repository and compared with a fresh run. A page
that people have written keeps its own text: only what stands between two marks is replaced.
"""
from __future__ import annotations

import pathlib
from collections.abc import Iterable, Sequence
from itertools import groupby

from checker.errors import UserError
from checker.face.check import Result, Run
from checker.face.ledger import constants_text
from checker.face.report import Report
from checker.face.terminal import write_file
from checker.source import short_path

BEGIN = "<!-- checker verify --markdown: what follows is generated -->"
END = "<!-- end of what is generated -->"


class Page:
    """A file for the report, looked at before the work begins. Raises UserError where it can not
    be that file."""

    def __init__(self, path: str) -> None:
        self.path = pathlib.Path(path)
        self.before, self.after = BEGIN + "\n", END + "\n"
        if self.path.exists():
            self.before, self.after = self._around()

    def _around(self) -> tuple[str, str]:
        """What stands before and after the generated part, with the marks."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{self.path}: can not be read: {error}") from error
        before, begin, rest = text.partition(BEGIN + "\n")
        _, end, after = rest.partition(END + "\n")
        if not begin or not end:
            raise UserError(f"{self.path}: there is no place for the report in this file",
                            hint=f"add two lines to it, or name a new file:\n{BEGIN}\n{END}")
        return before + begin, end + after

    def write(self, report: Report) -> None:
        """Put the report in its place. Raises UserError where that is not possible."""
        write_file(self.path, self.before + write(report) + self.after)


def write(report: Report) -> str:
    """The document as text."""
    parts = [section(folder, list(runs)) for folder, runs in groupby(report.runs, _folder)]
    parts += [f"Not compiled: `{str(error).splitlines()[0]}`\n" for error in report.errors]
    if report.interrupted or len(report.runs) < report.planned:
        parts.append(f"Incomplete: {len(report.runs)} of {report.planned} runs.\n")
    return "\n".join(["", *parts, ""])


def section(folder: str, runs: Sequence[Run]) -> str:
    """The tables of one folder's specs."""
    tables = (_systems(runs), _properties(runs), _elsewhere(runs), _faults(runs))
    return "\n".join([f"### {folder}\n", *filter(None, tables)])


def _folder(run: Run) -> str:
    path = pathlib.Path(short_path(run.job.spec.path))
    return path.parent.name or path.name


# ── what was explored ────────────────────────────────────────────────────────────────────────

def _systems(runs: Sequence[Run]) -> str:
    """A row for each variant as it should be."""
    rows = [(_variant(run), run.job.instance or "", _code(constants_text(run.job.given)),
             *_counts(run)) for run in runs if run.job.fault is None]
    heads = ("variant", "instance", "constants", "states", "transitions", "depth")
    return _table(heads, rows, "lllrrr")


def _counts(run: Run) -> tuple[str, str, str]:
    if run.found is None:
        return "does not compile", "", ""
    more = "" if run.found.complete else " and more"
    return f"{run.found.distinct:,}{more}", f"{run.found.generated:,}", str(run.found.depth)


# ── verdicts ─────────────────────────────────────────────────────────────────────────────────

def _properties(runs: Sequence[Run]) -> str:
    """A row for each property, a column for each variant as it should be."""
    right = [run for run in runs if run.job.fault is None]
    variants = [_variant(run) for run in right]
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for run in right:
        together: dict[str, int] = {}
        for result in run.results:
            verdict = result.verdict
            if verdict.kind == "implicit" and verdict.outcome == "holds":
                together["holds"] = together.get("holds", 0) + 1
            else:
                row = cells.setdefault((f"`{verdict.property}`", verdict.kind), {})
                row[_variant(run)] = _verdict(run, result)
        for outcome, count in together.items():
            row = cells.setdefault((f"{count} others", "implicit"), {})
            row[_variant(run)] = outcome
    kinds = [*dict.fromkeys(kind for _, kind in cells if kind != "implicit"), "implicit"]
    rows = [(name, kind.replace("_", " "), *(cells[name, kind].get(v, "") for v in variants))
            for name, kind in sorted(cells, key=lambda cell: kinds.index(cell[1]))]
    return _table(("property", "kind", *variants), rows, "ll" + "l" * len(variants))


def _verdict(run: Run, result: Result) -> str:
    """The outcome; of what was seen, after how many steps; what is proved for every size; of
    what was not declared, loudly."""
    verdict = result.verdict
    text = verdict.outcome
    if verdict.trace is not None:
        text += f", {_steps(result)}"
    elif run.proof is not None and run.proved(verdict.property):
        text += f"; {run.proof.coverage}"
    return text if result.standing == "declared" else f"**{text}**"


def _elsewhere(runs: Sequence[Run]) -> str:
    """What kept lemmas prove of other instances than those explored, and what they do not."""
    lines = []
    for run in runs:
        proof = run.proof
        if proof is None:
            continue
        if proof.instance != run.job.instance and proof.proved:
            declared, others = proof.named
            names = ", ".join([*(f"`{name}`" for name in declared), others])
            lines.append(f"{_variant(run)} at `{proof.instance}` is {proof.coverage}: {names}.\n")
        if proof.problems or proof.reason:
            lines.append(f"**{_variant(run)}: the kept lemmas do not prove what they should.**\n")
    return "\n".join(lines)


def _steps(result: Result) -> str:
    trace = result.verdict.trace
    if trace is None:
        return "never"
    return ", ".join(str(len(each.steps)) for each in (trace, *result.verdict.others))


# ── faults ───────────────────────────────────────────────────────────────────────────────────

def _faults(runs: Sequence[Run]) -> str:
    """A row for each fault and each property that it breaks; the steps to it by variant."""
    wrong = [run for run in runs if run.job.fault is not None]
    variants = list(dict.fromkeys(_variant(run) for run in wrong))
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for run in wrong:
        fault = run.job.fault
        assert fault is not None
        name = f"`{fault.name}`" + " (finding)" * fault.finding
        if run.error is not None:
            cells.setdefault((name, ""), {})[_variant(run)] = "**does not compile**"
        for result in run.results:
            if "violated" in (result.verdict.outcome, result.expected):
                row = cells.setdefault((name, f"`{result.verdict.property}`"), {})
                row[_variant(run)] = _length(result)
    names = list(dict.fromkeys(name for name, _ in cells))
    rows = [(name, broken, *(cells[name, broken].get(v, "") for v in variants))
            for name, broken in sorted(cells, key=lambda cell: names.index(cell[0]))]
    return _table(("fault", "breaks", *variants), rows, "ll" + "r" * len(variants))


def _length(result: Result) -> str:
    if result.verdict.outcome != "violated":
        return f"**{result.verdict.outcome}**"
    text = _steps(result)
    return text if result.standing == "declared" else f"**{text}**"


# ── Markdown ─────────────────────────────────────────────────────────────────────────────────

def _variant(run: Run) -> str:
    return run.job.spec.name


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    """A table; nothing where it would have no rows."""
    lines = [_row(row) for row in rows]
    if not lines:
        return ""
    return "\n".join([_row(heads), _row(["---:" if a == "r" else "---" for a in align]),
                      *lines, ""])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
