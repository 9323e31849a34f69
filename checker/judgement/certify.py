"""Certify before you speak: re-execute a claimed path and see the property fail.

An engine answers with bare states. Nothing of it is believed: the interpreter starts from its
own initial states, finds for each pair of states the step that leads from one to the next, and
evaluates the property where it is said to fail. What survives is a `Trace`; what does not is a
defect of the engine and raises `NotCertified`, loudly. (Compare CaDiCaL's proof checker, and
the re-check of every counterexample that SAT and SMT work has made customary.)
"""
from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.lasso import NotALasso, check_lasso
from checker.engines.interp.step import (Step, deadlocked, initial_states, location_of, steps,
                                         steps_of)
from checker.ir.system import IMPLICIT, Instance, Property, State, System
from checker.judgement.explain import compared, explain
from checker.results.exploration import Path
from checker.results.trace import ChoiceMade, Trace, TraceStep
from checker.values import Value, belongs, show

LIVENESS = ("eventually", "leads_to")


class NotCertified(Exception):
    """A path does not show what it claims: a defect of the engine that produced it."""


def certify(system: System, property_name: str, path: Path, loop: int | None = None) -> Trace:
    """The trace of one path; see `Certifier.trace`."""
    return Certifier(system).trace(property_name, path, loop)


class Certifier:
    """Certifies paths of one system. What several paths share is executed once.

    The traces of an exploration have most of their states in common: the same objects; and so
    have states most of their values. Both are known again by identity, not by equality, for
    Python takes `True == 1`.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self._sound: dict[int, State] = {}
        self._belong: tuple[dict[int, Value], ...] = tuple({} for _ in system.variables)
        self._walked: dict[tuple[int, int], TraceStep] = {}

    @functools.cached_property
    def _initial(self) -> frozenset[State]:
        return frozenset(initial_states(self.system))

    def trace(self, name: str, path: Path, loop: int | None = None) -> Trace:
        """The trace of `path`, re-executed, on which the property `name` is seen to fail.

        For a `sometimes` it is seen to hold in the last state. `loop` is given for liveness
        properties: the path then ends with the state that it returns to (see `lasso.py`).
        Raises NotCertified where anything is not as claimed.
        """
        kind = kind_of(self.system, name)
        states = self._well_formed(path)
        if (loop is not None) != (kind in LIVENESS):
            raise NotCertified(f"{name}: a {kind} property "
                               + ("needs" if kind in LIVENESS else "takes no") + " loop")
        if states[0] not in self._initial:
            raise NotCertified(f"{name}: the first state is not an initial state")
        walked = [self._step_between(name, states, n) for n in range(1, len(states))]
        walked += _certify_end(self.system, name, kind, states, loop)
        trace = Trace(self.system, name, kind, states[0], tuple(walked), loop)
        return replace(trace, explanation=explain(trace))

    def _well_formed(self, path: Path) -> tuple[State, ...]:
        """The path itself, each of its states a full set of canonical values."""
        if not path:
            raise NotCertified("an empty path")
        for number, state in enumerate(path):
            if id(state) not in self._sound:
                self._check_values(number, state)
                self._sound[id(state)] = state
        return tuple(path)

    def _check_values(self, number: int, state: State) -> None:
        variables = self.system.variables
        if len(state) != len(variables):
            raise NotCertified(f"state {number} does not have {len(variables)} values")
        for variable, value, known in zip(variables, state, self._belong):
            if id(value) in known:
                continue
            if not belongs(variable.type, value):
                raise NotCertified(f"state {number}: {variable.name} = {value!r} is not a value "
                                   f"of {variable.type}")
            known[id(value)] = value          # held, so that nothing else gets its identity

    def _step_between(self, name: str, states: tuple[State, ...], n: int) -> TraceStep:
        """The first step, in the defined order, from state n-1 to state n."""
        before, after = states[n - 1], states[n]
        known = self._walked.get((id(before), id(after)))
        if known is not None:
            return known
        for instance in self._may_have_stepped(before, after):
            for step in steps_of(self.system, before, instance):
                if step.after == after:
                    found = self._walked[id(before), id(after)] = trace_step(step)
                    return found
        raise NotCertified(f"{name}: no step leads from state {n - 1} to state {n}")

    def _may_have_stepped(self, before: State, after: State) -> Sequence[Instance]:
        """In the defined order. A step moves nobody but who takes it: where anybody has moved, it
        is their step, or none."""
        moved = [instance for instance, place in self._places
                 if before[place] is not after[place]
                 and location_of(self.system, before, instance)
                 is not location_of(self.system, after, instance)]
        return moved or self.system.instances

    @functools.cached_property
    def _places(self) -> list[tuple[Instance, int]]:
        """Each instance, and where in a state its process says where its instances are."""
        return [(instance, self.system.position[instance.process.location_variable])
                for instance in self.system.instances]


def kind_of(system: System, property_name: str) -> str:
    """The kind of a property as traces name it: that of its declaration, or "implicit"."""
    if property_name in IMPLICIT:
        return "implicit"
    declared = system.property_named(property_name)
    if declared is None:
        raise NotCertified(f"{system.name} has no property {property_name}")
    return declared.kind


def trace_step(step: Step) -> TraceStep:
    """A step of the interpreter as a trace shows it."""
    location, failed = step.location, step.failed
    choices = tuple(ChoiceMade(c.choose.kind, c.choose.name, c.value,
                               show(c.choose.domain, c.value)) for c in step.choices)
    return TraceStep(str(step.instance), step.instance.process.name, step.instance.key,
                     location.name, location.label, location.provenance, location.loc, choices,
                     step.after, failed.message if failed else "", failed.loc if failed else None,
                     compared(step) if failed else ())


def _certify_end(system: System, name: str, kind: str, states: tuple[State, ...],
                 loop: int | None) -> list[TraceStep]:
    """See the property fail where it should; the failing step of a `Check` is the result."""
    if kind == "implicit" and name != "deadlock":
        for step in steps(system, states[-1]):
            if step.failed is not None and step.failed.kind == name:
                return [trace_step(step)]
        raise NotCertified(f"{name}: no step from the last state fails such a check")
    if kind in LIVENESS:
        declared = system.property_named(name)
        assert declared is not None and loop is not None
        try:
            check_lasso(system, declared, states, loop)
        except NotALasso as error:
            raise NotCertified(f"{name}: {error}") from error
    elif not _SHOWN[kind](system, system.property_named(name), states):
        raise NotCertified(f"{name}: the path does not show what it claims at its end")
    return []


def _deadlock(system: System, _: Property | None, states: tuple[State, ...]) -> bool:
    return deadlocked(system, states[-1])


def _fails(system: System, declared: Property | None, states: tuple[State, ...]) -> bool:
    assert declared is not None
    return not evaluate(declared.expr, Scope(system, states[-1]))


def _holds(system: System, declared: Property | None, states: tuple[State, ...]) -> bool:
    return not _fails(system, declared, states)


def _step_fails(system: System, declared: Property | None, states: tuple[State, ...]) -> bool:
    assert declared is not None
    return len(states) > 1 and not evaluate(
        declared.expr, Scope(system, states[-2], after=states[-1]))


_SHOWN: dict[str, Callable[[System, Property | None, tuple[State, ...]], bool]] = {
    "implicit": _deadlock,
    "invariant": _fails,
    "lemma": _fails,
    "step_invariant": _step_fails,
    "sometimes": _holds,
}
