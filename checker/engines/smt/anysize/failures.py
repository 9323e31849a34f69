"""Why a proof fails: one finite counterexample, the smallest, and what it is.

The model of a failed question is of no use to anybody: its elements have no names and its counts
no meaning. So the failure is looked for again at fixed sizes, where counts are exact: first among
the reachable states (then it is a bug, or a lemma that is false), then by induction.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.smt import induction
from checker.engines.smt.anysize.candidates import candidates
from checker.engines.smt.anysize.family import Family
from checker.engines.smt.anysize.finite import reachable, sizes
from checker.engines.smt.anysize.lemmas import read_lemma
from checker.engines.smt.cti import Cti, Goal, Label, NotACti, find_cti, goal_of, label, render
from checker.ir.system import IMPLICIT, Property, System
from checker.results.exploration import Exploration, Path

LARGEST = 3
"""Sizes up to which a counterexample is looked for."""
MOST_HINTS = 3


@dataclass(frozen=True)
class Gap:
    """A counterexample at a small size.

    `property` is what a step breaks; `label` says whether the state before is reachable. Then
    `path` is a shortest way there: a real violation of the property, or of a lemma that is false.
    `cti` is the breaking step; None where an initial state is at fault. `hints` are lemmas that
    hold in every reachable state seen and exclude the state before, the widest first.
    """

    property: str
    size: dict[str, int]
    system: System
    label: Label
    cti: Cti | None = None
    path: Path = ()
    hints: tuple[str, ...] = ()

    @property
    def is_violation(self) -> bool:
        """Whether the spec itself is at fault, not a lemma."""
        return self.label == "reachable" and not self.property.startswith("lemma ")

    def render(self) -> str:
        """As text: the size, the step with its changes, what the state is, what excludes it."""
        size = ", ".join(f"{name}={value}" for name, value in self.size.items())
        lines = [f"at {size}; the state before is {self.label}"]
        if self.cti is not None:
            lines.append(render(self.system, self.cti).rstrip())
        else:
            lines.append(f"{self.property} is false in an initial state")
        lines += [f"excluded by: {hint}" for hint in self.hints]
        return "\n".join(lines) + "\n"


def with_lemmas(system: System, lemmas: Sequence[str]) -> System:
    """The system with lemmas as properties, named `lemma 1`, `lemma 2`, ..."""
    more = tuple(Property(f"lemma {n}", "lemma", read_lemma(system, text))
                 for n, text in enumerate(lemmas, 1))
    return dataclasses.replace(system, properties=(*system.properties, *more))


# ── reachable ────────────────────────────────────────────────────────────────────────────────

def refuted(family: Family, lemmas: Sequence[str], most_states: int,
            explorer: Callable[[System], Exploration]) -> list[Gap]:
    """What fails in a reachable state of the smallest size at which a property does.

    Where only lemmas fail, they are shown at the smallest size as well. `most_states` is for
    all sizes together: this is a search for mistakes, not a proof.
    """
    spent = 0
    false_lemmas: list[Gap] = []
    for size in sizes(family, LARGEST):
        system = with_lemmas(family.compile(size), lemmas)
        found = explorer(system)
        paths = {name: path for name, path in found.violations.items() if name != "deadlock"}
        failures = [_reached(system, size, name, path, paths) for name, path in sorted(
            paths.items(), key=lambda item: (len(item[1]), item[0]))]
        if any(gap.is_violation for gap in failures):
            return failures
        false_lemmas = false_lemmas or failures
        spent += found.distinct
        if spent > most_states:
            break
    return false_lemmas


def _reached(system: System, size: dict[str, int], name: str, path: Path,
             paths: dict[str, Path]) -> Gap:
    """A reachable failure, its last step certified as a counterexample to induction.

    The hypotheses are those that hold up to there: in level order, nothing that fails later.
    """
    declared = system.property_named(name)
    goal = Goal(name, "check") if declared is None else goal_of(declared)
    before = path[-1] if declared is None else path[-2] if len(path) > 1 else None
    if before is None:
        return Gap(name, size, system, "reachable", path=path)
    shorter = {other for other, way in paths.items() if len(way) < len(path)}
    hypotheses = tuple(goal_of(p) for p in system.properties
                       if p.kind in ("invariant", "lemma") and p.name not in shorter)
    held = tuple(g for g in hypotheses if evaluate(g.expr, Scope(system, before)))
    return Gap(name, size, system, "reachable", find_cti(system, goal, (before,), held), path)


# ── unreachable ──────────────────────────────────────────────────────────────────────────────

def gaps(family: Family, names: Sequence[str], lemmas: Sequence[str],
         most_states: int) -> list[Gap]:
    """Counterexamples to induction for unproved properties, at the smallest size that has one."""
    for size in sizes(family, LARGEST):
        plain = family.compile(size)
        system = with_lemmas(plain, lemmas)
        invariants = tuple(p for p in system.properties
                           if p.kind in ("invariant", "lemma", "step_invariant"))
        narrowed = dataclasses.replace(system, properties=invariants)
        try:
            proof = induction.prove(narrowed)
        except NotACti:
            continue
        ctis = {name: j.cti for name, j in proof.judged.items()
                if j.cti is not None and name not in IMPLICIT}
        wanted = [name for name in names if name in ctis]
        if wanted:
            return list(_labelled(family, plain, narrowed, size, wanted, ctis, most_states))
    return []


def _labelled(family: Family, plain: System, system: System, size: dict[str, int],
              wanted: Sequence[str], ctis: dict[str, Cti], most_states: int) -> Iterator[Gap]:
    sample = reachable(plain, most_states)
    states = set(sample.states)
    hints = _hints(family, plain, sample.states, ctis) if sample.complete else {}
    for name in wanted:
        named = label(ctis[name], states, complete=sample.complete)
        unreachable = named == "unreachable at this size"
        yield Gap(name, size, system, named, ctis[name],
                  hints=hints.get(name, ()) if unreachable else ())


def _hints(family: Family, system: System, states: Sequence, ctis: dict[str, Cti]
           ) -> dict[str, tuple[str, ...]]:
    """Facts of the reachable states that exclude the states before, ranked by how many."""
    found = [each.text for each in candidates(family.system, [(system, states)])]
    excluded: dict[str, list[str]] = {}
    for text in found:
        expr = read_lemma(system, text)
        for name, cti in ctis.items():
            if not evaluate(expr, Scope(system, cti.before)):
                excluded.setdefault(text, []).append(name)
    ranked = sorted(excluded, key=lambda text: (-len(excluded[text]), len(text), text))
    return {name: tuple(text for text in ranked if name in excluded[text])[:MOST_HINTS]
            for name in ctis}
