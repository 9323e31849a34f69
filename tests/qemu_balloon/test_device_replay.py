"""Traces of the model on the reference's threads, and random runs of the reference in the model."""
from __future__ import annotations

import pathlib

import pytest

from checker.face.check import check
from checker.frontend import load
from checker.judgement.replay import Blocked, Diverged, Reproduced, replay
from spec.qemu_balloon.adapter import adapter_for
from tests.inclusion import behaves
from tests.library import system_of
from tests.schedules import MORE

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


@pytest.mark.parametrize("name,constants", MORE["qemu_balloon"], ids=str)
def test_the_reference_does_nothing_that_the_model_does_not(name, constants):
    behaves(system_of(SPECS[name], **constants), adapter_for(name), f"{name} {constants}", STEPS,
            failing=0.3, timeout=5)
