"""Each fault of the driver that is bound, on the reference's threads."""
from __future__ import annotations

import pytest

from checker.face.check import check
from checker.judgement.replay import Blocked, Diverged, Reproduced, replay
from tests.virtio_balloon.runs import BOUND, SPECS

FAULTS = [(name, fault) for name in BOUND for fault in SPECS[name].faults]


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
