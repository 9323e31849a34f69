"""virtio-mem: model and reference agree, faults show in memory, the right version keeps whole."""
from __future__ import annotations

import pathlib
import threading

import pytest

from checker.engines.interp.liveness import check_liveness
from checker.frontend import load
from checker.judgement.certify import certify
from checker.judgement.replay import Reproduced, replay
from checker.judgement.vacuity import vacuity
from spec.hooks import Environment
from spec.virtio_mem.reference import Machine, threads
from tests.dice import Dice
from tests.library import searched

SPECS = {spec.name: spec for spec in load(
    pathlib.Path(__file__).parents[2] / "spec" / "virtio_mem" / "model.py")}
FAULTS = [(spec.name, fault.name) for spec in SPECS.values() for fault in spec.faults]


# The model.

@pytest.mark.parametrize("name,instance", [(spec.name, instance) for spec in SPECS.values()
                                           for instance in spec.instances if instance != "large"])
def test_as_it_should_be(name, instance):
    system, found = searched(SPECS[name], instance)
    assert found.complete and not found.violations and found.distinct < 200_000
    assert vacuity(system, found) == ()
    assert {p.name for p in system.properties_of("sometimes")} <= set(found.witnesses)
    if any(system.properties_of("leads_to")):
        assert all(live.outcome == "holds" for live in check_liveness(system).values())


# The reference under the model's traces.

@pytest.mark.parametrize("name,fault", FAULTS)
def test_faults_are_reproduced_and_their_repair_refuses(name, fault):
    declared = SPECS[name].fault(fault)
    system, found = searched(SPECS[name], "ci", declared)
    shown = [p for p in declared.broken if p in found.violations]
    unseen = [p for p in declared.broken if p not in found.violations]
    assert shown or all(p in {q.name for q in system.properties_of("sometimes")} for p in unseen)
    for broken in shown:
        trace = certify(system, broken, found.violations[broken])
        reproduced = replay(trace, timeout=0.3)
        assert isinstance(reproduced, Reproduced), (broken, reproduced)
        repaired = replay(trace, correct=True, timeout=0.3)
        # Of the mappings behind a vIOMMU the repair is a guest that keeps its promise.
        assert not isinstance(repaired, Reproduced), broken


def test_a_mapping_behind_the_viommu_ends_with_two_different_memories():
    declared = SPECS["Today"].fault("viommu_mappings_outlive_the_block")
    system, found = searched(SPECS["Today"], "ci", declared)
    trace = certify(system, "devices_see_the_guests_memory",
                    found.violations["devices_see_the_guests_memory"])
    shown = replay(trace)
    assert isinstance(shown, Reproduced)
    assert any("b'CPU..' and b'DMA..'" in line for line in shown.symptom)


# The reference by itself.

class Script(Environment):
    """Picks what is listed, in order, and fails in nothing but `failing`."""

    def __init__(self, *picks, failing=()):
        self.picks = list(picks)
        self.failing = list(failing)

    def fails(self, name):
        return bool(self.failing) and self.failing.pop(0)

    def pick(self, name, choices):
        choice = self.picks.pop(0) if self.picks else choices[0]
        assert choice in choices, (name, choice)
        return choice


def machine(*picks, failing=(), **constants):
    return Machine(env=Script(*picks, failing=failing), memory="simulated", **constants)


def run(stage, name, rounds=1):
    stage.realized = True
    threads(stage, rounds)[name]()


def test_100_megabytes_in_blocks_of_2_are_50_mappings_and_one_unmap():
    stage = machine("plug", 0, 50, "unplug", 0, 50, blocks=50, sections=((0, 50),))
    stage.manager.register(stage.listeners[0])
    run(stage, "device.requests")
    assert stage.listeners[0].calls.count("map") == 50
    run(stage, "device.requests")
    assert stage.listeners[0].calls == ["map"] * 50 + ["unmap"]
    assert not any(stage.manager.plugged) and stage.memory.pins == set()
    stage.close()


def test_one_mapping_for_a_range_can_not_be_cut():
    stage = machine("plug", 0, 4, "unplug", 1, 1, blocks=4, sections=((0, 4),),
                    granularity="range")
    stage.manager.register(stage.listeners[0])
    run(stage, "device.requests", rounds=2)
    assert stage.manager.plugged == [True, False, True, True]
    assert stage.memory.pinned(1) and stage.memory.stale() == {1}
    stage.close()


def test_the_walk_from_the_wrong_index_leaves_a_listener_without_mappings():
    """b11cf32e07a2's example: blocks of two units, 1 and 4 plugged, a section of 4 to 7."""
    for index, mapped in (("wrong", []), ("right", [range(4, 5)])):
        stage = machine(blocks=8, sections=((4, 8),), index=index)
        stage.manager.plugged[1] = stage.manager.plugged[4] = True
        stage.manager.register(stage.listeners[0])
        assert stage.listeners[0].mappings == mapped
        stage.close()


@pytest.mark.parametrize("rollback,left", [("failed section", {1}), ("own section", set())])
def test_a_failed_plug_takes_back_what_the_first_listener_mapped(rollback, left):
    stage = machine("plug", 1, 2, blocks=3, sections=((2, 3), (0, 3)), rollback=rollback,
                    failing=(False, False, True))
    for listener in stage.listeners:
        stage.manager.register(listener)
    run(stage, "device.requests")
    assert {b for b in stage.blocks if stage.memory.pinned(b)} == left
    assert not any(stage.manager.plugged)
    stage.close()


def test_a_request_that_does_not_fit_changes_nothing():
    stage = machine("plug", 2, 3, "unplug", 0, 1, blocks=3)
    run(stage, "device.requests", rounds=2)
    assert not any(stage.manager.plugged) and stage.memory.zaps == 0
    stage.close()


@pytest.mark.parametrize("seed", range(4))
def test_threads_that_run_freely_map_exactly_what_is_plugged(seed):
    stage = Machine(env=Dice(seed, failing=0.2), blocks=4, sections=((0, 4), (2, 4), (1, 3)),
                    migrates=True,
                    resizes=True, balloon=True, viommu=bool(seed % 2))
    running = [threading.Thread(target=body, name=name, daemon=True)
               for name, body in threads(stage, rounds=60).items()]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(30)
        assert not thread.is_alive()
    for listener in stage.listeners:
        for b in stage.blocks:
            sees = stage.attached[listener.number] and listener.first <= b < listener.last
            assert listener.maps(b) == (sees and stage.manager.plugged[b])
    assert not any(b in stage.memory.stale() for b in stage.blocks if stage.owns[b])
    assert not any(stage.manager.present[b] for b in stage.blocks
                   if not stage.manager.plugged[b])
    stage.close()
