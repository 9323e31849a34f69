"""Which lemmas of a proof are needed: asked at small sizes, where counts are exact.

Without a lemma, what is left of the others is the largest inductive subset of them. Where a step
of a small instance breaks a goal although all of that subset holds before, no proof for every
size can do without the lemma. The small instances answer in milliseconds, with a counterexample;
Z3's `unknown` about every size would say nothing.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence

from checker.engines.smt.anysize import AnySizeProof
from checker.engines.smt.anysize.finite import sizes
from checker.engines.smt.anysize.selection import Bench
from checker.ir.system import IMPLICIT, System

LARGEST = 3
"""Sizes up to which a counterexample is looked for."""
MOST_SIZES = 27
"""How many sizes are looked at before the question is put for every size."""


class _AtOneSize:
    """What the steps of one instance preserve, and what of the hypotheses that needs."""

    def __init__(self, system: System, lemmas: Sequence[str], own: Iterable[str],
                 goals: Sequence[str]) -> None:
        self.bench, self.goals = Bench(system), goals
        self.pool = frozenset([*own, *lemmas])
        self._cores: dict[str, list[frozenset[str]]] = {}

    def breaks_without(self, lemma: str) -> bool:
        """Whether no inductive subset of the other hypotheses preserves every goal."""
        left = self.pool - {lemma}
        changed = True
        while changed:
            if not all(self._preserved(goal, left) for goal in self.goals):
                return True
            kept = frozenset(name for name in sorted(left) if self._preserved(name, left))
            changed, left = kept != left, kept
        return False

    def _preserved(self, name: str, supposed: frozenset[str]) -> bool:
        if name not in IMPLICIT and name not in self.bench.later and name not in supposed:
            return False
        known = self._cores.setdefault(name, [])
        if any(core <= supposed for core in known):
            return True
        ordered = sorted(supposed)
        answer = self.bench.breaks(name, ordered)
        if answer.outcome == "sat":
            return False
        assert answer.outcome == "unsat", f"{name}: {answer.reason}"
        known.append(self.bench.used(answer, ordered))
        return True


def not_shown_needed(proof: AnySizeProof, goals: Sequence[str],
                     lemmas: Iterable[str]) -> list[str]:
    """Those of the `lemmas` without which no small instance breaks a goal."""
    assert proof.prover is not None
    family = proof.prover.encoding.family
    own = [name for name in proof.hypotheses if not name.startswith("lemma ")]
    left = list(lemmas)
    for number, size in enumerate(sizes(family, LARGEST)):
        if not left or number == MOST_SIZES:
            break
        instance = _AtOneSize(family.compile(size), proof.lemmas, own, goals)
        left = [lemma for lemma in left if not instance.breaks_without(lemma)]
    return left


def proves_without(proof: AnySizeProof, goals: Sequence[str], lemma: str) -> bool:
    """Whether Z3 proves the goals for every size without one lemma."""
    prover = proof.prover
    assert prover is not None
    named = dict(zip(proof.lemmas, (n for n in proof.hypotheses if n.startswith("lemma "))))
    checks = [number for number, (_, check) in enumerate(prover.obligations)
              if check.kind in goals]
    claims = [goal for goal in goals if goal in prover.claims]
    rest = frozenset(proof.hypotheses) - {named[lemma]}
    return prover.closure(claims, rest, checks) is not None
