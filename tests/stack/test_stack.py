"""The whole stack: its rules, mistakes of one layer that show in another, and the program."""
from __future__ import annotations

import pathlib
import random

import pytest

from checker.engines import native
from checker.engines.interp.step import enabled, initial_states, location_of, steps_of
from checker.face.check import check
from checker.frontend import load
from checker.judgement.replay import Director, Reproduced, replay
from checker.judgement.vacuity import vacuity
from checker.results.trace import Trace
from spec.stack.adapter import adapter_for
from spec.virtio_balloon.adapter import hook

SPEC, = load(pathlib.Path(__file__).parents[2] / "spec" / "stack" / "model.py")
SAME = "the_guest_and_its_devices_see_the_same_memory"
STATES = {"small": 15_883, "ci": 134_658}
STEPS = 300


@pytest.mark.parametrize("instance", STATES)
def test_as_it_should_be(instance):
    system = SPEC.system(instance)
    found = native.explore(system)
    assert found.complete and not found.violations and found.distinct == STATES[instance]
    assert vacuity(system, found) == ()
    assert {p.name for p in system.properties_of("sometimes")} <= set(found.witnesses)


@pytest.mark.parametrize("fault", [fault.name for fault in SPEC.faults])
def test_a_mistake_shows_in_the_program_and_not_without_it(fault):
    declared = SPEC.fault(fault)
    run = check(SPEC, "ci", fault=declared)
    assert [r for r in run.results if r.standing != "declared"] == []
    traces = {r.verdict.property: r.verdict.trace for r in run.results}
    for broken in declared.broken:
        outcome = replay(traces[broken])
        assert isinstance(outcome, Reproduced), f"{broken}: {outcome}"
        assert outcome.symptom and outcome.left == ()
        if broken == SAME:
            assert "b'CPU..' and b'DMA..'" in outcome.symptom[1].partition(": ")[2]
    assert not isinstance(replay(traces[declared.broken[-1]], correct=True), Reproduced)


class Dice(Director):
    """Threads at their hooks, as in replay, but chance makes the choices."""

    def __init__(self, rng):
        super().__init__(timeout=5)
        self.rng = rng

    def fails(self, name):
        return self.rng.random() < 0.2

    def pick(self, name, options):
        return self.rng.choice(list(options))


class Run:
    """One random run; `states` are the model's states that agree with all that was seen."""

    def __init__(self, system, seed):
        self.system, self.rng = system, random.Random(seed)
        initial = self.rng.choice(list(initial_states(system)))
        self.director = Dice(self.rng)
        trace = Trace(system, "", "", initial, ())
        self.stage = self.director.stage = adapter_for(system.name).build(trace, self.director)
        for name, body in self.stage.threads().items():
            self.director.spawn(name, body)
        self.states = {initial}

    def agrees(self, state, seen):
        return (all(state[self.system.position[name]] == value for name, value in seen.items())
                and all(self.label(state, i) == self.at(i) for i in self.system.instances))

    def label(self, state, instance):
        location = location_of(self.system, state, instance)
        return None if location is None else hook(location.label)

    def at(self, instance):
        return self.director.position[self.stage.thread(instance)]

    def step(self):
        ready = [i for i in self.system.instances
                 if any(enabled(self.system, state, i) for state in self.states)]
        instance = self.rng.choice(ready)
        assert self.director.release(self.stage.thread(instance)) is None
        assert self.director.failures == {}
        seen = self.stage.observe()
        following = {step.after for state in self.states
                     for step in steps_of(self.system, state, instance) if step.after is not None}
        self.states = {state for state in following if self.agrees(state, seen)}
        assert self.states, f"the model has no such step of {instance}\n{seen}"


@pytest.mark.parametrize("constants", [
    dict(blocks=2, containers=2, migrations=("snapshot", "postcopy")),
    dict(pages=3, oom=True, compaction=True), dict(pages=3, array=2, blocks=3)], ids=str)
def test_the_program_does_nothing_that_the_model_does_not(constants):
    run = Run(SPEC.system(None, **constants), str(constants))
    try:
        for _ in range(STEPS):
            run.step()
        assert run.stage.split() == []
    finally:
        assert run.director.close() == ()
