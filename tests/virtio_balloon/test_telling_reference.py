"""The reference of the balloon driver's proved core: by itself, under traces, held to its model."""
import pathlib

import pytest

from checker.frontend import load
from checker.judgement.replay import Director
from spec.hooks import Environment
from spec.virtio_balloon.adapter import adapter_for
from spec.virtio_balloon.reference import DATA, Telling
from tests.inclusion import behaves
from tests.library import system_of
from tests.replayed import reproduced_and_refused

[SPEC] = load(pathlib.Path(__file__).parents[2] / "spec" / "virtio_balloon" / "telling.py")
STEPS = 500


# By itself.

class Script(Environment):
    """Inflates or deflates as told, with the first page that there is; nothing fails."""

    def __init__(self, *inflates):
        self.inflates = list(inflates)

    def pick(self, name, choices):
        return self.inflates.pop(0) if name == "inflate" else choices[0]


class Stage:
    """A machine whose threads wait at their steps."""

    def __init__(self, *inflates, **constants):
        self.director = Director(2.0)
        self.machine = Telling(at=self.director.at, env=Script(*inflates), **constants)
        self.locks = {}
        self.director.stage = self
        for name, body in self.machine.actors.items():
            self.director.spawn(name, body)

    def run(self, *steps):
        """Let threads run, by name, one step each, at the step that is given with it."""
        for thread, label in steps:
            assert self.director.position[thread] == label, (thread, self.director.position)
            assert self.director.release(thread) is None, thread

    def told(self, name, thread="size_work"):
        """The host sees and answers what a queue holds, and the thread that waits gets it."""
        self.run((f"serve_{name}", f"see {name}"), (f"serve_{name}", f"ack {name}"),
                 (thread, f"{name} acked"))

    def inflate(self):
        self.run(("size_work", "mutex_lock"), ("size_work", "balloon_page_enqueue"),
                 ("size_work", "tell_host inflate"))
        self.told("inflate")

    def deflate(self):
        self.run(("size_work", "mutex_lock"), ("size_work", "balloon_page_dequeue"),
                 ("size_work", "tell_host deflate"))
        self.told("deflate")
        self.run(("size_work", "put_page"))

    def end(self):
        self.machine.switch.off.set()
        self.machine.switch.wake_up()
        assert self.director.close() == ()

    def close(self):
        self.machine.close()


def test_a_page_goes_and_comes_back():
    stage = Stage(True, False)
    stage.inflate()
    assert stage.machine.num_pages == 1 and stage.machine.host.may_modify == {0}
    stage.machine.allocator.discard(0)          # the host may
    stage.deflate()
    assert stage.machine.num_pages == 0 and stage.machine.host.may_modify == set()
    assert stage.machine.ram.read(0, len(DATA)) == DATA and stage.machine.allocator.lost == set()
    stage.end()


def test_without_must_tell_the_host_may_modify_until_it_answers():
    stage = Stage(True, must_tell=False)
    stage.inflate()
    assert stage.machine.host.may_modify == set()
    stage.end()


def test_a_page_migrates_in_two_requests():
    stage = Stage(True)
    stage.inflate()
    stage.run(("compacts 0", "scan"), ("compacts 0", "isolate_movable_page"),
              ("compacts 0", "unmap_and_move"), ("compacts 0", "virtballoon_migratepage"),
              ("compacts 0", "balloon_page_insert"))
    stage.told("inflate", "compacts 0")
    assert stage.machine.host.may_modify == {0, 1}
    stage.run(("compacts 0", "balloon_page_delete"))
    stage.told("deflate", "compacts 0")
    assert stage.machine.host.may_modify == {1} and stage.machine.isolated_pages == 0
    assert [page.number for page in stage.machine.pages] == [1]
    assert stage.machine.allocator.pages[0].free()
    stage.end()


def test_compaction_goes_back_where_the_driver_has_its_lock():
    stage = Stage(True, False)
    stage.inflate()
    stage.run(("compacts 0", "scan"), ("compacts 0", "isolate_movable_page"),
              ("size_work", "mutex_lock"), ("compacts 0", "unmap_and_move"),
              ("compacts 0", "virtballoon_migratepage"))
    assert stage.director.position["compacts 0"] == "unmap_and_move"
    assert stage.machine.allocator.pages[1].free() and stage.machine.isolated_pages == 1
    stage.end()


# Under the model's traces.

@pytest.mark.parametrize("fault", [fault.name for fault in SPEC.faults])
def test_faults_are_reproduced_and_the_right_version_refuses(fault):
    reproduced_and_refused(SPEC, fault, "ci")


# Held to the model.

@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("instance", SPEC.instances)
def test_the_reference_does_nothing_that_the_model_does_not(instance, seed):
    run = behaves(system_of(SPEC, instance), adapter_for("Telling"), f"{instance} {seed}", STEPS,
                  failing=0.1)
    assert len(run.log) == STEPS and len(run.states) <= 2


@pytest.mark.parametrize("constants", [dict(fault.constants) for fault in SPEC.faults], ids=str)
def test_a_reference_with_a_mistake_is_caught(constants):
    system, other = system_of(SPEC, "ci"), system_of(SPEC, "ci", **constants)
    for seed in range(30):
        try:
            behaves(system, adapter_for("Telling"), seed, STEPS, built_as=other, failing=0.1)
        except AssertionError as caught:
            assert "the model has no such step" in str(caught)
            return
    pytest.fail("not caught")
