"""Which lemmas are inductive together, and which of them are needed: Houdini, closure, thinning.

Everything asked is whether `hypotheses` rule out that one step breaks one claim. Answers are kept:
an unsatisfiable core serves every set of hypotheses that contains it, a failure every subset of
the hypotheses it failed with. So the kept lemmas can be thinned by asking again and again.

NOTE(canonical). The set that remains depends on no core and no seed: lemmas are tried for removal
in a fixed order, and one is removed if and only if the properties still follow from the largest
inductive subset of the others. Both are facts about the formulas (as far as Z3 decides them
within its budget).
"""
from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from checker.engines.smt.anysize.encode import Encoding
from checker.engines.smt.anysize.evaluate import Obligation
from checker.engines.smt.anysize.execute import Path
from checker.engines.smt.anysize.ground import Grounder
from checker.engines.smt.anysize.meanwhile import meanwhile
from checker.engines.smt.anysize.question import MANY, Answer, Budget, Claim, Situation
from checker.engines.smt.anysize.shared import Shared
from checker.engines.smt.anysize.space import index_domains
from checker.engines.smt.terms import neg

Tell = Callable[[str], None]
Hint = Callable[[Path | None, str], Iterable[frozenset[str]]]
"""Which hypotheses may keep a path from breaking a claim, or all paths from failing checks of a
kind: a guess, and better ones."""
WORTH_A_PROCESS = 2_000
"""So many questions take seconds, and a second process does half of them."""


@dataclass
class _Known:
    cores: list[frozenset[str]] = field(default_factory=list)
    failed: list[tuple[frozenset[str], Answer]] = field(default_factory=list)


class Prover:
    """Questions about one family, with memory."""

    def __init__(self, encoding: Encoding, budget: Budget, tell: Tell = lambda _: None) -> None:
        self.encoding, self.budget, self.tell = encoding, budget, tell
        self.grounder = Grounder(encoding.space.context, (
            encoding.space.sort(of) for of in index_domains(encoding.system)))
        self.situations = [self._situation(path) for path in (None, *encoding.paths)]
        self.anywhere = self._situation(None, initially=False)
        self.shared = None if encoding.family.has_order else Shared(
            self.anywhere, self.grounder, budget)
        self.claims: dict[str, Claim] = {}
        self.patient = True
        self.hint: Hint | None = None
        self._known: dict[tuple[int, str], _Known] = {}
        self._used: dict[int | str, set[str]] = defaultdict(set)

    def _situation(self, path: Path | None, *, initially: bool = True) -> Situation:
        return Situation(self.encoding, path, self.budget, initially=initially,
                         grounder=self.grounder)

    def add(self, claims: Iterable[Claim]) -> None:
        """Claims to be proved or supposed."""
        claims = list(claims)
        self.claims |= {claim.name: claim for claim in claims}
        for situation in (*self.situations, self.anywhere):
            situation.add(claims)
        for claim in claims:
            if claim.kind == "invariant":       # all counts are known before the first question
                self.encoding.holds(claim.expr)

    # ── one claim ────────────────────────────────────────────────────────────────────────────

    def preserved(self, number: int, name: str, hypotheses: frozenset[str]) -> Answer:
        """Whether the situation leaves a claim true; answered from memory where that will do."""
        situation = self.situations[number]
        if name not in situation.after:
            return Answer("unsat", frozenset({name} & situation.before.keys()))

        def ask() -> Answer:
            if self.shared is not None:
                answer = self.shared.kept(situation, sorted(hypotheses), [name])[name]
                if answer.outcome != "unknown":
                    return answer
            # Among many hypotheses Z3 gets lost: those first that seem to matter.
            near = [self.near(number, name)] if len(hypotheses) > MANY else []
            hints = self._hints(situation.path, name) if situation.path is not None else ()
            for few in itertools.chain(near, hints):
                if not hypotheses <= few:
                    picked = few not in near
                    answer = situation.ask(sorted(hypotheses & few), [name], picked=picked,
                                           patient=picked and self.patient)
                    if answer.outcome == "unsat":
                        return answer
            return situation.ask(sorted(hypotheses), [name], patient=self.patient)

        return self._ask((number, name), hypotheses, ask)

    def _hints(self, path: Path | None, name: str) -> Iterable[frozenset[str]]:
        """Hypotheses that are said to matter to a claim, or to checks of a kind."""
        if self.hint is None or path is not None and path.location is None:
            return ()
        return self.hint(path, name)

    def _ask(self, key: tuple[int, str], hypotheses: frozenset[str],
             ask: Callable[[], Answer]) -> Answer:
        """An answer from memory, or a new one, remembered."""
        known = self._known.setdefault(key, _Known())
        for core in known.cores:
            if core <= hypotheses:
                return Answer("unsat", core)
        for tried, answer in known.failed:
            if hypotheses <= tried:
                return answer
        answer = ask()
        if answer.outcome == "unsat":
            self._remember(*key, answer.core)
        else:
            known.failed.append((hypotheses, answer))
        return answer

    def weak(self, names: Iterable[str], hypotheses: frozenset[str]) -> list[str]:
        """Which of the claims some step may break although all the hypotheses hold before."""
        return [name for name in names if self.supported(name, hypotheses) is None]

    def failing(self, hypotheses: frozenset[str]) -> list[int]:
        """Which of the checks may fail although all the hypotheses hold."""
        return [number for number in range(len(self.obligations))
                if self.passes(number, hypotheses).outcome != "unsat"]

    def supported(self, name: str, hypotheses: frozenset[str]) -> frozenset[str] | None:
        """The hypotheses that a claim's preservation rests on; None where they do not do."""
        core: set[str] = set()
        for number in range(len(self.situations)):
            answer = self.preserved(number, name, hypotheses)
            if answer.outcome != "unsat":
                return None
            core |= answer.core
        return frozenset(core)

    def forget_unknown(self) -> None:
        """Ask again, after a change of the budget, where Z3 gave up."""
        for known in self._known.values():
            known.failed = [(tried, answer) for tried, answer in known.failed
                            if answer.outcome == "sat"]

    # ── many claims ──────────────────────────────────────────────────────────────────────────

    def houdini(self, names: Iterable[str]) -> list[str]:
        """The largest subset of the claims that is inductive, as far as Z3 can tell."""
        left = list(names)
        self._ask_in_halves(left)
        changed = True
        while changed:
            changed = False
            for number in range(len(self.situations)):
                broken = self._broken(number, left)
                if broken:
                    changed = True
                    left = [name for name in left if name not in broken]
                    self.tell(f"{len(left)} lemmas left after "
                              f"{self.situations[number].name}")
        return left

    def _broken(self, number: int, names: list[str]) -> set[str]:
        """Which of the claims the situation may break when all of them are supposed."""
        hypotheses = frozenset(names)
        self._together(number, names)
        return {name for name in names if not self._remembered(number, name, hypotheses)
                and self.preserved(number, name, hypotheses).outcome != "unsat"}

    def ask_together(self, names: list[str]) -> None:
        """Remember which of the claims are preserved when all of them are supposed: the next
        questions are answered from memory. The shared solver enters a situation once for all of
        them; without one, two processes are what is gained."""
        self._ask_in_halves(names)
        if self.shared is not None:
            for number in range(len(self.situations)):
                self._together(number, names)

    def _ask_in_halves(self, names: list[str]) -> None:
        """Ask about every second situation in another process, about the others here.

        The halves are the same on every machine: what a solver was asked before may show in its
        answers.
        """
        if len(self.situations) * len(names) < WORTH_A_PROCESS:
            return
        asked = self.budget.questions

        middle = len(self.obligations) // 2
        checks = range(middle), range(middle, len(self.obligations))   # neighbours are of one path

        def half(first: int) -> tuple[dict[tuple[int, str], _Known], int]:
            for number in range(first, len(self.situations), 2):
                if not first:                   # the terminal belongs to this process
                    self.tell(f"proving that {self.situations[number].name} breaks nothing")
                self._together(number, names)
                if self.shared is None:
                    for name in names:
                        self.preserved(number, name, frozenset(names))
            for number in checks[first]:
                answer = self._pass_quickly(number, frozenset(names))
                if answer.outcome == "unsat":
                    self._remember(-1, str(number), answer.core)
            return self._known, self.budget.questions - asked

        with meanwhile(lambda: half(1)) as result:
            half(0)
            found = result()
        if found is None:
            return
        self.budget.questions += found[1]
        for key, known in found[0].items():
            for core in known.cores:
                self._remember(*key, core)
            self._known.setdefault(key, _Known()).failed.extend(known.failed)

    def _together(self, number: int, names: list[str]) -> None:
        """Remember which of the claims a situation preserves when all of them are supposed.

        First those that need no others. Of the rest all at once, as nearly all are preserved,
        unless there are so many hypotheses that Z3 would get lost.
        """
        hypotheses = frozenset(names)
        situation = self.situations[number]
        goals = [n for n in names if not self._remembered(number, n, hypotheses)]
        if self.shared is not None:
            # Nothing rests on a step invariant, so it is asked about here for good.
            goals += [c.name for c in self.claims.values() if c.kind == "step_invariant"
                      and not self._remembered(number, c.name, hypotheses)]
            answers = self.shared.kept(situation, sorted(names), goals) if goals else {}
            for name, answer in answers.items():
                if answer.outcome == "unsat":
                    self._remember(number, name, answer.core)
                elif answer.outcome == "sat":
                    self._known.setdefault((number, name), _Known()).failed.append(
                        (hypotheses, answer))
        elif len(names) > MANY:
            for name in situation.kept_alone(goals):
                self._remember(number, name, frozenset({name} & situation.before.keys()))
        goals = [n for n in names if not self._remembered(number, n, hypotheses)]
        if goals and len(names) <= MANY:
            answer = situation.ask(sorted(hypotheses), goals, patient=False)
            if answer.outcome == "unsat":
                for name in goals:
                    self._remember(number, name, answer.core)

    def _remember(self, number: int, name: str, core: frozenset[str]) -> None:
        self._known.setdefault((number, name), _Known()).cores.append(core)
        self._used[number] |= core
        self._used[name] |= core

    def near(self, number: int, name: str) -> frozenset[str]:
        """The hypotheses that proofs in this situation and proofs of this claim have needed."""
        return frozenset({name}) | self._used[number] | self._used[name]

    def _remembered(self, number: int, name: str, hypotheses: frozenset[str]) -> bool:
        if name not in self.situations[number].after:
            return True
        known = self._known.get((number, name))
        return known is not None and any(core <= hypotheses for core in known.cores)

    def closure(self, goals: Iterable[str], pool: frozenset[str],
                checks: Iterable[int] = ()) -> frozenset[str] | None:
        """Claims of the pool that prove the goals, the checks and each other, if there are any.

        The pool shrinks by what turns out not to be inductive, until nothing more is needed.
        """
        goals, checks = list(goals), list(checks)
        while True:
            needed, broken = set(goals), None
            for number in checks:
                answer = self.passes(number, pool)
                if answer.outcome != "unsat":
                    return None
                needed |= answer.core
            todo = sorted(needed)
            while todo and broken is None:
                name = todo.pop()
                for number in range(len(self.situations)):
                    answer = self.preserved(number, name, pool)
                    if answer.outcome != "unsat":
                        broken = name
                        break
                    fresh = sorted(answer.core - needed)
                    needed.update(fresh)
                    todo.extend(fresh)
            if broken is None:
                return frozenset(needed)
            if broken in goals:
                return None
            pool = pool - {broken}

    def thinned(self, goals: list[str], pool: list[str],
                checks: Iterable[int] = ()) -> list[str] | None:
        """The lemmas of `pool`, in its order, that remain after NOTE(canonical); the last are
        tried for removal first. None where the pool does not prove the goals."""
        checks = list(checks)
        kept, current = list(pool), self.closure(goals, frozenset([*pool, *goals]), checks)
        if current is None:
            return None
        for name in reversed(pool):
            if name in goals:
                continue
            rest = [other for other in kept if other != name]
            if name in current:
                found = self.closure(goals, frozenset([*rest, *goals]), checks)
                if found is None:
                    continue
                current = found
            kept = rest
            self.tell(f"{len(kept)} lemmas may be needed")
        return kept

    # ── checks and vacuity ───────────────────────────────────────────────────────────────────

    @cached_property
    def obligations(self) -> tuple[tuple[str, Obligation], ...]:
        """Every check of every step, once, with the name of the first path it is on."""
        found: dict[tuple, tuple[str, Obligation]] = {}
        for path in self.encoding.paths:
            for check in path.checks:
                key = (check.kind, check.loc, check.message,
                       tuple(_identity(part) for part in (*check.given, check.holds)))
                found.setdefault(key, (path.name, check))
        return tuple(found.values())

    def passes(self, number: int, hypotheses: frozenset[str]) -> Answer:
        """Whether the hypotheses rule out that an obligation's check fails."""
        _, check = self.obligations[number]

        def ask() -> Answer:
            answer = self._pass_quickly(number, hypotheses)
            if answer.outcome != "unknown":
                return answer
            fails = [*check.given, neg(check.holds)]
            for few in self._hints(None, check.kind):
                answer = self.anywhere.refutes(sorted(hypotheses & few), fails, picked=True,
                                               patient=self.patient)
                if answer.outcome == "unsat":
                    return answer
            return self.anywhere.refutes(sorted(hypotheses), fails, patient=self.patient)

        return self._ask((-1, str(number)), hypotheses, ask)

    def _pass_quickly(self, number: int, hypotheses: frozenset[str]) -> Answer:
        """The same of the shared solver alone, where there is one."""
        if self.shared is None:
            return Answer("unknown")
        _, check = self.obligations[number]
        return self.shared.refuted(sorted(hypotheses), check.given, neg(check.holds))

    def possible(self, number: int, hypotheses: Iterable[str]) -> Answer:
        """Whether a step along a path is possible at all: `sat`, or nobody knows, or `unsat`."""
        situation, names = self.situations[number], sorted(hypotheses)
        answer = None if self.shared is None else self.shared.possible(situation, names)
        if answer is not None and answer.outcome != "unknown":
            return answer
        return situation.refutes(names, [])


def _identity(part: object) -> object:
    return part if isinstance(part, bool) else part.get_id()
