"""Steps: symbolic execution of one instance from one location, the twin of `interp/step.py`.

Blocks between two yields form no cycle, so each is executed once, in topological order, in the
environment merged from all edges that lead to it (as bounded model checkers of C merge at joins:
Clarke, Kroening and Lerda, "A Tool for Checking ANSI-C Programs", TACAS 2004). The instance, its
parameter and the location are known, so most terms fold.

A choice becomes constants of its own, constrained to the domain and to `where` on the paths that
reach it. A failing check ends the step: `failed` says under which condition, and everything
after it holds only where no check before it failed (`_alive`).
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from checker.engines.smt.expressions import (SymbolicScope, SymbolicState, evaluate,
                                             key_positions)
from checker.engines.smt.shape import (Space, Symbolic, constant, convert, fit, in_range,
                                       literal, merge)
from checker.engines.smt.terms import Truth, conj, disj, implies, neg
from checker.ir.nodes import (DONE, Assign, Branch, Check, Choose, Expr, Finish, ForEach, Goto,
                              Place, Statement, Terminator, When, Yield)
from checker.ir.system import Instance, System
from checker.types import Map, Type
from checker.values import domain, lowest


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step does: the state after it, the checks it fails and when, its choices' limits.

    `after` means something only where `valid` holds and no condition of `failed` does.
    """

    after: SymbolicState
    failed: tuple[tuple[Check, Truth], ...]
    valid: Truth

    @property
    def fails(self) -> Truth:
        return disj(*(condition for _, condition in self.failed))


def scope_of(system: System, state: SymbolicState, instance: Instance) -> SymbolicScope:
    """The scope of an instance that waits: its parameter and its persistent locals."""
    process = instance.process
    values = {name: instance_value(system, state, instance, process.local_variable(name))
              for name in process.locals}
    if process.domain is not None:
        values[process.parameter] = literal(process.domain, instance.key)
    return SymbolicScope(system, state, values, instance.number)


def instance_value(system: System, state: SymbolicState, instance: Instance,
                   variable: str) -> Symbolic:
    """What a process variable holds for one instance."""
    value = state[system.position[variable]]
    process = instance.process
    return value if process.domain is None else value[domain(process.domain).index(instance.key)]


def run(system: System, state: SymbolicState, instance: Instance, entry: int, *,
        space: Space, choices: str) -> Effect:
    """The effect of running from block `entry` to the next yield.

    `choices` starts the names of the constants that stand for the step's choices.
    """
    return _Run(system, state, instance, space, choices).execute(entry)


@dataclass(slots=True)
class _Environment:
    """What changes as blocks run."""

    state: SymbolicState
    locals: dict[str, Symbolic]

    def copy(self) -> _Environment:
        return _Environment(self.state, dict(self.locals))


def _joined(arrivals: list[tuple[Truth, _Environment]]) -> tuple[Truth, _Environment]:
    """The environment of a join, and the condition under which the join is reached."""
    (condition, last), *others = arrivals[::-1]
    env = last.copy()
    for other_condition, other in others:
        env = _merged(other_condition, other, env)
        condition = disj(other_condition, condition)
    return condition, env


def _merged(condition: Truth, then: _Environment, otherwise: _Environment) -> _Environment:
    state = tuple(merge(condition, a, b) for a, b in zip(then.state, otherwise.state))
    # A local that only one side knows is not read after the join by the other.
    values = {**otherwise.locals, **then.locals}
    for name in then.locals.keys() & otherwise.locals.keys():
        values[name] = merge(condition, then.locals[name], otherwise.locals[name])
    return _Environment(state, values)


@dataclass
class _Run:
    system: System
    initial: SymbolicState
    instance: Instance
    space: Space
    choices: str
    _alive: Truth = True
    _failed: list[tuple[Check, Truth]] = field(default_factory=list)
    _limits: list[Truth] = field(default_factory=list)
    _chosen: int = 0

    def execute(self, entry: int) -> Effect:
        values = scope_of(self.system, self.initial, self.instance).locals
        arrivals = {entry: [(True, _Environment(self.initial, values))]}
        exits = []
        for number in self._order(entry):
            if number not in arrivals:
                continue
            path, env = _joined(arrivals[number])
            block = self.instance.process.blocks[number]
            self._statements(block.statements, path, env)
            for condition, target in self._edges(block.terminator, path, env):
                if target is None:
                    exits.append((condition, env))
                elif condition is not False:
                    arrivals.setdefault(target, []).append((condition, env))
        _, final = _joined(exits)
        return Effect(final.state, tuple(self._failed), conj(*self._limits))

    def _order(self, entry: int) -> list[int]:
        """The blocks that `entry` reaches without a yield, each after all that lead to it."""
        finished: dict[int, None] = {}

        def visit(number: int) -> None:
            if number not in finished:
                for target in _targets(self.instance.process.blocks[number].terminator):
                    visit(target)
                finished[number] = None

        visit(entry)
        return list(finished)[::-1]

    def _edges(self, terminator: Terminator, path: Truth,
               env: _Environment) -> Iterator[tuple[Truth, int | None]]:
        """Where a block leads to and when; None stands for the end of the step."""
        match terminator:
            case Goto(target):
                yield path, target
            case Branch(condition, then, otherwise):
                holds = self._value(condition, env)
                yield conj(path, holds), then
                yield conj(path, neg(holds)), otherwise
            case Yield(location):
                self._wait(location, self.instance.process.locations[location].live, env)
                yield path, None
            case Finish():
                self._wait(DONE, (), env)
                yield path, None

    def _wait(self, location: str, live: tuple[str, ...], env: _Environment) -> None:
        """Store the location and the live locals in the state; reset the dead ones."""
        process = self.instance.process
        self._store(process.location_variable, literal(process.location_type, location), env)
        for name, of in process.locals.items():
            value = env.locals[name] if name in live else literal(of, lowest(of))
            self._store(process.local_variable(name), value, env)

    def _store(self, name: str, value: Symbolic, env: _Environment) -> None:
        process, position = self.instance.process, self.system.position[name]
        if process.domain is not None:
            slot = domain(process.domain).index(self.instance.key)
            whole = env.state[position]
            value = whole[:slot] + (value,) + whole[slot + 1:]
        env.state = env.state[:position] + (value,) + env.state[position + 1:]

    # ── statements ───────────────────────────────────────────────────────────────────────────

    def _statements(self, statements: tuple[Statement, ...], path: Truth,
                    env: _Environment) -> None:
        for statement in statements:
            self._statement(statement, path, env)

    def _statement(self, statement: Statement, path: Truth, env: _Environment) -> None:
        match statement:
            case Assign(place, value):
                self._assign(place, value, env)
            case Check(condition):
                self._check(statement, self._value(condition, env), path)
            case When():
                self._when(statement, path, env)
            case ForEach(variable, of, body):
                for value in domain(of):
                    env.locals[variable] = literal(of, value)
                    self._statements(body, path, env)
            case Choose():
                self._choose(statement, path, env)

    def _value(self, expr: Expr, env: _Environment) -> Symbolic:
        scope = SymbolicScope(self.system, env.state, env.locals, self.instance.number)
        return evaluate(expr, scope)

    def _check(self, check: Check, holds: Truth, path: Truth) -> None:
        fails = conj(path, self._alive, neg(holds))
        if fails is not False:
            self._failed.append((check, fails))
            self._alive = conj(self._alive, implies(path, holds))

    def _when(self, when: When, path: Truth, env: _Environment) -> None:
        condition = self._value(when.condition, env)
        if isinstance(condition, bool):
            self._statements(when.then if condition else when.otherwise, path, env)
            return
        then, otherwise = env.copy(), env.copy()
        self._statements(when.then, conj(path, condition), then)
        self._statements(when.otherwise, conj(path, neg(condition)), otherwise)
        both = _merged(condition, then, otherwise)
        env.state, env.locals = both.state, both.locals

    def _choose(self, choose: Choose, path: Truth, env: _Environment) -> None:
        # Numbered within the step, so that steps of different locations share constants: only
        # one of them is taken at a time.
        name = f"{self.choices}{self._chosen}:{choose.domain}"
        self._chosen += 1
        value = constant(choose.domain, name, self.space)
        env.locals[choose.variable] = value
        allowed = conj(in_range(value), self._value(choose.where, env))
        self._limits.append(implies(conj(path, self._alive), allowed))

    def _assign(self, place: Place, expr: Expr, env: _Environment) -> None:
        value = convert(self._value(expr, env), expr.type, place.type)
        value = fit(place.type, value, self.space.holders)
        path = tuple(key if isinstance(key, str) else self._value(key, env)
                     for key in place.path)
        if place.local:
            whole = env.locals.get(place.name)
            if path and whole is None:
                whole = literal(place.root, lowest(place.root))
            env.locals[place.name] = replace(whole, place.root, path, value)
        else:
            position = self.system.position[place.name]
            changed = replace(env.state[position], place.root, path, value)
            env.state = env.state[:position] + (changed,) + env.state[position + 1:]


def _targets(terminator: Terminator) -> tuple[int, ...]:
    match terminator:
        case Goto(target):
            return (target,)
        case Branch(_, then, otherwise):
            return then, otherwise
    return ()


def replace(value: Symbolic, of: Type, path: tuple[Symbolic | str, ...],
            new: Symbolic) -> Symbolic:
    """`value` of type `of` with the part at `path` (map keys and field names) replaced."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(of, Map):
        hit, part = key_positions(of.key, head), of.value
    else:
        chosen = of.position(head)
        hit, part = [i == chosen for i in range(len(value))], of.field_type(head)
    return tuple(old if here is False else merge(here, replace(old, part, rest, new), old)
                 for here, old in zip(hit, value, strict=True))
