"""The proofs whose lemmas are kept beside a spec, made again after its exploration.

Explore first: what is violated at one size needs no proof for every size. What exploration did
not refute is proved, for the instance that the lemmas were found for. Where that is the explored
one, its properties are proved for every size; and what a search cut short left unknown is not
unknown any more. A proof is kept by content like a compiled spec: only changes are proved again.
"""
from __future__ import annotations

import pathlib
from dataclasses import replace
from importlib import metadata
from typing import TYPE_CHECKING

from checker.errors import UserError
from checker.face.compiled import entry, read_entry, write_entry
from checker.face.plan import Job, default_instance
from checker.face.search import Limits
from checker.results.kept_proof import KeptProof, Problem
from checker.results.verdict import Verdict

if TYPE_CHECKING:
    from checker.engines.smt.anysize import Kept
    from checker.face.check import Result, Run

ENGINE = "z3 any size"


def with_kept_proof(run: Run, limits: Limits) -> Run:
    """The run with what is proved for every size, where lemmas are kept for its spec.

    Systems that are not an instance as it stands have no kept proof: those with a fault, with
    constants of the user's or preemptible.
    """
    job = run.job
    if (not limits.proofs or run.system is None or run.defects or run.interrupted
            or job.fault is not None or job.preemptible or job.constants
            or not any(pathlib.Path(job.spec.path).parent.glob("*lemmas.py"))):
        return run
    run.proof = _proof(run)
    run.results = tuple(_with_proof(run, result) for result in run.results)
    return run


def _proof(run: Run) -> KeptProof | None:
    """What the kept lemmas prove; None where there are none for this spec and instance."""
    # Here: Z3 takes longer to load than most runs, and most specs have no lemmas.
    from checker.engines.smt.anysize import OutsideFragment, kept_lemmas

    job = run.job
    try:
        kept = kept_lemmas(job.spec.path, job.spec.name)
    except OutsideFragment as outside:
        where = outside.diagnostic
        return KeptProof(job.instance, problems=(
            Problem("kept lemmas", outside.reason, outside.loc, where.hint),))
    if kept is None:
        return None
    usual = default_instance(job.spec)
    instance = kept.instance or usual
    if job.instance not in (instance, usual):
        return None
    return _of_instance(run, kept, instance)


def _of_instance(run: Run, kept: Kept, instance: str | None) -> KeptProof:
    """The proof of one instance, from the cache or made now."""
    from checker.judgement.kept import SAFETY, prove_again

    spec = run.job.spec
    refuted = [r.verdict.property for r in run.results
               if r.verdict.outcome == "violated" and r.verdict.kind in SAFETY]
    try:
        file = entry(Job(spec, instance), "proof", kept.file.read_bytes(), refuted,
                     metadata.version("z3-solver"))
        proof = read_entry(file)
        if proof is None:
            proof = prove_again(spec, kept, instance, spec.system(instance), refuted)
            if not proof.reason:
                write_entry(file, proof)
    except UserError as error:
        proof = KeptProof(instance, problems=(
            Problem("kept lemmas", str(error), kept.loc, "mend `instance` in the file"),))
    return proof


def _with_proof(run: Run, result: Result) -> Result:
    """A result that exploration left open, or found for its own size, with what is proved."""
    verdict, proof = result.verdict, run.proof
    if not run.proved(verdict.property) or verdict.outcome == "violated":
        return result
    assert proof is not None
    if verdict.outcome == "holds":
        verdict = replace(verdict, coverage=f"{verdict.coverage}; {proof.coverage}")
    else:
        verdict = Verdict(verdict.property, verdict.kind, "holds", ENGINE,
                          f"{proof.coverage}; {verdict.coverage}")
    return replace(result, verdict=verdict)
