"""Proofs by induction at a fixed size: what holds in every reachable state, however deep.

A set of invariants is *inductive together* when the initial states satisfy each of them and no
step from a state that satisfies all of them breaks one. Nothing may rest on an invariant that
itself fails, so the ones that fail are dropped and the rest is tried again, until it is stable
(Houdini: Flanagan and Leino, "Houdini, an Annotation Assistant for ESC/Java", FME 2001). What
is left at the end is proved. Checks and step invariants then have to follow from it.

Induction of depth k (Sheeran, Singh and Stalmarck, "Checking Safety Properties Using Induction
and a SAT-Solver", FMCAD 2000) supposes the hypotheses of k consecutive states instead of one;
the first k levels are then a bounded search. `simple_path` also supposes the k states to differ
pairwise, which is sound because a shortest violation repeats no state.

NOTE(obligations). Of each location all goals are asked about together, which is one question
where everything is preserved; only where the answer is yes, or unknown, are they told apart.
"""
from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from checker.engines.interp.step import initial_states
from checker.engines.smt import bmc
from checker.engines.smt.cti import Cti, Goal, find_cti, goal_of
from checker.engines.smt.encode import Encoding, Unrolling
from checker.engines.smt.shape import Cell, cells, integer, literal, raw, same_cell
from checker.engines.smt.solver import Answer, Solver, values
from checker.engines.smt.terms import Num, Truth, conj, disj, less, neg, num, same
from checker.ir.system import IMPLICIT, Property, System
from checker.results.exploration import Path

Report = Callable[[str], None]

RLIMIT = 10_000_000
"""Z3's budget for one question, the same on every machine: half a minute at the worst."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What induction says of one property.

    failed: `cti` shows the step that is not excluded; or the property is violated within the
    first k levels, and `path` is a real counterexample. `without` names the hypotheses that had
    been dropped before: a CTI may break one of those. unknown: `reason`.
    """

    property: str
    outcome: Literal["proved", "failed", "unknown"]
    cti: Cti | None = None
    path: Path | None = None
    without: tuple[str, ...] = ()
    reason: str = ""


@dataclass(slots=True)
class Proof:
    """The answer for every property of the system, lemmas and implicit ones included.

    `inductive` are inductive together; every `proved` rests on all of them. `idle` names the
    (process, location) pairs from which no state that satisfies the hypotheses has a step: of
    those the proof says nothing (vacuity). `rounds` counts Houdini's rounds.
    """

    k: int
    judged: dict[str, Judged] = field(default_factory=dict)
    inductive: tuple[str, ...] = ()
    idle: tuple[tuple[str, str], ...] = ()
    rounds: int = 0
    obligations: int = 0
    questions: int = 0
    seconds: float = 0.0

    def named(self, outcome: str) -> tuple[str, ...]:
        """The properties with this outcome."""
        return tuple(name for name, j in self.judged.items() if j.outcome == outcome)


def prove(system: System, *, k: int = 1, lemmas: Iterable[Property] | None = None,
          rlimit: int | None = RLIMIT, seconds: float | None = None, simple_path: bool = False,
          encoding: Encoding | None = None, report: Report | None = None) -> Proof:
    """Try to prove every invariant, step invariant and implicit property by induction of depth k.

    `lemmas` replace the system's own ones; `rlimit` is Z3's budget for one question and
    `seconds` a limit for the proof and for the bounded search before it. `encoding` is that of
    the same system, where the caller has one.
    """
    if k < 1:
        raise ValueError("induction needs k of at least 1")
    if lemmas is not None:
        others = tuple(p for p in system.properties if p.kind != "lemma")
        system = replace(system, properties=(*others, *lemmas))
    prover = _Prover(system, encoding or Encoding(system), k, report)
    return prover.run(simple_path, rlimit, seconds)


class _Prover:
    def __init__(self, system: System, encoding: Encoding, k: int,
                 report: Report | None) -> None:
        self.system, self.encoding, self.k = system, encoding, k
        self.unrolling = Unrolling(encoding)
        self.report = report or (lambda text: None)
        self.proof = Proof(k)
        self.dropped: list[str] = []
        goals = [goal_of(p) for p in system.properties
                 if p.kind in ("invariant", "lemma", "step_invariant")]
        goals += [Goal(name, "deadlock" if name == "deadlock" else "check") for name in IMPLICIT]
        self.goals = {goal.name: goal for goal in goals}

    def run(self, simple_path: bool, rlimit: int | None, seconds: float | None) -> Proof:
        started = time.perf_counter()
        self._not_for_induction()
        if self._base(rlimit, seconds):
            self.solver = Solver(self.encoding.space.context, rlimit=rlimit, seconds=seconds)
            self._assert_path(simple_path)
            self._houdini()
            self._consequences()
            self._vacuity()
            self._consistency()
            self.proof.questions += self.solver.questions
        self.proof.seconds = time.perf_counter() - started
        return self.proof

    def _not_for_induction(self) -> None:
        for declared in self.system.properties:
            if declared.kind in ("sometimes", "eventually", "leads_to"):
                self._judge(declared.name, "unknown",
                            reason=f"induction does not prove {declared.kind} properties")

    def _judge(self, name: str, outcome: str, **more) -> None:
        self.proof.judged[name] = Judged(name, outcome, without=tuple(self.dropped), **more)
        self.report(f"{name}: {outcome}" + (f", {more['reason']}" if "reason" in more else ""))

    # ── the base: the first k levels ─────────────────────────────────────────────────────────

    def _base(self, rlimit: int | None, seconds: float | None) -> bool:
        """Search the first k levels; False where the rest cannot be trusted."""
        base = bmc.search(self.system, bound=self.k - 1, rlimit=rlimit, seconds=seconds,
                          encoding=self.encoding)
        self.proof.questions += base.questions
        reason = base.reason
        if not reason and base.depth < 0:
            reason = "the system has no initial state"
        if reason:
            for name in self.goals:
                self._judge(name, "unknown", reason=reason)
            return False
        for name, path in base.violations.items():
            self._judge(name, "failed", path=path)
        self.dropped.extend(name for name in base.violations if self.goals[name].of_states)
        return True

    # ── the step ─────────────────────────────────────────────────────────────────────────────

    def _assert_path(self, simple_path: bool) -> None:
        """k well-formed states in a row and, where the literal `step` is supposed, a step."""
        last, at = self.k - 1, self.unrolling.at
        for level in range(self.k):
            self.solver.add(at(self.encoding.well_formed, level))
        for level in range(last):
            self.solver.add(at(self.encoding.transition, level))
        self.step = self.solver.literal(at(self.encoding.transition, last))
        if simple_path:
            for one, other in itertools.combinations(range(self.k), 2):
                self.solver.add(self.unrolling.differ(one, other))
        self.supposed = {name: self._hypothesis(goal) for name, goal in self.goals.items()
                         if goal.of_states}
        self.broken = {name: self._breaking(goal) for name, goal in self.goals.items()}
        self.places = self._places()
        self.initially = self._initially()

    def _truth(self, goal: Goal) -> Truth:
        if goal.kind == "deadlock":
            return neg(self.encoding.deadlocked)
        return self.encoding.holds(goal.expr)

    def _hypothesis(self, goal: Goal) -> Truth:
        truth = self._truth(goal)
        return self.solver.literal(conj(*(self.unrolling.at(truth, level)
                                          for level in range(self.k))))

    def _breaking(self, goal: Goal) -> Truth:
        """The literal that the last step breaks the goal."""
        if goal.kind == "check":
            part, level = self.encoding.failing.get(goal.name, False), self.k - 1
        else:
            part = neg(self._truth(goal))
            level = self.k if goal.of_states else self.k - 1
        return self.solver.literal(self.unrolling.at(part, level))

    def _places(self) -> dict[tuple[str, str], Truth]:
        """By process and location: the literal that the last step starts there."""
        found: dict[tuple[str, str], list[Truth]] = {}
        for action in self.encoding.actions:
            selected = self.unrolling.at(action.selector, self.k - 1)
            found.setdefault(action.key, []).append(selected)
        return {key: self.solver.literal(disj(*selected))
                for key, selected in found.items()}

    def _houdini(self) -> None:
        """Drop what is not preserved until the rest is inductive together."""
        candidates = [n for n in self.supposed if n not in self.proof.judged]
        failed = candidates
        while failed:
            self.proof.rounds += 1
            failed = self._round(candidates)
            candidates = [name for name in candidates if name not in failed]
            self.dropped.extend(failed)
        self.proof.inductive = tuple(candidates)
        for name in candidates:
            self.proof.judged[name] = Judged(name, "proved")

    def _round(self, candidates: list[str]) -> list[str]:
        """The candidates that some step breaks when all of them are supposed."""
        failed: list[str] = []
        for key, place in self.places.items():
            open_goals = [name for name in candidates if name not in failed]
            failed += self._questions(open_goals, candidates, place, " at ".join(key))
        return failed

    def _questions(self, names: list[str], candidates: list[str], place: Truth,
                   where: str) -> list[str]:
        """Which of the goals `names` a step from `place` breaks, or may break."""
        self.proof.obligations += len(names)
        given = (*(self.supposed[name] for name in candidates), self.step, place)
        failed: list[str] = []
        left = [name for name in names if self.broken[name] is not False]
        while left:
            some = self.solver.literal(disj(*(self.broken[name] for name in left)))
            answer = self.solver.ask(*given, some)
            self.solver.retire(some)
            if answer.outcome == "unsat":
                break
            shown = (left if answer.outcome == "unknown"
                     else [n for n in left if self._shows(answer, n)])
            for name in shown:
                left.remove(name)
                failed += self._decide(name, candidates, (*given, self.broken[name]), where)
        return failed

    def _shows(self, answer: Answer, name: str) -> bool:
        """Whether the model chose to break a goal: the literal implies that it does."""
        return values(answer.model, [self.broken[name]])[0]

    def _decide(self, name: str, candidates: list[str], given: tuple[Truth, ...],
                where: str) -> list[str]:
        """Ask about one goal alone; judge it, and name it where it is not preserved."""
        answer = self.solver.ask(*given)
        if answer.outcome == "unsat":
            return []
        if answer.outcome == "unknown":
            self._judge(name, "unknown", reason=f"{answer.reason}, on {where}")
        else:
            path = self._minimised(given, answer)
            hypotheses = tuple(self.goals[c] for c in candidates)
            self._judge(name, "failed", cti=find_cti(self.system, self.goals[name], path,
                                                     hypotheses))
        return [name]

    def _consequences(self) -> None:
        """Checks and step invariants: they have to follow from what is inductive."""
        inductive = list(self.proof.inductive)
        given = tuple(self.supposed[name] for name in inductive)
        for name, goal in self.goals.items():
            if goal.of_states or name in self.proof.judged:
                continue
            self.proof.obligations += len(self.places)
            step = () if goal.kind == "check" else (self.step,)
            if not self._decide(name, inductive, (*given, *step, self.broken[name]), "some step"):
                self._judge(name, "proved")

    def _vacuity(self) -> None:
        """Which locations no state that satisfies the hypotheses has a step from."""
        given = [self.supposed[name] for name in self.proof.inductive]
        self.proof.idle = tuple(key for key, place in self.places.items()
                                if self.solver.ask(*given, self.step, place).outcome == "unsat")

    def _consistency(self) -> None:
        """Hypotheses that no state satisfies prove everything, so nothing.

        The initial states satisfy what was not dropped, so this cannot happen, unless the
        encoding is wrong: a cheap question for what would be the worst of answers. For k above
        1 there may be no path of k states, and then the base has covered all there are.
        """
        given = [self.supposed[name] for name in self.proof.inductive]
        answer = self.solver.ask(*given)
        if self.k > 1 or answer.outcome == "sat":
            return
        self.proof.inductive = ()
        for name in self.proof.named("proved"):
            self._judge(name, "unknown", reason="the hypotheses are not known to be satisfiable: "
                        + (answer.reason or "no state satisfies them"))

    # ── readable counterexamples ─────────────────────────────────────────────────────────────

    def _initially(self) -> list[_Wish]:
        """For each cell of the path the wish that it had its initial value."""
        initial, found = next(initial_states(self.system)), []
        for level in range(self.k):
            for variable, value, symbolic in zip(self.system.variables, initial,
                                                 self.encoding.before, strict=True):
                wanted = cells(literal(variable.type, value))
                for a, b in zip(wanted, cells(symbolic), strict=True):
                    if raw(b) is not None:
                        meaning = self.unrolling.at(same_cell(a, b), level)
                        found.append(_Wish(self.solver.literal(meaning), meaning, level, a, b))
        return found

    def _minimised(self, given: tuple[Truth, ...], answer: Answer) -> Path:
        """The path of a model after as many cells as possible got their initial values.

        Greedy, in the order of declaration: no single cell of the result could be reset as well,
        and the numbers that had to differ came as close as they could, one after the other.
        """
        different = []
        for wish in self.initially:
            if not values(answer.model, [wish.meaning])[0]:
                closer = self.solver.ask(*given, wish.literal)
                if closer.outcome != "sat":
                    different.append(wish)
                    continue
                answer = closer
            given = (*given, wish.literal)
        for wish in different:
            given, answer = self._closer(wish, given, answer)
        return self.unrolling.path(self.k - 1, answer.model)

    def _closer(self, wish: _Wish, given: tuple[Truth, ...],
                answer: Answer) -> tuple[tuple[Truth, ...], Answer]:
        """Move one number towards its initial value while that can be."""
        while isinstance(wish.cell, Num):
            term = self.unrolling.at(wish.cell.term, wish.level)
            own = num(integer(Num(term, wish.cell.lo, wish.cell.hi), answer.model))
            low, high = sorted((own.lo, wish.initial.lo))
            between = conj(less(num(low), wish.cell), less(wish.cell, num(high)))
            nearer = self.solver.literal(self.unrolling.at(between, wish.level))
            moved = self.solver.ask(*given, nearer)
            self.solver.retire(nearer)
            if moved.outcome != "sat":
                kept = self.unrolling.at(same(own, wish.cell), wish.level)
                return (*given, self.solver.literal(kept)), answer
            answer = moved
        return given, answer


@dataclass(frozen=True, slots=True)
class _Wish:
    """That a cell has its initial value at a level: `literal` implies it, `meaning` says it."""

    literal: Truth
    meaning: Truth
    level: int
    initial: Cell
    cell: Cell
