"""`checker prove --any-size`: safety for every number of groups, pages and threads.

What the engine answers for every size is a proof, or a counterexample at a small one. The latter
is certified there like any other; the former names what it rests on: the lemmas, and the
assumptions that no formula can express.
"""
from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from checker.engines import native
from checker.engines.smt.anysize import (AnySizeProof, counted, lemma_file, lemma_text,
                                         prove_any_size, write_certificate)
from checker.engines.smt.anysize.finite import Sample, reachable
from checker.engines.smt.anysize.proof import MOST_STATES
from checker.errors import UserError
from checker.face.check import SAFETY, Judge, Run, compare, named
from checker.face.plan import Job
from checker.face.compiled import Compiled
from checker.face.search import Limits, search
from checker.face.terminal import make_folder, write_file
from checker.frontend.refuse import did_you_mean
from checker.ir.system import System
from checker.results.verdict import Verdict
from checker.source import short_path

ENGINE = "z3 any size"
MOST_EXPLORED = 2_000_000
"""States of one size that are explored to learn from some of them."""
LEFT = ("deadlock",)
"""Implicit properties that are not for proofs of every size."""


def by_any_size(job: Job, system: System, *, infer: bool = True, keep: bool = False,
                properties: Sequence[str] = (), folder: str | None = None,
                tell: Callable[[str], None] | None = None) -> tuple[Run, list[str]]:
    """Prove for every size; the counterexamples to induction, and the lemmas found, as texts.

    `keep` writes the lemmas beside the spec, `folder` is for a certificate. Raises UserError
    where that is not possible, and for a property that there is not.
    """
    if job.preemptible:
        raise UserError("--preemptible does not go with --any-size")
    if keep and (job.fault or job.constants):
        raise UserError("--keep is for an instance as it should be, without --fault and --set",
                        hint="what is kept is proved again by each `checker verify`")
    provable = [p.name for p in system.properties if p.kind in SAFETY]
    for name in properties:
        if name not in provable:
            raise UserError(f"there is no property {name!r} to prove",
                            hint=did_you_mean(name, provable))
    if folder is not None:
        make_folder(folder)
    limits = Limits(limit=MOST_STATES)
    proof = prove_any_size(
        job.spec, instance=job.instance, fault=job.fault, constants=job.constants,
        infer=infer, report=tell, properties=properties,
        explorer=lambda one: search(Compiled(one), limits, None)[0], states=small_states)
    judging, verdicts, texts = Judge(job, system, engine=ENGINE), [], []
    for name, kind in named(system):
        if kind in (*SAFETY, "implicit") and name not in LEFT and (
                not properties or name in properties):
            verdict, text = _verdict(judging, proof, name, kind)
            verdicts.append(verdict)
            texts += [text] if text else []
    refusals = {j.reason for j in proof.judged.values() if j.outcome == "refused" and j.loc.line}
    texts += sorted(refusals)
    if proof.inferred and proof.lemmas:
        texts.append(_lemmas(job, proof, keep))
    if folder is not None:
        texts.append(_certificate(proof, folder))
    left = [p.name for p in system.properties if p.kind not in SAFETY] + list(LEFT)
    notes = [f"assumption: {text}" for text in proof.assumptions]
    notes += [f"the lemma is not inductive here, or not of this instance: {text}"
              for text in proof.dropped]
    notes.append(f"not for every size: {', '.join(left)}")
    return Run(job, system, results=compare(verdicts, job.breaks), notes=tuple(notes),
               defects=tuple(judging.defects)), texts


def small_states(system: System, most: int) -> Sample:
    """The reachable states of one size, by the native engine where there is a compiler; where
    there are more than `most`, at most so many of them, from all over the graph."""
    try:
        with contextlib.suppress(RuntimeError):
            every = native.reachable(system, limit=most, most=most)
            return Sample(system, list(every), complete=True)
        some = native.reachable(system, limit=MOST_EXPLORED, most=most)
        return Sample(system, list(some), complete=False)
    except RuntimeError:
        return Sample(system, (), complete=False)
    except (native.NoCompiler, native.Unsupported):
        return reachable(system, most)


def _verdict(judging: Judge, proof: AnySizeProof, name: str, kind: str) -> tuple[Verdict, str]:
    """The verdict on one property, and the counterexample to induction where there is one."""
    judged = proof.judged.get(name)
    refused = next((j for j in proof.judged.values() if j.outcome == "refused"), None)
    if refused is not None:
        return judging.verdict(name, kind, "unknown", _headline(refused.reason)), ""
    if judged is None:
        # Only implicit properties have no judgement: those that no statement could violate.
        return judging.verdict(name, kind, "holds", "nothing in the spec can break it"), ""
    if judged.outcome == "proved":
        return judging.verdict(name, kind, "holds", _proved(proof)), ""
    gap = judged.gap
    if gap is None:
        return judging.verdict(name, kind, "unknown", judged.reason), ""
    if gap.is_violation and gap.path:
        job = replace(judging.job, constants={**judging.job.constants, **gap.size})
        at_size = Judge(job, gap.system, ENGINE)
        verdict = at_size.shown(name, kind, "violated", gap.path)
        judging.defects += at_size.defects
        return verdict, ""
    return judging.verdict(name, kind, "unknown", f"not inductive, see below; {gap.label}"), \
        gap.render().rstrip()


def _headline(refusal: str) -> str:
    """`[P102]: ...` of a rendered diagnostic."""
    found = re.search(r"error(\[\w+\]: .*)", refusal)
    return f"outside what is proved for every size {found[1]}" if found else refusal


def _proved(proof: AnySizeProof) -> str:
    count = len(proof.lemmas)
    uses = f"; uses {count} lemma{'s' * (count != 1)}" if count else ""
    return f"proved for every number of {counted(proof.sizes)}{uses}"


def _certificate(proof: AnySizeProof, folder: str) -> str:
    if not proof.named("proved"):
        return "nothing is proved, so no certificate is written"
    written = write_certificate(proof, folder)
    return (f"{written} obligations are written to {folder}; "
            f"check them with: checker certificate {folder}")


def _lemmas(job: Job, proof: AnySizeProof, keep: bool) -> str:
    """The lemmas that were found; written beside the spec where they are to be kept."""
    file = lemma_file(job.spec.path)
    if keep:
        before = file.read_text(encoding="utf-8") if file.is_file() else ""
        proves = [name for name in proof.named("proved") if name != "deadlock"]
        write_file(file, lemma_text(proof.name, proof.sizes, proof.lemmas, before,
                                    instance=job.instance, proves=proves))
        return f"the lemmas are written to {short_path(str(file))}"
    lines = [f"lemmas found; --keep writes them to {short_path(str(file))}"]
    return "\n".join([*lines, *(f"  {lemma}" for lemma in proof.lemmas)])
