"""A reduced search has to come to the verdicts of the whole one, whatever the combination."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from checker.engines import native
from checker.engines.native.reduce import UNSOUND, reductions
from checker.errors import UserError
from checker.ir.system import IMPLICIT, System
from checker.judgement.certify import certify
from tests.semantics.support import Said

COMBINATIONS = (("symmetry",), ("partial-order",), ("symmetry", "partial-order"))
THREADS = (1, 2)


def differing(system: System, reference: Said) -> Iterator[tuple[str, list[str]]]:
    """For each combination that reduces something: its name, and what it says differently.

    What a reduction may not be used with is left out of the system first.
    """
    tried = set()
    for number, wanted in enumerate(COMBINATIONS):
        refused = {kind for name in wanted for kind in UNSOUND[name]}
        kept = tuple(p for p in system.properties if p.kind not in refused)
        part = dataclasses.replace(system, properties=kept)
        try:
            used = reductions(part, wanted).used
        except UserError:                          # nothing in it is interchangeable
            continue
        if used and used not in tried:
            tried.add(used)
            threads = THREADS[number % len(THREADS)]
            yield " and ".join(used), _differences(part, wanted, threads, reference)


def _differences(system: System, wanted: tuple[str, ...], threads: int,
                 reference: Said) -> list[str]:
    found = native.explore(system, threads=threads, reduce=wanted)
    known = {*IMPLICIT, *(p.name for p in system.properties)}
    wrong = [] if found.complete else [f"complete: {found.reason}"]
    for name, mine, theirs in (("violated", reference.violated, found.violations),
                               ("witnessed", reference.witnessed, found.witnesses)):
        expected = {p: steps for p, steps in mine.items() if p in known}
        said = {p: len(path) - 1 for p, path in theirs.items()}
        if "partial-order" in wanted:              # the shortest path may have been left out
            longer = all(said.get(p, 0) >= steps for p, steps in expected.items())
            expected, said = (set(expected), set(said)) if longer else (expected, said)
        if expected != said:
            wrong.append(f"{name}: {expected}, not {said}")
        for p, path in theirs.items():
            certify(system, p, path)
    if found.fired != reference.fired:
        wrong.append(f"fired: {reference.fired ^ found.fired}")
    if found.distinct > reference.distinct:
        wrong.append(f"distinct: {found.distinct} of {reference.distinct}")
    return wrong
