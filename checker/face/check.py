"""Checking from end to end: compile, search, certify, judge, compare with what was declared.

A result is what the engines found of one property (a `Verdict`) beside what the spec declares of
it. Everything that is printed, saved or turned into an exit status later comes from these.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from checker.engines.interp.liveness import LIMIT as LIVENESS_LIMIT
from checker.engines.interp.liveness import KINDS as LIVENESS
from checker.engines.interp.liveness import check_liveness
from checker.errors import SpecError, UserError
from checker.face.command import trace_meta
from checker.face.compiled import compiled
from checker.face.kept import with_kept_proof
from checker.face.plan import Job
from checker.face.recorded import Recorded, certified_again
from checker.face.search import Limits, search
from checker.face.several import with_others
from checker.face.unmade import unmade
from checker.face.workers import Workers
from checker.frontend import Spec
from checker.ir.system import IMPLICIT, Property, System
from checker.judgement.certify import Certifier, NotCertified
from checker.judgement.vacuity import Complaint, vacuity
from checker.lang.component import Fault
from checker.results.exploration import Exploration, Liveness, Path, Report
from checker.results.kept_proof import KeptProof
from checker.results.trace import Trace
from checker.results.verdict import Outcome, Verdict

Standing = Literal["declared", "differs", "unknown"]
"""What a result is worth: as declared, otherwise, or nobody knows."""

SMALL_JOB = 100_000
"""States; a job with more of them is searched with all cores."""
SAFETY = ("invariant", "lemma", "step_invariant")


@dataclass(frozen=True, slots=True)
class Result:
    """A verdict, and the outcome that the spec declares."""

    verdict: Verdict
    expected: Outcome

    @property
    def standing(self) -> Standing:
        if self.verdict.outcome == "unknown":
            return "unknown"
        return "declared" if self.verdict.outcome == self.expected else "differs"


@dataclass(slots=True)
class Run:
    """One job and what came of it. `error` is set where it did not even compile.

    `defects` are claims of an engine that did not certify: defects of the checker. `proof` is
    what the lemmas kept beside the spec prove for every size, where there are any. `stopped`:
    somebody interrupted while more counterexamples were looked for.
    """

    job: Job
    system: System | None = None
    found: Exploration | None = None
    results: tuple[Result, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    notes: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    proof: KeptProof | None = None
    error: SpecError | UserError | None = None
    recorded: tuple[Recorded, ...] = ()
    stopped: bool = False

    @property
    def interrupted(self) -> bool:
        reasons = [self.found.reason] if self.found else []
        reasons += [r.verdict.coverage for r in self.results if r.verdict.kind in LIVENESS]
        reasons += [self.proof.reason] if self.proof else []
        return self.stopped or "interrupted" in reasons

    def proved(self, name: str) -> bool:
        """Whether a property is proved for every size of just this instance."""
        proof = self.proof
        return (proof is not None and proof.instance == self.job.instance
                and name in proof.proved)

    def with_standing(self, standing: Standing) -> list[Result]:
        return [result for result in self.results if result.standing == standing]


Observer = Callable[[Job], Report | None]
"""Told of each job before it is searched; gives the callback for its progress."""


def check(spec: Spec, instance: str | None = None, *, fault: Fault | None = None,
          limits: Limits = Limits(), preemptible: bool = False, **constants: Any) -> Run:
    """Check one spec, as it should be or with a fault. Raises SpecError and UserError."""
    run = next(check_all([Job(spec, instance, fault, constants, preemptible)], limits))
    if run.error is not None:
        raise run.error
    return run


def check_all(jobs: Sequence[Job], limits: Limits = Limits(),
              observe: Observer = lambda job: None) -> Iterator[Run]:
    """Check the jobs in their order; ends early after an interrupt.

    Many jobs are shared out to one process for each core; a job that turns out to be large is
    done here, with all cores to itself.
    """
    with Workers(check_small, jobs, limits) as workers:
        for number, job in enumerate(jobs):
            report = observe(job)
            run = workers.result(number) or with_kept_proof(check_job(job, limits, report), limits)
            yield run
            if run.interrupted:
                return


def check_small(job: Job, limits: Limits) -> Run | None:
    """Check a job with one thread; None where it is too large for that."""
    budget = replace(limits, threads=limits.threads or 1,
                     limit=min(SMALL_JOB, limits.limit or SMALL_JOB))
    run = check_job(job, budget)
    cut = run.found is not None and not run.found.complete and budget.limit != limits.limit
    large = cut and run.found.distinct >= SMALL_JOB
    return None if large else with_kept_proof(run, limits)


def check_job(job: Job, limits: Limits, report: Report | None = None) -> Run:
    """Compile, search and judge; certify the files that were recorded for the same system."""
    try:
        ready = compiled(job)
        found, notes = search(ready, limits, report)
    except (SpecError, UserError) as error:
        return Run(job, error=error)
    live = check_live(ready.system, found, limits.limit, report)
    run = judge(job, ready.system, found, live, notes)
    if job.fault is not None:
        run.complaints = unmade(job, ready.system, found, limits)
    run.recorded = tuple(certified_again(ready.system, file) for file in job.files)
    return with_others(run, ready, limits, report) if limits.max_traces > 1 else run


def check_live(system: System, found: Exploration, limit: int | None,
               report: Report | None = None) -> dict[str, Liveness]:
    """The liveness properties, as the native engine decided them after its search; else by the
    interpreter, unless the search has shown that this would take too long."""
    if found.live:
        return found.live
    most = min(LIVENESS_LIMIT, limit or LIVENESS_LIMIT)
    if found.complete and found.distinct <= most:
        return check_liveness(system, limit=most, report=report)
    reason = found.reason or f"more than {most:,} states, too many for the interpreter's graph"
    return {p.name: Liveness(p.name, "unknown", 0, reason=reason)
            for p in system.properties_of(*LIVENESS)}


# ── judging ──────────────────────────────────────────────────────────────────────────────────

class Judge:
    """Makes verdicts for one job: certifies what is claimed and notes what does not certify."""

    def __init__(self, job: Job, system: System, engine: str) -> None:
        self.job, self.system, self.engine = job, system, engine
        self.certifier = Certifier(system)
        self.defects: list[str] = []

    def verdict(self, name: str, kind: str, outcome: Outcome, coverage: str,
                trace: Trace | None = None) -> Verdict:
        return Verdict(name, kind, outcome, self.engine, coverage, trace)

    def shown(self, name: str, kind: str, outcome: Outcome, path: Path,
              loop: int | None = None) -> Verdict:
        """The verdict that a path shows, if it does."""
        try:
            trace = self.certifier.trace(name, path, loop)
        except NotCertified as error:
            self.defects.append(str(error))
            return self.verdict(name, kind, "unknown", f"NOT CERTIFIED: {error}")
        trace = replace(trace, meta=trace_meta(self.job, self.system, name))
        what = "counterexample" if outcome == "violated" else "witness"
        return self.verdict(name, kind, outcome, f"{what} of {steps(trace)}, certified", trace)


class _ExplorationJudge(Judge):
    """Judges an exploration."""

    def __init__(self, job: Job, system: System, found: Exploration,
                 live: dict[str, Liveness]) -> None:
        super().__init__(job, system, found.engine)
        self.found, self.live = found, live

    def verdicts(self) -> list[Verdict]:
        declared = [self._declared(p) for p in self.system.properties]
        return declared + [self._safety(name, "implicit") for name in IMPLICIT]

    def _declared(self, declared: Property) -> Verdict:
        if declared.kind in SAFETY:
            return self._safety(declared.name, declared.kind)
        if declared.kind == "sometimes":
            return self._sometimes(declared.name)
        return self._liveness(declared, self.live[declared.name])

    def _safety(self, name: str, kind: str) -> Verdict:
        if name in self.found.violations:
            return self.shown(name, kind, "violated", self.found.violations[name])
        return self._unseen(name, kind, "holds", "no violation")

    def _sometimes(self, name: str) -> Verdict:
        if name in self.found.witnesses:
            return self.shown(name, "sometimes", "holds", self.found.witnesses[name])
        return self._unseen(name, "sometimes", "violated", "no witness")

    def shown(self, name: str, kind: str, outcome: Outcome, path: Path,
              loop: int | None = None) -> Verdict:
        verdict = super().shown(name, kind, outcome, path, loop)
        if verdict.trace is not None and name in self.found.clearest:
            return replace(verdict, coverage=f"{verdict.coverage}, fewest context switches")
        if verdict.trace is None or self.found.shortest:
            return verdict
        return replace(verdict, coverage=f"{verdict.coverage}, perhaps not a shortest one")

    def _unseen(self, name: str, kind: str, complete: Outcome, nothing: str) -> Verdict:
        """Nothing was found: which is an answer after a complete search only."""
        covered = f"{self.found.distinct:,} states, depth {self.found.depth}"
        if self.found.reductions:
            covered += f", reduced by {' and '.join(self.found.reductions)}"
        if self.found.complete:
            never = "never true; " if complete == "violated" else ""
            return self.verdict(name, kind, complete, f"{never}complete: {covered}")
        return self.verdict(name, kind, "unknown",
                            f"{nothing} in {covered}: {self.found.reason}")

    def _liveness(self, declared: Property, live: Liveness) -> Verdict:
        name, kind = declared.name, declared.kind
        if live.outcome == "violated":
            return self.shown(name, kind, "violated", live.path, live.loop)
        coverage = live.reason if live.outcome == "unknown" else \
            f"complete: every fair run of {live.distinct:,} states"
        return self.verdict(name, kind, live.outcome, coverage)

    def verdict(self, name: str, kind: str, outcome: Outcome, coverage: str,
                trace: Trace | None = None) -> Verdict:
        engine = self.live[name].engine if kind in LIVENESS else self.engine
        return Verdict(name, kind, outcome, engine, coverage, trace)


def judge(job: Job, system: System, found: Exploration, live: dict[str, Liveness],
          notes: tuple[str, ...] = ()) -> Run:
    """Certify what was found and hold it against what the job declares."""
    judging = _ExplorationJudge(job, system, found, live)
    verdicts = judging.verdicts()
    complaints = vacuity(system, found) if job.fault is None else ()
    return Run(job, system, found, compare(verdicts, job.breaks), complaints, notes,
               tuple(judging.defects))


def compare(verdicts: Sequence[Verdict], breaks: Sequence[str]) -> tuple[Result, ...]:
    """Put beside each verdict what is declared: the properties in `breaks` break, others hold.

    `breaks` may name a property with `each=` as a whole. Then some of its elements must break,
    and the others may. What it names and nobody judged, because a `when=` is false, is unknown.
    """
    broken = {base_name(v.property) for v in verdicts if v.outcome == "violated"}
    results = []
    for verdict in verdicts:
        name, expected = verdict.property, "holds"
        if name in breaks:
            expected = "violated"
        elif base_name(name) in breaks:
            free = base_name(name) in broken and verdict.outcome == "holds"
            expected = "holds" if free else "violated"
        results.append(Result(verdict, expected))
    judged = {name for v in verdicts for name in (v.property, base_name(v.property))}
    for name in breaks:
        if name not in judged:
            absent = Verdict(name, "invariant", "unknown", "", "is not checked here: see its when=")
            results.append(Result(absent, "violated"))
    return tuple(results)


def named(system: System) -> Iterator[tuple[str, str]]:
    """Every property of a system and its kind, in the order of reports."""
    yield from ((declared.name, declared.kind) for declared in system.properties)
    yield from ((name, "implicit") for name in IMPLICIT)


def base_name(name: str) -> str:
    """The name without the element that `each=` gives it: `served(group0)` is of `served`."""
    return name.split("(")[0]


# ── words ────────────────────────────────────────────────────────────────────────────────────

def steps(trace: Trace) -> str:
    count = len(trace.steps)
    return f"{count} step{'s' * (count != 1)}"
