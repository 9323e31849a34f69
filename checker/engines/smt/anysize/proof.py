"""`prove_any_size`: the safety of a spec for every size of its index sets.

The order of work: the lemmas that are kept beside the spec, if they suffice; else the reachable
states of small sizes, which refute what is false; else lemmas are looked for. What is not proved
in the end is shown as a finite counterexample to induction (`failures.py`).
"""
from __future__ import annotations

import inspect
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from checker.engines.interp.explore import explore
from checker.engines.smt.anysize import failures
from checker.engines.smt.anysize.basics import basics
from checker.engines.smt.anysize.candidates import Candidate, candidates
from checker.engines.smt.anysize.encode import Encoding
from checker.engines.smt.anysize.execute import Path
from checker.engines.smt.anysize.failures import Gap
from checker.engines.smt.anysize.family import Family, family
from checker.engines.smt.anysize.finite import Sample, reachable
from checker.engines.smt.anysize.kept import lemma_file
from checker.engines.smt.anysize.lemmas import read_file, read_lemma, show_lemma
from checker.engines.smt.anysize.memory import few_collections
from checker.engines.smt.anysize.prover import Hint, Prover, Tell
from checker.engines.smt.anysize.question import RLIMIT, Budget, Claim
from checker.engines.smt.anysize.refuse import OutsideFragment
from checker.engines.smt.anysize.selection import Bench, Choice, Samples, Search
from checker.engines.smt.anysize.tables import Tables
from checker.engines.smt.anysize.unseen import unseen
from checker.ir.nodes import Expr
from checker.ir.system import IMPLICIT, System
from checker.results.exploration import Exploration
from checker.source import NOWHERE, Loc

ASSUMPTIONS = (
    "uniform: the compiled spec has one text at every size (compared at sizes 2, 3, 4 and 7)",
    "finite: every index set has finitely many elements, and at least one",
    "translation: the formulas say what the interpreter does (compared by the tests)",
)
SAFETY = ("invariant", "lemma", "step_invariant")
"""Kinds of properties that are proved, besides the checks in steps."""
MOST_STATES = 4_000
"""States that are explored for mistakes; for lemmas, those of one size. The interpreter visits
about a thousand a second; another engine may be given more."""
LEARNED_FROM = 5
"""How many times as many states clauses are learned from one by one."""
SOME_STATES = 10_000
"""So many states of one size are looked at for lists of candidates where there are many more."""
MOST_THINNED = 80
"""Of more lemmas none is tried for removal if all of them prove everything. Most of so many have
others in their place, and each time all that rests on one would be proved again: for minutes."""
MOST_ROUNDS = 12
"""How often lemmas are chosen anew because some are not inductive for every size."""
MOST_SPARE = 100
"""How many other candidates may help the chosen ones."""
MORE_PATIENCE = 6
"""How many times its budget a question gets when too many went unanswered."""

Outcome = Literal["proved", "failed", "unknown", "refused"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of one property at every size.

    failed: `gap` is a counterexample to induction, or a real one. `reason` says why the answer
    is unknown or refused, `loc` where.
    """

    property: str
    outcome: Outcome
    reason: str = ""
    loc: Loc = NOWHERE
    gap: Gap | None = None


@dataclass
class AnySizeProof:
    """The answer for every property, the lemmas that the proved ones rest on, what was spent.

    `lemmas` are Python; `dropped` are given ones that are not inductive, or that speak of what
    this instance does not have.
    `prover` and `names` let a certificate be written.
    """

    name: str
    sizes: dict[str, str] = field(default_factory=dict)
    judged: dict[str, Judged] = field(default_factory=dict)
    lemmas: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    inferred: bool = False
    assumptions: tuple[str, ...] = ASSUMPTIONS
    candidates: int = 0
    paths: int = 0
    questions: int = 0
    unknown: int = 0
    seconds: float = 0.0
    prover: Prover | None = None
    hypotheses: tuple[str, ...] = ()

    def named(self, outcome: Outcome) -> tuple[str, ...]:
        return tuple(name for name, j in self.judged.items() if j.outcome == outcome)

    @property
    def complete(self) -> bool:
        """Whether every invariant and step invariant is proved."""
        return all(name in IMPLICIT for name in self.open)

    @property
    def open(self) -> tuple[str, ...]:
        """What is not proved and might be: deadlock is never asked about."""
        return tuple(name for name, j in self.judged.items()
                     if j.outcome != "proved" and name != "deadlock")


def prove_any_size(spec: Any, *, instance: str | None = None, fault: Any = None,
                   constants: Mapping[str, Any] | None = None,
                   lemmas: Sequence[str] | None = None, infer: bool = True,
                   explain: bool = True, properties: Sequence[str] = (),
                   rlimit: int = RLIMIT, seed: int = 0, most_states: int = MOST_STATES,
                   explorer: Callable[[System], Exploration] | None = None,
                   states: Callable[[System, int], Sample] = reachable,
                   report: Tell | None = None) -> AnySizeProof:
    """Prove the safety properties of `spec` for every size of its index sets.

    `spec` has `system(instance, fault=..., **constants)`, `constants` and `path`, as
    `frontend.spec.Spec`. `lemmas` are Python expressions; without them those of the file beside
    the spec are used. `infer`: look for lemmas where these do not suffice. `explain`: look for a
    finite counterexample where something is not proved. `properties`: prove these alone, and
    nothing of the others is supposed. `explorer` looks for violations at one size and `states`
    lists its states; the interpreter does, unless another engine is given.
    """
    started = time.perf_counter()
    proof = AnySizeProof(spec.name)
    job = _Job(spec, instance, fault, dict(constants or {}), most_states,
               Budget(rlimit, seed), explorer, states, report or (lambda text: None), proof,
               frozenset(properties), explain)
    try:
        with few_collections():
            job.run(lemmas, infer)
    except OutsideFragment as outside:
        job.refuse(outside)
    except KeyboardInterrupt:
        job.give_up("interrupted")
    proof.seconds = time.perf_counter() - started
    return proof


def _in_order(lemmas: Iterable[str]) -> list[str]:
    """The shortest first: those tried for removal first are the longest."""
    return sorted(lemmas, key=lambda text: (len(text), text))


@dataclass
class _Job:
    spec: Any
    instance: str | None
    fault: Any
    constants: dict[str, Any]
    most_states: int
    budget: Budget
    explorer: Callable[[System], Exploration] | None
    states: Callable[[System, int], Sample]
    tell: Tell
    proof: AnySizeProof
    properties: frozenset[str] = frozenset()
    explained: bool = True
    names: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    # ── the parts ────────────────────────────────────────────────────────────────────────────

    def family(self) -> Family:
        instance, changed = self.instance, {}
        if self.fault is not None:
            instance, changed = self.fault.instance or instance, self.fault.constants
        arguments = {**self.spec.constants, **self.spec.arguments(instance), **changed,
                     **self.constants}

        def compile(sizes: dict[str, Any]) -> System:
            return self.wanted(self.spec.system(self.instance, fault=self.fault,
                                                **{**self.constants, **sizes}))

        try:
            return family(compile, arguments)
        except OutsideFragment as outside:
            raise outside.at(Loc(self.spec.path, inspect.getsourcelines(self.spec.cls)[1])) \
                from None

    def wanted(self, system: System) -> System:
        """The system with the safety properties that are asked for, and what candidates for
        lemmas are made of besides. Not with liveness, which is not proved: a `leads_to` of each
        element is as many properties as there are elements."""
        return replace(system, properties=tuple(
            p for p in system.properties if p.kind == "sometimes" or p.kind in SAFETY
            and (not self.properties or p.name in self.properties)))

    def claims(self, system: System) -> list[Claim]:
        return [Claim(p.name, p.expr, "step_invariant" if p.kind == "step_invariant"
                      else "invariant")
                for p in system.properties if p.kind in SAFETY]

    def given(self, system: System, lemmas: Sequence[str] | None) -> list[Expr]:
        """The lemmas of the caller, or those of the file beside the spec."""
        if lemmas is not None:
            return [read_lemma(system, text) for text in lemmas]
        file = lemma_file(self.spec.path)
        if not file.is_file():
            return []
        return [w.expr for w in read_file(system, str(file), file.read_text(encoding="utf-8"),
                                          self.left_out)]

    # ── the order of work ────────────────────────────────────────────────────────────────────

    def run(self, lemmas: Sequence[str] | None, infer: bool) -> None:
        whole = self.family()
        self.proof.sizes = {name: str(size) for name, size in whole.sizes.items()}
        known = [show_lemma(whole.system, e) for e in self.given(whole.system, lemmas)]
        self.not_for_every_size()
        prover = self.attempt(whole, known, patient=bool(known) or not infer)
        if not self.proof.open or not (infer or self.explained):
            return
        self.tell("exploring small sizes")
        refuted = failures.refuted(whole, known, self.limit, self.explorer or self.explore)
        for gap in refuted:
            self.judge(gap.property, "failed", gap=gap)
        if infer and not any(gap.is_violation for gap in refuted):
            prover = self.infer(whole, known)
            self.proof.inferred = True
        if self.explained and not self.proof.complete:
            self.explain(whole, prover)

    @property
    def limit(self) -> int:
        return self.most_states

    def explore(self, system: System) -> Exploration:
        return explore(system, limit=self.most_states)

    def attempt(self, whole: Family, texts: list[str], *, patient: bool) -> Prover:
        """Prove with the given lemmas what they prove; judge everything by it."""
        prover = self.prover(whole)
        prover.patient = patient
        goals, checks, kept = self.inductive(prover, texts)
        self.settle(prover, goals, checks, kept)
        self.proof.dropped = (*self.left_out, *(t for t in texts if self.name(t) not in kept))
        return prover

    def inductive(self, prover: Prover,
                  texts: Iterable[str]) -> tuple[list[str], list[int], dict[str, str]]:
        """The lemmas that are inductive together, by name, and what properties and checks they
        prove."""
        self.add(prover, texts)
        named = {self.name(text): text for text in texts}
        claims = [c for c in prover.claims.values()
                  if c.name not in named and not c.name.startswith("lemma ")]
        pool = prover.houdini([*(c.name for c in claims if c.kind == "invariant"), *named])
        goals, checks = self.carried(prover, claims, frozenset(pool))
        return goals, checks, {name: named[name] for name in pool if name in named}

    def prover(self, whole: Family) -> Prover:
        prover = Prover(Encoding(whole), self.budget, self.tell)
        prover.add(self.claims(whole.system))
        return prover

    def add(self, prover: Prover, texts: Iterable[str]) -> None:
        """Lemmas that may be supposed and proved."""
        system = prover.encoding.system
        prover.add(Claim(self.name(text), read_lemma(system, text)) for text in texts
                   if self.name(text) not in prover.claims)

    def name(self, text: str) -> str:
        """What a lemma is called in questions; the spec's own claims have names already."""
        if text.isidentifier():
            return text
        return self.names.setdefault(text, f"lemma {len(self.names) + 1}")

    def infer(self, whole: Family, known: list[str]) -> Prover:
        """Prove with lemmas that are looked for; judge everything by it.

        Those that can be listed come first. Where they do not suffice, or where sets are ordered
        and lists would be endless, lemmas are made one by one: at first what is missing in the
        list, from the same states.
        """
        if not whole.has_order:
            search = self.look(whole, known)
            search.choose()
            if search.choice.lost:      # small sizes tell: no list has what is missing
                search.learn(whole.system)
            prover = self.chosen(whole, search)
            if not self.proof.open:
                return prover
            known = search.choice.chosen
        return self.chosen(whole, self.look_closer(whole, known))

    def chosen(self, whole: Family, search: Search) -> Prover:
        """Lemmas are chosen at small sizes. One that is inductive there but not for every size
        gets the help of others, which its proof names; where there is none it is never chosen
        again."""
        prover, choice = self.prover(whole), search.choice
        own = [c.name for c in prover.claims.values() if c.kind == "invariant"]
        for _ in range(MOST_ROUNDS):
            search.choose()
            texts = _in_order(choice.chosen)
            prover.hint = self.hint(search)
            if len(texts) > MOST_THINNED and self.judged_by(prover, texts):
                return prover
            self.add(prover, [*choice.chosen, *choice.unseen, *choice.spare()[:MOST_SPARE]])
            pool = [self.name(text) for text in texts]
            prover.ask_together([*own, *pool])
            every = frozenset([*own, *pool])
            weak = prover.weak([*own, *pool], every)
            self.tell(f"{len(pool)} lemmas chosen, {len(weak)} not inductive")
            if not self.help(prover, choice, weak, prover.failing(every)):
                break
        return self.conclude(prover, {self.name(text): text for text in _in_order(choice.chosen)})

    def hint(self, search: Search) -> Hint:
        """What small sizes say that a path's steps and a claim need, found out when asked for."""
        known: dict[tuple, Iterator[frozenset[str]]] = {}

        def needed(path: Path | None, name: str) -> Iterator[frozenset[str]]:
            texts = {named: text for text, named in self.names.items()}
            location = path and path.location
            step = (path.process.name, location.name) if path and location else None
            key = texts.get(name, name), step
            known[key], cores = itertools.tee(known.get(key) or search.cores(*key))
            return (frozenset(map(self.name, core)) for core in cores)

        return needed

    def judged_by(self, prover: Prover, texts: list[str]) -> bool:
        """Whether lemmas prove everything; if so, everything is judged by them, and none of them
        is tried for removal."""
        self.tell(f"{len(texts)} lemmas chosen at small sizes")
        goals, checks, kept = self.inductive(prover, texts)
        if len(checks) < len(prover.obligations) or any(
                name not in goals for name in prover.claims if not name.startswith("lemma ")):
            return False
        self.settle(prover, goals, checks, kept)
        return True

    def help(self, prover: Prover, choice: Choice, weak: list[str], failing: list[int]) -> bool:
        """Choose what makes weak claims inductive and what failing checks need, give up what
        nothing helps; whether there is anything new to choose from."""
        texts = {name: text for text, name in self.names.items()}
        every = frozenset(name for name, claim in prover.claims.items()
                          if texts.get(name) not in choice.hopeless)
        before = set(choice.chosen)
        for number in failing:
            choice.add(texts[other] for other in sorted(prover.passes(number, every).core)
                       if other in texts)
        for name in weak:
            core = prover.supported(name, every)
            if core is not None:
                choice.add(texts[other] for other in sorted(core) if other in texts)
            elif name in texts:
                choice.give_up([texts[name]])
        return before != set(choice.chosen)

    def conclude(self, prover: Prover, named: dict[str, str]) -> Prover:
        """Judge everything by what the lemmas prove, and keep of them what that needs."""
        claims = [c for c in prover.claims.values() if not c.name.startswith("lemma ")]
        goals, checks = self.follows(prover, claims, list(named))
        if len(goals) < len(claims) or len(checks) < len(prover.obligations):
            self.tell("again, with more patience")
            prover.patient = True
            self.budget.rlimit *= MORE_PATIENCE
            prover.forget_unknown()
            goals, checks = self.follows(prover, claims, list(named))
            self.budget.rlimit //= MORE_PATIENCE
        kept = prover.thinned(goals, list(named), checks) or []
        self.settle(prover, goals, checks, {name: named[name] for name in kept})
        return prover

    def follows(self, prover: Prover, claims: list[Claim],
                pool: list[str]) -> tuple[list[str], list[int]]:
        """The properties and checks that the pool proves, each with what it needs of the pool.

        From the goal backwards: lemmas that no goal needs are never asked about.
        """
        own = [claim.name for claim in claims if claim.kind == "invariant"]
        supposed = frozenset([*own, *pool])
        goals, checks = [], []
        for name in (claim.name for claim in claims):
            self.tell(f"proving {name}")
            if prover.closure([name], supposed) is not None:
                goals.append(name)
        for number, (_, check) in enumerate(prover.obligations):
            self.tell(f"proving {check.kind}")
            if prover.closure([], supposed, [number]) is not None:
                checks.append(number)
        return goals, checks

    def carried(self, prover: Prover, claims: list[Claim],
                inductive: frozenset[str]) -> tuple[list[str], list[int]]:
        """The properties and checks that claims prove which are inductive together."""
        goals = [claim.name for claim in claims if (
            claim.name in inductive if claim.kind == "invariant"
            else prover.supported(claim.name, inductive) is not None)]
        checks = []
        for number, (_, check) in enumerate(prover.obligations):
            self.tell(f"proving {check.kind}")
            if prover.passes(number, inductive).outcome == "unsat":
                checks.append(number)
        return goals, checks

    def settle(self, prover: Prover, goals: list[str], checks: list[int],
               kept: dict[str, str]) -> None:
        """Judge every property, and note what the judgements rest on."""
        self.proof.lemmas = tuple(kept.values())
        self.proof.prover, self.proof.paths = prover, len(prover.encoding.paths)
        self.proof.hypotheses = (*(g for g in goals if prover.claims[g].kind == "invariant"),
                                 *kept)
        self.proof.questions, self.proof.unknown = self.budget.questions, self.budget.unknown
        for claim in prover.claims.values():
            if claim.name.startswith("lemma ") or claim.name in goals:
                if claim.name in goals:
                    self.judge(claim.name, "proved")
                continue
            self.judge(claim.name, "unknown", reason="the lemmas do not suffice")
        for kind in dict.fromkeys(check.kind for _, check in prover.obligations):
            mine = [n for n, (_, check) in enumerate(prover.obligations) if check.kind == kind]
            open_ = [n for n in mine if n not in checks]
            if not open_:
                self.judge(kind, "proved")
            else:
                where, check = prover.obligations[open_[0]]
                self.judge(kind, "unknown", loc=check.loc,
                           reason=f"not proved: {check.message}, of {where}")

    def look(self, whole: Family, known: Sequence[str]) -> Search:
        """Candidates that hold in the reachable states of small sizes."""
        samples, small = self.samples(whole)
        self.tell(f"{sum(len(states) for _, states in samples)} states of small sizes")
        found = candidates(whole.system, samples) if samples else []
        ranked = sorted(found, key=Candidate.rank)
        texts = list(dict.fromkeys([*known, *(each.text for each in ranked)]))
        self.proof.candidates = len(texts)
        self.tell(f"{len(texts)} candidates")
        search = self.search(whole, Choice(texts, self.tell), Tables(whole.system, samples), small)
        search.choice.add(known)
        return search

    def search(self, whole: Family, choice: Choice, tables: Tables, steps_of: Samples) -> Search:
        """Choosing by what is true in the states of some sizes, and by the steps of some."""
        benches = [Bench(system) for system, _ in steps_of]
        return Search(choice, benches, self.goals(whole, benches), tables)

    def look_closer(self, whole: Family, known: Sequence[str]) -> Search:
        """Lemmas that are made where they are needed, and hold in the reachable states of small
        sizes."""
        base, flat = dict.fromkeys(whole.constants, 2), dict.fromkeys(whole.constants, 1)
        most = LEARNED_FROM * self.most_states
        larger = [dict.fromkeys(base, 3)] if len(base) > 1 else []
        samples = self._sampled(whole, [base, *({**base, name: 3} for name in base), *larger],
                                most=most, some=True)
        for name in base:
            samples += self._sampled(whole, [{**base, name: 4}], most=most, some=True) or (
                self._sampled(whole, [{**flat, name: 4}], most=most, some=True))
        steps_of = samples[1:] or samples
        for name in base:               # what is true of two may be false of one
            samples = samples + self._sampled(whole, [{**base, name: 1}], most=most, some=True)
        self.tell(f"{sum(len(states) for _, states in samples)} states of small sizes")
        search = self.search(whole, Choice((), self.tell), Tables(whole.system, samples), steps_of)
        facts = basics(search.tables, search.benches[:1], self.tell)
        self.proof.candidates = len(facts)
        self.tell(f"{len(facts)} short candidates are inductive at a small size")
        search.choice.unseen = unseen(search.tables)
        search.choice.ranked = facts
        search.learn(whole.system)
        search.choice.add(known)
        return search

    def goals(self, whole: Family, benches: Sequence[Bench]) -> list[str]:
        """What lemmas are looked for: the properties, and the kinds of checks in the steps."""
        kinds = dict.fromkeys(kind for bench in benches for kind in bench.encoding.failing)
        return [claim.name for claim in self.claims(whole.system)] + list(kinds)

    def samples(self, whole: Family) -> tuple[Samples, Samples]:
        """The states of size 2, and those of size 3; where these are too many, those with one
        constant 3 and the others 2, or some of them, and those of size 1; where there are too many
        of size 2, some of them, and those of size 1. What holds in some states only is found out
        when it is to be proved. And of these sizes those whose steps are looked at: not those that
        are large.
        """
        base = dict.fromkeys(whole.constants, 2)
        found = self._sampled(whole, [base])
        flat = self._sampled(whole, [dict.fromkeys(whole.constants, 1)])
        if not found:
            found = [*flat, *self._sampled(whole, [base], some=True)]
            return found, found
        larger = [self.states(whole.compile({**base, name: 3}), 5 * self.most_states)
                  for name in base]
        if all(sample.complete for sample in larger):
            largest = [dict.fromkeys(whole.constants, 3)] if len(base) > 1 else []
            found += self._sampled(whole, largest) or [(s.system, s.states) for s in larger]
            return found, found
        some = [(sample.system, sample.states[:SOME_STATES]) for sample in larger if sample.states]
        return [*found, *some, *flat], [*found, *flat]

    def _sampled(self, whole: Family, sizes: list[dict[str, int]], *,
                 some: bool = False,
                 most: int | None = None) -> Samples:
        samples = [self.states(whole.compile(size), most or 5 * self.most_states)
                   for size in sizes]
        return [(s.system, s.states) for s in samples if s.complete or some and s.states]

    def explain(self, whole: Family, prover: Prover) -> None:
        """A finite counterexample to induction for what is not proved and not refuted."""
        open_ = [name for name, judged in self.proof.judged.items()
                 if judged.outcome == "unknown" and (name in prover.claims)]
        if open_:
            self.tell("looking for the smallest counterexample to induction")
            for gap in failures.gaps(whole, open_, list(self.proof.lemmas), self.limit):
                self.judge(gap.property, "failed", gap=gap)

    # ── judgements ───────────────────────────────────────────────────────────────────────────

    def not_for_every_size(self) -> None:
        self.judge("deadlock", "unknown", reason="deadlock is not proved for every size: explore")

    def judge(self, name: str, outcome: Outcome, **more: Any) -> None:
        self.proof.judged[name] = Judged(name, outcome, **more)

    def refuse(self, outside: OutsideFragment) -> None:
        names = [name for name in self.proof.judged if name != "deadlock"] or [self.spec.name]
        try:
            system = self.spec.system(self.instance, fault=self.fault, **self.constants)
            names = [p.name for p in system.properties if p.kind in SAFETY]
        finally:
            for name in names:
                self.judge(name, "refused", reason=str(outside), loc=outside.loc)

    def give_up(self, reason: str) -> None:
        for name, judged in self.proof.judged.items():
            if judged.outcome != "proved":
                self.judge(name, "unknown", reason=reason)
