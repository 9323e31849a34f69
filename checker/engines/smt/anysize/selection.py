"""Choosing among thousands of candidates the few that a proof needs, at small sizes.

Z3 proves what is true for every size quickly as long as there are few hypotheses, and not at all
with a thousand of them. So candidates are chosen where questions cost milliseconds, in finite
instances with exact counts, led by counterexamples to induction (as endive does: Schultz, Dardik
and Tripakis, "Plain and Simple Inductive Invariant Inference for Distributed Protocols in TLA+",
FMCAD 2022):

a goal that some step breaks has a state before that step; the first candidate, in a fixed order,
that is false there is chosen, and becomes a goal as well; until no step breaks one. A candidate
that nothing can help is dropped, and what it was chosen for is looked at again. Where there is a
`Learner`, a candidate that excludes the state is made when it is needed.

What is chosen at one size is the beginning at the next. Nothing here is a proof.
"""
from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import z3

from checker.engines.smt.anysize.learning import Learner
from checker.engines.smt.anysize.lemmas import read_lemma
from checker.engines.smt.anysize.lifting import Cell, Lifting
from checker.engines.smt.anysize.pycode import NoSource, source
from checker.engines.smt.anysize.tables import Tables
from checker.engines.smt.encode import Encoding
from checker.engines.smt.expressions import SymbolicState
from checker.engines.smt.shape import read
from checker.engines.smt.solver import Answer, Solver
from checker.engines.smt.terms import Truth, conj, neg
from checker.ir.nodes import Expr
from checker.ir.system import IMPLICIT, State, System

Tell = Callable[[str], None]
Samples = list[tuple[System, Sequence[State]]]
"""Systems of small sizes with reachable states."""
RLIMIT = 20_000_000
"""Z3's budget for one question at a small size; the usual one takes a hundredth of it."""
MOST_ALTERNATIVES = 6
"""How many clauses that exclude a state are asked whether a step breaks them."""
MOST_LEARNED = 250
"""How many candidates may be made for one proof."""


class Bench:
    """One size: which candidates a step breaks."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.encoding = Encoding(system)
        self.solver = Solver(self.encoding.space.context, rlimit=RLIMIT)
        self.solver.add(self.encoding.well_formed)
        self.step = self.solver.literal(self.encoding.transition)
        before, after, _ = self.encoding.constants
        self._renamed = list(zip(before, after, strict=True))
        self.lifting = Lifting(self.encoding, self.solver, self.step)
        self._held: dict[str, Truth] = {}
        self._broken: dict[str, Truth] = {}
        self._tests: dict[str, Callable[[State], bool]] = {}
        self._exprs: dict[str, Expr] = {}
        self.rests_on: dict[str, frozenset[str]] = {}
        self._steps: dict[tuple[str, str], Truth] = {}
        self.own = [p.name for p in system.properties if p.kind in ("invariant", "lemma")]
        for declared in system.properties:
            if declared.kind in ("invariant", "lemma", "step_invariant"):
                self._exprs[declared.name] = declared.expr
        self.later = [p.name for p in system.properties if p.kind == "step_invariant"]

    def expr(self, name: str) -> Expr:
        """What a property says, or a candidate, whose name is its text."""
        if name not in self._exprs:
            self._exprs[name] = read_lemma(self.system, name)
        return self._exprs[name]

    # ── formulas ─────────────────────────────────────────────────────────────────────────────

    def held(self, name: str) -> Truth:
        """The literal that a claim holds before the step."""
        if name not in self._held:
            self._held[name] = self.solver.literal(self.encoding.holds(self.expr(name)))
        return self._held[name]

    def broken(self, name: str) -> Truth:
        """The literal that the step breaks a claim, or fails a check of this kind."""
        if name not in self._broken:
            failing = self.encoding.failing.get(name, False)
            self._broken[name] = self.solver.literal(
                failing if name in IMPLICIT else neg(self.kept(name)))
        return self._broken[name]

    def kept(self, name: str) -> Truth:
        """That a claim holds after the step."""
        part = self.encoding.holds(self.expr(name))
        if name in self.later or isinstance(part, bool):
            return part
        return z3.substitute(part, *self._renamed)

    def true_in(self, name: str, state: State) -> bool:
        """Whether a claim is true in a state."""
        if name not in self._tests:
            try:
                text = source(self.system, self.expr(name))
                self._tests[name] = eval(f"lambda state_: {text}")
            except NoSource:
                self._tests[name] = lambda state: True
        return self._tests[name](state)

    def before(self, answer: Answer) -> State:
        """The state before the step of a model."""
        return self._read(answer, self.encoding.before)

    def after(self, answer: Answer) -> State:
        """The state after it, where there is a step."""
        return self._read(answer, self.encoding.after)

    def _read(self, answer: Answer, state: SymbolicState) -> State:
        return tuple(read(v.type, part, answer.model) for v, part
                     in zip(self.system.variables, state, strict=True))

    # ── questions ────────────────────────────────────────────────────────────────────────────

    def breaks(self, name: str, supposed: Sequence[str], within: Truth = True) -> Answer:
        """Whether a step from a state where all of `supposed` hold breaks a claim; `within`: one
        of these steps."""
        step = () if name in IMPLICIT else (self.step,)
        return self.solver.ask(*step, *(self.held(other) for other in supposed),
                               self.broken(name), within)

    def steps_of(self, process: str, location: str) -> Truth:
        """The literal that the step is one of a process from a location."""
        key = process, location
        if key not in self._steps:
            self._steps[key] = self.solver.literal(conj(*(
                neg(action.selector) for action in self.encoding.actions if action.key != key)))
        return self._steps[key]

    def blamed(self, name: str, answer: Answer) -> Iterator[frozenset[Cell]]:
        """The parts of the state before that make a step break a claim; all that are looked at."""
        check = self.encoding.failing[name] if name in IMPLICIT else None
        kept = True if name in IMPLICIT else self.kept(name)
        yield self.lifting.matters(answer, kept, check)
        claim = True if name in IMPLICIT else self.encoding.holds(self.expr(name))
        yield self.lifting.reads(answer, claim, check)

    def needed(self, name: str, answer: Answer, supposed: Sequence[str],
               within: Truth = True) -> frozenset[str]:
        """What of `supposed` the answer that no step breaks a claim rests on. Asked again with
        that alone, Z3 often needs less of it."""
        used = self.used(answer, supposed)
        while answer.outcome == "unsat":
            answer = self.breaks(name, sorted(used), within)
            fewer = self.used(answer, sorted(used))
            if answer.outcome != "unsat" or len(fewer) == len(used):
                break
            used = fewer
        return used

    def used(self, answer: Answer, supposed: Sequence[str]) -> frozenset[str]:
        """The core of an answer."""
        used = {literal.get_id() for literal in answer.core}
        return frozenset(name for name in supposed if not isinstance(self.held(name), bool)
                         and self.held(name).get_id() in used)

    def core(self, claim: str, step: tuple[str, str] | None, enough: frozenset[str],
             chosen: Sequence[str]) -> frozenset[str]:
        """What of the properties and the chosen lemmas keeps the steps of a process from a
        location from breaking a claim, or any from failing a check: `enough` where that will do,
        and no lemma besides that the others can do without."""
        within = True if step is None else self.steps_of(*step)
        if enough and self.breaks(claim, sorted(enough), within).outcome == "unsat":
            return enough
        every = [*self.own, *chosen]
        core = self.needed(claim, self.breaks(claim, every, within), every, within) | enough
        for name in sorted(core - enough, key=lambda text: (-len(text), text)):
            fewer = sorted(core - {name})
            if name in core:
                answer = self.breaks(claim, fewer, within)
                if answer.outcome == "unsat":
                    core = self.used(answer, fewer) | enough
        return core


@dataclass
class Choice:
    """What is chosen of the `ranked` candidates, best first; `hopeless`: what nothing helps.

    `lost`: goals that nothing helps.
    `unseen`: candidates that no counterexample of a small size asks for.
    """

    ranked: Sequence[str]
    tell: Tell
    chosen: list[str] = field(default_factory=list)
    hopeless: set[str] = field(default_factory=set)
    learner: Learner | None = None
    learned: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    def learn(self, learner: Learner) -> None:
        """Make from here on what is not listed, for the goals that nothing helped as well."""
        self.learner = learner
        self.hopeless -= set(self.lost)

    def give_up(self, texts: Iterable[str]) -> None:
        """These are of no use."""
        self.hopeless.update(texts)
        self.chosen = [text for text in self.chosen if text not in self.hopeless]

    def add(self, texts: Iterable[str]) -> None:
        self.chosen += [text for text in texts if text not in self.chosen]

    def spare(self) -> list[str]:
        """What may still be chosen."""
        return [text for text in self.ranked
                if text not in self.chosen and text not in self.hopeless]

    def helpful(self, bench: Bench, name: str, answer: Answer) -> str | None:
        """The first candidate that excludes the state before a step that breaks a claim."""
        state = bench.before(answer)
        listed = (text for text in self.ranked if text not in self.chosen
                  and text not in self.hopeless and not bench.true_in(text, state))
        return next(itertools.chain(listed, self._made(bench, name, answer, state)), None)

    def _made(self, bench: Bench, name: str, answer: Answer, state: State) -> Iterator[str]:
        """New candidates that exclude a state."""
        if self.learner is None or len(self.learned) >= MOST_LEARNED:
            return
        about = frozenset().union(*bench.blamed(name, answer))
        found = [one for one in self.learner.excluding(bench.system, state, about)
                 if one[2] not in self.chosen and one[2] not in self.hopeless]
        texts = [text for _, _, text in found[:MOST_ALTERNATIVES]]
        supposed = [*bench.own, *self.chosen]
        for text in sorted(texts, key=lambda text: bench.breaks(
                text, [*supposed, text]).outcome != "unsat")[:1]:
            self.learned.add(text)
            yield text

    def refuted(self, bench: Bench, name: str, answer: Answer) -> None:
        """Give up a claim that a step breaks, which nothing helps."""
        if self.learner is not None and name in self.learned:
            self.learner.doubt(bench.system, name, bench.after(answer))
        self.give_up([name])


@dataclass
class Search:
    """Choosing at the benches' sizes what makes the goals inductive; `tables` tell of the states
    that lemmas are learned from."""

    choice: Choice
    benches: Sequence[Bench]
    goals: Sequence[str]
    tables: Tables

    def choose(self) -> None:
        select(self.benches, self.goals, self.choice)

    def cores(self, claim: str, step: tuple[str, str] | None) -> Iterator[frozenset[str]]:
        """Which lemmas keep a process's steps from a location from breaking a claim, or any step
        from failing a check of a kind; none of them too many. What the first size tells, then what
        all of them tell, with what no small size asks for."""
        core: frozenset[str] = frozenset()
        for bench in self.benches:
            core = bench.core(claim, step, core, self.choice.chosen)
            if bench is self.benches[0]:
                yield core
        yield core.union(self.choice.unseen)

    def learn(self, system: System) -> None:
        """From here on make what is not listed; `system` is the family's."""
        self.choice.learn(Learner(system, self.tables))


def select(benches: Sequence[Bench], goals: Sequence[str], choice: Choice) -> None:
    """Choose what makes as many as can be of the goals inductive at every bench's size.

    `goals` are names of properties and of kinds of checks.
    """
    while sum(_select(bench, goals, choice) for bench in benches):      # every bench, each round
        pass
    choice.lost = [name for name in goals if name in choice.hopeless]


def _select(bench: Bench, goals: Sequence[str], choice: Choice) -> bool:
    """Choose more at one size; whether something chosen before was dropped."""
    dropped, before = False, frozenset(choice.chosen)
    rests_on = bench.rests_on
    todo = [name for name in (*goals, *choice.chosen) if name not in choice.hopeless]
    while todo:
        name = todo.pop(0)
        if choice.learner is not None and name in choice.chosen and name not in before:
            if _unneeded(bench, name, choice, rests_on):
                continue
        while name not in choice.hopeless:
            supposed = [*bench.own, *choice.chosen]
            if name in rests_on and rests_on[name].issubset(supposed):
                break
            answer = bench.breaks(name, supposed)
            if answer.outcome != "sat":
                rests_on[name] = bench.needed(name, answer, supposed)
                break
            helpful = choice.helpful(bench, name, answer)
            if helpful is not None:
                choice.chosen.append(helpful)
                todo.append(helpful)
                choice.tell(f"{len(choice.chosen)} lemmas chosen, {len(todo)} claims to look at")
                continue
            dropped |= name in choice.chosen
            choice.refuted(bench, name, answer)
            if dropped:
                todo += [other for other, used in rests_on.items() if name in used
                         and other not in choice.hopeless and other not in todo]
    return dropped


def _unneeded(bench: Bench, name: str, choice: Choice,
              rests_on: dict[str, frozenset[str]]) -> bool:
    """Drop a lemma that was chosen for claims which others make inductive by now; whether that is
    so."""
    users = [user for user, used in rests_on.items() if name in used and user != name
             and user not in choice.hopeless]
    supposed = [other for other in (*bench.own, *choice.chosen) if other != name]
    found = {}
    for user in users:
        answer = bench.breaks(user, supposed)
        if answer.outcome != "unsat":
            return False
        found[user] = bench.needed(user, answer, supposed)
    rests_on.update(found)
    choice.chosen.remove(name)
    return True
