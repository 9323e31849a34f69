"""Random runs of the reference are behaviours of the model, step for step."""
import random

import pytest
from support import SPECS

from checker.engines.interp.step import initial_states, location_of, steps_of
from checker.judgement.replay import Director
from checker.results.trace import Trace
from spec.vfio_balloon.adapter import adapter_for

STEPS = 300
CASES = [(name, instance) for name, spec in SPECS.items() for instance in spec.instances
         if instance != "large"] + [(name, "lockless") for name in SPECS]
LOCKLESS = dict(groups=1, pages=2, bql=False, postcopy=True)
"""One group: without the lock, lists that two threads change are nothing that one could model."""


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
        self.states = {initial}

    def start(self):
        for name, body in self.stage.threads().items():
            self.director.spawn(name, body)
        self.states = {s for s in self.states if self.agrees(s, self.stage.observe())}
        assert self.states

    def agrees(self, state, seen):
        """Everything that can be seen, and the step at which each thread waits."""
        return (all(state[self.system.position[name]] == value for name, value in seen.items())
                and all(location_of(self.system, state, i).label == self.at(i)
                        for i in self.system.instances))

    def at(self, instance):
        return self.director.position[self.stage.thread(instance)]

    def step(self):
        locked = self.stage.machine.bql_lock.locked()
        ready = [i for i in self.system.instances
                 if not (locked and self.at(i).startswith("BQL"))]
        instance = self.rng.choice(ready)
        label = self.at(instance)
        assert self.director.release(self.stage.thread(instance)) is None
        assert self.director.failures == {}
        seen = self.stage.observe()
        following = {step.after for state in self.states
                     for step in steps_of(self.system, state, instance)
                     if step.location.label == label and step.after is not None}
        self.states = {state for state in following if self.agrees(state, seen)}
        assert self.states, f"the model has no such step: {label} of {instance}\n{seen}"


@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize("name, instance", CASES)
def test_the_reference_does_nothing_that_the_model_does_not(name, instance, seed):
    spec = SPECS[name]
    system = (spec.system(None, **LOCKLESS) if instance == "lockless" else spec.system(instance))
    run = Run(system, f"{name} {instance} {seed}")
    try:
        run.start()
        for _ in range(STEPS):
            run.step()
        assert len(run.states) <= 2         # what can be seen decides nearly everything
    finally:
        assert run.director.close() == ()


@pytest.mark.parametrize("constants", [dict(counter="boolean"), dict(kvm_on_reuse=False),
                                       dict(leak_exit="set_iommu"), dict(unset_first=True)],
                         ids=str)
def test_a_faulty_reference_is_caught(constants):
    """The same runs, where the reference has a mistake that the model has not."""
    system = SPECS["Upstream"].system("small")
    faulty = SPECS["Upstream"].system("small", **constants)
    for seed in range(20):
        run = Run(system, seed)
        run.director.close()
        run.director = Dice(run.rng)
        (initial,) = run.states
        trace = Trace(faulty, "", "", initial, ())
        run.stage = run.director.stage = adapter_for("Upstream").build(trace, run.director)
        try:
            run.start()
            for _ in range(STEPS):
                run.step()
        except AssertionError as caught:
            assert "the model has no such step" in str(caught)
            return
        finally:
            run.director.close()
    pytest.fail("not caught")
