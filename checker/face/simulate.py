"""`checker simulate`: random walks, run by CPython and watched by the interpreter."""
from __future__ import annotations

import time

import click

from checker.engines.live import Disagreement, Simulation, Unsupported
from checker.engines.live import simulate as walk
from checker.errors import UserError
from checker.face.arguments import SettingsCommand, chosen_job, one_system, report_options
from checker.face.check import Judge, Run, compare, named
from checker.face.conclude import conclude
from checker.face.plan import Job
from checker.face.progress import ProgressLine
from checker.face.terminal import console
from checker.ir.system import System

ENGINE = "cpython"
MOST_LABELS = 8            # labels never reached that are named


@click.command(cls=SettingsCommand)
@one_system
@click.option("--seed", type=int, default=0, show_default=True, metavar="N",
              help="The same seed gives the same walks.")
@click.option("--steps", type=click.IntRange(1), default=100, show_default=True, metavar="N",
              help="The most steps of one walk.")
@click.option("--runs", type=click.IntRange(1), default=100, show_default=True, metavar="N",
              help="How many walks.")
@report_options
def simulate(seed: int, steps: int, runs: int, as_json: bool, verbose: bool, **chosen) -> int:
    """Walk at random, where a system is too large to search.

    CPython runs the spec itself; the interpreter checks each of its steps. A walk proves
    nothing: what it does not violate stays unknown.
    """
    started = time.perf_counter()
    job = chosen_job(**chosen)
    with ProgressLine(console(error=True)).working(f"{job.spec.name} {job.title}"):
        run = simulated(job, job.system(), seed=seed, steps=steps, runs=runs)
    return conclude(run, started, as_json=as_json, verbose=verbose)


def simulated(job: Job, system: System, *, seed: int = 0, steps: int = 100,
              runs: int = 100) -> Run:
    """Walk, and judge what was seen."""
    try:
        found = walk(job.spec, system, seed=seed, steps=steps, runs=runs)
    except Unsupported as error:
        raise UserError(f"{system.name}: CPython can not run this: {error}") from error
    except Disagreement as error:
        return Run(job, system, defects=(str(error),))
    judging, verdicts = Judge(job, system, engine=ENGINE), []
    nothing = f"in {found.runs:,} walks, {found.steps:,} steps"
    for name, kind in named(system):
        paths = found.witnesses if kind == "sometimes" else found.violations
        if name in paths:
            outcome = "holds" if kind == "sometimes" else "violated"
            verdicts.append(judging.shown(name, kind, outcome, paths[name]))
        else:
            what = "witness" if kind == "sometimes" else "violation"
            verdicts.append(judging.verdict(name, kind, "unknown", f"no {what} {nothing}"))
    return Run(job, system, results=compare(verdicts, job.breaks), notes=_notes(system, found),
               defects=tuple(judging.defects))


def _notes(system: System, found: Simulation) -> tuple[str, ...]:
    ends = ", ".join(f"{count:,} at {reason}" if reason.startswith("the ") else
                     f"{count:,} where {reason}" for reason, count in sorted(found.ends.items()))
    notes = [f"seed {found.seed}: {found.distinct:,} states; walks end: {ends}"]
    reached = {(process, system.process[process].locations[at].label)
               for process, at in found.fired}
    missing = [f"{process.name}: {at.label}" for process in system.processes
               for at in process.locations.values() if (process.name, at.label) not in reached]
    if missing:
        more = f" and {len(missing) - MOST_LABELS} more" if len(missing) > MOST_LABELS else ""
        notes.append(f"never taken: {', '.join(missing[:MOST_LABELS])}{more}")
    return tuple(notes)
