"""What is asked of every proof for every size: that nothing of it is for show.

A subject is a spec at an instance with the lemmas that prove it: those kept beside it, or those
that are found. Each check returns what it found wrong, as texts, and says how much it looked at.
"""
from __future__ import annotations

import dataclasses
import functools
import pathlib
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence

from tests.anysize.needed import not_shown_needed, proves_without
from tests.anysize.shuffled import Remembered, another_order
from tests.anysize.structure import Structure
from tests.anysize.support import FILES, MOST_STATES, explore
from tests.anysize.support import spec as literature

from checker.engines import native
from checker.engines.smt.anysize import (AnySizeProof, check_certificate, kept_lemmas,
                                         prove_any_size, write_certificate)
from checker.engines.smt.anysize.failures import with_lemmas
from checker.face.anysize import small_states
from checker.face.plan import default_instance
from checker.frontend.spec import Spec, load
from checker.ir.system import System
from checker.lang.component import Fault

SPEC = pathlib.Path(__file__).resolve().parents[2] / "spec"
SAFETY = ("invariant", "lemma", "step_invariant")
SEEDS = 10
LEARNED_FROM = 3
"""The largest size that lemmas are learned from."""
MOST_LOOKED_AT = 60
"""In how many states a path is tried that Z3 does not decide."""
ONE_SIZE = "[P102]: no constant of the spec sets the size"
"""What is said of a system without any Index: exploring it is the proof."""
WITHOUT_HELP = ("votes/Counter", "votes/SignedCounter", "votes/TwoSides", "virtio_mem/Telling",
                "virtio_balloon/Telling",
                "protocols/ShardedStore", "protocols/TicketLock", "protocols/ToyConsensus",
                "protocols/RingElection", "vfio_balloon/Upstream")
"""Of what has lemmas beside it, what is proved without them as well."""


@dataclasses.dataclass
class Findings:
    """What a check looked at, how much of it, and what is wrong."""

    looked_at: str
    number: int = 0
    wrong: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Subject:
    """A spec at an instance, proved with `lemmas`; `kept` where these are kept beside it."""

    spec: Spec
    instance: str | None
    kept: bool

    @property
    def name(self) -> str:
        return f"{pathlib.Path(self.spec.path).parent.name}/{self.spec.name}"

    @functools.cached_property
    def proof(self) -> AnySizeProof:
        return self.prove() if self.kept else self.infer()

    @property
    def lemmas(self) -> tuple[str, ...]:
        return self.proof.lemmas

    @functools.cached_property
    def proves(self) -> tuple[str, ...]:
        """What the lemmas have to prove: what the file says; else every invariant, and whatever
        check of a step they prove besides."""
        found = kept_lemmas(self.spec.path, self.spec.name) if self.kept else None
        if found and found.proves:
            return found.proves
        safety = [p.name for p in self.system().properties if p.kind in SAFETY]
        return tuple(dict.fromkeys([*safety, *self.proof.named("proved")]))

    def system(self, **sizes: int) -> System:
        return self.spec.system(self.instance, **sizes)

    def prove(self, lemmas: Sequence[str] | None = None, **more) -> AnySizeProof:
        """With these lemmas alone, by default those beside the spec."""
        return prove_any_size(self.spec, instance=self.instance, lemmas=lemmas, infer=False,
                              **{"explain": False, **more})

    def infer(self, seed: int = 0, **more) -> AnySizeProof:
        """Without any lemma of the author's, from the states that `checker prove` looks at."""
        return prove_any_size(self.spec, instance=self.instance, lemmas=(), seed=seed,
                              **{"explorer": explore, "states": small_states,
                                 "explain": False, **more})

    @property
    def without_help(self) -> bool:
        """Whether inference finds lemmas for it."""
        return not self.kept or self.name in WITHOUT_HELP

    def unproved(self, found: AnySizeProof) -> list[str]:
        return [name for name in self.proves if name not in found.named("proved")]


@functools.cache
def kept_subjects() -> tuple[Subject, ...]:
    """Every spec of spec/ with lemmas beside it, and those of the literature that need help."""
    files = [f.with_name("model.py" if f.name == "lemmas.py" else f.name.replace("_lemmas", ""))
             for f in sorted(SPEC.rglob("*lemmas.py"))]
    specs = [spec for file in files for spec in load(file)] + [
        literature(name) for name in FILES]
    found = []
    for spec in specs:
        kept = kept_lemmas(spec.path, spec.name)
        if kept is not None:
            found.append(Subject(spec, kept.instance or default_instance(spec), kept=True))
    return tuple(found)


@functools.cache
def found_subjects() -> tuple[Subject, ...]:
    """Those of the literature that are proved without help."""
    kept = {subject.spec.name for subject in kept_subjects()}
    return tuple(Subject(literature(name), None, kept=False) for name in FILES
                 if literature(name).name not in kept)


# ── the checks ───────────────────────────────────────────────────────────────────────────────

def proved(subject: Subject) -> Findings:
    """All lemmas are inductive together, and prove what they have to."""
    found = Findings("properties", len(subject.proves))
    found.wrong += [f"not proved: {name}" for name in subject.unproved(subject.proof)]
    found.wrong += [f"not inductive: {lemma}" for lemma in subject.proof.dropped]
    return found


def found(subject: Subject) -> Findings:
    """What is proved without lemmas of the author's is proved so, and what was found is inductive
    for every size."""
    findings = Findings("properties")
    if not subject.without_help:
        return findings
    proof = subject.infer()
    findings.number = len(proof.named("proved"))
    findings.wrong += [f"not found: {name}" for name in subject.unproved(proof)]
    again = subject.prove(proof.lemmas)
    findings.wrong += [f"not inductive: {lemma}" for lemma in again.dropped]
    findings.notes.append(f"{len(proof.lemmas)} lemmas")
    return findings


def faults(subject: Subject, every: int = 1) -> Findings:
    """Every fault against safety makes the proof fail with the kept lemmas; see `_faults`."""
    return _faults(subject, every, lambda fault, safety: subject.prove(
        fault=fault, explain=True, explorer=explore))


def traces(subject: Subject) -> Findings:
    """What `faults` looks at, without the kept lemmas: a tenth of the work. What breaks in a
    reachable state is not inductive, whatever the lemmas."""
    return _faults(subject, 1, lambda fault, safety: subject.prove(
        (), fault=fault, explain=True, explorer=explore, properties=safety))


def _faults(subject: Subject, every: int,
            prove: Callable[[Fault, list[str]], AnySizeProof]) -> Findings:
    """Every fault against safety is a counterexample to induction at size 3 or less, labelled
    reachable, and agrees with the explorer's trace."""
    found = Findings("faults")
    kinds = {p.name: p.kind for p in subject.system().properties}
    for fault in subject.spec.faults[::every]:
        safety = [name for name in fault.broken
                  if kinds.get(name, "invariant") in SAFETY and name != "deadlock"]
        if not safety:
            found.notes.append(f"{fault.name} breaks no safety property")
            continue
        failed = prove(fault, safety)
        if len(failed.named("refused")) == len(failed.judged):
            refused = f"{fault.name} is refused: {_headline(failed)}"
            (found.notes if ONE_SIZE in refused else found.wrong).append(refused)
            continue
        found.number += 1
        claimed = set(safety) & set(failed.named("proved"))
        found.wrong += [f"{fault.name}: {name} is proved all the same" for name in claimed]
        shown = [j for j in failed.judged.values() if j.gap is not None and j.gap.is_violation]
        if not shown:
            found.wrong.append(f"{fault.name}: no reachable counterexample up to size 3")
        found.wrong += [f"{fault.name}: {text}" for j in shown for text in _disagrees(j, fault)]
    return found


def _headline(proof: AnySizeProof) -> str:
    return next(iter(proof.judged.values())).reason.split("\n")[0].split("error")[-1]


def _disagrees(judged, fault) -> Iterator[str]:
    """What is wrong with a counterexample that is said to be reachable."""
    gap = judged.gap
    if judged.property not in fault.broken:
        yield f"{judged.property} breaks, which is not declared"
    if max(gap.size.values()) > LEARNED_FROM:
        yield f"{judged.property} breaks at {gap.size} only"
    if gap.label != "reachable":
        yield f"{judged.property} is {gap.label}"
    shortest = explore(gap.system).violations.get(judged.property)
    if shortest is None or len(shortest) != len(gap.path):
        yield f"{judged.property}: the explorer's trace has another length"
    if gap.cti is not None and gap.cti.before not in gap.path[-2:]:
        yield f"{judged.property}: the step is not the last one of the trace"


def superfluous(subject: Subject, every: int = 1) -> Findings:
    """Without any one lemma something is not proved any more: a step of a small instance breaks
    it, or else Z3 does not prove it for every size, which a note tells."""
    found = Findings("lemmas")
    asked = subject.lemmas[::every]
    found.number = len(asked)
    for lemma in not_shown_needed(subject.proof, subject.proves, asked):
        if proves_without(subject.proof, subject.proves, lemma):
            found.wrong.append(f"superfluous: {lemma}")
        else:
            found.notes.append(f"needed for every size, not at small ones: {lemma}")
    return found


def larger(subject: Subject, most: int = MOST_STATES) -> Findings:
    """Every lemma holds in all reachable states of an instance larger than those learned from;
    a note says so where no such instance is small enough, and what was seen of it is counted."""
    found = Findings("states")
    constants = [number for number in subject.proof.sizes.values() if number.isidentifier()]
    more = LEARNED_FROM + 1
    sizes = [dict.fromkeys(constants, more)]
    sizes += [{**dict.fromkeys(constants, 2), name: more} for name in constants]
    for size in sizes if len(constants) > 1 else sizes[:1]:
        system = subject.system(**size)
        bare = dataclasses.replace(system, properties=())
        explored = native.explore(with_lemmas(bare, subject.lemmas), limit=most)
        found.number += explored.distinct
        found.wrong += [f"at {size}: false: {subject.lemmas[int(name.split()[1]) - 1]}"
                        for name in explored.violations if name.startswith("lemma ")]
        if explored.complete:
            found.notes.append(f"all states at {size}")
            return found
    found.notes.append(f"not all states: each instance with a size of {more} has more")
    return found


def satisfiable(subject: Subject) -> Findings:
    """The hypotheses of every obligation are satisfiable: lemmas and properties are true at the
    beginning, and of every step that exploration takes they leave some path possible. A path
    that they exclude is a branch that is never taken. What Z3 does not decide, a reachable state
    does in which the path is taken: the hypotheses hold there."""
    proof = subject.proof
    found = Findings("paths", len(proof.prover.situations))
    said = [proof.prover.possible(number, proof.hypotheses).outcome
            for number in range(found.number)]
    if said[0] != "sat":
        found.wrong.append(f"the beginning is {said[0]}")
    for number in _taken(subject, [n for n, answer in enumerate(said) if answer == "unknown"]):
        said[number] = "sat"
    fired = explore(subject.system(**dict.fromkeys(
        (n for n in proof.sizes.values() if n.isidentifier()), 2))).fired
    answers: dict[tuple[str, str], set[str]] = {}
    for situation, answer in zip(proof.prover.situations[1:], said[1:]):
        place = situation.path.process.name, getattr(situation.path.location, "name", "")
        answers.setdefault(place, set()).add(answer)
        if answer != "sat":
            what = "never taken" if answer == "unsat" else "not decided"
            found.notes.append(f"{what}: {situation.name}")
    for place, outcomes in answers.items():
        if place in fired and outcomes == {"unsat"}:
            found.wrong.append(f"{place} is taken, and excluded by the hypotheses")
        elif place not in fired and "unknown" in outcomes:
            found.wrong.append(f"{place} is neither taken nor known to be possible")
    return found


def _taken(subject: Subject, numbers: Sequence[int]) -> Iterator[int]:
    """Which of the paths are taken in some reachable state of size 2, of those looked at."""
    if not numbers:
        return
    structure = Structure(subject.spec, instance=subject.instance)
    reached = states(structure.system, MOST_STATES).states
    for number in numbers:
        path = structure.paths[number - 1]
        assert path.name == subject.proof.prover.situations[number].name
        variable = structure.system.position[path.process.location_variable]
        name = getattr(path.location, "name", "")
        there = [state for state in reached if name in (
            state[variable] if path.process.domain is not None else [state[variable]])]
        if any(structure.takes(path, state)
               for state in there[::max(1, len(there) // MOST_LOOKED_AT)]):
            yield number


def seeds(subject: Subject, count: int = SEEDS) -> Findings:
    """With other seeds, and actions and lemmas in another order, the kept lemmas prove the same;
    where lemmas are found without help, inference finds the same ones again, with candidates in
    another order as well."""
    found = Findings("proofs")
    remembered = Remembered(small_states)
    if subject.kept:
        _compare(found, "kept", subject.proof, count, remembered, lambda seed, order: subject.prove(
            order.sample(subject.lemmas, len(subject.lemmas)), seed=seed))
    if subject.without_help:
        first = subject.infer(states=remembered.states)
        _compare(found, "found", first, count, remembered, lambda seed, order: subject.infer(
            seed, states=remembered.states))
    return found


def _compare(found: Findings, what: str, first: AnySizeProof, count: int, remembered: Remembered,
             make: Callable[[int, random.Random], AnySizeProof]) -> None:
    """Make a proof again, and note what is not as it was the first time."""
    for seed in range(1, count + 1):
        found.number += 1
        with another_order(seed, remembered) as order:
            again = make(seed, order)
        if sorted(again.lemmas) != sorted(first.lemmas):
            found.wrong.append(f"{what}, seed {seed}: other lemmas")
        if again.dropped != first.dropped:
            found.wrong.append(f"{what}, seed {seed}: other lemmas are dropped")
        if _outcomes(again) != _outcomes(first):
            found.wrong.append(f"{what}, seed {seed}: other verdicts")


def _outcomes(proof: AnySizeProof) -> dict[str, str]:
    return {name: judged.outcome for name, judged in proof.judged.items()}


def certificate(subject: Subject) -> Findings:
    """Z3 and cvc5 agree on every obligation."""
    with tempfile.TemporaryDirectory() as folder:
        found = Findings("obligations", write_certificate(subject.proof, folder))
        checked = check_certificate(folder)
    for file, answers in checked.files.items():
        found.wrong += [f"{file}: {solver} says {answer}" for solver, answer in answers.items()
                        if answer != "unsat"]
    return found


CHECKS = {"proved": proved, "found": found, "faults": faults, "traces": traces,
          "superfluous": superfluous, "larger": larger, "satisfiable": satisfiable,
          "seeds": seeds, "certificate": certificate}
