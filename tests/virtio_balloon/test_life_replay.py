"""The driver's life: traces of the model on the reference, and its random runs in the model."""
from __future__ import annotations

import pytest

from checker.engines.interp.step import initial_states
from checker.errors import UserError
from checker.face.check import check
from checker.judgement.replay import Blocked, Director, Diverged, Reproduced, replay
from checker.results.trace import Trace
from spec.virtio_balloon.adapter import adapter_for, hook
from tests.inclusion import behaves
from tests.library import system_of
from tests.virtio_balloon.runs import CASES, LIVES, SPECS

FAULTS = [(name, fault) for name in LIVES for fault in SPECS[name].faults]
STEPS = 500

# Of each rule, what is to be seen in memory or of the threads where it is broken.
SEEN = {
    "removed_leaves_nothing": "leads to struct virtio_balloon, which was freed: there is b'kkk",
    "removed_leaves_no_stats_work": "the statistics work leads to struct virtio_balloon, which",
    "removed_leaves_no_page": "of the driver that would give it back there is b'kkk",
    "removed_leaves_no_mount": "balloon-kvm is still mounted",
    "no_request_on_a_deleted_queue": "was freed and reads b'ring: a request\\x00', not b'kkk",
    "no_stats_on_a_deleted_queue": "was freed and reads b'ring: used?",
    "device_is_reset_before_its_queues_go": "the device runs, and reads b'kkk",
    "one_stats_buffer": "the device has the one buffer 2 times",
    "stats_offered_after_driver_ok": "a buffer is on the statistics queue of a device that",
    "stats_buffer_is_initialised": "the device reads b\"somebody's key..\" from a buffer",
    "actual_is_right_when_idle": "the balloon has 1 pages, the host reads 0",
    "size_work_comes_to_rest": ("the size work has run", "waits for `inflate acked`"),
    "target_is_acted_on": "the host wants 1 pages, the balloon has 0, and no work is queued",
    "oom_notifier_returns": ("task waits for balloon_lock", "task waits for `deflate acked`"),
    "removal_ends": ("core waits for", "core has called leak_balloon"),
    "stats_are_answered": "the host has asked; no work is queued",
}


def tokens(broken):
    return SEEN[broken] if isinstance(SEEN[broken], tuple) else (SEEN[broken],)


@pytest.mark.parametrize("name, fault", FAULTS, ids=lambda x: getattr(x, "name", x))
def test_each_fault_shows_in_the_reference_and_not_in_the_correct_one(name, fault):
    run = check(SPECS[name], "small", fault=fault)
    traces = {r.verdict.property: r.verdict.trace for r in run.results}
    for broken in fault.broken:
        outcome = replay(traces[broken])
        assert isinstance(outcome, Reproduced), f"{broken}: {outcome}"
        assert outcome.left == ()
        assert any(text in line for text in tokens(broken) for line in outcome.symptom)
        outcome = replay(traces[broken], correct=True)
        assert isinstance(outcome, (Blocked, Diverged)) and outcome.left == (), str(outcome)


def test_what_the_reference_is_not_has_no_implementation():
    with pytest.raises(UserError, match="Other has no implementation to replay on"):
        adapter_for("Other")


def test_every_rule_that_a_fault_breaks_has_something_to_be_seen():
    assert {broken for _, fault in FAULTS for broken in fault.broken} == set(SEEN)


@pytest.mark.parametrize("name, instance", [("Linux49Life", "ci"), ("FixedLife", "oom"),
                                            ("FixedProgress", "stats")])
def test_witnesses_replay_and_show_nothing(name, instance):
    run = check(SPECS[name], instance)
    traces = [r.verdict.trace for r in run.results if r.verdict.trace is not None]
    assert traces
    for trace in traces:
        outcome = replay(trace)
        assert isinstance(outcome, Reproduced) and outcome.symptom == (), str(outcome)


# What the code keeps nowhere: the features, which do not change, who holds which lock, and what
# only assertions look at.
UNSEEN = {"pages.zone_of", "pages.pg_locked", "pages.pages_lock", "host.must_tell",
          "driver.balloon_lock", "driver.deflate_on_oom", "driver.stop_update_lock",
          "driver.fs_lock", "driver.inside", "oom.oom_lock", "life.config_lock"}


def test_everything_else_is_compared():
    constants = dict(pages=2, stats=True, fs_lock=True, reads_actual=True)
    system = system_of(SPECS["FixedLife"], **constants)
    trace = Trace(system, "", "", next(iter(initial_states(system))), ())
    stage = adapter_for("FixedLife").build(trace, Director(1.0))
    shared = {v.name for v in system.variables if v.kind == "shared"}
    assert shared - set(stage.observe()) == UNSEEN
    stage.close()


@pytest.mark.parametrize("name, instance, constants", CASES, ids=str)
def test_the_reference_does_nothing_that_the_model_does_not(name, instance, constants):
    run = behaves(system_of(SPECS[name], instance, **constants), adapter_for(name),
                  f"{name} {instance} {constants}", STEPS, failing=0.1, hook=hook, timeout=5)
    assert len(set(run.log)) >= 10                  # not the same few steps over and over
    assert len(run.log) == STEPS or instance == "sleeps"        # where there is an end


@pytest.mark.parametrize("instance, constants", [
    ("small", dict(resets=False)), ("small", dict(cancels=False)), ("small", dict(unmounts=True)),
    ("small", dict(checks_target=False)), ("ci", dict(inits_stats=True)),
    ("ci", dict(offers_always=True)), ("ci", dict(forgets_stats=True)),
    ("isolated", dict(leaks_once=True)), ("small", dict(exit_unregisters=False)),
    ("ci", dict(ignores_stop_update=True))], ids=str)
def test_a_reference_with_a_mistake_is_caught(instance, constants):
    spec = SPECS["Linux49Life"]
    system, faulty = system_of(spec, instance), system_of(spec, instance, **constants)
    for seed in range(30):
        try:
            behaves(system, adapter_for(spec.name), seed, STEPS, built_as=faulty, failing=0.2,
                    hook=hook, timeout=5)
        except AssertionError as caught:
            assert "the model has no such step" in str(caught)
            return
    pytest.fail("not caught")


class Intruded:
    """The adapter of a machine with one thread more, which goes on when all others are at rest."""

    def build(self, trace, hooks):
        stage = adapter_for("Linux49Progress").build(trace, hooks)
        stage.machine.actors["intruder"] = lambda: (hooks.at("here"), hooks.at("there"))
        return stage


def test_who_goes_on_where_the_model_is_at_rest_is_caught():
    system = system_of(SPECS["Linux49Progress"], "sleeps")
    with pytest.raises(AssertionError, match="who waits in the model comes on"):
        for seed in range(30):
            behaves(system, Intruded(), seed, STEPS, hook=hook)
