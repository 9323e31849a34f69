"""Loops over an Index or an interval: one update of all elements at once.

The front end has made sure that the order of the rounds has no meaning, or `rounds.py`. So what a
variable holds after the loop has a closed form: a variable that is written at the element only
holds, at each element, what the round of that element wrote; a flag that is set to a constant is
set if some round sets it; a set holds what some round adds.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from checker.engines.smt.anysize import values
from checker.engines.smt.anysize.evaluate import (Obligation, Scope, Stage, element,
                                                  evaluate, term_of)
from checker.engines.smt.anysize.refuse import OutsideFragment
from checker.engines.smt.anysize.rounds import independent
from checker.engines.smt.anysize.values import (Element, Interval, Mapping, Members, Symbolic,
                                                Term, exists, forall, merge)
from checker.engines.smt.terms import Truth, conj, disj, implies, neg
from checker.ir.nodes import (Assign, Check, Const, Expr, ForEach, Local, Op, Place, Statement,
                              When)
from checker.ir.walk import (all_statements, free_locals, place_value, state_variables,
                             statement_expressions, subexpressions)
from checker.types import Map, Record, Type

if TYPE_CHECKING:
    from checker.engines.smt.anysize.execute import _Run, _Walk


@dataclass
class _Round:
    """The body for one element: values after it, and what was written under which condition."""

    stage: Stage
    locals: dict[str, Symbolic]
    known: dict[Expr, Symbolic]
    writes: list[tuple[Assign, Truth, Symbolic]] = field(default_factory=list)
    checks: list[tuple[Check, Truth]] = field(default_factory=list)


def for_each(walk: _Walk, loop: ForEach, run: _Run) -> None:
    """Execute the loop: fixed domains round by round, others at once."""
    over = walk.space.domain(loop.domain, loop.loc)
    if isinstance(over, list):
        for term in over:
            _one_round(walk, loop, run, term)
        return
    if isinstance(over, Interval):
        independent(loop)
    known = _meant_outside(walk, loop, run)
    before, locals_before = run.stage, dict(run.locals)
    rounds: dict[object, _Round] = {}

    def round_of(x: Term) -> _Round:
        number = x if isinstance(x, int) else x.get_id(), isinstance(x, int)
        if number not in rounds:
            one = element(loop.domain, x)
            done = _Round(before, {**locals_before, loop.variable: one}, known)
            _body(walk, loop.body, True, done)
            rounds[number] = done
        return rounds[number]

    sample = round_of(values.fresh(values.sort_of(over), loop.variable))
    for number, (check, _) in enumerate(sample.checks):
        holds = forall(over, lambda x, n=number: round_of(x).checks[n][1])
        if holds is not True:
            run.checks.append(Obligation(check.kind, check.message, check.loc, tuple(run.given),
                                         holds))
            run.given.append(holds)
    outside = set(locals_before)
    for place in {(a.place.name, a.place.local): a.place for a, _, _ in sample.writes}.values():
        if place.local and (place.name not in outside or place.name == loop.variable):
            continue
        mine = [n for n, (a, _, _) in enumerate(sample.writes) if a.place.name == place.name
                and a.place.local == place.local]
        _close(walk, loop, run, before, place, mine, sample, round_of)


def _meant_outside(walk: _Walk, loop: ForEach, run: _Run) -> dict[Expr, Symbolic]:
    """Elements that the body looks up but that are the same in every round.

    In the body they would stand under a quantifier; here each is a constant of the step.
    """
    body = list(all_statements(loop.body))
    assigned = {s.place.name for s in body if isinstance(s, Assign)} | {loop.variable}
    found: dict[Expr, Symbolic] = {}
    for statement in body:
        for top in statement_expressions(statement):
            for expr in subexpressions(top):
                if isinstance(expr, Op) and expr.op == "value" and expr not in found:
                    names = free_locals(expr)
                    if not names & assigned and names <= set(run.locals) and not (
                            state_variables(expr) & assigned):
                        found[expr] = evaluate(expr, walk.scope(run))
    return found


def _one_round(walk: _Walk, loop: ForEach, run: _Run, term: Term) -> None:
    """A round of a loop over a fixed domain, its branches merged."""
    done = _Round(run.stage, {**run.locals, loop.variable: term}, {})
    _body(walk, loop.body, True, done)
    for check, holds in done.checks:
        if holds is not True:
            run.checks.append(Obligation(check.kind, check.message, check.loc, tuple(run.given),
                                         holds))
            run.given.append(holds)
    run.stage, run.locals = done.stage, done.locals


# ── one round ────────────────────────────────────────────────────────────────────────────────

def _body(walk: _Walk, statements: tuple[Statement, ...], path: Truth, done: _Round) -> None:
    for statement in statements:
        match statement:
            case Assign(place, value):
                _assign(walk, statement, place, value, path, done)
            case Check(condition):
                holds = evaluate(condition, _scope(walk, done))
                done.checks.append((statement, implies(path, holds)))
            case When(condition, then, otherwise):
                _when(walk, evaluate(condition, _scope(walk, done)), then, otherwise, path, done)
            case _:
                raise OutsideFragment("P107", "a loop or a choice inside a loop", statement.loc)


def _scope(walk: _Walk, done: _Round) -> Scope:
    return Scope(walk.space, walk.executor.counts, done.stage, done.locals,
                 (walk.process.name, walk.key), known=done.known)


def _assign(walk: _Walk, assign: Assign, place: Place, expr, path: Truth, done: _Round) -> None:
    scope = _scope(walk, done)
    value = evaluate(expr, scope)
    keys = tuple(key if isinstance(key, str) else term_of(evaluate(key, scope), scope, key)
                 for key in place.path)
    done.writes.append((assign, path, value))
    if place.local:
        whole = done.locals.get(place.name, walk.space.lowest(place.root))
        done.locals = {**done.locals, place.name: values.replace(whole, place.root, keys, value)}
        return
    kept = values.as_choice(value) if isinstance(value, Element) else value
    changed = values.replace(done.stage.values[place.name], place.root, keys, kept)
    pattern = tuple(key for key in keys if not isinstance(key, str))
    writes = {**done.stage.writes,
              place.name: (*done.stage.writes.get(place.name, ()), pattern)}
    done.stage = Stage({**done.stage.values, place.name: changed}, writes)


def _when(walk: _Walk, condition: Truth, then: tuple[Statement, ...],
          otherwise: tuple[Statement, ...], path: Truth, done: _Round) -> None:
    if isinstance(condition, bool):
        _body(walk, then if condition else otherwise, path, done)
        return
    first = _Round(done.stage, dict(done.locals), done.known, done.writes, done.checks)
    second = _Round(done.stage, dict(done.locals), done.known, done.writes, done.checks)
    _body(walk, then, conj(path, condition), first)
    _body(walk, otherwise, conj(path, neg(condition)), second)
    merged = {name: merge(condition, value, second.stage.values[name])
              for name, value in first.stage.values.items()}
    writes = {name: (*first.stage.writes.get(name, ()), *second.stage.writes.get(name, ()))
              for name in {**first.stage.writes, **second.stage.writes}}
    done.stage = Stage(merged, writes)
    done.locals = {name: merge(condition, value, second.locals[name])
                   for name, value in first.locals.items() if name in second.locals}


# ── all rounds ───────────────────────────────────────────────────────────────────────────────

def _close(walk: _Walk, loop: ForEach, run: _Run, before: Stage, place: Place, mine: list[int],
           sample: _Round, round_of) -> None:
    """What one variable holds after all rounds."""
    assigns = [sample.writes[n][0] for n in mine]
    whole = run.locals[place.name] if place.local else before.values[place.name]
    depth = _element_position(assigns, loop.variable)
    if depth is not None:
        over = walk.space.domain(loop.domain)

        def after(x: Term) -> Symbolic:
            done = round_of(x)
            made = done.locals[place.name] if place.local else done.stage.values[place.name]
            return merge(over.has(x), made, whole) if isinstance(over, Interval) else made

        changed = _pointwise(place.root, depth, (), after)
        pattern = tuple(_written(walk, key, run, before, i == depth)
                        for i, key in enumerate(assigns[0].place.path)
                        if not isinstance(key, str))
        if len(assigns) > 1:
            pattern = ()
    else:
        changed, pattern = _everywhere(walk, loop, place, whole, mine, sample, round_of), ()
    if place.local:
        run.locals[place.name] = changed
    else:
        stage = run.stage
        writes = {**stage.writes, place.name: (*stage.writes.get(place.name, ()), pattern)}
        run.stage = Stage({**stage.values, place.name: changed}, writes)


def _written(walk: _Walk, key, run: _Run, before: Stage, element: bool) -> Term | None:
    """The key of a write for the delta rule; None stands for all."""
    if element or not isinstance(key, Local) or key.name not in run.locals:
        return None
    return term_of(evaluate(key, walk.scope(run)), walk.scope(run), key)


def _element_position(assigns: list[Assign], variable: str) -> int | None:
    """The position in the path at which every write has the loop's element."""
    common: set[int] | None = None
    for assign in assigns:
        here = {i for i, key in enumerate(assign.place.path)
                if isinstance(key, Local) and key.name == variable}
        common = here if common is None else common & here
    return min(common) if common else None


def _pointwise(of: Type, depth: int, keys: tuple[Term | str, ...], after) -> Symbolic:
    """The value whose part at each element is what the round of that element made of it."""
    if isinstance(of, Record):
        return tuple(_pointwise(t, depth, (*keys, name), after) for name, t in of.fields)
    assert isinstance(of, Map), of

    def get(key: Term) -> Symbolic:
        if len(keys) == depth:
            value = after(key)
            for step in (*keys, key):
                value = _part(value, step)
            return value
        return _pointwise(of.value, depth, (*keys, key), after)

    return Mapping(get, of)


def _part(value: Symbolic, step: Term | str) -> Symbolic:
    assert not isinstance(step, str), "a record on the way to a loop's element"
    return value.get(step)


def _everywhere(walk: _Walk, loop: ForEach, place: Place, whole: Symbolic, mine: list[int],
                sample: _Round, round_of) -> Symbolic:
    """A variable that is not written at the element: set to a constant, or added to."""
    over, space = walk.space.domain(loop.domain), walk.space
    assigns = [sample.writes[n][0] for n in mine]

    def written(x: Term) -> Truth:
        return disj(*(round_of(x).writes[n][1] for n in mine))

    first = assigns[0]
    if not place.path and all(isinstance(a.value, Const) for a in assigns):
        constant = space.literal(first.value.type, first.value.value, first.loc)
        return merge(exists(over, written), constant, whole)
    added = [a.value for a in assigns]
    if all(isinstance(v, Op) and v.args and v.args[0] == place_value(a.place)
           for a, v in zip(assigns, added)) and not place.path:
        ops = {v.op for v in added}
        if ops == {"with"}:
            return _collected(whole, mine, round_of, over)
        if ops <= {"or", "and"} and len(ops) == 1:
            quantify = exists if ops == {"or"} else forall
            combine = disj if ops == {"or"} else conj
            return combine(whole, quantify(over, lambda x: combine(*(
                _flag(round_of(x).writes[n], ops) for n in mine))))
    raise OutsideFragment("P107", f"what the loop makes of `{place.name}` has no closed form",
                          first.loc)


def _flag(write: tuple[Assign, Truth, Symbolic], ops: set[str]) -> Truth:
    _, path, value = write
    return conj(path, value) if ops == {"or"} else implies(path, value)


def _collected(whole: Members, mine: list[int], round_of, over) -> Members:
    """A set to which rounds add elements."""
    def has(y: Term) -> Truth:
        def adds(x: Term) -> Truth:
            done = round_of(x)
            return disj(*(conj(done.writes[n][1], done.writes[n][2].has(y)) for n in mine))

        return disj(whole.has(y), exists(over, adds))

    return Members(has, whole.of)
