"""Traces of the model on the reference's threads, and random runs of the reference in the model."""
from __future__ import annotations

import pathlib
import random

import pytest

from checker.engines.interp.step import enabled, initial_states, location_of, steps_of
from checker.face.check import check
from checker.frontend import load
from checker.judgement.replay import Blocked, Director, Diverged, Reproduced, replay
from checker.results.trace import Trace
from spec.qemu_balloon.adapter import adapter_for

SPECS = {spec.name: spec for spec in load(
    pathlib.Path(__file__).parents[2] / "spec" / "qemu_balloon" / "model.py")}
FAULTS = [(spec.name, fault.name) for spec in SPECS.values() for fault in spec.faults]
STEPS = 300


@pytest.mark.parametrize("name,fault", FAULTS)
def test_each_fault_shows_in_the_reference_and_not_in_the_correct_one(name, fault):
    declared = SPECS[name].fault(fault)
    run = check(SPECS[name], "ci", fault=declared)
    traces = {r.verdict.property: r.verdict.trace for r in run.results}
    for broken in declared.broken:
        outcome = replay(traces[broken])
        assert isinstance(outcome, Reproduced), f"{broken}: {outcome}"
        assert outcome.symptom and outcome.left == ()
        if broken == "guests_pages_keep_their_content":
            assert r"wrote b'guest' and reads b'\x00\x00\x00\x00\x00'" in outcome.symptom[0]
        if broken == "devices_find_the_guests_pages":
            assert r"the CPU reads b'\x00\x00\x00\x00\x00', vfio reads b'guest'" \
                in outcome.symptom[0]
        outcome = replay(traces[broken], correct=True)
        assert isinstance(outcome, (Blocked, Diverged)), str(outcome)


class Dice(Director):
    """Threads at their hooks, as in replay, but chance makes the choices."""

    def __init__(self, rng):
        super().__init__(timeout=5)
        self.rng = rng

    def fails(self, name):
        return self.rng.random() < 0.3

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
        return None if location is None else location.label

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


CASES = [("Madvise", dict(subpages=2)), ("Remembers", dict(subpages=2)),
         ("ClearsOnDeflate", dict(subpages=2)), ("OneBit", dict(subpages=2, guest="early")),
         ("ResetsOnDeflate", dict(subpages=2)), ("OneRun", dict(subpages=2)),
         ("OneElement", dict(subpages=2, pages=4)), ("OneElement", dict(gives_back=True)),
         ("Today", dict(subpages=2, pages=4, users=("vfio", "postcopy", "snapshot"))),
         ("Today", dict(rom=True, discard_fails=True)), ("Today", dict(reports=True)),
         ("FirstHinting", dict(pages=2, slots=4)), ("Hinting", dict(pages=3, syncs=3, slots=4)),
         ("Stats2016", dict()), ("Stats", dict()),
         ("Size", dict(board=3, changes=4, unplugs=True))]


@pytest.mark.parametrize("name,constants", CASES, ids=str)
def test_the_reference_does_nothing_that_the_model_does_not(name, constants):
    run = Run(SPECS[name].system(None, **constants), f"{name} {constants}")
    try:
        for _ in range(STEPS):
            run.step()
    finally:
        assert run.director.close() == ()
