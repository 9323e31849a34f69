"""A spec's processes as CPython runs them: coroutines over live objects, one step at a time.

A `Live` is built once for a system and started as often as wanted: `begin` gives the declared
variables their initial values and runs every process to its first await. CPython cannot copy a
coroutine, so to come back to a state one begins again and repeats the steps that led to it.

Choices (`pick`, `maybe`, `fails`) follow a script of option numbers; beyond its end the first
option is taken, or one that `chance` picks. What was chosen, and out of how many, is recorded.
"""
from __future__ import annotations

import inspect
import random
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from checker.engines.live.functions import STATE, Relinker
from checker.engines.live.objects import LockWait, canonical, revive
from checker.engines.live.places import Places, Start, Suspended, chain
from checker.engines.live.violation import Defect, kind_of
from checker.frontend.elaborate import elaborate
from checker.frontend.spec import Spec
from checker.ir.nodes import DONE, CheckKind
from checker.ir.system import Instance, Process, State, System
from checker.lang.component import Component
from checker.lang.waiting import DRIVER, Wait
from checker.values import Value, lowest


class Unsupported(Exception):
    """CPython can not run this system as it stands; the message says why."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice that the running step made: option `number` of `count`."""

    kind: str
    name: str
    value: Any
    number: int
    count: int


Script = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended: the choices it made, and the implicit property it violated, if any."""

    chosen: tuple[Chosen, ...]
    failed: CheckKind | None = None
    error: Exception | None = None

    @property
    def script(self) -> Script:
        return tuple(choice.number for choice in self.chosen)


class Live:
    """The running processes of a system. After a step that failed it has to begin again."""

    def __init__(self, spec: Spec, system: System) -> None:
        preempted = [at.loc for p in system.processes for at in p.locations.values()
                     if at.kind == "preempt"]
        if preempted:
            raise Unsupported("CPython awaits where the source says await; a preemptible "
                              f"process is interrupted elsewhere too ({preempted[0]})")
        self.system = system
        self.elaborated = elaborate(spec.cls, _arguments(spec, system))
        self.relinker = Relinker()
        for component in self.elaborated.components:
            self._bring_to_life(component)
        self.places = {process.name: Places(process) for process in system.processes}
        self.positions: dict[tuple[int, int], Start] = {}
        self.shared = [(vars(component), attribute, variable.type, system.position[variable.name])
                       for component in self.elaborated.components
                       for attribute in vars(component)[STATE]
                       if (variable := self.elaborated.variable(component, attribute))]
        self.starts = [self._start(instance) for instance in system.instances]
        self.coroutines: list[Coroutine[Wait, None, None]] = []
        self.waits: list[Wait | None] = []
        self.chance: random.Random | None = None
        self.me = -1
        self._script: Script = ()
        self._chosen: list[Chosen] = []

    def _bring_to_life(self, component: Component) -> None:
        """Live objects for the sets and record types, a live class; state comes with `begin`."""
        fields = vars(component)
        for name, thing in fields.items():
            if not isinstance(thing, Component):
                fields[name] = self.relinker.thing(thing)
        state = {attribute: variable.type for (number, attribute), variable
                 in self.elaborated.variables.items() if number == id(component)}
        fields[STATE] = state
        component.__class__ = self.relinker.live_class(type(component))

    # ── running ──────────────────────────────────────────────────────────────────────────────

    def begin(self, initial: State, script: Script = ()) -> Outcome:
        """Start over: the declared variables as in `initial`, each process at its first await."""
        for coroutine in self.coroutines:
            coroutine.close()
        self.load(initial)
        self.coroutines = [method(*arguments) for method, arguments in self.starts]
        self.waits = [None] * len(self.coroutines)
        self._script, self._chosen = script, []
        for number in range(len(self.coroutines)):
            failed = self._resume(number)
            if failed is not None:
                return failed
        return Outcome(tuple(self._chosen))

    def steps(self) -> list[int]:
        """The numbers of the instances that can step."""
        return [number for number, wait in enumerate(self.waits) if wait and _ready(wait)]

    def run(self, number: int, script: Script = ()) -> Outcome:
        """One step of one instance, which must be able to step."""
        self._script, self._chosen = script, []
        return self._resume(number) or Outcome(tuple(self._chosen))

    def _resume(self, number: int) -> Outcome | None:
        """Run a coroutine to its next wait; an outcome only where it fails."""
        self.me = number
        token = DRIVER.set(self)
        try:
            wait = self.waits[number]
            if wait is not None:
                assert wait.ready(), "an instance that can not step was asked to"
            self.waits[number] = self.coroutines[number].send(None)
        except StopIteration:
            self.waits[number] = None
        except Exception as error:
            kind = kind_of(error)
            if kind is None:
                raise
            return Outcome(tuple(self._chosen), kind, error)
        finally:
            DRIVER.reset(token)
        return None

    def choose(self, kind: str, name: str, options: list[Any]) -> Any:
        """Called by `pick`, `maybe` and `fails`: equal options are one option."""
        distinct: list[Any] = []
        distinct.extend(o for i, o in enumerate(options) if o not in options[:i])
        at = len(self._chosen)
        if at < len(self._script):
            number = self._script[at]
        else:
            number = self.chance.randrange(len(distinct)) if self.chance else 0
        self._chosen.append(Chosen(kind, name, distinct[number], number, len(distinct)))
        return distinct[number]

    def _start(self, instance: Instance) -> tuple[Any, tuple[Any, ...]]:
        """The method that an instance runs, and its arguments."""
        process = instance.process
        marked = next(m for m in self.elaborated.processes if m.name == process.name)
        method = getattr(marked.component, marked.function.__name__)
        takes_key = process.domain is not None and len(inspect.signature(method).parameters) == 1
        return method, (revive(process.domain, instance.key),) if takes_key else ()

    # ── states ───────────────────────────────────────────────────────────────────────────────

    def load(self, state: State) -> None:
        """Give the declared variables, not the processes, the values they have in `state`."""
        for fields, attribute, of, position in self.shared:
            fields[attribute] = revive(of, state[position])

    def snapshot(self, expected: State | None = None) -> State:
        """The state of the running spec; `expected` decides where the source is ambiguous."""
        found: dict[str, Value] = {}
        for instance in self.system.instances:
            for name, value in self._process_part(instance.number, expected).items():
                if instance.process.domain is None:
                    found[name] = value
                else:
                    found[name] = (*found.get(name, ()), value)
        return self._with_shared([found.get(variable.name) for variable in self.system.variables])

    def moved(self, number: int, before: State, expected: State) -> State:
        """The state after a step of one instance from `before`: the others are where they were."""
        state = list(before)
        process = self.system.instances[number].process
        for name, value in self._process_part(number, expected).items():
            position = self.system.position[name]
            if process.domain is None:
                state[position] = value
            else:
                own = number - self._first(process)
                old = state[position]
                state[position] = (*old[:own], value, *old[own + 1:])
        return self._with_shared(state)

    def _with_shared(self, state: list[Value]) -> State:
        for fields, attribute, of, position in self.shared:
            state[position] = canonical(of, fields[attribute])
        return tuple(state)

    def _first(self, process: Process) -> int:
        return next(i.number for i in self.system.instances if i.process is process)

    def _process_part(self, number: int, expected: State | None) -> dict[str, Value]:
        """Where one instance is, and its locals: live ones as they are, dead ones reset."""
        process = self.system.instances[number].process
        wanted = None if expected is None else self._expected_part(number, expected)
        part = {process.local_variable(name): lowest(of) for name, of in process.locals.items()}
        if self.waits[number] is None:
            return {process.location_variable: DONE, **part}
        where, places = chain(self.coroutines[number], self.positions), self.places[process.name]
        at = places.location(where, wanted and wanted[process.location_variable])
        location = process.locations[at]
        self._check_label(number, location.label, where)
        for name in location.live:
            variable = process.local_variable(name)
            part[variable] = places.local(location, name, where, wanted and (wanted[variable],))
        return {process.location_variable: at, **part}

    def _expected_part(self, number: int, state: State) -> dict[str, Value]:
        instance = self.system.instances[number]
        process = instance.process
        names = [process.location_variable, *map(process.local_variable, process.locals)]
        values = {name: state[self.system.position[name]] for name in names}
        if process.domain is None:
            return values
        own = number - self._first(process)
        return {name: value[own] for name, value in values.items()}

    def _check_label(self, number: int, label: str, where: list[Suspended]) -> None:
        wait = self.waits[number]
        assert wait is not None
        if wait.label and wait.label != label:
            raise Defect(f"CPython waits at {wait.label!r}, the IR at {label!r} "
                         f"({where[-1].awaits})")

    # ── judging ──────────────────────────────────────────────────────────────────────────────

    def deadlocked(self) -> bool:
        """No process can step and one that is no daemon waits, or a lock is never released."""
        if any(self._never_released(number) for number in range(len(self.waits))):
            return True
        instances = zip(self.system.instances, self.waits)
        waiting = any(wait is not None for i, wait in instances if not i.process.daemon)
        return waiting and not self.steps()

    def _never_released(self, number: int) -> bool:
        """Whether the instance waits for a lock whose holder is done, or waits so itself."""
        passed = set()
        while number not in passed:
            passed.add(number)
            wait = self.waits[number]
            if not isinstance(wait, LockWait) or wait.lock.holder is None:
                return False
            number = wait.lock.holder
            if self.waits[number] is None:
                return True
        return True


def _ready(wait: Wait) -> bool:
    """Whether the wait is over; a condition without a value is: the step is what fails."""
    try:
        return wait.ready()
    except Exception as error:
        if kind_of(error) is None:
            raise
        return True


def _arguments(spec: Spec, system: System) -> dict[str, Any]:
    """The constants of a system, as the constructor takes them."""
    return {name: value for name, value in system.constants.items() if name in spec.constants}
