"""Traces of the model on the reference's threads, and random runs of the reference in the model."""
from __future__ import annotations

import pytest

from checker.face.check import check
from checker.frontend import load
from checker.judgement.replay import Blocked, Diverged, Reproduced, replay
from spec.virtio_balloon.adapter import adapter_for, hook
from tests.inclusion import behaves

SPECS = {spec.name: spec for spec in load("spec/virtio_balloon/model.py")}
FAULTS = [(name, fault) for name in ("Linux49", "Fixed") for fault in SPECS[name].faults]
STEPS = 400


@pytest.mark.parametrize("name, fault", FAULTS, ids=lambda x: getattr(x, "name", x))
def test_each_fault_shows_in_the_reference_and_not_in_the_correct_one(name, fault):
    run = check(SPECS[name], "small", fault=fault)
    traces = {r.verdict.property: r.verdict.trace for r in run.results}
    for broken in fault.broken:
        outcome = replay(traces[broken])
        assert isinstance(outcome, Reproduced), f"{broken}: {outcome}"
        assert outcome.symptom and outcome.left == ()
        if broken == "no_guest_page_lost":
            assert r"wrote b'guest' there and reads b'\x00\x00\x00\x00\x00'" in outcome.symptom[0]
        if broken == "deadlock":
            assert len(outcome.symptom) == 2 and "size worker waits in alloc_page" in str(
                outcome.symptom) and "task waits in leak_balloon" in str(outcome.symptom)
    outcome = replay(traces[fault.broken[0]], correct=True)
    assert isinstance(outcome, (Blocked, Diverged)), str(outcome)


CASES = [dict(), dict(pages=3, direct_compaction=True), dict(per_page=2, zones=2),
         dict(must_tell=False, deflate_on_oom=False)]


@pytest.mark.parametrize("constants", CASES, ids=str)
@pytest.mark.parametrize("name", ["Linux49", "Fixed"])
def test_the_reference_does_nothing_that_the_model_does_not(name, constants):
    behaves(SPECS[name].system(None, **constants), adapter_for(name), f"{name} {constants}", STEPS,
            failing=0.15, hook=hook, timeout=5)
