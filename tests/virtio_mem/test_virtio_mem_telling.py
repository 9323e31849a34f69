"""The reference of virtio-mem's proved core: by itself, under traces, and held to its model."""
import pathlib
import threading

import pytest

from checker.frontend import load
from spec.hooks import Environment
from spec.virtio_mem.adapter import adapter_for
from spec.virtio_mem.reference import Telling
from spec.virtio_mem.telling_adapter import TellingAdapter
from tests.dice import Dice
from tests.inclusion import behaves
from tests.library import system_of
from tests.replayed import reproduced_and_refused

[SPEC] = load(pathlib.Path(__file__).parents[2] / "spec" / "virtio_mem" / "telling.py")
STEPS = 400


# By itself.

class Script(Environment):
    """Picks what is listed, in order; mappings fail as `failing` says, and then no more."""

    def __init__(self, *picks, failing=()):
        self.picks, self.failing = list(picks), list(failing)

    def fails(self, name):
        return bool(self.failing) and self.failing.pop(0)

    def pick(self, name, choices):
        choice = self.picks.pop(0)
        assert choice in choices, (name, choice)
        return choice


def machine(*picks, sections, failing=(), **constants):
    stage = Telling(blocks=3, sections=sections, env=Script(*picks, failing=failing),
                    memory="simulated", **constants)
    stage.listed = [True] * len(sections)
    return stage


def maps(stage):
    return [[b for b in stage.blocks if x.maps(b)] for x in stage.listeners]


def test_a_plug_maps_what_each_listener_sees_and_an_unplug_unmaps_it():
    stage = machine(0, 3, True, 1, 2, False, sections=((0, 2), (1, 3), (2, 2)))
    stage.requests(rounds=1)
    assert maps(stage) == [[0, 1], [1, 2], []] and stage.plugged == [True] * 3
    stage.requests(rounds=1)
    assert maps(stage) == [[0], [2], []] and stage.plugged == [True, False, True]
    assert stage.memory.stale() == set()
    stage.close()


@pytest.mark.parametrize("rollback, left", [
    ("own section", [[], []]), ("failed section", [[0], []]), ("nobody", [[0, 1], []])])
def test_a_failed_plug_is_taken_back(rollback, left):
    stage = machine(0, 2, True, sections=((0, 3), (1, 3)), failing=(False, False, True),
                    rollback=rollback)
    stage.requests(rounds=1)
    assert maps(stage) == left and not any(stage.plugged)
    stage.close()


@pytest.mark.parametrize("index, mapped", [("right", [[1, 2]]), ("wrong", [[2]])])
def test_who_comes_maps_what_is_plugged_and_leaves_nothing(index, mapped):
    stage = machine(sections=((1, 3),), index=index)
    stage.plugged[:] = [True] * 3
    seen = []
    stage.at = lambda label: seen.append(maps(stage)) if label == "BQL vfio unplug" else None
    stage.life(stage.listeners[0], rounds=1)
    assert seen == [mapped] and maps(stage) == [[]]
    stage.close()


def test_an_unplug_that_tells_nobody_leaves_two_memories():
    stage = machine(0, 1, True, 0, 1, False, sections=((0, 3),), tells="nobody")
    stage.requests(rounds=2)
    assert maps(stage) == [[0]] and stage.memory.stale() == {0}
    assert stage.memory.device(0, 0, 5) == b"guest" != stage.memory.cpu(0, 5)
    stage.close()


@pytest.mark.parametrize("seed", range(4))
def test_threads_that_run_freely_leave_nothing_pinned(seed):
    stage = Telling(blocks=4, sections=((0, 4), (2, 4), (1, 3)), env=Dice(seed, failing=0.2))
    running = [threading.Thread(target=body, name=name, daemon=True)
               for name, body in stage.threads(rounds=100).items()]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(30)
        assert not thread.is_alive()
    assert stage.memory.zaps > 0 and stage.memory.pins == set()         # everybody has left
    stage.close()


# Under the model's traces.

@pytest.mark.parametrize("fault", [fault.name for fault in SPEC.faults])
def test_faults_are_reproduced_and_the_right_version_refuses(fault):
    reproduced_and_refused(SPEC, fault, "small")


# Held to the model.

class Unlocked:
    """A lock that keeps nobody out."""

    def __enter__(self):
        pass

    def __exit__(self, *_):
        pass


class TakesNoLock(TellingAdapter):
    """A reference without the big lock."""

    def build(self, *arguments, **more):
        stage = super().build(*arguments, **more)
        stage.machine.bql_lock = Unlocked()
        return stage


def test_a_reference_that_takes_no_lock_is_caught():
    with pytest.raises(AssertionError, match="who waits in the model comes on"):
        for seed in range(10):
            behaves(system_of(SPEC, "ci"), TakesNoLock(), seed, 50)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("instance", SPEC.instances)
def test_the_reference_does_nothing_that_the_model_does_not(instance, seed):
    run = behaves(system_of(SPEC, instance), adapter_for("Telling"), f"{instance} {seed}", STEPS)
    assert len(run.log) == STEPS and len(run.states) == 1


def sections_differ(system, state):
    """The first listener sees everything, the second one not what the first is told of first."""
    first, last = (state[system.position[name]] for name in ("first", "last"))
    return first == (0, 2) and last == (3, 3)


@pytest.mark.parametrize("constants", [
    dict(fault.constants) for fault in SPEC.faults], ids=str)
def test_a_reference_with_a_mistake_is_caught(constants):
    system, other = system_of(SPEC, "ci"), system_of(SPEC, "ci", **constants)
    for seed in range(30):
        try:
            behaves(system, adapter_for("Telling"), seed, STEPS, built_as=other,
                    begins=lambda state: sections_differ(system, state))
        except AssertionError as caught:
            assert "the model has no such step" in str(caught)
            return
    pytest.fail("not caught")
