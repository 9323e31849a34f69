"""Traces of the model on the reference's threads, and random runs of the reference in the model."""
from __future__ import annotations

import random

import pytest

from checker.engines.interp.step import enabled, initial_states, location_of, steps_of
from checker.face.check import check
from checker.frontend import load
from checker.judgement.replay import Blocked, Director, Diverged, Reproduced, replay
from checker.results.trace import Trace
from spec.virtio_balloon.adapter import adapter_for, hook

SPECS = {spec.name: spec for spec in load("spec/virtio_balloon/model.py")}
FAULTS = [(name, fault) for name in ("Linux49", "Fixed") for fault in SPECS[name].faults
          if fault.broken != ("deadlock",)]       # see test_v49_deadlocks_on_oom
STEPS = 400


@pytest.mark.parametrize("name, fault", FAULTS, ids=lambda x: getattr(x, "name", x))
def test_each_fault_shows_in_the_reference_and_not_in_the_correct_one(name, fault):
    run = check(SPECS[name], "small", fault=fault)
    traces = {r.verdict.property: r.verdict.trace for r in run.results}
    for broken in fault.broken:
        outcome = replay(traces[broken])
        assert isinstance(outcome, Reproduced), f"{broken}: {outcome}"
        assert outcome.symptom and outcome.left == ()
        if broken == "no_guest_page_lost":
            assert r"wrote b'guest' there and reads b'\x00\x00\x00\x00\x00'" in outcome.symptom[0]
    outcome = replay(traces[fault.broken[0]], correct=True)
    assert isinstance(outcome, (Blocked, Diverged)), str(outcome)


class Dice(Director):
    """Threads at their hooks, as in replay, but chance makes the choices."""

    def __init__(self, rng):
        super().__init__(timeout=5)
        self.rng = rng

    def fails(self, name):
        return self.rng.random() < 0.15

    def pick(self, name, options):
        return self.rng.choice(options)


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
                and all(hook(location_of(self.system, state, i).label) == self.at(i)
                        for i in self.system.instances))

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


CASES = [dict(), dict(pages=3, direct_compaction=True), dict(per_page=2, zones=2),
         dict(must_tell=False, deflate_on_oom=False)]


@pytest.mark.parametrize("constants", CASES, ids=str)
@pytest.mark.parametrize("name", ["Linux49", "Fixed"])
def test_the_reference_does_nothing_that_the_model_does_not(name, constants):
    run = Run(SPECS[name].system(None, **constants), f"{name} {constants}")
    try:
        for _ in range(STEPS):
            run.step()
    finally:
        assert run.director.close() == ()
