"""The mutants of a spec, each explored: killed by a property, equivalent, or a survivor.

A spec is looked at in one instance after the other. A mutant that a property notices in one of
them is killed; only the others are tried in the next.
"""
from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from checker.engines import native
from checker.errors import EXIT_DIFFERS, EXIT_OK, EXIT_UNKNOWN, UserError
from checker.face.check import check_live
from checker.face.compiled import Compiled, compiled
from checker.face.plan import Job
from checker.face.report import PRECEDENCE
from checker.face.search import Limits, search
from checker.face.workers import Workers
from checker.frontend import Spec
from checker.ir.system import System
from checker.judgement.equivalence import behave_alike, reachable
from checker.judgement.mutation import Mutant, mutants
from checker.judgement.vacuity import never_seen, vacuity
from checker.results.exploration import Exploration

Status = Literal["killed", "equivalent", "survived", "undecided"]

ROOM = 10
"""How many times as large as the original a mutant may grow, and a few states, before it counts
as undecided; a limit of the user goes before."""
FEW = 10_000
CACHE = "XDG_CACHE_HOME"
COMPARED = 500_000
"""States that are compared one by one, to tell an equivalent mutant from a survivor."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a mutant: `by` are the properties that noticed, or why nobody knows."""

    status: Status
    by: tuple[str, ...] = ()


@dataclass(slots=True)
class Tried:
    """A mutant, where it was tried, and what came of it there."""

    mutant: Mutant
    answers: dict[str, Answer] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        return taken_together(answer.status for answer in self.answers.values())

    @property
    def by(self) -> tuple[str, ...]:
        return tuple(name for answer in self.answers.values()
                     if answer.status == self.status for name in answer.by)


def taken_together(found: Iterable[Status]) -> Status:
    """Killed anywhere is killed; equivalent is only what is so everywhere."""
    statuses = set(found)
    order: tuple[Status, ...] = ("killed", "undecided", "survived", "equivalent")
    return next(status for status in order if status in statuses)


def ratio(statuses: Collection[Status]) -> float | None:
    """Killed among all that are not equivalent; None where there are none."""
    rest = sum(status != "equivalent" for status in statuses)
    return sum(status == "killed" for status in statuses) / rest if rest else None


@dataclass(slots=True)
class Score:
    """What is known of a spec's mutants. `left` counts those that an interrupt left untried."""

    spec: Spec
    instances: tuple[str, ...]
    tried: list[Tried] = field(default_factory=list)
    left: int = 0

    def of(self, status: Status) -> list[Tried]:
        return [one for one in self.tried if one.status == status]

    @property
    def ratio(self) -> float | None:
        return ratio([one.status for one in self.tried])

    @property
    def exit_status(self) -> int:
        statuses = {EXIT_OK}
        if self.of("survived"):
            statuses.add(EXIT_DIFFERS)
        if self.of("undecided") or self.left or not self.tried:
            statuses.add(EXIT_UNKNOWN)
        return next(status for status in PRECEDENCE if status in statuses)


def across(scores: Sequence[Score]) -> dict[tuple[str, ...], tuple[Mutant, Status]]:
    """The same mistake at the same place, made in several specs: what came of it in any."""
    found: dict[tuple[str, ...], list[Tried]] = {}
    for score in scores:
        for one in score.tried:
            found.setdefault(one.mutant.key, []).append(one)
    return {key: (tried[0].mutant, taken_together(one.status for one in tried))
            for key, tried in found.items()}


Told = Callable[[str], None]


def try_all(spec: Spec, instances: Sequence[str | None], limits: Limits, tell: Told) -> Score:
    """Try a spec's mutants. Raises SpecError and UserError; an interrupt ends it early."""
    score = Score(spec, tuple(name or "" for name in instances))
    known: dict[tuple[str, ...], Tried] = {}
    systems = [compiled(Job(spec, instance)).system for instance in instances]
    with _cache_of_its_own():
        for instance, system in zip(score.instances, systems):
            found = _as_it_should_be(system, limits)
            fresh = {mutant.key: mutant for mutant in mutants(system)}
            todo = [mutant for key, mutant in fresh.items()
                    if key not in known or known[key].status != "killed"]
            answers = _answers(system, found, todo, limits)
            done = 0
            try:
                for done, (mutant, answer) in enumerate(answers, 1):
                    known.setdefault(mutant.key, Tried(mutant)).answers[instance] = answer
                    tell(f"{instance} {done} of {len(todo)} mutants")
            except KeyboardInterrupt:
                score.left = len(todo) - done
                break
    score.tried = list(known.values())
    return score


def _answers(original: System, found: Exploration, todo: Sequence[Mutant],
             limits: Limits) -> Iterator[tuple[Mutant, Answer]]:
    budget = replace(limits, threads=1, stop_early=True,
                     limit=limits.limit or ROOM * found.distinct + FEW)
    with Workers(_try, todo, original, found, budget) as workers:
        for number, mutant in enumerate(todo):
            yield mutant, (workers.result(number) or _try(mutant, original, found, budget))


def _try(mutant: Mutant, original: System, expected: Exploration, limits: Limits) -> Answer:
    """Explore one mutant until a property notices; else compare it with the original."""
    system = mutant.system
    found, _ = search(Compiled(system), limits, None)
    if found.reason == "interrupted":
        raise KeyboardInterrupt
    by = noticed(system, found)
    if by:
        return Answer("killed", by)
    if not found.complete:
        return Answer("undecided", (found.reason,))
    live = _live(system, found, limits)
    if live.by:
        return live
    same = (found.distinct, found.generated, found.levels) == (
        expected.distinct, expected.generated, expected.levels)
    if same and found.distinct <= COMPARED:
        states = reachable(original) if expected.engine == "interp" \
            else native.reachable(original, threads=1)
        if behave_alike(original, system, states):
            return Answer("equivalent")
    return Answer("survived")


def noticed(system: System, found: Exploration) -> tuple[str, ...]:
    """Who notices that something is wrong, liveness aside: properties that are violated, states
    that were to be seen and were not, steps that are never taken and premises never true.

    That a variable is never read, which `verify` complains of as well, says nothing of what the
    mutant does."""
    by = list(found.violations)
    if found.complete:
        by += [declared.name for declared in never_seen(system, found)]
        vacuous = sum(complaint.kind in ("never_fires", "never_true")
                      for complaint in vacuity(system, found))
        by += [f"vacuity ({vacuous})"] * bool(vacuous)
    return tuple(dict.fromkeys(by))


def _live(system: System, found: Exploration, limits: Limits) -> Answer:
    """What the liveness properties say; an answer without `by` where they all hold."""
    answers = check_live(system, found, limits.limit)
    violated = tuple(name for name, live in answers.items() if live.outcome == "violated")
    if violated:
        return Answer("killed", violated)
    return Answer("undecided", tuple(f"{name}: {live.reason}" for name, live in answers.items()
                                     if live.outcome == "unknown"))


def _as_it_should_be(system: System, limits: Limits) -> Exploration:
    """The search of the original, in which nobody may notice anything."""
    found, _ = search(Compiled(system), limits, None)
    if found.reason == "interrupted":
        raise KeyboardInterrupt
    by = noticed(system, found) or _live(system, found, limits).by
    if by or not found.complete:
        why = ", ".join(by) or found.reason
        raise UserError(f"{system.name}: mutants say nothing about a spec that is not as it should "
                        f"be ({why})", hint="see `checker verify`",
                        exit_status=EXIT_DIFFERS if by else EXIT_UNKNOWN)
    return found


@contextlib.contextmanager
def _cache_of_its_own() -> Iterator[None]:
    """A cache directory for programs of no further use: hundreds of mutants would push out of
    the user's own what is worth keeping."""
    before = os.environ.get(CACHE)
    with tempfile.TemporaryDirectory(prefix="checker-mutants-") as folder:
        os.environ[CACHE] = folder
        try:
            yield
        finally:
            del os.environ[CACHE]
            if before is not None:
                os.environ[CACHE] = before
