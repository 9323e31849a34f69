"""Random runs of a reference, logged, and held step for step against what its model can do.

Threads wait at their hooks as in replay, but chance says who goes on and what is chosen. After
each step everything that can be seen is compared with every state that the model may be in. At
the end whoever can not step in the model is let go: a thread that comes on then does not wait
for what it has to, as a lock that it does not take.
"""
from __future__ import annotations

import random

from checker.engines.interp.step import enabled, initial_states, location_of, steps_of
from checker.judgement.replay import Director
from checker.results.trace import Trace


class Dice(Director):
    """Hooks where chance makes the choices."""

    def __init__(self, rng, failing, timeout):
        super().__init__(timeout=timeout)
        self.rng, self.failing = rng, failing

    def fails(self, name):
        return self.rng.random() < self.failing

    def pick(self, name, options):
        return self.rng.choice(list(options))


class Run:
    """One random run; `states` are the model's states that agree with all that was seen, `log`
    what happened. `built_as` is the system whose constants the reference has, where it is to
    have a mistake that the model has not; `hook` gives the reference's name for a step; `begins`
    is true of the initial states to choose from."""

    def __init__(self, system, adapter, seed, *, built_as=None, failing=0.2, hook=str,
                 begins=lambda state: True, timeout=20):
        self.system, self.rng, self.hook = system, random.Random(seed), hook
        self.log = []
        initial = self.rng.choice([s for s in initial_states(system) if begins(s)])
        self.director = Dice(self.rng, failing, timeout)
        trace = Trace(built_as or system, "", "", initial, ())
        self.stage = self.director.stage = adapter.build(trace, self.director)
        for name, body in self.stage.threads().items():
            self.director.spawn(name, body)
        self.states = {s for s in (initial,) if self.agrees(s, self.stage.observe())}
        assert self.states, "they do not begin in the same state"

    def steps(self, count):
        """Run so many steps, or until the model is at rest; AssertionError at the first that the
        model does not have."""
        for _ in range(count):
            if not self.ready():
                break
            self.step()

    def ready(self):
        """Who can step, as far as one can tell."""
        return [i for i in self.system.instances
                if any(enabled(self.system, state, i) for state in self.states)]

    def others_wait(self):
        """See that nobody comes on who can not in the model. The run is over then."""
        ready = [self.stage.thread(i) for i in self.ready()]
        before = dict(self.director.position)
        self.director.timeout = 0.2
        self.director.settle([name for name, at in before.items()
                              if at is not None and name not in ready])
        assert self.director.position == before, (
            f"who waits in the model comes on: {self.log[-10:]}\n"
            f"{before}\n{self.director.position}")

    def step(self):
        instance = self.rng.choice(self.ready())
        self.log.append((str(instance), self.at(instance)))
        assert self.director.release(self.stage.thread(instance)) is None
        assert self.director.failures == {}, self.director.failures
        seen = self.stage.observe()
        following = {step.after for state in self.states
                     for step in steps_of(self.system, state, instance) if step.after is not None}
        self.states = {state for state in following if self.agrees(state, seen)}
        assert self.states, f"the model has no such step: {self.log[-10:]}\n{seen}"

    def agrees(self, state, seen):
        """Everything that can be seen, and the step at which each thread waits."""
        return (all(state[self.system.position[name]] == value for name, value in seen.items())
                and all(self.label(state, i) == self.at(i) for i in self.system.instances))

    def label(self, state, instance):
        at = location_of(self.system, state, instance)
        return None if at is None else self.hook(at.label)

    def at(self, instance):
        return self.director.position[self.stage.thread(instance)]


def behaves(system, adapter, seed, count, *, holds=lambda stage: True, **more):
    """Run `count` steps; the run. Raises AssertionError where the model has no such step, where
    `holds` is not true of what there is at the end, and where somebody does not wait then."""
    run = Run(system, adapter, seed, **more)
    try:
        run.steps(count)
        assert holds(run.stage)
        run.others_wait()
    finally:
        assert run.director.close() == ()
    return run
