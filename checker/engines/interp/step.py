"""Steps: what each process instance can do in a state.

The order of everything is defined: instances by number, choices by `values.domain`, earlier
choices varying slowest. The other engines produce the same steps, in any order.
"""
from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from checker.engines.interp.evaluate import Scope, evaluate, key_position, replace
from checker.ir.nodes import (DONE, Assign, Block, Branch, Check, Choose, Finish, ForEach, Goto,
                              Location, Place, Statement, When, Yield)
from checker.ir.system import Instance, Process, State, System
from checker.types import Lock
from checker.values import Value, domain, lowest


@dataclass(frozen=True, slots=True)
class Choice:
    """A nondeterministic choice that a step made."""

    choose: Choose
    value: Value


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one instance.

    `after` is None where `failed` is the check that it violates; `scope` is then what the check
    saw.
    """

    instance: Instance
    location: Location
    choices: tuple[Choice, ...]
    after: State | None
    failed: Check | None = None
    scope: Scope | None = None


class Failed(Exception):
    """A check of the running step is false."""

    def __init__(self, check: Check) -> None:
        super().__init__(check.message)
        self.check = check


def instance_value(system: System, state: State, instance: Instance, variable: str) -> Value:
    """What a process variable holds for one instance."""
    value = state[system.position[variable]]
    if instance.process.domain is None:
        return value
    return value[key_position(system.variable[variable].type, instance.key)]


def location_of(system: System, state: State, instance: Instance) -> Location | None:
    """Where the instance waits; None when it is done."""
    name = instance_value(system, state, instance, instance.process.location_variable)
    return None if name == DONE else instance.process.locations[name]


def scope_of(system: System, state: State, instance: Instance) -> Scope:
    """The scope of an instance that waits: its parameter and its persistent locals."""
    process, position = instance.process, system.position
    if process.domain is None:
        values = {name: state[position[variable]] for name, variable in process.local_variables}
    else:
        of = system.variable[process.location_variable].type
        place = key_position(of, instance.key)         # the same in all that it keeps
        values = {name: state[position[variable]][place]
                  for name, variable in process.local_variables}
        values[process.parameter] = instance.key
    return Scope(system, state, values, instance.number)


def enabled(system: System, state: State, instance: Instance) -> bool:
    """Whether the instance is not done and its location's guard holds."""
    location = location_of(system, state, instance)
    return location is not None and evaluate(location.guard,
                                             scope_of(system, state, instance))


def steps(system: System, state: State) -> Iterator[Step]:
    """Every step of every instance in `state`, in the defined order."""
    for instance in system.instances:
        yield from steps_of(system, state, instance)


def steps_of(system: System, state: State, instance: Instance) -> Iterator[Step]:
    """Every step of one instance: one for each combination of choices."""
    location = location_of(system, state, instance)
    if location is None or not evaluate(location.guard, scope_of(system, state, instance)):
        return
    for run in _runs(system, state, instance, location.entry):
        choices = tuple(run.choices)
        if run.failed is not None:
            yield Step(instance, location, choices, None, run.failed, run.scope)
        else:
            yield Step(instance, location, choices, run.scope.state)


def initial_states(system: System) -> Iterator[State]:
    """Every initial state: all initial values, then each process up to its first await.

    Nothing can fail there: the front end refuses checks before the first await (E111).
    """
    for values in itertools.product(*(variable.initial for variable in system.variables)):
        states = [values]
        for instance in system.instances:
            runs = [run for state in states
                    for run in _runs(system, state, instance, instance.process.start)]
            assert all(run.failed is None for run in runs), "a check before the first await"
            states = [run.scope.state for run in runs]
        yield from states


def _runs(system: System, state: State, instance: Instance, entry: int) -> Iterator[_Run]:
    """Run from a block to the next yield once for each combination of choices."""
    script: list[int] | None = []
    while script is not None:
        run = _Run(system, state, instance, script)
        run.execute(entry)
        yield run
        script = run.next_script()


class _Run:
    """One execution of a step, its choices made by a script of option numbers.

    Choices beyond the script take their first option; `next_script` counts the last choice up
    and forgets the ones that are exhausted, so that repeated runs enumerate all combinations.
    """

    def __init__(self, system: System, state: State, instance: Instance,
                 script: list[int]) -> None:
        self.system, self.instance = system, instance
        self.scope = scope_of(system, state, instance)
        self._kept = dict(self.scope.locals)
        self.failed: Check | None = None
        self.choices: list[Choice] = []
        self._script = script
        self._options: list[int] = []

    def next_script(self) -> list[int] | None:
        script = self._script[:]
        while script and script[-1] + 1 == self._options[len(script) - 1]:
            script.pop()
        if not script:
            return None
        script[-1] += 1
        return script

    def execute(self, entry: int) -> None:
        """Blocks from `entry` to a yield; the scope's state becomes the successor."""
        block = self.instance.process.blocks[entry]
        try:
            while True:
                self._statements(block.statements)
                following = self._follow(block)
                if following is None:
                    return
                block = following
        except Failed as failed:
            self.failed = failed.check

    def _follow(self, block: Block) -> Block | None:
        process = self.instance.process
        match block.terminator:
            case Goto(target):
                return process.blocks[target]
            case Branch(condition, then, otherwise):
                return process.blocks[then if evaluate(condition, self.scope) else otherwise]
            case Yield(location):
                self._wait(process, location, process.locations[location].live)
            case Finish():
                self._wait(process, DONE, ())
        return None

    def _wait(self, process: Process, location: str, live: tuple[str, ...]) -> None:
        """Store the location and the live locals in the state; reset the dead ones. What the
        state has already, the same object, is not stored again."""
        self._store(process.location_variable, location)
        for name, variable in process.local_variables:
            value = self.scope.locals[name] if name in live else lowest(process.locals[name])
            if value is not self._kept[name]:
                self._store(variable, value)

    def _store(self, name: str, value: Value) -> None:
        path = () if self.instance.process.domain is None else (self.instance.key,)
        self._write(name, path, value)

    def _write(self, name: str, path: tuple[Value | str, ...], value: Value) -> None:
        position = self.system.position[name]
        state = self.scope.state
        changed = replace(state[position], self.system.variables[position].type, path, value)
        self.scope.state = state[:position] + (changed,) + state[position + 1:]

    def _statements(self, statements: tuple[Statement, ...]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        match statement:
            case Assign(place, value):
                self._assign(place, evaluate(value, self.scope))
            case Check(condition):
                if not evaluate(condition, self.scope):
                    raise Failed(statement)
            case When(condition, then, otherwise):
                self._statements(then if evaluate(condition, self.scope) else otherwise)
            case ForEach(variable, of, body):
                for value in domain(of):
                    self.scope.locals[variable] = value
                    self._statements(body)
            case Choose():
                self._choose(statement)

    def _assign(self, place: Place, value: Value) -> None:
        path = tuple(key if isinstance(key, str) else evaluate(key, self.scope)
                     for key in place.path)
        if not place.local:
            self._write(place.name, path, value)
        else:
            whole = self.scope.locals.get(place.name)
            if path and whole is None:
                whole = lowest(place.root)
            self.scope.locals[place.name] = replace(whole, place.root, path, value)

    def _choose(self, choose: Choose) -> None:
        options = [value for value in domain(choose.domain)
                   if evaluate(choose.where, self.scope.binding(choose.variable, value))]
        number = len(self.choices)
        if number == len(self._script):
            self._script.append(0)
        self._options.append(len(options))
        value = options[self._script[number]]
        self.scope.locals[choose.variable] = value
        self.choices.append(Choice(choose, value))


def stuck(system: System, state: State) -> list[Instance]:
    """The instances that wait for a lock whose holder can never release it.

    A holder can not when it is done, or when it waits for such a lock itself (a cycle).
    """
    def next_holder(number: int) -> int | None:
        instance = system.instances[number]
        location = location_of(system, state, instance)
        if location is None or location.lock is None:
            return None
        return _lock_value(system, state, instance, location.lock)

    found = []
    for instance in system.instances:
        seen: set[int] = set()
        number: int | None = instance.number
        while number is not None and number not in seen:
            seen.add(number)
            holder = next_holder(number)
            if holder is not None and location_of(system, state,
                                                  system.instances[holder]) is None:
                holder = number            # a finished holder closes the chain like a cycle
            number = holder
        if number is not None:
            found.append(instance)
    return found


def _lock_value(system: System, state: State, instance: Instance, place: Place) -> Value:
    value, of = state[system.position[place.name]], place.root
    scope = scope_of(system, state, instance)
    for key in place.path:
        if isinstance(key, str):
            value, of = value[of.position(key)], of.field_type(key)
        else:
            value, of = value[key_position(of, evaluate(key, scope))], of.value
    assert isinstance(of, Lock)
    return value


def deadlocked(system: System, state: State) -> bool:
    """No instance has a step and a non-daemon is not done, or some instance is stuck."""
    if stuck(system, state):
        return True
    waiting = any(location_of(system, state, i) is not None
                  for i in system.instances if not i.process.daemon)
    return waiting and not any(enabled(system, state, i) for i in system.instances)
