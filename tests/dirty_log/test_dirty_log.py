"""The dirty log: model and reference agree, faults show as bytes that did not arrive."""
from __future__ import annotations

import pathlib
import threading
import time

import pytest

from checker.frontend import load
from checker.judgement.certify import certify
from checker.judgement.replay import Reproduced, replay
from checker.judgement.vacuity import vacuity
from spec.dirty_log.adapter import adapter_for
from spec.dirty_log.reference import Machine, threads
from tests.inclusion import behaves
from tests.dice import Dice
from tests.library import searched, system_of

SPECS = {spec.name: spec for spec in load(
    pathlib.Path(__file__).parents[2] / "spec" / "dirty_log" / "model.py")}
CASES = [(spec.name, instance) for spec in SPECS.values() for instance in spec.instances
         if instance != "large"]
FAULTS = [(spec.name, fault.name) for spec in SPECS.values() for fault in spec.faults]
LOST = "migrated_pages_arrive"


# The model.

@pytest.mark.parametrize("name, instance", CASES)
def test_as_it_should_be(name, instance):
    system, found = searched(SPECS[name], instance)
    assert found.complete and not found.violations
    assert vacuity(system, found) == ()
    assert {p.name for p in system.properties_of("sometimes")} <= set(found.witnesses)


@pytest.mark.parametrize("tracker, lost", [("type1", False), ("iommufd", True), ("device", False)])
def test_only_an_insane_guest_loses_writes_and_only_between_two_ioctls(tracker, lost):
    """type1 counts all that is pinned, and a device's own log is asked last."""
    _, found = searched(SPECS["Today"], "small", tracker=tracker, sane=False)
    assert (LOST in found.violations) == lost


@pytest.mark.parametrize("tracker", ["type1", "iommufd", "device"])
def test_blocks_of_virtio_mem_are_lost_whoever_keeps_the_log(tracker):
    kept = dict(blocks=1, tracker=tracker, domain="passthrough")
    assert LOST in searched(SPECS["Today"], "small", **kept)[1].violations
    _, repaired = searched(SPECS["Today"], "small", discard_knows=True, **kept)
    assert not repaired.violations


# The reference under the model's traces.

@pytest.mark.parametrize("name, fault", FAULTS)
def test_faults_are_reproduced_and_their_repair_refuses(name, fault):
    declared = SPECS[name].fault(fault)
    system, found = searched(SPECS[name], declared.instance, declared)
    assert set(found.violations) == set(declared.broken)
    for broken in declared.broken:
        trace = certify(system, broken, found.violations[broken])
        reproduced = replay(trace, timeout=0.3)
        assert isinstance(reproduced, Reproduced), (broken, reproduced)
        assert not isinstance(replay(trace, correct=True, timeout=0.3), Reproduced), broken


def test_what_the_device_wrote_is_not_what_the_destination_has():
    system, found = searched(SPECS["Today"], "small", SPECS["Today"].fault("asked_too_late"))
    shown = replay(certify(system, LOST, found.violations[LOST]))
    assert isinstance(shown, Reproduced)
    [line] = shown.symptom
    assert "the device has put b'00000003' there, the destination has b'0000000" in line


@pytest.mark.parametrize("name, instance", CASES)
def test_the_reference_does_nothing_that_the_model_does_not(name, instance):
    """A run ends where the migration does, so there are many of them."""
    steps, system = set(), system_of(SPECS[name], instance)
    for seed in range(12):
        run = behaves(system, adapter_for(name), f"{name} {seed}", 60, failing=0.1)
        steps |= set(run.log)
    assert len(steps) >= 8


@pytest.mark.parametrize("constants", [
    dict(asks="never"), dict(asks="after"), dict(region_del="passes none"),
    dict(query_fails=True, failure="is reported")], ids=str)
def test_a_reference_with_a_mistake_is_caught(constants):
    system = system_of(SPECS["Today"], "small", query_fails="query_fails" in constants)
    other = system_of(SPECS["Today"], "small", **constants)
    for seed in range(60):
        try:
            behaves(system, adapter_for("Today"), seed, 80, built_as=other, failing=0.4)
        except AssertionError as caught:
            assert "the model has no such step" in str(caught)
            return
    pytest.fail("not caught")


# The reference by itself.

def precopy(**constants):
    """A machine whose migration has sent everything once, with page 0 mapped."""
    m = Machine(memory="simulated", **constants)
    if not m.mapped(0):
        m.map(0)
    m.phase, m.log.on = "precopy", True
    for page in m.pages:
        m.send(page)
    return m


@pytest.mark.parametrize("tracker, gone", [("type1", True), ("iommufd", True), ("device", False)])
def test_whose_log_goes_with_the_mapping(tracker, gone):
    m = precopy(tracker=tracker)
    m.dma()
    assert m.log.written(0) and not m.arrived(0)
    m.unmap(0, 1)
    m.report(0, 1)
    assert m.dirty[0] == (not gone)
    m.close()


def test_what_is_pinned_counts_as_written_for_ever():
    for tracker, again in (("type1", True), ("iommufd", False)):
        m = precopy(tracker=tracker)
        m.dma()
        m.report(0, 1)
        assert m.dirty[0] and m.log.written(0) == again
        m.close()


def slowly(label):
    """Everybody gets a turn between two steps."""
    time.sleep(0.0003)


def run(m):
    """All threads, until the migration has ended."""
    running = [threading.Thread(target=body, name=name, daemon=True)
               for name, body in threads(m).items()]
    for thread in running:
        thread.start()
    running[1].join(20)
    m.switch.off.set()
    for thread in running:
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.parametrize("tracker", ["type1", "iommufd", "device"])
@pytest.mark.parametrize("seed", range(4))
def test_a_migration_that_runs_freely_loses_nothing(tracker, seed):
    m = Machine(at=slowly, env=Dice(seed, failing=0.02), memory="simulated", rounds=40,
                tracker=tracker, query_fails=True)
    run(m)
    assert m.phase == ("failed" if m.error else "completed")
    if m.phase == "completed":
        assert all(m.arrived(page) for page in m.pages) and not any(m.dirty)
    m.close()


def loses_something(seed):
    m = Machine(at=slowly, env=Dice(seed, failing=0), memory="simulated", rounds=40, asks="never")
    run(m)
    lost = not all(m.arrived(page) for page in m.pages)
    m.close()
    return lost


def test_a_migration_that_asks_nobody_loses_something():
    """The same runs, with the mistake: they would show it. Which of them does is up to threads."""
    assert any(map(loses_something, range(300)))
