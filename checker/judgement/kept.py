"""Proving again with the lemmas that are kept beside a spec.

A proof that was found once is an asset that rots in silence: the spec changes, and nobody asks
whether the lemmas still prove anything. So each is made again, without any search: every kept
lemma has to be inductive together with the others, and every property that they proved when they
were kept has to follow. Whatever does not is a problem, told at its line.
"""
from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

from checker.engines.smt.anysize import AnySizeProof, Kept, counted, prove_any_size
from checker.engines.smt.anysize.lemmas import read_file, show_lemma
from checker.ir.system import IMPLICIT, System
from checker.results.kept_proof import KeptProof, Problem
from checker.source import short_path

SECONDS = 60.0
"""CPU time for the proof of one spec; what takes longer is unknown. Single questions end by
resource limits, so that the answers do not depend on how busy the machine is."""
SAFETY = ("invariant", "lemma", "step_invariant")


class _TooLong(Exception):
    """The time is up."""


def prove_again(spec: Any, kept: Kept, instance: str | None, system: System,
                refuted: Collection[str] = ()) -> KeptProof:
    """What the kept lemmas prove of `spec` at `instance`, whose system of any size is `system`.

    `refuted` are properties that exploration has shown to be violated: they are not supposed,
    and what fails for want of them is no problem of the lemmas.
    """
    wanted = [p.name for p in system.properties if p.kind in SAFETY and p.name not in refuted]
    if not wanted:
        return KeptProof(instance)
    try:
        proof = prove_any_size(spec, instance=instance, infer=False, explain=False,
                               properties=wanted if refuted else (),
                               report=_deadline(SECONDS))
    except _TooLong:
        return KeptProof(instance, reason=f"the kept lemmas are not proved again within "
                                          f"{SECONDS:g} seconds of CPU time")
    if any(judged.reason == "interrupted" for judged in proof.judged.values()):
        return KeptProof(instance, reason="interrupted")
    problems = () if refuted else tuple(_problems(spec, kept, instance, system, proof))
    return KeptProof(instance, counted(proof.sizes), len(proof.lemmas), tuple(_proved(proof)),
                     problems, proof.assumptions)


def _deadline(seconds: float) -> Callable[[str], None]:
    """A callback for progress that ends the proof when its time is up."""
    end = time.process_time() + seconds

    def tell(text: str) -> None:
        if time.process_time() > end:
            raise _TooLong

    return tell


def _proved(proof: AnySizeProof) -> Iterator[str]:
    """The properties that hold at every size, those included that no step could break."""
    yield from proof.named("proved")
    if not proof.named("refused"):
        yield from (name for name in IMPLICIT if name not in proof.judged)


# ── what is wrong ────────────────────────────────────────────────────────────────────────────

def _problems(spec: Any, kept: Kept, instance: str | None, system: System,
              proof: AnySizeProof) -> Iterator[Problem]:
    command = f"checker prove {short_path(spec.path)}:{spec.name} --any-size"
    if instance is not None:
        command += f" --instance {instance}"
    refused = next((j for j in proof.judged.values() if j.outcome == "refused"), None)
    if refused is not None:
        yield Problem(spec.name, refused.reason, refused.loc, f"{command} tells more")
        return
    yield from _lemmas(kept, system, proof, f"mend it, or have all found again: {command} --keep")
    wanted = kept.proves or [p.name for p in system.properties if p.kind in SAFETY]
    proved = set(_proved(proof))
    for name in wanted:
        if name in proved:
            continue
        declared = system.property_named(name)
        if declared is None and name not in IMPLICIT:
            yield Problem(name, "there is no such property to prove", kept.loc,
                          "take its name out of `proves`")
            continue
        loc = declared.loc if declared is not None else proof.judged[name].loc
        yield Problem(name, f"no longer proved for every number of {counted(proof.sizes)}: "
                      f"{proof.judged[name].reason}", loc,
                      f"{command} --no-infer shows a step that breaks it")


def _lemmas(kept: Kept, system: System, proof: AnySizeProof, remedy: str) -> Iterator[Problem]:
    """The lemmas that do not prove each other: those that a step breaks although all others hold
    before, and how many fall with them."""
    if not proof.dropped:
        return
    read = read_file(system, str(kept.file), kept.file.read_text(encoding="utf-8"), [])
    written = {show_lemma(system, each.expr): each for each in read}
    known = {each.name for each in read}
    for name in (name for name in kept.lines if name not in known):
        yield Problem(name, "the lemma speaks of what the spec does not have", kept.lines[name],
                      remedy)
    broken = {text: where for text in proof.dropped if text in written
              and (where := _breaks(proof, text))}
    for text, where in broken.items():
        yield Problem(written[text].name, f"the lemma is no longer inductive: {where}",
                      written[text].loc, remedy)
    fallen = [written[text] for text in proof.dropped if text in written and text not in broken]
    if fallen:
        names = ", ".join(each.name for each in fallen)
        yield Problem(f"{len(fallen)} lemmas", f"fall with those: {names}", fallen[0].loc)


def _breaks(proof: AnySizeProof, text: str) -> str:
    """The step that breaks a lemma although all others hold before; empty where none does."""
    prover = proof.prover
    assert prover is not None
    name = next(claim.name for claim in prover.claims.values()
                if claim.name == text or show_lemma(prover.encoding.system, claim.expr) == text)
    everything = frozenset(prover.claims)
    for number, situation in enumerate(prover.situations):
        answer = prover.preserved(number, name, everything)
        if answer.outcome == "unsat":
            continue
        if situation.initially:
            return "it is not true in every initial state"
        if answer.outcome == "sat":
            return f"{situation.name} breaks it although all others hold before"
        return f"no answer for {situation.name} within the budget ({answer.reason})"
    return ""
