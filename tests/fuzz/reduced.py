"""The native engine with every combination of reductions, held against the interpreter.

A reduced search has to come to the verdicts of the whole one; the whole one has to say all that
the interpreter says, liveness included. Each combination runs on every engine of `engines.py`.
"""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from unittest import mock

from checker.engines import native
from checker.engines.interp.explore import explore
from checker.engines.interp.liveness import check_liveness
from checker.engines.native import build, run
from checker.engines.native.emit import Generated, generate
from checker.engines.native.reduce import REDUCTIONS, Reduction, reductions, why_not
from checker.errors import UserError
from checker.ir.nodes import Const, Op, Var
from checker.ir.system import IMPLICIT, Property, System, Variable
from checker.judgement.certify import certify
from checker.results.exploration import Exploration
from checker.types import Bool, Enum, Int, size
from checker.values import domain
from tests.semantics.support import Said, differences, explored

COMBINATIONS: tuple[tuple[Reduction, ...], ...] = tuple(
    wanted for count in range(len(REDUCTIONS) + 1)
    for wanted in itertools.combinations(REDUCTIONS, count))
MOST = 6                   # values of a variable that is probed


@dataclass(frozen=True)
class Task:
    """A system, or the part of it that a reduction may be used with, and how to search it."""

    name: str              # of the reductions
    system: System
    generated: Generated
    reference: Said        # of the interpreter

    def wrong(self, found: Exploration) -> list[str]:
        """What the native engine says differently; its paths and lassos are certified."""
        if not found.complete:
            return [f"complete: {found.reason}"]
        if not self.generated.reductions.used:
            return differences(self.reference, explored(self.system, found, found.live))
        return _differences(self, found)


def tasks(system: System, reference: Said, *, local: bool = True) -> Iterator[Task]:
    """One for each combination that reduces something, and for none; and more, asked what shows
    most, with partial order, with merging and for liveness; `local`: with combinations that
    merge local steps, too. Raises native.Unsupported."""
    combinations = [wanted for wanted in COMBINATIONS if local or "local" not in wanted]
    yield from _tasks(system, reference, combinations)
    alone = [wanted for wanted in combinations if wanted in (("partial-order",), ("local",))]
    part = pairs_asked(system)
    if part is not None and any(reductions(part, wanted).used for wanted in alone):
        yield from (dataclasses.replace(task, name=f"{task.name}, asked for pairs")
                    for task in _tasks(part, explored(part, explore(part)), alone)
                    if task.generated.reductions.used)
    part = leaving_asked(system)
    if part is not None:
        found = explored(part, explore(part), check_liveness(part))
        yield Task("nothing, asked for leaving", part, generate(part), found)


def _tasks(system: System, reference: Said,
           combinations: Iterable[tuple[Reduction, ...]]) -> Iterator[Task]:
    tried = set()
    for wanted in combinations:
        kept = tuple(p for p in system.properties if not any(why_not(p, name) for name in wanted))
        part = dataclasses.replace(system, properties=kept)
        try:
            chosen = reductions(part, wanted)
        except UserError:                          # nothing in it is interchangeable
            continue
        if chosen.used not in tried:
            tried.add(chosen.used)
            name = " and ".join(use.split(" of ")[0] for use in chosen.used) or "nothing"
            yield Task(name, part, generate(part, chosen), reference)


def as_users_do(task: Task) -> Iterator[tuple[str, list[str]]]:
    """The search by the program that a user's would be, as it begins and as it goes on when it
    takes long, on one thread and on two: what each says differently."""
    for level, threads in itertools.product((build.QUICK, build.OPTIMISED), (1, 2)):
        with mock.patch.object(run, "executable",
                               lambda generated, *_: build.executable(generated, level)):
            found = native.explore(task.system, threads=threads, prepared=task.generated)
        yield f"{level.model} on {threads} threads", task.wrong(found)


def pairs_asked(system: System) -> System | None:
    """The system, asked only which pairs of values two of its shared variables ever have: that
    shows it when too much is left out, and with so little visible much may be left out. None
    without two variables of few values."""
    small = _small(system)
    if len(small) < 2:
        return None
    probes = []
    for values in itertools.product(*(domain(v.type) for v in small[:2])):
        equal = tuple(_equal(v, value) for v, value in zip(small, values))
        probes.append(Property(f"{values}", "sometimes", Op("and", equal, Bool())))
    return dataclasses.replace(system, properties=tuple(probes))


def leaving_asked(system: System) -> System | None:
    """The system, asked only whether two of its shared variables leave each of their values. Where
    a process has to be fair for that, its fairness shows, as it seldom does otherwise. None
    without fairness, or without variables of few values."""
    small = _small(system)
    if not small or not any(process.fair for process in system.processes):
        return None
    probes = tuple(Property(f"leaves {v.name} {value}", "leads_to", _equal(v, value),
                            Op("not", (_equal(v, value),), Bool()))
                   for v in small[:2] for value in domain(v.type))
    return dataclasses.replace(system, properties=probes)


def _small(system: System) -> list[Variable]:
    """The shared variables of few values."""
    return [v for v in system.variables if v.kind == "shared"
            and isinstance(v.type, (Bool, Int, Enum)) and size(v.type) <= MOST]


def _equal(variable: Variable, value: object) -> Op:
    return Op("eq", (Var(variable.name, variable.type), Const(value, variable.type)), Bool())


def _differences(task: Task, found: Exploration) -> list[str]:
    """What a reduced search says differently of what it may be asked."""
    reference, system, wrong = task.reference, task.system, []
    known = {*IMPLICIT, *(p.name for p in system.properties)}
    for name, mine, theirs in (("violated", reference.violated, found.violations),
                               ("witnessed", reference.witnessed, found.witnesses)):
        expected = {p: steps for p, steps in mine.items() if p in known}
        said = {p: len(path) - 1 for p, path in theirs.items()}
        if not task.generated.reductions.shortest:     # the shortest path may have been left out
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
