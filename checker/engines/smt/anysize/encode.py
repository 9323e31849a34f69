"""A family as formulas: what holds in every state, how states begin, the steps, properties.

`facts` are true by construction (ranges, that a relation for a stored element has at most one,
that a lock has at most one holder, that dead locals are reset); they need no proof because every
assignment keeps them: a value that would leave a range ends the step (NOTE(overflow)).
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import z3

from checker.engines.smt.anysize import values
from checker.engines.smt.anysize.counts import Counts
from checker.engines.smt.anysize.evaluate import Scope, Stage, evaluate
from checker.engines.smt.anysize.execute import Executor, Path, limits
from checker.engines.smt.anysize.family import Family
from checker.engines.smt.anysize.refuse import OutsideFragment
from checker.engines.smt.anysize.space import Space, ordered, own
from checker.engines.smt.anysize.values import (Choice, Element, Interval, Symbolic, Term, forall,
                                                same)
from checker.engines.smt.encode import dead_locals, places
from checker.engines.smt.terms import Truth, conj, disj, implies, neg
from checker.ir.build import negation
from checker.ir.nodes import Const, Expr, Op, Quantifier
from checker.ir.system import Process, Variable
from checker.types import NUMBERS, Bool, Index, Lock, Map, Maybe, Record, Set, Type
from checker.values import Value, domain


@dataclass(frozen=True)
class Universal:
    """A formula `for all variables: body`, the form of every lemma and most invariants."""

    variables: tuple[tuple[str, Type], ...]
    body: Expr


class Encoding:
    """The formulas of one family, over the leaves of `space`."""

    def __init__(self, family: Family) -> None:
        self.family, self.system = family, family.system
        self.space = Space(family)
        self.base = Stage(self.space.state())
        self.counts = Counts(self.space, self.base)
        self.executor = Executor(self.space, self.counts, self.base)
        self._held: dict[Expr, Truth] = {}

    # ── steps ────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Every path of every step, once for all elements of an Index."""
        return tuple(path for process in self.system.processes
                     for location in process.locations.values()
                     if location.name in places(process)
                     for key in self.space.keys(process)
                     for path in self.executor.paths(process, location, key))

    # ── truths ───────────────────────────────────────────────────────────────────────────────

    def holds(self, expr: Expr, stage: Stage | None = None, after: Stage | None = None,
              bound: dict[str, Symbolic] | None = None) -> Truth:
        """That an expression of a property is true in a state (and the one after it)."""
        if stage is None and after is None and not bound:
            if expr not in self._held:
                self._held[expr] = evaluate(expr, Scope(self.space, self.counts, self.base))
            return self._held[expr]
        scope = Scope(self.space, self.counts, stage or self.base, dict(bound or {}), after=after)
        return evaluate(expr, scope)

    def refuted(self, expr: Expr, stage: Stage, after: Stage | None = None) -> Truth:
        """That it is false; the elements for which it is are constants, shared by all goals."""
        found = universal(expr)
        used: dict[str, int] = {}
        bound: dict[str, Symbolic] = {}
        inside: list[Truth] = []
        for name, of in found.variables:
            over = self.space.domain(of)
            number = used[str(of)] = used.get(str(of), -1) + 1
            constant = z3.Const(f"{of} {number}", values.sort_of(over))
            bound[name] = Element(constant) if isinstance(of, Index) else constant
            if isinstance(over, Interval):
                inside.append(over.has(constant))
        return conj(*inside, neg(self.holds(found.body, stage, after, bound)))

    # ── facts ────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def facts(self) -> tuple[tuple[str, Truth], ...]:
        """What holds in every state by construction, each with a name."""
        found = [("size", self.space.sizes[name] >= 1) for name in self.family.constants]
        for variable in self.system.variables:
            found += [(variable.name, fact)
                      for fact in self._ranges(variable.type, self.base.values[variable.name])]
        for process in self.system.processes:
            found += [(process.name, fact) for fact in self._waiting(process)]
        return tuple((name, fact) for name, fact in found if fact is not True)

    def _ranges(self, of: Type, value: Symbolic) -> Iterator[Truth]:
        match of:
            case Map(key, inner):
                over = self.space.domain(key)
                for i, _ in enumerate(list(self._ranges(inner, value.get(self._sample(key))))):
                    yield forall(over, lambda k, i=i: list(
                        self._ranges(inner, value.get(k)))[i])
            case Record(fields):
                for (_, inner), part in zip(fields, value):
                    yield from self._ranges(inner, part)
            case Index() | Maybe(Index()):
                yield _at_most_one(value)
            case Maybe(inner):
                yield from self._ranges(inner, value.payload)
            case Lock():
                yield from self._one_holder(value)
            case Bool() | Set():
                pass
            case _:
                yield from limits(self.space, of, value)

    def _sample(self, key: Type) -> Term:
        over = self.space.domain(key)
        return over[0] if isinstance(over, list) else values.fresh(values.sort_of(over), "k")

    def _one_holder(self, lock) -> Iterator[Truth]:
        processes = list(self.system.processes)
        for i, one in enumerate(processes):
            for other in processes[i:]:
                yield self._exclusive(lock, one, other)

    def _exclusive(self, lock, one: Process, other: Process) -> Truth:
        def apart(a: Term | None, b: Term | None) -> Truth:
            both = conj(lock.held(one.name, a), lock.held(other.name, b))
            return implies(both, one is other and (a is None or same(a, b)))

        return self._over(one, lambda a: self._over(other, lambda b: apart(a, b)))

    def _over(self, process: Process, body: Callable[[Term | None], Truth]) -> Truth:
        if process.domain is None:
            return body(None)
        return forall(self.space.over_keys(process), body)

    def _waiting(self, process: Process) -> Iterator[Truth]:
        """An instance waits where some step may end, its dead locals reset."""
        reached = places(process)
        member = self.space.member

        def at(key: Term | None, place: str) -> Truth:
            here = own(self.base.values[process.location_variable], process, key)
            return same(here, member(process.location_type, place))

        never = [p for p in process.location_type.members if p not in reached]
        if never:
            yield self._over(process, lambda key: neg(disj(*(at(key, p) for p in never))))
        for name, of in process.locals.items():
            dead = [p for p in reached if name in dead_locals(process, p)]
            whole = self.base.values[process.local_variable(name)]
            yield self._over(process, lambda key, w=whole, of=of, dead=dead: implies(
                disj(*(at(key, p) for p in dead)), self._reset(of, own(w, process, key))))

    def _reset(self, of: Type, value: Symbolic) -> Truth:
        if isinstance(of, Index):
            return values.nothing(value)
        return values.equal(value, self.space.lowest(of), self.space.domain)

    # ── the beginning ────────────────────────────────────────────────────────────────────────

    @cached_property
    def initial(self) -> tuple[tuple[str, Truth], ...]:
        """That the state is an initial one: the processes stand at their first awaits."""
        found: list[tuple[str, Truth]] = []
        samples = [self.family.compile(self.family.base)]
        for variable in self.system.variables:
            if variable.kind == "shared":
                begun = samples[0].variable[variable.name]
                found += [(variable.name, fact) for fact in self._begins(variable, begun)]
        for process in self.system.processes:
            found.append((process.name, self._over(process, lambda key, p=process: disj(
                *(self._stands(p, key, path) for path in self.executor.starts(p, key))))))
        return tuple((name, fact) for name, fact in found if fact is not True)

    def _begins(self, variable: Variable, begun: Variable) -> Iterator[Truth]:
        """That a variable has one of its initial values; the same for every element."""
        value = self.base.values[variable.name]
        if begun.type.init is not None and not isinstance(begun.type, (Map, Record)):
            if len(begun.initial) > 1:
                return                              # ANY
        options = _options(begun.type, begun.initial)
        if options is None:
            raise OutsideFragment("P109", f"{variable.name} begins with values that depend on "
                                  "one another", variable.loc)
        yield from self._among(variable, variable.type, begun.type, value, options)

    def _among(self, variable: Variable, of: Type, begun: Type, value: Symbolic,
               options: object) -> Iterator[Truth]:
        match of:
            case Map(key, inner):
                assert isinstance(options, list)
                over = self.space.domain(key)
                if not isinstance(over, list):
                    if any(option != options[0] for option in options):
                        raise OutsideFragment("P109", f"{variable.name} does not begin alike for "
                                              f"every {key}", variable.loc)
                    count = len(list(self._among(variable, inner, begun.value,
                                                 value.get(self._sample(key)), options[0])))
                    for i in range(count):
                        yield forall(over, lambda k, i=i: list(self._among(
                            variable, inner, begun.value, value.get(k), options[0]))[i])
                else:
                    for k, option in zip(over, options):
                        yield from self._among(variable, inner, begun.value, value.get(k),
                                               option)
            case Record(fields):
                for i, (_, inner) in enumerate(fields):
                    yield from self._among(variable, inner, begun.fields[i][1], value[i],
                                           options[i])
            case _:
                if not (isinstance(of, NUMBERS) and len(options) == len(domain(begun))):
                    yield self._one_of(variable, of, value, options)

    def _one_of(self, variable: Variable, of: Type, value: Symbolic, options: object) -> Truth:
        if isinstance(of, Lock):
            return self.free(value)
        if isinstance(of, NUMBERS) and options != [0]:
            self._fixed_start(variable)
        if isinstance(of, Index):
            if len(options) == 1:
                return value.at(self.space.lowest_element(of))
            return values.exists(value.sort, value.at)
        if isinstance(of, Maybe) and isinstance(of.of, Index):
            return values.nothing(value) if options == [None] else True
        if isinstance(of, Set):
            if options == [frozenset()]:
                return forall(self.space.domain(of.of), lambda x: neg(value.has(x)))
            return True
        return disj(*(values.equal(value, self.space.literal(of, option), self.space.domain)
                      for option in options))

    def _fixed_start(self, variable: Variable) -> None:
        """Initial numbers must be the same at every size; a second size is looked at."""
        first, other = (
            set(_numbers(found.type, found.initial)) for found in (
                self.family.compile({n: v + more for n, v in self.family.base.items()}
                                    ).variable[variable.name] for more in (0, 1)))
        if first != other:
            raise OutsideFragment("P109", f"{variable.name} begins with a number that depends on "
                                  "a size", variable.loc)

    def free(self, lock) -> Truth:
        return conj(*(self._over(p, lambda key, p=p: neg(lock.held(p.name, key)))
                      for p in self.system.processes))

    def _stands(self, process: Process, key: Term | None, path: Path) -> Truth:
        """That the instance's own variables are what the path before the first await made."""
        parts: list[Truth] = list(path.given)
        names = [process.location_variable, *map(process.local_variable, process.locals)]
        for name in names:
            now = own(self.base.values[name], process, key)
            then = own(path.after.values[name], process, key)
            if isinstance(now, Choice):
                parts.append(forall(now.sort, lambda x, a=now, b=then: values.iff(
                    a.at(x), b.at(x))))
            else:
                parts.append(values.equal(now, then, self.space.domain))
        return conj(*parts)


def _at_most_one(choice: Choice) -> Truth:
    return forall(choice.sort, lambda x: forall(choice.sort, lambda y: implies(
        conj(choice.at(x), choice.at(y)), same(x, y))))


def _numbers(of: Type, initial: tuple[Value, ...]) -> Iterator[int]:
    """The numbers that occur in the initial values of a type."""
    match of:
        case Map(_, inner):
            yield from _numbers(inner, tuple(part for value in initial for part in value))
        case Record(fields):
            for i, (_, inner) in enumerate(fields):
                yield from _numbers(inner, tuple(value[i] for value in initial))
        case _ if isinstance(of, NUMBERS):
            yield from initial


def _options(of: Type, initial: tuple[Value, ...]) -> object:
    """The initial values of each part, where every combination of them is allowed, else None."""
    match of:
        case Map(_, inner):
            parts = [list(dict.fromkeys(v[i] for v in initial))
                     for i in range(len(domain(of.key)))]
            below = [_options(inner, tuple(part)) for part in parts]
        case Record(fields):
            parts = [list(dict.fromkeys(v[i] for v in initial)) for i in range(len(fields))]
            below = [_options(t, tuple(part)) for (_, t), part in zip(fields, parts)]
        case _:
            return list(initial)
    product = 1
    for part in parts:
        product *= len(part)
    return below if product == len(initial) and None not in below else None


# ── shapes of properties ─────────────────────────────────────────────────────────────────────

def universal(expr: Expr) -> Universal:
    """A property as `for all: body`, as far as its shape allows."""
    expr = _pushed(expr)
    variables: list[tuple[str, Type]] = []
    while (isinstance(expr, Quantifier) and expr.kind == "all"
           and (isinstance(expr.domain, Index) or ordered(expr.domain))):
        variables.append((expr.variable, expr.domain))
        expr = _pushed(expr.body)
    return Universal(tuple(variables), expr)


def _pushed(expr: Expr) -> Expr:
    """A negated `any` as an `all`."""
    match expr:
        case Op("not", (Quantifier("any") as inner,)):
            body = negation(inner.body, loc=inner.loc)
            return Quantifier("all", inner.variable, inner.domain, body, inner.type,
                              loc=inner.loc)
        case Op("not", (Op("or", parts),)):
            return Op("and", tuple(negation(p) for p in parts), Bool(), loc=expr.loc)
    return expr


def conjuncts(expr: Expr) -> Iterator[Expr]:
    """The parts of a property that can be proved one by one."""
    if isinstance(expr, Op) and expr.op == "and":
        for part in expr.args:
            yield from conjuncts(part)
    elif not (isinstance(expr, Const) and expr.value is True):
        yield expr


