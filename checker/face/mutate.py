"""`checker mutate`: does any property notice a mistake in the model?"""
from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import click

from checker.errors import EXIT_OK, EXIT_UNKNOWN, UserError
from checker.face.find import find_specs
from checker.face.ledger import Ledger
from checker.face.mutants import Score, Status, across, ratio, try_all
from checker.face.plan import default_instance
from checker.face.progress import ProgressLine
from checker.face.report import PRECEDENCE
from checker.face.search import Limits
from checker.face.terminal import complain, console
from checker.frontend import Spec
from checker.frontend.refuse import did_you_mean
from checker.judgement.mutation import Mutant
from checker.results.render import WIDTH
from checker.source import short_path

FORMAT = "checker-mutation"
VERSION = 1

HEADINGS: tuple[tuple[Status, str], ...] = (
    ("survived", "survive: no property notices"),
    ("undecided", "undecided"),
    ("equivalent", "equivalent: the same states and steps"),
    ("killed", "killed"))


@click.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option("--instance", "instances", multiple=True, metavar="NAME",
              help="The instance to try them in; several times for what survives in the one "
              "before; else ci, or the first.")
@click.option("--limit", type=click.IntRange(1), metavar="N",
              help="Give a mutant up at this many states; else at ten times those of the spec.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON on standard output.")
@click.option("--verbose", "-v", is_flag=True, help="List the mutants that are killed, too.")
def mutate(specs: Sequence[str], instances: Sequence[str], limit: int | None, as_json: bool,
           verbose: bool) -> int:
    """Put mistakes into a spec, one at a time, and list those that no property notices.

    Guards are turned round, waits, steps and lock operations dropped, neighbouring steps swapped;
    each such mutant is explored. The exit status is 1 where some survive.
    """
    found, errors = find_specs(specs)
    for error in errors:
        complain(error)
    chosen = [(spec, _instances(spec, instances, found)) for spec in found]
    report = _Report(verbose, as_json, [error.exit_status for error in errors])
    for spec, names in chosen:
        if names and not report.interrupted:
            report.add(spec, names, Limits(limit=limit))
    return report.conclude()


def _instances(spec: Spec, wanted: Sequence[str], specs: Sequence[Spec]) -> list[str | None]:
    """Those of the wanted instances that a spec has. Raises UserError for one that none has."""
    known = [name for each in specs for name in each.instances]
    for name in wanted:
        if name not in known:
            raise UserError(f"there is no instance {name!r}", hint=did_you_mean(name, known))
    if not wanted:
        return [default_instance(spec)]
    return [name for name in dict.fromkeys(wanted) if name in spec.instances]


class _Report:
    """Tells of each spec as it is done, and of all in the end."""

    def __init__(self, verbose: bool, as_json: bool, statuses: list[int]) -> None:
        self.verbose, self.as_json, self.statuses = verbose, as_json, statuses
        self.ledger = Ledger(console())
        self.progress = ProgressLine(console(error=True))
        self.scores: list[Score] = []
        self.started = time.perf_counter()

    @property
    def interrupted(self) -> bool:
        return any(score.left for score in self.scores)

    def add(self, spec: Spec, instances: Sequence[str | None], limits: Limits) -> None:
        with self.progress.working(spec.name) as tell:
            score = try_all(spec, instances, limits, tell)
        self.scores.append(score)
        self.statuses.append(score.exit_status)
        if not self.as_json:
            self._lines(score)

    def _lines(self, score: Score) -> None:
        if len(self.scores) > 1:
            self.ledger.line("")
        title = "  ".join([score.spec.name, ", ".join(filter(None, score.instances))]).rstrip()
        path = short_path(score.spec.path)
        self.ledger.line(f"{title}{path.rjust(max(WIDTH - len(title), len(path) + 2))}", "bold")
        left = f"; {score.left} not tried" if score.left else ""
        self.ledger.line(f"  {counts([one.status for one in score.tried])}{left}")
        for status, heading in HEADINGS:
            found = score.of(status)
            if found and (status != "killed" or self.verbose):
                self.ledger.line(f"  {heading}")
                for one in found:
                    self.ledger.line(f"    {line(one.mutant, status, one.by)}")

    def _together(self) -> None:
        """Several specs of one protocol: what none of them notices."""
        found = across(self.scores)
        self.ledger.line(f"{len(self.scores)} specs together", "bold")
        self.ledger.line(f"  {counts([status for _, status in found.values()])}")
        survivors = [mutant for mutant, status in found.values() if status == "survived"]
        if survivors:
            self.ledger.line("  survive in every spec that has them")
            for mutant in survivors:
                self.ledger.line(f"    {line(mutant, 'survived', ())}")

    def conclude(self) -> int:
        """The end of the report, and the exit status."""
        seconds = time.perf_counter() - self.started
        statuses = self.statuses or [EXIT_UNKNOWN]
        status = next(s for s in PRECEDENCE if s in (*statuses, EXIT_OK))
        if self.as_json:
            data = {"format": FORMAT, "version": VERSION, "exit_status": status,
                    "interrupted": self.interrupted, "seconds": round(seconds, 3),
                    "together": _summary([status for _, status in across(self.scores).values()]),
                    "specs": [_data(score) for score in self.scores]}
            click.echo(json.dumps(data, indent=2, ensure_ascii=False))
            return status
        self.ledger.line("")
        if len(self.scores) > 1:
            self._together()
        if self.interrupted:
            self.ledger.line("interrupted: what was not tried is not counted", "yellow")
        self.ledger.line(f"{seconds:.1f} s", "dim")
        return status


def counts(statuses: Sequence[Status]) -> str:
    """`152 mutants: 131 killed, 9 survive, 12 equivalent; score 93.5 %`."""
    words: dict[Status, str] = {"killed": "killed", "survived": "survive",
                                "undecided": "undecided", "equivalent": "equivalent"}
    parts = [f"{statuses.count(status)} {word}" for status, word in words.items()
             if status in statuses or status in ("killed", "survived")]
    part = ratio(statuses)
    score = "" if part is None else f"; score {_percent(part)}"
    return f"{len(statuses)} mutants: {', '.join(parts)}{score}"


def line(mutant: Mutant, status: Status, by: Sequence[str]) -> str:
    """What was changed where, and who noticed."""
    parts = [f"{mutant.operator:<12}", str(mutant.loc), mutant.process]
    parts += [f"at `{mutant.label}`"] * bool(mutant.label) + [mutant.text] * bool(mutant.text)
    if by:
        parts.append(("by " if status == "killed" else "") + ", ".join(by))
    return "  ".join(parts)


def _percent(ratio: float) -> str:
    # Rounded down: 100 % is said of nothing less.
    return f"{int(ratio * 1000) / 10:g} %"


def _data(score: Score) -> dict[str, Any]:
    return {"spec": score.spec.name, "path": short_path(score.spec.path),
            "instances": list(score.instances), "not_tried": score.left,
            **_summary([one.status for one in score.tried]), "mutants": list(_mutants(score))}


def _summary(statuses: Sequence[Status]) -> dict[str, Any]:
    return {"counts": {status: statuses.count(status) for status, _ in HEADINGS},
            "score": ratio(statuses)}


def _mutants(score: Score) -> Iterator[dict[str, Any]]:
    for one in score.tried:
        mutant = one.mutant
        yield {"operator": mutant.operator, "process": mutant.process, "label": mutant.label,
               "location": {"path": short_path(mutant.loc.path), "line": mutant.loc.line,
                            "column": mutant.loc.column + 1},
               "text": mutant.text, "status": one.status, "by": list(one.by)}
