"""What is remembered of the interpreter's steps is what it says."""
import dataclasses

from checker.engines.interp import step
from checker.engines.interp.explore import explore
from tests.fuzz.steps import made_once
from tests.handmade import mutex
from tests.native.random_systems import random_system


def said(system, states):
    """Every step from these states, without what a failed one saw."""
    return [dataclasses.replace(each, scope=None) for state in states
            for each in step.steps(system, state)]


def reached(system):
    return [path[-1] for path in explore(system).violations.values()]


def test_the_same_steps_in_the_same_order():
    for system in (mutex(2), mutex(2, broken=True), *map(random_system, range(6))):
        states = [*step.initial_states(system), *reached(system)]
        expected = said(system, states)
        with made_once():
            assert said(system, states) == expected == said(system, states)
    assert expected


def test_each_is_made_once_for_all_that_a_system_is_asked(monkeypatch):
    system, states = mutex(2), list(step.initial_states(mutex(2)))
    made = []

    def runs(*arguments, real=step._runs):
        made.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(step, "_runs", runs)
    with made_once():
        said(system, states)
        first = len(made)
        said(dataclasses.replace(system, properties=()), states)
        assert 0 < first == len(made)
        said(mutex(2, broken=True), states)
        assert len(made) > first
    again = len(made)
    said(system, states)
    assert len(made) == again + first
