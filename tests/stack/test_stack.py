"""The whole stack: its rules, mistakes of one layer that show in another, and the program."""
from __future__ import annotations

import pathlib

import pytest

from checker.face.check import check
from checker.frontend import load
from checker.judgement.replay import Reproduced, replay
from checker.judgement.vacuity import vacuity
from spec.stack.adapter import adapter_for
from spec.virtio_balloon.adapter import hook
from tests.inclusion import behaves
from tests.library import searched, system_of
from tests.schedules import MORE

SPEC, = load(pathlib.Path(__file__).parents[2] / "spec" / "stack" / "model.py")
SAME = "the_guest_and_its_devices_see_the_same_memory"
STATES = {"small": 15_883, "ci": 134_658}
STEPS = 300


@pytest.mark.parametrize("instance", STATES)
def test_as_it_should_be(instance):
    system, found = searched(SPEC, instance)
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


@pytest.mark.parametrize("constants", [constants for _, constants in MORE["stack"]], ids=str)
def test_the_program_does_nothing_that_the_model_does_not(constants):
    behaves(system_of(SPEC, **constants), adapter_for(SPEC.name), str(constants), STEPS,
            failing=0.2, hook=hook, timeout=5,
            holds=lambda stage: stage.split() == [])
