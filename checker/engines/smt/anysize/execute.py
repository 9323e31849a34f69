"""Steps for every size: the paths of one process from one location, the twin of `interp/step.py`.

The running instance is a constant that stands for any element. A step is split at every branch,
so a path is what a hand-written proof calls an action: a guard, and updates that are all known.
Paths keep quantified conditions at the top of a formula, where a solver deals with them best.

Only inside a loop over an Index are branches merged: the body becomes a function of the element,
and the loop one update of all elements (`loops.py`).

NOTE(overflow). A value that an assignment stores is checked against the range of its place here,
whether or not the front end has put a `Check` before it: at one size its intervals may show that
nothing can go wrong, at every size they say nothing.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import z3

from checker.engines.smt.anysize import values
from checker.engines.smt.anysize.counts import Counts
from checker.engines.smt.anysize.evaluate import (Obligation, Pattern, Scope, Stage, evaluate,
                                                  term_of)
from checker.engines.smt.anysize.family import Linear
from checker.engines.smt.anysize.loops import for_each
from checker.engines.smt.anysize.refuse import OutsideFragment
from checker.engines.smt.anysize.space import Space, own
from checker.engines.smt.anysize.values import Choice, Element, Symbolic, Term
from checker.engines.smt.terms import Truth, conj, neg
from checker.ir.nodes import (DONE, Assign, Branch, Check, Choose, Expr, Finish, ForEach, Goto,
                              Location, Place, Statement, Terminator, When, Yield)
from checker.ir.system import Process
from checker.ir.walk import place_value
from checker.types import Index, Int, Range, Type, Wrapping

MOST_PATHS = 400


@dataclass(frozen=True)
class Path:
    """One way through a step: what it supposes, and the state after it.

    `location` is None for what a process does before its first await. `turns` tells the paths of
    one location apart. `checks` are obligations: that no check on the way fails.
    """

    process: Process
    location: Location | None
    key: Term | None
    turns: tuple[str, ...]
    given: tuple[Truth, ...]
    after: Stage
    checks: tuple[Obligation, ...]
    target: str

    @property
    def name(self) -> str:
        start = "the start" if self.location is None else self.location.name
        turns = f" [{', '.join(self.turns)}]" if self.turns else ""
        return f"{self.process.name} at {start}{turns}"


@dataclass
class _Run:
    """What one path knows so far; copied where it splits."""

    stage: Stage
    locals: dict[str, Symbolic]
    given: list[Truth] = field(default_factory=list)
    checks: list[Obligation] = field(default_factory=list)
    turns: tuple[str, ...] = ()
    target: str = ""
    meant: dict[z3.AstRef, z3.ExprRef] = field(default_factory=dict)

    def copy(self) -> _Run:
        return _Run(self.stage, dict(self.locals), list(self.given), list(self.checks),
                    self.turns, self.target, dict(self.meant))


class Executor:
    """The paths of all processes of one family."""

    def __init__(self, space: Space, counts: Counts, base: Stage) -> None:
        self.space, self.counts, self.base = space, counts, base

    def paths(self, process: Process, location: Location, key: Term | None) -> list[Path]:
        """Every path of a step from a location."""
        run = _Run(self.base, self._waiting(process, location.live, key))
        walk = _Walk(self, process, key)
        run.given += self.inside(process, key)
        at = own(self.base.values[process.location_variable], process, key)
        run.given.append(values.same(at, self.space.member(process.location_type,
                                                            location.name)))
        run.given += walk.live(run, location.live)
        found = []
        for ready, holds in walk.split(location.guard, run, ""):
            if holds:
                found += [self._path(process, location, key, done)
                          for done in walk.blocks(location.entry, ready)]
        if len(found) > MOST_PATHS:
            raise OutsideFragment("P110", f"a step with {len(found)} paths", location.loc)
        return found

    def waiting(self, process: Process, location: Location, key: Term | None) -> Stage:
        """The state before a step from a location, with what is known of its instance: where it
        waits, and that its dead locals are reset."""
        run = _Run(self.base, self._waiting(process, location.live, key))
        return _Walk(self, process, key).wait(location.name, location.live, run).stage

    def starts(self, process: Process, key: Term | None) -> list[Path]:
        """What a process does before its first await."""
        run = _Run(self.base, self._waiting(process, (), key))
        walk = _Walk(self, process, key)
        run.given += self.inside(process, key)
        return [self._path(process, None, key, done)
                for done in walk.blocks(process.start, run)]

    def inside(self, process: Process, key: Term | None) -> list[Truth]:
        """That a number is the key of an instance."""
        if process.domain is None or not isinstance(key, z3.ExprRef):
            return []
        return limits(self.space, process.domain, key)

    def _path(self, process: Process, location: Location | None, key: Term | None,
              run: _Run) -> Path:
        return Path(process, location, key, run.turns, tuple(run.given), run.stage,
                    tuple(run.checks), run.target)

    def _waiting(self, process: Process, live: tuple[str, ...], key: Term | None
                 ) -> dict[str, Symbolic]:
        """The locals of an instance that waits: dead ones have their lowest value."""
        found: dict[str, Symbolic] = {}
        for name, of in process.locals.items():
            whole = self.base.values[process.local_variable(name)]
            found[name] = own(whole, process, key) if name in live else self.space.lowest(of)
        if process.domain is not None:
            found[process.parameter] = self.space.key_value(process, key)
        return found


class _Walk:
    """One process instance on its way through a step."""

    def __init__(self, executor: Executor, process: Process, key: Term | None) -> None:
        self.executor, self.process, self.key = executor, process, key
        self.space = executor.space

    def live(self, run: _Run, live: tuple[str, ...]) -> list[Truth]:
        """Locals that hold an element of an Index become constants of the step."""
        facts: list[Truth] = []
        for name in live:
            of, value = self.process.locals[name], run.locals[name]
            if isinstance(of, Index) and isinstance(value, Choice):
                element = values.fresh(value.sort, name)
                facts.append(value.at(element))
                run.locals[name] = Element(element)
        return facts

    def scope(self, run: _Run) -> Scope:
        return Scope(self.space, self.executor.counts, run.stage, run.locals,
                     (self.process.name, self.key), assume=run.given.append, meant=run.meant)

    def value(self, expr: Expr, run: _Run) -> Symbolic:
        return evaluate(expr, self.scope(run))

    def split(self, condition: Expr, run: _Run, turn: str) -> Iterator[tuple[_Run, bool]]:
        """The path with the condition true, and the one with it false."""
        holds = self.value(condition, run)
        for outcome in (True, False):
            truth = holds if outcome else neg(holds)
            if truth is False or any(neg(truth) is given or (
                    isinstance(truth, z3.ExprRef) and isinstance(given, z3.ExprRef)
                    and given.eq(neg(truth))) for given in run.given):
                continue
            taken = run.copy()
            if truth is not True:
                taken.given.append(truth)
                if turn:
                    taken.turns = (*taken.turns, turn if outcome else f"not {turn}")
            yield taken, outcome

    # ── control flow ─────────────────────────────────────────────────────────────────────────

    def blocks(self, number: int, run: _Run) -> Iterator[_Run]:
        block = self.process.blocks[number]
        for after in self.statements(block.statements, run):
            yield from self.follow(block.terminator, after)

    def follow(self, terminator: Terminator, run: _Run) -> Iterator[_Run]:
        match terminator:
            case Goto(target):
                yield from self.blocks(target, run)
            case Branch(condition, then, otherwise):
                for taken, outcome in self.split(condition, run, _turn(condition)):
                    yield from self.blocks(then if outcome else otherwise, taken)
            case Yield(location):
                yield self.wait(location, self.process.locations[location].live, run)
            case Finish():
                yield self.wait(DONE, (), run)

    def wait(self, location: str, live: tuple[str, ...], run: _Run) -> _Run:
        """Store the location and the live locals; reset the dead ones."""
        process = self.process
        run.target = location
        self.store(process.location_variable, process.location_type,
                   self.space.member(process.location_type, location), run)
        for name, of in process.locals.items():
            if name in live:
                self.store(process.local_variable(name), of, run.locals[name], run)
            elif isinstance(of, Index):
                empty = Choice(lambda x: False, self.space.sort(of))
                self.store(process.local_variable(name), of, empty, run)
            else:
                self.store(process.local_variable(name), of, self.space.lowest(of), run)
        return run

    def store(self, name: str, of: Type, value: Symbolic, run: _Run) -> None:
        keyed = self.process.domain is not None
        path = (self.key,) if keyed else ()
        whole = self.executor.space.system.variable[name].type
        self.write(name, whole, path, _kept(of, value), path, run)

    def write(self, name: str, whole: Type, path: tuple[Term | str, ...], value: Symbolic,
              pattern: Pattern, run: _Run) -> None:
        stage = run.stage
        changed = values.replace(stage.values[name], whole, path, value)
        writes = {**stage.writes, name: (*stage.writes.get(name, ()), pattern)}
        run.stage = Stage({**stage.values, name: changed}, writes)

    # ── statements ───────────────────────────────────────────────────────────────────────────

    def statements(self, statements: tuple[Statement, ...], run: _Run) -> Iterator[_Run]:
        if not statements:
            yield run
            return
        for after in self.statement(statements[0], run):
            yield from self.statements(statements[1:], after)

    def statement(self, statement: Statement, run: _Run) -> Iterator[_Run]:
        match statement:
            case When(condition, then, otherwise):
                for taken, outcome in self.split(condition, run, _turn(condition)):
                    yield from self.statements(then if outcome else otherwise, taken)
                return
            case Assign(place, value):
                self.assign(place, value, run)
            case Check():
                self.check(statement, run)
            case Choose():
                self.choose(statement, run)
            case ForEach():
                for_each(self, statement, run)
        yield run

    def check(self, check: Check, run: _Run) -> None:
        holds = self.value(check.condition, run)
        if holds is not True:
            run.checks.append(Obligation(check.kind, check.message, check.loc, tuple(run.given),
                                         holds))
            run.given.append(holds)

    def choose(self, choose: Choose, run: _Run) -> None:
        of = choose.domain
        term = values.fresh(self.space.sort(of), _plain(choose.variable))
        run.locals[choose.variable] = Element(term) if isinstance(of, Index) else term
        run.given += [part for part in limits(self.space, of, term) if part is not True]
        allowed = self.value(choose.where, run)
        if allowed is not True:
            run.given.append(allowed)

    def assign(self, place: Place, expr: Expr, run: _Run) -> None:
        value = self.value(expr, run)
        self.fits(place, expr, value, run)
        path = tuple(key if isinstance(key, str) else term_of(self.value(key, run),
                                                              self.scope(run), key)
                     for key in place.path)
        if place.local:
            whole = run.locals.get(place.name)
            if path and whole is None:
                whole = self.space.lowest(place.root)
            run.locals[place.name] = values.replace(whole, place.root, path, value)
            return
        pattern = tuple(key for key in path if not isinstance(key, str))
        pattern += self.element_written(place, expr, run)
        self.write(place.name, place.root, path, _kept(place.type, value), pattern, run)

    def element_written(self, place: Place, expr: Expr, run: _Run) -> Pattern:
        """For `s.add(e)` and `s.discard(e)`: that nothing but `e` is touched in the set."""
        match expr:
            case _ if getattr(expr, "op", "") in ("with", "without"):
                if expr.args[0] == place_value(place):
                    return (term_of(self.value(expr.args[1], run), self.scope(run), expr),)
        return ()

    def fits(self, place: Place, expr: Expr, value: Symbolic, run: _Run) -> None:
        """NOTE(overflow)."""
        if not isinstance(place.type, (Int, Range)) or _within(expr.type, place.type):
            return
        inside = conj(*limits(self.space, place.type, value))
        known = any(isinstance(inside, z3.ExprRef) and isinstance(given, z3.ExprRef)
                    and given.eq(inside) for given in run.given)
        if inside is not True and not known:
            message = f"the value assigned leaves {place.type}"
            run.checks.append(Obligation("overflow", message, expr.loc, tuple(run.given),
                                         inside))
            run.given.append(inside)


def limits(space: Space, of: Type, term: Term) -> list[Truth]:
    """That a number lies between the bounds of its type."""
    match of:
        case Int(lo, hi):
            return [space.number(lo) <= term, term <= space.number(hi)]
        case Range(size):
            return [term >= 0, term <= space.number(size - 1)]
        case Wrapping(bits):
            return [term >= 0, term <= 2 ** bits - 1]
    return []


def _within(of: Type, place: Type) -> bool:
    """Whether the types say that a value fits; the bounds must be plain numbers."""
    if isinstance(of, Int) and isinstance(place, Int):
        ends = (of.lo, of.hi, place.lo, place.hi)
        if not any(isinstance(end, Linear) for end in ends):
            return place.lo <= of.lo and of.hi <= place.hi
    return of == place


def _kept(of: Type, value: Symbolic) -> Symbolic:
    """A value as a state variable holds it."""
    return values.as_choice(value) if isinstance(value, Element) else value


def _turn(condition: Expr) -> str:
    """A branch in words: the author's own, where they are known and short."""
    text = condition.loc.text() if condition.loc.line else ""
    return text if 0 < len(text) <= 40 else f"line {condition.loc.line}"


def _plain(name: str) -> str:
    return name.split("'")[0].replace(" ", "_")
