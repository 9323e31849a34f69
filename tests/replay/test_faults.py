"""Each fault's traces on real threads and real memory, and on the implementation without it."""
import threading

import pytest
from support import FAULTS, SPECS, searched

from checker.errors import UserError
from checker.judgement.certify import certify
from checker.judgement.replay import Blocked, Diverged, Reproduced, replay
from spec.vfio_balloon.reference import io_uring_permitted

LASSO = "groups_leave_the_list"
"""What has to happen in the end; instance `live`, not `small`, asks for it."""
CASES = [(name, fault, broken) for name, fault in FAULTS
         for broken in SPECS[name].fault(fault).broken if broken != LASSO]
# Where the correct implementation parts from the faulty trace: at this step of it, or, where it
# takes the step too, at this variable.
PARTING = {
    "vote_after_attach": "inhibit", "vote_after_listener": ("inhibit", "SET_CONTAINER existing"),
    "vote_for_each_container": ("inhibit", "vfio.holds"),
    "counter_is_a_boolean": "inhibitor.votes", "counter_is_not_atomic": "inhibitor.votes",
    "postcopy_calls_for_each_state": "postcopy advise",
    "listener_error_ignored": ("unlink on error", "unregister listener on listener"),
    "listener_kept_on_its_exit": "unregister listener on",
    "group_outlives_its_failed_device": "bql.lock",
    "kvm_not_told_on_reuse": "KVM add", "kvm_told_after_the_listener": "KVM add",
    "kvm_told_last_of_all": "KVM add",
    "unset_before_unregister": "unlink", "unmaps_after_unset": "kernel.refused",
    "teardown_under_the_lock": "KVM del", "teardown_without_the_lock": "KVM del",
    "check_then_act": "BQL balloon", "nobody_locks": "BQL",
    "devices_disagree": "second.fd",
    "spapr_exit_keeps_its_listener": "unregister prereg on default_window",
    "spapr_pins_for_those_who_opted_in": "add device",
    "spapr_pins_before_the_vote": "inhibit", "joining_pins_before_the_vote": "inhibit",
    "listener_exit_releases_while_pinned": "kernel.maps",
    "refused_vote_keeps_the_space": "SET_CONTAINER existing",
    "refusal_is_ignored": "close container on error",
    "leak_on": "uninhibit on",
    "release_twice_on": ("put space on error", "close group on error", "close container on error"),
    "leave_open_on": "close container on",
}


def trace_of(name, fault, broken):
    system, found = searched(name, "small", fault)
    return certify(system, broken, found.violations[broken])


@pytest.mark.parametrize("name, fault, broken", CASES)
def test_the_faulty_one_shows_the_symptom(name, fault, broken):
    trace = trace_of(name, fault, broken)
    outcome = replay(trace)
    assert isinstance(outcome, Reproduced), str(outcome)
    assert outcome.steps == len(trace.steps) and outcome.symptom and outcome.left == ()
    assert outcome.memory == ("io_uring" if io_uring_permitted() else "simulated")
    if broken == "no_stale_mapping":
        assert "the CPU reads b'\\x00\\x00\\x00\\x00\\x00', a device" in outcome.symptom[0]
        assert "b'guest'" in outcome.symptom[0]
        assert outcome.symptom[1].endswith("b'CPU..' and b'DMA..'")


@pytest.mark.parametrize("name, fault, broken", CASES)
def test_the_correct_one_parts_where_it_is_correct(name, fault, broken):
    outcome = replay(trace_of(name, fault, broken), correct=True, memory="simulated")
    assert isinstance(outcome, (Blocked, Diverged)), str(outcome)
    where = outcome.variable if isinstance(outcome, Diverged) else outcome.why
    expected = PARTING.get(fault) or next(PARTING[key] for key in PARTING if fault.startswith(key))
    expected = (expected,) if isinstance(expected, str) else expected
    assert any(place in where for place in expected), str(outcome)


def test_simulated_memory_tells_the_same():
    trace = trace_of("Upstream", "teardown_without_the_lock", "no_stale_mapping")
    outcome = replay(trace, memory="simulated")
    assert isinstance(outcome, Reproduced) and outcome.memory == "simulated"
    assert "simulated memory" in str(outcome)
    assert outcome.symptom == replay(trace).symptom


def test_a_witness_replays_as_well():
    system, found = searched("Upstream", "ci")
    for name, path in found.witnesses.items():
        trace = certify(system, name, path)
        outcome = replay(trace)
        # A witness breaks nothing, so there is nothing to see: every step and state agreed.
        assert isinstance(outcome, Reproduced) and outcome.steps == len(trace.steps), str(outcome)


def test_no_thread_is_left():
    for _ in range(20):
        replay(trace_of("Rhel77", "leak_on_open", "votes_counted"))
    assert not [t.name for t in threading.enumerate() if t.name.startswith(("device", "balloon"))]


def test_a_spec_without_an_adapter_says_so(tmp_path):
    from checker.frontend import load
    from checker.engines.interp.explore import explore
    (tmp_path / "alone.py").write_text(
        "from checker import Component, Bool, invariant, process, step\n"
        "class Alone(Component):\n"
        "    def __init__(self):\n        self.bad = Bool\n"
        "    @process\n    async def go(self):\n        await step('go')\n        self.bad = True\n"
        "    @invariant\n    def good(self):\n        return not self.bad\n")
    [spec] = load(tmp_path / "alone.py")
    system = spec.system()
    trace = certify(system, "good", explore(system).violations["good"])
    with pytest.raises(UserError, match="no implementation to replay on"):
        replay(trace)
