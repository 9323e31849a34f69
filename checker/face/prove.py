"""`checker prove`: what Z3 can say of one system, by induction or up to a bound.

A step that breaks a property from a state nobody knows to be reachable is no violation. Where
the states can be enumerated they are: a property that is violated is shown with its trace, and
for one that is only not inductive the step is told for what it is, so that a lemma can be found.
"""
from __future__ import annotations

import time
from collections.abc import Callable, Collection
from functools import cached_property

import click

from checker.engines import native
from checker.engines.smt import bmc, induction
from checker.engines.smt.cti import Cti, label
from checker.engines.smt.cti import render as render_cti
from checker.errors import UserError
from checker.face.anysize import by_any_size
from checker.face.arguments import SettingsCommand, chosen_job, one_system, report_options
from checker.face.check import LIVENESS, Judge, Run, compare, named
from checker.face.conclude import conclude
from checker.face.plan import Job
from checker.face.progress import ProgressLine
from checker.face.compiled import Compiled
from checker.face.search import Limits, search
from checker.face.terminal import console
from checker.ir.system import IMPLICIT, State, System
from checker.results.exploration import Path
from checker.results.verdict import Verdict

MOST_STATES = 200_000
"""States enumerated to tell what a counterexample to induction is."""
INDUCTION, BOUNDED = "z3 induction", "z3 bounded"

Tell = Callable[[str], None]


@click.command(cls=SettingsCommand)
@one_system
@click.option("--bound", type=click.IntRange(0), metavar="K",
              help="Search all paths of up to K steps instead.")
@click.option("--depth", type=click.IntRange(1), default=1, show_default=True, metavar="K",
              help="Induction over K states in a row.")
@click.option("--distinct", is_flag=True,
              help="With --depth: suppose the K states to be distinct.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), metavar="S",
              help="Stop after S seconds.")
@click.option("--any-size", is_flag=True,
              help="For every number of elements of each Index, with lemmas found if need be.")
@click.option("--no-infer", is_flag=True, help="With --any-size: with the kept lemmas only.")
@click.option("--keep", is_flag=True,
              help="With --any-size: write the lemmas found beside the spec.")
@click.option("--property", "properties", multiple=True, metavar="NAME",
              help="With --any-size: prove this property; may be given more than once.")
@click.option("--certificate", "folder", metavar="DIR", type=click.Path(file_okay=False),
              help="With --any-size: write every obligation to DIR as SMT-LIB 2.")
@report_options
def prove(bound: int | None, depth: int, distinct: bool, seconds: float | None, any_size: bool,
          as_json: bool, verbose: bool, no_infer: bool, keep: bool, properties: tuple[str, ...],
          folder: str | None, **chosen) -> int:
    """Prove one system with Z3, at its size or at every size.

    By induction, with the spec's lemmas; or, with --bound, by a search that is bounded; or, with
    --any-size, for systems of every size at once. Where a property is not inductive, the step
    that breaks it is shown, and whether the state before it is reachable. A property that is
    violated is shown with its trace.
    """
    started = time.perf_counter()
    only_any_size = {"--no-infer": no_infer, "--keep": keep, "--property": bool(properties),
                     "--certificate": folder is not None}
    _check_options(bound, depth, distinct, seconds, any_size, only_any_size)
    job = chosen_job(**chosen)
    system = job.system()
    with ProgressLine(console(error=True)).working(f"{system.name} {job.title}") as tell:
        if any_size:
            run, ctis = by_any_size(job, system, infer=not no_infer, keep=keep, tell=tell,
                                    properties=properties, folder=folder)
        elif bound is None:
            run, ctis = by_induction(job, system, depth=depth, distinct=distinct,
                                     seconds=seconds, tell=tell)
        else:
            run, ctis = bounded(job, system, bound=bound, seconds=seconds, tell=tell), []
    return conclude(run, started, as_json=as_json, verbose=verbose, texts=ctis)


def _check_options(bound: int | None, depth: int, distinct: bool, seconds: float | None,
                   any_size: bool, for_any_size: dict[str, bool]) -> None:
    """Refuse what would have no effect."""
    by_depth = depth > 1 or distinct
    if any_size and (bound is not None or by_depth or seconds):
        raise UserError("--any-size goes without --bound, --depth, --distinct and --seconds")
    if bound is not None and by_depth:
        raise UserError("--depth and --distinct are for induction, not for --bound")
    given = [name for name, is_given in for_any_size.items() if is_given]
    if given and not any_size:
        raise UserError(f"{given[0]} goes with --any-size")
    if distinct and depth == 1:
        raise UserError("--distinct needs a --depth of at least 2: one state is always distinct")


# ── bounded search ───────────────────────────────────────────────────────────────────────────

def bounded(job: Job, system: System, *, bound: int, seconds: float | None = None,
            tell: Tell | None = None) -> Run:
    """Search up to `bound` steps. Only where no path goes further is the answer complete."""
    found = bmc.search(system, bound=bound, seconds=seconds, report=tell)
    judging = Judge(job, system, engine=BOUNDED)
    verdicts = []
    for name, kind in named(system):
        paths = found.witnesses if kind == "sometimes" else found.violations
        if name in paths:
            verdicts.append(judging.shown(name, kind, "holds" if kind == "sometimes"
                                          else "violated", paths[name]))
        elif name in found.unknown:
            verdicts.append(judging.verdict(name, kind, "unknown", found.unknown[name]))
        elif found.exhausted:
            outcome = "violated" if kind == "sometimes" else "holds"
            verdicts.append(judging.verdict(name, kind, outcome, "complete: nothing can happen "
                                            f"beyond {found.depth} steps"))
        else:
            what = "witness" if kind == "sometimes" else "violation"
            verdicts.append(judging.verdict(name, kind, "unknown",
                                            f"no {what} within {found.depth} steps"))
    return Run(job, system, results=compare(verdicts, job.breaks),
               defects=tuple(judging.defects))


# ── induction ────────────────────────────────────────────────────────────────────────────────

def by_induction(job: Job, system: System, *, depth: int = 1, distinct: bool = False,
                 seconds: float | None = None, tell: Tell | None = None) -> tuple[Run, list[str]]:
    """Prove by induction; the counterexamples to induction as texts.

    Properties that induction can not prove (sometimes, liveness) are not reported on.
    """
    proof = induction.prove(system, k=depth, simple_path=distinct, seconds=seconds, report=tell)
    judging = Judge(job, system, engine=INDUCTION)
    reachable, verdicts, ctis = _Reachable(system), [], []
    for name, kind in named(system):
        if kind == "sometimes" or kind in LIVENESS:
            continue
        judged = proof.judged[name]
        if judged.outcome == "proved":
            verdicts.append(judging.verdict(name, kind, "holds", _proved(proof, name)))
        elif judged.path is not None:
            verdicts.append(judging.shown(name, kind, "violated", judged.path))
        elif judged.cti is not None:
            verdict, text = _not_inductive(judging, kind, judged, reachable)
            verdicts.append(verdict)
            ctis += [text] if text else []
        else:
            verdicts.append(judging.verdict(name, kind, "unknown", judged.reason))
    left = [p.name for p in system.properties if p.kind == "sometimes" or p.kind in LIVENESS]
    notes = (f"not for induction: {', '.join(left)}",) if left else ()
    notes += tuple(f"no state that the invariants allow has a step at `{place}` of {process}"
                   for process, place in proof.idle)
    return Run(job, system, results=compare(verdicts, job.breaks), notes=notes,
               defects=tuple(judging.defects)), ctis


def _proved(proof: induction.Proof, name: str) -> str:
    others = [other for other in proof.inductive if other not in (name, *IMPLICIT)]
    depth = f", {proof.k} states deep" if proof.k > 1 else ""
    return f"proved{depth}" + (f"; uses {', '.join(others)}" if others else "")


def _not_inductive(judging: Judge, kind: str, judged: induction.Judged,
                   reachable: _Reachable) -> tuple[Verdict, str]:
    """The verdict on a property that some step breaks, and the step as text."""
    assert judged.cti is not None
    path = reachable.violations.get(judged.property)
    if path is not None:
        return judging.shown(judged.property, kind, "violated", path), ""
    found = reachable.label(judged.cti)
    text = render_cti(judging.system, judged.cti).rstrip()
    dropped = f"\nwithout {', '.join(judged.without)}" if judged.without else ""
    return judging.verdict(judged.property, kind, "unknown",
                           f"not inductive, see below; {found}"), \
        f"{text}{dropped}\n{_ADVICE[found]}"


_ADVICE = {
    "reachable": "the state before the step is reachable",
    "unreachable at this size": "the state before the step is not reachable at this size: "
                                "a @lemma that excludes it may be what is missing",
    "undecided": "whether the state before the step is reachable is undecided",
}


class _Reachable:
    """What enumeration knows of a system, as far as it gets; found out when first needed."""

    def __init__(self, system: System) -> None:
        self.system = system

    def label(self, cti: Cti) -> str:
        return label(cti, self._states)

    @cached_property
    def violations(self) -> dict[str, Path]:
        """What an explicit search finds violated."""
        limits = Limits(limit=MOST_STATES)
        return search(Compiled(self.system), limits, None)[0].violations

    @cached_property
    def _states(self) -> Collection[State] | None:
        try:
            return set(native.reachable(self.system, limit=MOST_STATES))
        except (native.NoCompiler, native.Unsupported, RuntimeError):
            return None
