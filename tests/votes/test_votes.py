"""The votes: model and reference agree, faults show in memory, honest users keep the rules."""
from __future__ import annotations

import pathlib
import threading

import pytest

from checker.engines import native
from checker.engines.interp.liveness import check_liveness
from checker.frontend import load
from checker.judgement.certify import certify
from checker.judgement.replay import Reproduced, replay
from checker.judgement.vacuity import vacuity
from spec.votes.reference import Machine, threads
from tests.dice import Dice
from tests.library import searched

SPECS = {spec.name: spec
         for spec in load(pathlib.Path(__file__).parents[2] / "spec" / "votes" / "model.py")}
FAULTS = [(spec.name, fault.name) for spec in SPECS.values() for fault in spec.faults]
HONEST = ("kvm", "vfio", "nvme", "sev", "s390", "vdpa", "colo", "blkio", "postcopy", "snapshot",
          "virtio_mem", "balloon")


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


@pytest.mark.parametrize("version", ["SignedCounter", "TwoSides", "FourKinds"])
def test_a_vote_mends_rdma(version):
    system = SPECS[version].system("ci", users=("rdma", "virtio_mem", "balloon"),
                                   rdma_votes=True)
    assert not native.explore(system).violations


def test_a_cleanup_that_knows_its_vote_mends_vdpa_in_both_arithmetics():
    for bits in (0, 2):
        system = SPECS["FourKinds"].system("wrapping", bits=bits)
        assert not native.explore(system).violations


# The reference.

@pytest.mark.parametrize("name,fault", FAULTS)
def test_faults_are_reproduced_and_their_repair_refuses(name, fault):
    declared = SPECS[name].fault(fault)
    system, found = searched(SPECS[name], "ci", declared)
    shown = [p for p in declared.broken if p in found.violations]
    assert shown
    for broken in shown:
        trace = certify(system, broken, found.violations[broken])
        reproduced = replay(trace)
        assert isinstance(reproduced, Reproduced), (broken, reproduced)
        assert not isinstance(replay(trace, correct=True), Reproduced), broken


def test_the_vdpa_finding_ends_with_two_different_memories():
    fault = SPECS["FourKinds"].fault("vdpa_wraps_the_counter")
    system, found = searched(SPECS["FourKinds"], "ci", fault)
    trace = certify(system, "devices_find_the_guests_pages",
                    found.violations["devices_find_the_guests_pages"])
    shown = replay(trace)
    assert isinstance(shown, Reproduced)
    assert any("b'guest'" in line and r"b'\x00" in line for line in shown.symptom)


@pytest.mark.parametrize("version", ["SignedCounter", "TwoSides", "FourKinds"])
@pytest.mark.parametrize("seed", range(3))
def test_threads_that_run_freely_leave_honest_counters(version, seed):
    machine = Machine(version=version, users=HONEST, groups=2, env=Dice(seed, failing=0.2),
                      memory="simulated", vdpa_cleanup="if_held", sync_mmu=bool(seed % 2))
    running = [threading.Thread(target=body, daemon=True)
               for body in threads(machine, rounds=20).values()]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(20)
        assert not thread.is_alive()
    assert not any(actor.stale for actor in machine.actors)
    held = [actor.kind for actor in machine.actors if actor.holds]
    assert set(held) <= {"disable"}                     # KVM and SEV keep theirs for ever
    counts = machine.votes.observe()
    assert sum(counts.values()) == len(held) and min(counts.values()) >= 0
    machine.close()


def test_four_counters_wrap_as_unsigned_ones_do():
    machine = Machine(version="FourKinds", users=("vdpa",), bits=2, memory="simulated")
    machine.votes.give("disable", "give")
    assert machine.votes.ask("ask")
    assert machine.votes.take("disable", "take")
    assert not machine.votes.ask("ask")
    machine.close()


@pytest.mark.parametrize("kind,other,together", [
    ("disable", "disable", True), ("disable", "uncoordinated", True),
    ("uncoordinated", "uncoordinated", True), ("uncoordinated", "coordinated", True),
    ("disable", "coordinated", False), ("disable", "require", False),
    ("uncoordinated", "require", False), ("require", "require", True),
    ("coordinated", "coordinated", True), ("require", "coordinated", True)])
def test_the_matrix(kind, other, together):
    for first, second in ((kind, other), (other, kind)):
        machine = Machine(version="FourKinds", users=(), memory="simulated")
        assert machine.votes.take(first, "first")
        assert machine.votes.take(second, "second") == together
        machine.close()
