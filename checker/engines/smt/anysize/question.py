"""Questions to Z3 about one step: which lemmas does it preserve, and which others does that need?

A `Situation` is one path of a step, or the beginning. It knows what is true there (facts, the
path's conditions, axioms) and what each lemma says, as a hypothesis about the state before and,
negated, as a claim about the state after. Hypotheses stand behind literals, so that an
unsatisfiable core tells which of them a proof needed (Houdini: Flanagan and Leino, FME 2001;
cores: as in IC3PO, Goel and Sakallah, NFM 2021).

Only `unsat` counts. `sat` and `unknown` both leave a lemma unproved; budgets are resource limits
of Z3, so that the same question ends the same way on a busy machine.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import z3

from checker.engines.smt.anysize.encode import Encoding
from checker.engines.smt.anysize.evaluate import Stage
from checker.engines.smt.anysize.execute import Path
from checker.engines.smt.anysize.ground import SETTINGS, Grounder
from checker.engines.smt.terms import Truth, disj, implies
from checker.ir.nodes import Expr
from checker.ir.walk import state_variables

RLIMIT = 300_000
"""Z3's resource units for one question: a fraction of a second on an idle core. What is proved at
all takes a tenth of it."""
PATIENCE = 20
"""How many times that budget the author's own properties are worth, and questions whose hypotheses
somebody has picked."""

MANY, MORE = 40, 10
"""With more hypotheses than these, ground instances are worth so many times that budget."""
QUICKLY = 10
"""By what its budget is divided where a question is one of many that are asked first."""

Mode = Literal["ground", "patterns", "models"]
QUICK: tuple[Mode, ...] = ("ground", "patterns")
"""How quantifiers are instantiated, one way after the other: every ground instance (`ground.py`),
which proves nearly all there is to prove; what Z3's own patterns match; and, for the patient,
what a model is found to lack. The last is complete for more and may take its whole budget."""
PATIENT: tuple[Mode, ...] = (*QUICK, "models")


@dataclass(frozen=True)
class Claim:
    """Something to prove: a lemma or invariant (`kind` "invariant"), a step invariant, a check."""

    name: str
    expr: Expr
    kind: str = "invariant"

    @cached_property
    def variables(self) -> frozenset[str]:
        """What it speaks of."""
        return state_variables(self.expr)


@dataclass(frozen=True, slots=True)
class Answer:
    """`core` are the names of the hypotheses that an `unsat` needed."""

    outcome: Literal["unsat", "sat", "unknown"]
    core: frozenset[str] = frozenset()
    reason: str = ""


@dataclass
class Budget:
    """Resource limit of one question, seed, and what was used: kept for the report."""

    rlimit: int = RLIMIT
    seed: int = 0
    questions: int = 0
    unknown: int = 0
    used: int = 0


class Situation:
    """One path of a step (`path`), or the beginning (None)."""

    def __init__(self, encoding: Encoding, path: Path | None, budget: Budget, *,
                 grounder: Grounder, initially: bool = True) -> None:
        """`initially`: without a path, the initial states; else any state, for checks. One
        `grounder` serves all situations of an encoding."""
        self.encoding, self.path, self.budget = encoding, path, budget
        self.initially = initially and path is None
        self.claims: dict[str, Claim] = {}
        self.before: dict[str, z3.BoolRef] = {}
        self.after: dict[str, z3.BoolRef] = {}
        self._meaning: dict[str, Truth] = {}
        self._premises: list[Truth] = []
        self._counts = -1
        self.grounder = grounder

    @property
    def name(self) -> str:
        if self.path is not None:
            return self.path.name
        return "the beginning" if self.initially else "any state"

    @property
    def stage(self) -> Stage:
        """The state in which claims have to hold."""
        return self.encoding.base if self.path is None else self.path.after

    def solver(self, hypotheses: Iterable[str], parts: Sequence[Truth], mode: Mode) -> z3.Solver:
        """Z3 with what is true here, the parts, and the hypotheses, each behind its literal. A
        solver for each question: what it does not need to know, it can not get lost in.
        """
        solver = z3.Solver(ctx=self.encoding.space.context)
        solver.set("random_seed", self.budget.seed)
        supposed = [(self.before[name], self.supposition(name)) for name in hypotheses]
        if self._counts != len(self.encoding.counts.table):     # each new count has its axioms
            self._premises = [part for _, part in self.premises() if part is not True]
            self._counts = len(self.encoding.counts.table)
        known = [*self._premises, *parts]
        if mode == "ground":
            solver.set(**SETTINGS)
            solver.add(*self.grounder.question(known, supposed))
        else:
            solver.set(auto_config=False, mbqi=mode == "models")
            solver.add(*known, *(implies(literal, part) for literal, part in supposed))
        return solver

    def premises(self) -> list[tuple[str, Truth]]:
        """What is true here whatever the lemmas: facts, conditions, axioms; each with a name."""
        encoding = self.encoding
        found = [(f"fact {name}", part) for name, part in encoding.facts]
        if self.initially:
            found += [(f"initially {name}", part) for name, part in encoding.initial]
        elif self.path is not None:
            found += [("path", part) for part in self.path.given]
        found += [(f"axiom {name}", part) for name, part in encoding.counts.axioms(encoding.base)]
        if self.path is not None:
            found += [(f"axiom {name}, after", part) for name, part
                      in encoding.counts.axioms(self.path.after, changed_only=True)]
        return found

    # ── claims ───────────────────────────────────────────────────────────────────────────────

    def touched(self, claim: Claim) -> bool:
        """Whether the step may change what the claim speaks of."""
        return self.path is None or claim.kind != "invariant" or bool(
            claim.variables & self.path.after.writes.keys())

    def add(self, claims: Iterable[Claim]) -> None:
        """Make literals for lemmas; their formulas are made when they are first needed."""
        context = self.encoding.space.context
        for claim in claims:
            if claim.name in self.claims:
                continue
            self.claims[claim.name] = claim
            if not self.initially and claim.kind == "invariant":
                self.before[claim.name] = z3.Bool(f"+{claim.name}", context)
            if self.initially and claim.kind == "invariant" or (
                    self.path is not None and self.touched(claim)):
                self.after[claim.name] = z3.Bool(f"-{claim.name}", context)

    def negated(self, claim: Claim) -> Truth:
        if claim.kind == "step_invariant":
            assert self.path is not None
            return self.encoding.refuted(claim.expr, self.encoding.base, self.path.after)
        return self.encoding.refuted(claim.expr, self.stage)

    # ── questions ────────────────────────────────────────────────────────────────────────────

    def ask(self, hypotheses: Iterable[str], goals: Sequence[str], *,
            patient: bool = True, picked: bool = False) -> Answer:
        """Whether the hypotheses, `picked` for this question perhaps, rule out that one of the
        goals is broken."""
        goals = [name for name in goals if name in self.after]
        if not goals:
            return Answer("unsat")
        own = picked or len(goals) == 1 and not goals[0].startswith("lemma ")
        broken = disj(*(self.negation(name) for name in goals))
        return self._check(hypotheses, [broken], patient, own)

    def kept_alone(self, names: Iterable[str]) -> Iterator[str]:
        """Which of the claims the step preserves whatever else is true: of many claims most, and
        seen with the path's conditions alone, without facts and axioms."""
        solver = z3.Solver(ctx=self.encoding.space.context)
        solver.set(**SETTINGS, rlimit=self.budget.rlimit // QUICKLY)
        given = [part for _, part in self.encoding.initial] if self.initially else (
            [] if self.path is None else list(self.path.given))
        solver.add(*self.grounder.question(given, []))
        for name in names:
            solver.push()
            before = [self.supposition(name)] if name in self.before else []
            solver.add(*self.grounder.question([*before, self.negation(name)], []))
            self.budget.questions += 1
            if solver.check() == z3.unsat:
                yield name
            solver.pop()

    def supposition(self, name: str) -> Truth:
        """That the claim holds before the step."""
        literal = f"+{name}"
        if literal not in self._meaning:
            self._meaning[literal] = self.encoding.holds(self.claims[name].expr)
        return self._meaning[literal]

    def negation(self, name: str) -> Truth:
        """That the claim is broken."""
        literal = self.after[name].decl().name()
        if literal not in self._meaning:
            self._meaning[literal] = self.negated(self.claims[name])
        return self._meaning[literal]

    def refutes(self, hypotheses: Iterable[str], parts: Sequence[Truth], *,
                patient: bool = True, picked: bool = False) -> Answer:
        """Whether the hypotheses rule out what `parts` say: for checks, with premises of their
        own, and for the question whether the situation is possible at all."""
        if any(part is False for part in parts):
            return Answer("unsat")
        return self._check(hypotheses, [part for part in parts if part is not True], patient,
                           picked)

    def _check(self, hypotheses: Iterable[str], parts: list[Truth], patient: bool,
               own: bool = False) -> Answer:
        if any(part is False for part in parts):
            return Answer("unsat")
        supposed = [name for name in hypotheses if name in self.before]
        answer = Answer("unknown")
        for mode in PATIENT if patient else QUICK:
            if mode == "ground" and self.encoding.family.has_order:
                continue        # with numbers, Z3's own patterns are several times faster
            solver = self.solver(supposed, parts, mode)
            worth = MORE if mode == "ground" and len(supposed) > MANY else 1
            if own and patient:
                worth = PATIENCE
            solver.set("rlimit", self.budget.rlimit * worth)
            self.budget.questions += 1
            outcome = solver.check(*(self.before[name] for name in supposed))
            if outcome == z3.unsat:
                core = {literal.decl().name() for literal in solver.unsat_core()}
                return Answer("unsat", frozenset(name[1:] for name in core))
            if outcome == z3.sat:
                return Answer("sat")
            answer = Answer("unknown", reason=f"z3: {solver.reason_unknown()}")
        if patient:
            self.budget.unknown += 1
        return answer
