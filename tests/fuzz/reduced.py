"""A reduced search has to come to the verdicts of the whole one, whatever the combination."""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

from checker.engines import native
from checker.engines.native.reduce import UNSOUND, reductions
from checker.errors import UserError
from checker.ir.nodes import Const, Op, Var
from checker.ir.system import IMPLICIT, Property, System
from checker.judgement.certify import certify
from checker.types import Bool, Enum, Int, size
from checker.values import domain
from tests.semantics.support import Said

COMBINATIONS = (("symmetry",), ("partial-order",), ("symmetry", "partial-order"))
THREADS = (1, 2)
MOST = 6                   # values of a variable that is probed


def differing(system: System, reference: Said, combinations: Sequence[tuple[str, ...]]
              = COMBINATIONS) -> Iterator[tuple[str, list[str]]]:
    """For each combination that reduces something: its name, and what it says differently.

    What a reduction may not be used with is left out of the system first.
    """
    tried = set()
    for number, wanted in enumerate(combinations):
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


def probed(system: System) -> System | None:
    """The system, asked only which pairs of values two of its shared variables ever have: that
    shows it when too much is left out, and with so little visible much may be left out. None
    without two variables of few values."""
    small = [v for v in system.variables if v.kind == "shared"
             and isinstance(v.type, (Bool, Int, Enum)) and size(v.type) <= MOST]
    if len(small) < 2:
        return None
    probes = []
    for values in itertools.product(*(domain(v.type) for v in small[:2])):
        equal = tuple(Op("eq", (Var(v.name, v.type), Const(value, v.type)), Bool())
                      for v, value in zip(small, values))
        probes.append(Property(f"{values}", "sometimes", Op("and", equal, Bool())))
    return dataclasses.replace(system, properties=tuple(probes))


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
