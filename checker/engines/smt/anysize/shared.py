"""One solver for all questions about a family: most lemmas are kept by most steps, quickly.

What the hypotheses say of the elements that questions name is the same for each of them, so Z3 is
told once (`instances.py`). A step is a scope on top of that, and a claim about it one more
literal. A step that the hypotheses rule out leaves nothing to ask.

Only `unsat` is an answer that anything rests on; what is not answered here is asked as before, in
a solver of its own.
"""
from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import z3

from checker.engines.smt.anysize.execute import Path
from checker.engines.smt.anysize.ground import Grounder
from checker.engines.smt.anysize.instances import Instances
from checker.engines.smt.anysize.models import Model
from checker.engines.smt.anysize.question import Answer, Budget, Claim, Situation
from checker.engines.smt.anysize.substitution import (Substitution, denied, functions,
                                                      substitution)
from checker.engines.smt.terms import Truth, conj

EASY = 100_000
"""Z3's budget for one question here; most take a tenth of it."""
HARD = 1_000_000
"""... where it takes more instances."""


@dataclass(frozen=True)
class _Case:
    """A way in which a claim may be false, behind a literal; the elements that it is about."""

    literal: z3.BoolRef
    about: set[int]


Place = tuple[str, str, object]
"""Where an instance waits: its process, the location, its key."""


class Shared:
    """Questions about the situations of one encoding."""

    def __init__(self, anywhere: Situation, grounder: Grounder, budget: Budget) -> None:
        self.anywhere, self.grounder, self.budget = anywhere, grounder, budget
        self.encoding = anywhere.encoding
        self.context = grounder.context
        self.instances = Instances(grounder, seed=budget.seed)
        self._supposed: dict[str, z3.BoolRef] = {}
        self._cases: dict[str, list[tuple[Truth, frozenset[str]]]] = {}
        self._axioms = 0
        self._inside: Situation | None = None
        self._impossible: frozenset[str] | None = None
        self._changes: Substitution = []
        self._unchanged: Substitution = []
        self._place: Place | None = None
        self._waiting: dict[Place, Substitution] = {}
        self._earlier: dict[tuple[Place | None, int, int], z3.BoolRef] = {}
        self._here: set[int] = set()
        self._path: list[Truth] = []
        for _, fact in self.encoding.facts:
            self._know(fact)
        for process in self.encoding.system.processes:
            for key in self.encoding.space.keys(process):
                if isinstance(key, z3.ExprRef):
                    self.instances.name(key)

    # ── what is known ────────────────────────────────────────────────────────────────────────

    def _know(self, part: Truth) -> None:
        self.instances.add(self.grounder.formula(part))

    def _learn(self) -> None:
        """Claims and counts that are new, in the outermost scope."""
        for name, claim in self.anywhere.claims.items():
            if name not in self._cases:
                self._suppose(name, claim)
        counts = self.encoding.counts
        if len(counts.table) > self._axioms:
            self._axioms = len(counts.table)
            for _, axiom in counts.axioms(self.encoding.base):
                self._know(axiom)
        self.instances.fill()

    def _suppose(self, name: str, claim: Claim) -> None:
        self._cases[name] = []
        if claim.kind != "invariant":
            return
        held = self.encoding.holds(claim.expr)
        literal = self._supposed[name] = z3.Bool(f"+{name}", self.context)
        self.instances.add(self.grounder.behind(literal, held), literal.decl().name())
        for case in denied(held):
            if case is True:
                self._cases[name].append((case, frozenset()))
            elif case is not False:
                self._cases[name].append((case, functions(case)))
                for element in self.grounder.looked(case)[0]:
                    self.instances.name(element)

    # ── situations ───────────────────────────────────────────────────────────────────────────

    def enter(self, situation: Situation, hypotheses: Iterable[str]) -> None:
        """Work in a situation from here on."""
        if self._inside is situation:
            return
        self.leave()
        self._learn()
        self.instances.push()
        self._inside = situation
        self._here = set()
        for part in self._given(situation):
            self._know(part)
            self._here |= self._about(part)
        self.instances.fill()
        path = situation.path
        self._changes = [] if path is None else substitution(self.encoding, path.after)
        self._place = self._place_of(path)
        self._unchanged = self._before(path)
        answer = self.instances.check(self._literals(hypotheses), EASY)
        self._impossible = self._core() if answer == z3.unsat else None

    def _place_of(self, path: Path | None) -> Place | None:
        if path is None or path.location is None:
            return None
        key = path.key.get_id() if isinstance(path.key, z3.ExprRef) else path.key
        return path.process.name, path.location.name, key

    def _before(self, path: Path | None) -> Substitution:
        """What functions are before a step, as far as the place that it starts from tells; in the
        form of what they are after it."""
        if self._place is None:
            return []
        if self._place not in self._waiting:
            self._waiting[self._place] = substitution(
                self.encoding, self.encoding.executor.waiting(
                    path.process, path.location, path.key))
        return self._waiting[self._place]

    def _about(self, part: Truth) -> set[int]:
        """The numbers of the elements that a formula names."""
        return set() if isinstance(part, bool) else {
            element.get_id() for element in self.grounder.looked(part)[0]}

    def leave(self) -> None:
        while self._path:
            self._back()
        if self._inside is not None:
            self.instances.pop()
            self._inside = None

    def _given(self, situation: Situation) -> Iterable[Truth]:
        if situation.path is not None:
            yield from situation.path.given
            yield from (axiom for _, axiom in self.encoding.counts.axioms(
                situation.path.after, changed_only=True))
        elif situation.initially:
            yield from (part for _, part in self.encoding.initial)

    def _literals(self, hypotheses: Iterable[str]) -> list[z3.BoolRef]:
        assert self._inside is not None
        if self._inside.initially:
            return []
        return [self._supposed[name] for name in hypotheses if name in self._supposed]

    def _core(self) -> frozenset[str]:
        return frozenset(name[1:] for name in self.instances.core() if name.startswith("+"))

    # ── questions ────────────────────────────────────────────────────────────────────────────

    def kept(self, situation: Situation, hypotheses: Sequence[str],
             names: Sequence[str]) -> dict[str, Answer]:
        """What is known of each claim in a situation: `unsat` where it is kept; the rest is
        open."""
        self.enter(situation, hypotheses)
        if self._impossible is not None and self._impossible <= frozenset(hypotheses):
            return dict.fromkeys(names, Answer("unsat", self._impossible))
        self.instances.push()
        cases = {name: [self._behind(f"-{name} {number}", case)
                        for number, case in enumerate(self._after(name))] for name in names}
        self.instances.fill()
        supposed = self._literals(hypotheses)
        answers = {name: self._kept(name, cases[name], supposed) for name in names}
        self.instances.pop()
        return answers

    def possible(self, situation: Situation, hypotheses: Sequence[str]) -> Answer:
        """Whether there is a state before: `sat`, or `unsat`, or nobody knows."""
        self.enter(situation, hypotheses)
        return self._kept("", [_Case(z3.Bool("- asked", self.context), set())],
                          self._literals(hypotheses))

    def _after(self, name: str) -> list[Truth]:
        """How a claim may be false after the step."""
        assert self._inside is not None
        claim = self.anywhere.claims[name]
        if claim.kind == "step_invariant":
            path = self._inside.path
            assert path is not None
            return list(denied(self.encoding.holds(claim.expr, self.encoding.base, path.after)))
        changed = {decl.name() for decl, _ in self._changes}
        cases = self._cases[name]
        if self._inside.path is None or any(case is True for case, _ in cases):
            return [case for case, _ in cases]
        found = itertools.chain(*(self._told_apart(case) for case, used in cases
                                  if used & changed))
        return [case for case in found if not z3.is_false(case)]

    def _told_apart(self, case: z3.BoolRef) -> Iterator[z3.BoolRef]:
        """What a case of a denial is after the step: of others than the instance that runs, and of
        that instance in place of each element. What is said often is what it was before, and that
        is ruled out by the claim itself."""
        assert self._inside is not None and self._inside.path is not None
        after = z3.simplify(z3.substitute_funs(case, *self._changes))
        key, no = self._inside.path.key, z3.BoolVal(False, self.context)
        others = [x for x in self.grounder.looked(case)[0]
                  if isinstance(key, z3.ExprRef) and x.sort() == key.sort()]
        apart = [(x == key, no) for x in others] + [(key == x, no) for x in others]
        ways = [(apart, [x != key for x in others]), *(([(x, key)], []) for x in others)]
        for number, (means, given) in enumerate(ways):
            now = z3.simplify(z3.substitute(after, *means))
            if not now.eq(self._was(case, number, means)):
                yield conj(now, *given)

    def _was(self, case: z3.BoolRef, number: int,
             means: Sequence[tuple[z3.ExprRef, z3.ExprRef]]) -> z3.BoolRef:
        """A case before the step, in one of the ways in which the instance may be in it: the
        same for all steps from one place."""
        known = self._place, case.get_id(), number
        if known not in self._earlier:
            before = z3.simplify(z3.substitute_funs(case, *self._unchanged))
            self._earlier[known] = z3.simplify(z3.substitute(before, *means))
        return self._earlier[known]

    def _behind(self, name: str, case: Truth) -> _Case:
        literal = z3.Bool(name, self.context)
        if isinstance(case, bool):
            case = z3.BoolVal(case, self.context)
        self.instances.add(self.grounder.behind(literal, case), name)
        return _Case(literal, self._about(case))

    def _kept(self, name: str, cases: list[_Case], supposed: list[z3.BoolRef]) -> Answer:
        core = frozenset({name} & self._supposed.keys())
        for case in cases:
            self.budget.questions += 1
            asked = [*supposed, case.literal]
            answer = self.instances.check(asked, EASY)
            found = self._core() if answer == z3.unsat else frozenset()
            model = self.instances.model() if answer == z3.sat else None
            # The elements that the question is not about are left alone first.
            for about in (self._here | case.about, None):
                if answer != z3.unsat:
                    answer, found = self._settled(asked, case, name, about, model)
                    model = None
            if answer != z3.unsat:
                return Answer("sat" if answer == z3.sat else "unknown")
            core |= found
        return Answer("unsat", core)

    def _settled(self, asked: list[z3.BoolRef], case: _Case, name: str, about: set[int] | None,
                 model: Model | None) -> tuple[z3.CheckSatResult, frozenset[str]]:
        """An answer with as many instances as it takes, of these elements or of all; the core.
        `model` is one of the instances there are, where it is known already."""
        self.instances.push()
        if about is not None:
            self.instances.focus(about)
        answer = self.instances.settle(asked, case.literal.decl().name(), f"+{name}", HARD,
                                       model)
        found = self._core() if answer == z3.unsat else frozenset()
        self.instances.pop()
        return answer, found

    def refuted(self, hypotheses: Sequence[str], given: Sequence[Truth], part: Truth) -> Answer:
        """Whether the hypotheses rule out a part, where what is given is true; that is kept for
        the next question, which often is about the same path."""
        self.enter(self.anywhere, ())
        same = 0
        while same < min(len(given), len(self._path)) and self._path[same] is given[same]:
            same += 1
        while len(self._path) > same:
            self._back()
        for one in given[same:]:
            self._further(one)
        self._further(part)
        about = set().union(*map(self._about, self._path))
        answer = self._kept("", [_Case(z3.Bool("- asked", self.context), about)],
                            self._literals(hypotheses))
        self._back()
        return answer

    def _further(self, part: Truth) -> None:
        self.instances.push()
        self._know(part)
        self.instances.fill()
        self._path.append(part)

    def _back(self) -> None:
        self.instances.pop()
        self._path.pop()
