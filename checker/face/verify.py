"""`checker verify`."""
from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TextIO

import click

from checker.errors import SpecError, UserError
from checker.face import junit, sarif
from checker.face.arguments import Reductions, SettingsCommand, Size
from checker.face.check import Run, base_name, check_all
from checker.face.find import find_specs
from checker.face.ledger import Ledger
from checker.face.markdown import Page
from checker.face.options import parse_settings
from checker.face.plan import Job, Selection, plan, those_that_know
from checker.face.progress import ProgressLine
from checker.face.recorded import Shelf
from checker.face.report import Report
from checker.face.save import save
from checker.face.search import Limits
from checker.face.terminal import console, make_folder
from checker.face.tojson import report_json
from checker.frontend.refuse import did_you_mean
from checker.ir.system import IMPLICIT


@click.command(cls=SettingsCommand)
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option("--instance", metavar="NAME", help="The instance to check; else ci, or the first.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE...",
              help="Constants, several after one --set. Faults that change one of them are "
              "left out.")
@click.option("--fault", metavar="NAME", help="Check with this fault only.")
@click.option("--no-faults", is_flag=True, help="Check only as it should be.")
@click.option("--property", "property_name", metavar="NAME",
              help="Report on this property only, and show its trace.")
@click.option("--engine", type=click.Choice(["auto", "interp", "native"]), default="auto",
              show_default=True, help="Who searches.")
@click.option("--threads", type=click.IntRange(1, 1024), metavar="N",
              help="Threads of the native engine; else one for each core.")
@click.option("--limit", type=click.IntRange(1), metavar="N",
              help="Stop at this many states; what is undecided then is unknown.")
@click.option("--memory", type=Size(), metavar="SIZE",
              help="Stop where the native engine would need more, as 4GiB.")
@click.option("--reduce", type=Reductions(), default="none", show_default=True,
              metavar="NAME[,NAME]", help="Visit fewer states: symmetry, partial-order, local, or "
              "several; what is not sound for a spec is refused.")
@click.option("--preemptible", is_flag=True,
              help="Let every process be interrupted before each access to shared state.")
@click.option("--checkpoint", metavar="DIR", type=click.Path(file_okay=False),
              help="Save the search in DIR every minute, and go on from what is there.")
@click.option("--fewest-switches", is_flag=True,
              help="Show each violation with the fewest context switches, not a shortest one.")
@click.option("--no-proofs", is_flag=True,
              help="Do not prove again, for every size, with the lemmas kept beside a spec.")
@click.option("--max-traces", type=click.IntRange(1), default=1, show_default=True, metavar="N",
              help="Show up to N counterexamples to a property, no two of the same kind.")
@click.option("--stop-early", is_flag=True,
              help="Stop at the first violation; the rest is then unknown.")
@click.option("--save", "folder", metavar="DIR", type=click.Path(file_okay=False),
              help="Write each counterexample to DIR: a .itf.json and its text.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON on standard output.")
@click.option("--junit", "junit_file", metavar="FILE", type=click.Path(dir_okay=False),
              help="Write the report as JUnit XML.")
@click.option("--sarif", "sarif_file", metavar="FILE", type=click.Path(dir_okay=False),
              help="Write what differs as SARIF 2.1.0.")
@click.option("--markdown", "page_file", metavar="FILE", type=click.Path(dir_okay=False),
              help="Write tables of everything to FILE, or between the marks in it.")
@click.option("--verbose", "-v", is_flag=True, help="A line for every single property.")
def verify(specs: Sequence[str], folder: str | None, as_json: bool, verbose: bool,
           junit_file: str | None, sarif_file: str | None, page_file: str | None,
           property_name: str | None, **options: Any) -> int:
    """Check specs, as they should be and with each fault.

    A SPEC is a Python file, a folder with a model.py, or the name of a spec within spec/;
    FILE.py:NAME tells one of several. Without any, everything in spec/ is checked, and the
    files in counterexamples/ have to certify again.
    """
    selection, limits = _selection(options), _limits(options, property_name)
    if folder is not None:
        make_folder(folder)
    page = Page(page_file) if page_file is not None else None
    with _outputs({"junit": junit_file, "sarif": sarif_file}) as outputs:
        session = _Session(specs, selection, limits, property_name)
        ledger = Ledger(console(), verbose=verbose)
        session.run(on_run=(lambda run: None) if as_json else ledger.run)
        report = session.report
        saved = save(report, folder) if folder is not None else []
        if as_json:
            click.echo(report_json(report))
        else:
            _finish(ledger, report, wanted=bool(selection.fault or property_name))
            if folder is not None:
                ledger.line(f"{len(saved)} files written to {folder}")
            ledger.summary(report)
        for name, file in outputs.items():
            file.write(WRITERS[name](report))
        if page is not None:
            page.write(report)
    return report.exit_status


WRITERS: dict[str, Callable[[Report], str]] = {"junit": junit.write, "sarif": sarif.write}


def _selection(options: dict[str, Any]) -> Selection:
    if options["fault"] and options["no_faults"]:
        raise UserError("--fault and --no-faults exclude each other")
    return Selection(options["instance"], parse_settings(options["settings"]), options["fault"],
                     not options["no_faults"], options["preemptible"])


def _limits(options: dict[str, Any], property_name: str | None) -> Limits:
    names = ("engine", "threads", "limit", "memory", "stop_early", "reduce", "checkpoint",
             "fewest_switches", "max_traces")
    limits = Limits(**{name: options[name] for name in names}, proofs=not options["no_proofs"],
                    traces_of=property_name)
    _refuse_with_several(limits)
    if limits.engine == "interp" and (limits.threads or limits.memory):
        raise UserError("--threads and --memory are for the native engine, not for interp")
    if limits.engine == "interp" and limits.reduce:
        raise UserError("--reduce is for the native engine: the interpreter visits every state")
    if limits.engine == "interp" and limits.checkpoint:
        raise UserError("--checkpoint is for the native engine, not for interp")
    return limits


def _refuse_with_several(limits: Limits) -> None:
    """Name what --max-traces can not be combined with."""
    for option, given, why in (
        ("--reduce", limits.reduce, "a search that leaves out states leaves out counterexamples"),
        ("--fewest-switches", limits.fewest_switches, "of each kind a shortest one is shown"),
        ("--stop-early", limits.stop_early, "the search has to go on behind the first violation"),
        ("--checkpoint", limits.checkpoint, "the search for more counterexamples is not saved"),
    ):
        if given and limits.max_traces > 1:
            raise UserError(f"--max-traces and {option} exclude each other: {why}")


@contextlib.contextmanager
def _outputs(files: dict[str, str | None]) -> Iterator[dict[str, TextIO]]:
    """The files to write, opened before the work begins: hours later is too late to refuse."""
    with contextlib.ExitStack() as stack:
        opened = {}
        for name, path in files.items():
            if path is not None:
                try:
                    opened[name] = stack.enter_context(open(path, "w", encoding="utf-8"))
                except OSError as error:
                    raise UserError(f"{path}: can not be written: {error.strerror}") from error
        yield opened


def _finish(ledger: Ledger, report: Report, *, wanted: bool) -> None:
    """What comes after the runs: errors, recorded files, traces of interest."""
    for error in report.errors:
        ledger.error(error)
    ledger.recorded(report.recorded)
    ledger.traces(report, everything=wanted)


class _Session:
    """One invocation: finds the specs, runs the jobs, collects the report."""

    def __init__(self, names: Sequence[str], selection: Selection, limits: Limits,
                 property_name: str | None) -> None:
        self.names, self.selection, self.limits = names, selection, limits
        self.report = Report(only=property_name)

    def run(self, on_run: Callable[[Run], None]) -> None:
        started = time.perf_counter()
        progress = ProgressLine(console(error=True))
        try:
            self._run(progress, on_run)
        except KeyboardInterrupt:
            self.report.interrupted = True
        finally:
            progress.end()
        self.report.seconds = time.perf_counter() - started

    def _run(self, progress: ProgressLine, on_run: Callable[[Run], None]) -> None:
        report = self.report
        specs, report.errors[:] = find_specs(self.names)
        if not self.names:
            known = those_that_know(specs, self.selection)
            report.left_out.extend(spec.name for spec in specs if spec not in known)
            specs = known
        jobs = plan(specs, self.selection) if specs else []
        shelf = Shelf() if not self.names else None
        if shelf is not None and not self.selection.constants:
            jobs = shelf.hand_out(jobs)
        report.planned = len(jobs)
        if self.limits.checkpoint and len(jobs) > 1:
            raise UserError(f"--checkpoint keeps one search, not {len(jobs)}",
                            hint="name one spec, and --no-faults or --fault NAME")
        if report.only:
            _known_property(jobs, report.only)
        for run in check_all(jobs, self.limits, progress.begin):
            progress.end()
            if report.only:
                run = _only(run, report.only)
            report.runs.append(run)
            report.recorded.extend(run.recorded)
            report.interrupted = run.interrupted
            on_run(run)
        if shelf is not None and not report.interrupted:
            report.recorded.extend(shelf.rest())


def _known_property(jobs: Sequence[Job], name: str) -> None:
    """Refuse a name that no spec has, before anything is searched."""
    known: list[str] = []
    for job in jobs:
        with contextlib.suppress(SpecError):
            names = [*(p.name for p in job.system().properties), *IMPLICIT]
            known += [*names, *map(base_name, names)]
    if known and name not in known:
        raise UserError(f"there is no property {name!r}", hint=did_you_mean(name, known))


def _only(run: Run, name: str) -> Run:
    """A run as far as one property goes, or all elements of one with `each=`."""
    kept = tuple(r for r in run.results
                 if name in (r.verdict.property, base_name(r.verdict.property)))
    complaints = tuple(c for c in run.complaints if c.name == name)
    proof = run.proof
    if proof is not None and all(problem.name != name for problem in proof.problems):
        proof = replace(proof, problems=())
    return replace(run, results=kept, complaints=complaints, proof=proof)
