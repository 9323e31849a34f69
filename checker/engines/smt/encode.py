"""A system as formulas: its states, its steps, its properties, at any depth.

Everything is built once, over the constants of one step: the state before (`name`), the state
after (`name'`), the choices, and one selector for each action, that is for each process instance
at each of its locations. `Unrolling` renames that template to the levels of a path, which Z3
does much faster than Python builds terms.

NOTE(selectors). A step takes exactly one action: at least one is selected, the selected ones are
all of the instance whose number is `actor`, and an instance waits at one location at a time. The
number costs a few bits where a constraint on every pair of actions would cost a clause. A cell
that the selected action does not change keeps its value.

Source: Biere, Cimatti, Clarke and Zhu, "Symbolic Model Checking without BDDs", TACAS 1999.
"""
from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import z3

from checker.engines.smt.execute import Effect, instance_value, run, scope_of
from checker.engines.smt.expressions import (SymbolicScope, SymbolicState, evaluate,
                                                 lookup)
from checker.engines.smt.shape import (Cell, Space, cells, constant, equal, identical, in_range,
                                       literal, raw, read, same_cell, unchanged_term)
from checker.engines.smt.terms import Num, Truth, conj, disj, implies, neg, num, same
from checker.ir.nodes import (DONE, Branch, Expr, Finish, Goto, Location, Place,
                              Yield)
from checker.ir.system import Instance, Process, State, System, Variable
from checker.types import Map
from checker.values import lowest


@dataclass(frozen=True, slots=True)
class Action:
    """All steps of one instance from one location; `enabled`: it waits there, guard true."""

    instance: Instance
    location: Location
    selector: z3.BoolRef
    enabled: Truth
    effect: Effect

    @property
    def key(self) -> tuple[str, str]:
        return self.instance.process.name, self.location.name


class Encoding:
    """The template: `before`, `after`, `actions` and the formulas over them."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.space = Space(len(system.instances))
        self.before = self.constants_named("")
        self.after = self.constants_named("'")
        self.actions = tuple(self._actions())

    def constants_named(self, tail: str) -> SymbolicState:
        return tuple(constant(v.type, v.name, self.space, tail)
                     for v in self.system.variables)

    def _actions(self) -> Iterable[Action]:
        for instance in self.system.instances:
            for location in instance.process.locations.values():
                scope = scope_of(self.system, self.before, instance)
                enabled = conj(self.waits_at(instance, location.name),
                               evaluate(location.guard, scope))
                effect = run(self.system, self.before, instance, location.entry,
                             space=self.space, choices="choice")
                selector = self.space.truth(f"select:{instance.number}:{location.name}")
                yield Action(instance, location, selector, enabled, effect)

    # ── states ───────────────────────────────────────────────────────────────────────────────

    def waits_at(self, instance: Instance, location: str) -> Truth:
        """That the instance waits at a location, or is done, before the step."""
        process = instance.process
        if location not in process.location_type.members:
            return False                 # a process that never ends is never done
        at = instance_value(self.system, self.before, instance, process.location_variable)
        return equal(literal(process.location_type, location), at)

    @cached_property
    def well_formed(self) -> Truth:
        """What holds in every state by construction: ranges, that an instance waits where some
        step may end, and that its dead locals are reset."""
        parts = [in_range(value) for value in self.before]
        for instance in self.system.instances:
            parts.append(disj(*(conj(self.waits_at(instance, place),
                                     self._dead_reset(instance, place))
                                for place in places(instance.process))))
        return conj(*parts)

    def _dead_reset(self, instance: Instance, place: str) -> Truth:
        process = instance.process
        dead = dead_locals(process, place)
        return conj(*(equal(literal(of, lowest(of)),
                            instance_value(self.system, self.before, instance,
                                           process.local_variable(name)))
                      for name, of in dead.items()))

    def is_state(self, state: State) -> Truth:
        """That the state before the step is `state`."""
        return conj(*(equal(literal(v.type, value), symbolic) for v, value, symbolic
                      in zip(self.system.variables, state, self.before, strict=True)))

    @cached_property
    def _beginning(self) -> tuple[Truth, dict[str, Truth]]:
        roots = tuple(constant(v.type, f"{v.name}.init", self.space) if len(v.initial) > 1
                      else literal(v.type, v.initial[0]) for v in self.system.variables)
        limits = [_one_of(v, root) for v, root in zip(self.system.variables, roots)]
        state, failed = roots, []
        for instance in self.system.instances:
            effect = run(self.system, state, instance, instance.process.start,
                         space=self.space, choices=f"start{instance.number}.")
            state = effect.after
            limits.append(effect.valid)
            failed.append(effect.fails)
        reached = conj(*limits, neg(disj(*failed)), identical(self.before, state))
        return reached, conj(*limits, disj(*failed))

    @property
    def initial(self) -> Truth:
        """That the state before is an initial one: the processes stand at their first awaits."""
        return self._beginning[0]

    @property
    def false_start(self) -> Truth:
        """That a check fails before a first await: then the system is at fault."""
        return self._beginning[1]

    # ── properties of states ─────────────────────────────────────────────────────────────────

    def holds(self, expr: Expr) -> Truth:
        """That a property's expression is true: before the step, and after it where primed."""
        return evaluate(expr, SymbolicScope(self.system, self.before, after=self.after))

    @cached_property
    def deadlocked(self) -> Truth:
        """No instance has a step and a non-daemon is not done, or some instance is stuck."""
        working = disj(*(neg(self.waits_at(i, DONE)) for i in self.system.instances
                         if not i.process.daemon))
        moves = disj(*(action.enabled for action in self.actions))
        return disj(conj(working, neg(moves)), self._stuck())

    def _stuck(self) -> Truth:
        """Some instance waits for a lock whose holder can never release it.

        The greatest solution of "its holder is done, or stuck itself": as many rounds as there
        are instances, since a chain without a repetition is no longer than that.
        """
        waiting = [(i, self._awaited(i)) for i in self.system.instances]
        waiting = [(i, awaited) for i, awaited in waiting if awaited]
        done = [self.waits_at(i, DONE) for i in self.system.instances]
        awaited_by = {i.number: awaited for i, awaited in waiting}
        stuck: list[Truth] = [n in awaited_by for n in range(self.space.holders)]
        for _ in self.system.instances if waiting else ():
            closed = [disj(d, s) for d, s in zip(done, stuck)]
            stuck = [_held_by_one_of(awaited_by.get(n, ()), closed)
                     for n in range(self.space.holders)]
        return disj(*stuck)

    def _awaited(self, instance: Instance) -> list[tuple[Truth, Num]]:
        """For each location at which the instance waits for a lock: that it does, the lock."""
        return [(self.waits_at(instance, name), self._lock(instance, location.lock))
                for name, location in instance.process.locations.items() if location.lock]

    def _lock(self, instance: Instance, place: Place) -> Num:
        value, of = self.before[self.system.position[place.name]], place.root
        scope = scope_of(self.system, self.before, instance)
        for key in place.path:
            if isinstance(of, Map):
                value, of = lookup(of.key, value, evaluate(key, scope)), of.value
            else:
                value, of = value[of.position(key)], of.field_type(key)
        return value

    # ── steps ────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def failing(self) -> dict[str, Truth]:
        """By kind of check: that some step that starts in the state before fails one."""
        found: dict[str, list[Truth]] = {}
        for action in self.actions:
            for check, fails in action.effect.failed:
                condition = conj(action.enabled, action.effect.valid, fails)
                found.setdefault(check.kind, []).append(condition)
        return {kind: disj(*conditions) for kind, conditions in found.items()}

    @cached_property
    def transition(self) -> Truth:
        """That the state after is the result of one step: see NOTE(selectors)."""
        parts: list[Truth] = [disj(*(action.selector for action in self.actions))]
        old, new = list(_cells(self.before)), list(_cells(self.after))
        changers: list[list[z3.BoolRef]] = [[] for _ in old]
        actor = self.space.number("actor", 0, max(0, self.space.holders - 1))
        for action in self.actions:
            effect = action.effect
            acting = same(actor, num(action.instance.number))
            parts.append(implies(action.selector,
                                 conj(acting, action.enabled, effect.valid, neg(effect.fails))))
            for i, result in enumerate(_cells(effect.after)):
                if not unchanged_term(result, old[i]):
                    changers[i].append(action.selector)
                    parts.append(implies(action.selector, same_cell(new[i], result)))
        for i, selectors in enumerate(changers):
            parts.append(disj(same_cell(new[i], old[i]), *selectors))
        return conj(*parts)

    @cached_property
    def constants(self) -> tuple[list[z3.ExprRef], list[z3.ExprRef], list[z3.ExprRef]]:
        """The Z3 constants of the state before, of the state after, and of one step between."""
        before = [c for cell in _cells(self.before) if (c := raw(cell)) is not None]
        after = [c for cell in _cells(self.after) if (c := raw(cell)) is not None]
        known = {c.get_id() for c in before + after}
        step = {}
        for part in (self.transition, *self.failing.values(), self.initial):
            for found in constants_of(part):
                if found.get_id() not in known:
                    step[found.get_id()] = found
        return before, after, list(step.values())


def places(process: Process) -> tuple[str, ...]:
    """The locations, DONE perhaps among them, at which some step of the process ends."""
    found: dict[str, None] = {}
    seen: set[int] = set()
    todo = [process.start]
    while todo:
        number = todo.pop()
        if number in seen:
            continue
        seen.add(number)
        match process.blocks[number].terminator:
            case Goto(target):
                todo.append(target)
            case Branch(_, then, otherwise):
                todo += [then, otherwise]
            case Yield(location):
                found[location] = None
                todo.append(process.locations[location].entry)
            case Finish():
                found[DONE] = None
    return tuple(found)


def dead_locals(process: Process, place: str) -> dict:
    """The locals, with their types, that are reset where an instance waits at `place`."""
    live = process.locations[place].live if place in process.locations else ()
    return {name: of for name, of in process.locals.items() if name not in live}


def _cells(state: SymbolicState) -> Iterable[Cell]:
    return itertools.chain.from_iterable(cells(value) for value in state)


def _held_by_one_of(awaited: Iterable[tuple[Truth, Num]], closed: list[Truth]) -> Truth:
    return disj(*(conj(waits, same(lock, num(holder + 1)), condition)
                  for waits, lock in awaited for holder, condition in enumerate(closed)))


def _one_of(variable: Variable, symbolic) -> Truth:
    """That a variable has one of its initial values.

    With `init=ANY` these are a product over the cells; then the cells are limited one by one,
    instead of listing every combination again.
    """
    if len(variable.initial) == 1:
        return True
    values = [literal(variable.type, value) for value in variable.initial]
    columns = zip(*([*cells(value)] for value in values))
    options = [list({(type(c), _known(c)): c for c in column}.values()) for column in columns]
    if math.prod(map(len, options)) == len(values):
        own = cells(symbolic)
        return conj(*(disj(*(same_cell(o, cell) for o in allowed))
                      for cell, allowed in zip(own, options, strict=True)))
    return disj(*(equal(value, symbolic) for value in values))


def _known(cell: Cell) -> bool | int:
    return cell.term if isinstance(cell, Num) else cell


def constants_of(term: Truth) -> Iterable[z3.ExprRef]:
    """The uninterpreted constants that occur in a term, each once."""
    seen: set[int] = set()
    todo: list[z3.ExprRef] = [] if isinstance(term, bool) else [term]
    while todo:
        part = todo.pop()
        if part.get_id() in seen:
            continue
        seen.add(part.get_id())
        if part.num_args():
            todo.extend(part.children())
        elif part.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            yield part


class Unrolling:
    """The template renamed to the levels 0, 1, 2, ... of a path."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._renamings: dict[int, list[tuple[z3.ExprRef, z3.ExprRef]]] = {}
        self._states: dict[int, SymbolicState] = {}

    def at(self, part: Truth, level: int) -> Truth:
        """A formula of the template, `before` being the state of `level`."""
        if isinstance(part, bool):
            return part
        if level not in self._renamings:
            before, after, step = self.encoding.constants
            self._renamings[level] = [*_renamed(before, before, level),
                                      *_renamed(after, before, level + 1),
                                      *_renamed(step, step, level)]
        return z3.substitute(part, *self._renamings[level])

    def state(self, level: int, model: z3.ModelRef) -> State:
        """The state of a level in a model."""
        if level not in self._states:
            self._states[level] = self.encoding.constants_named(_tail(level))
        return tuple(read(v.type, symbolic, model) for v, symbolic
                     in zip(self.encoding.system.variables, self._states[level]))

    def differ(self, one: int, other: int) -> z3.BoolRef:
        """That the states of two levels are not the same."""
        before, _, _ = self.encoding.constants
        pairs = zip(_renamed(before, before, one), _renamed(before, before, other))
        return z3.Or([a != b for (_, a), (_, b) in pairs])

    def path(self, depth: int, model: z3.ModelRef) -> tuple[State, ...]:
        """The states of the levels 0 to `depth` in a model."""
        return tuple(self.state(level, model) for level in range(depth + 1))


def _tail(level: int) -> str:
    return f"@{level}"


def _renamed(constants: list[z3.ExprRef], names: list[z3.ExprRef],
             level: int) -> list[tuple[z3.ExprRef, z3.ExprRef]]:
    return [(c, z3.Const(name.decl().name() + _tail(level), c.sort()))
            for c, name in zip(constants, names, strict=True)]
