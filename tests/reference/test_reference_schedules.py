"""Random schedules: rules after every step of held threads, and threads that really run."""
from __future__ import annotations

import random
import threading
import time

import pytest

from spec.vfio_balloon.reference import VERSIONS, Machine
from tests.dice import Dice

STEPS = 2500        # of held threads: a number, so that a busy machine sees the same run
SECONDS = 0.25      # for threads that really run


def holders(observed):
    return (sum(group["holds_vote"] for group in observed["groups"])
            + sum(container["holds_vote"] for container in observed["containers"])
            + observed["postcopy_holds"])


def check_counted(observed):
    assert observed["votes"] == holders(observed) >= 0
    assert "inhibitor below zero" not in observed["errors"]


def check_quiet(observed):
    """What holds whenever nobody has the big lock."""
    assert observed["errors"] == []
    assert not any(observed["stale"])
    assert observed["votes"] > 0 or not any(observed["pinned"])
    assert observed["space"] == any(container["listed"] for container in observed["containers"])
    for group in observed["groups"]:
        assert group["state"] in ("absent", "listed")
        assert group["kvm"] == group["open"] == (group["state"] == "listed")
        assert group["container"] == group["attached"]
    for container in observed["containers"]:
        assert container["listed"] == container["listener"] == container["alive"]
        assert container["groups"] == container["attached"]
        assert not container["dangling"]
        assert all(container["maps"]) if container["listed"] else not any(container["maps"])


def wander(stage, rng, check):
    """Let a random thread run one step, again and again; every state goes to `check`."""
    names = list(stage.machine.start(guest=True, postcopy=True))
    steps = 0
    while steps < STEPS:
        name = rng.choice([name for name in names if stage.enabled(name)])
        # Runs of steps of one thread go deeper than single ones.
        for _ in range(rng.randint(1, 12)):
            if not stage.enabled(name):
                break
            stage.step(name)
            steps += 1
            check(stage.machine.observe())


MIXED = dict(groups=3, mediated={1}, devices=[(0, False), (1, True), (2, False)], pages=2)


@pytest.mark.parametrize("version", VERSIONS)
def test_under_the_big_lock_every_rule_holds_after_every_step(stage, version):
    s = stage(env=Dice(1), version=version, **MIXED)

    def check(observed):
        check_counted(observed)
        assert not any(observed["stale"])
        if observed["bql"] is None:
            # The backport knows no address spaces.
            check_quiet(observed if version != "rhel77" else observed | {"space": any(
                container["listed"] for container in observed["containers"])})

    wander(s, random.Random(2), check)


@pytest.mark.parametrize("version", VERSIONS)
def test_without_the_big_lock_votes_are_still_counted(stage, version):
    s = stage(env=Dice(3), version=version, bql=False, **MIXED)
    wander(s, random.Random(4), check_counted)


def test_without_the_big_lock_the_strict_order_alone_keeps_pages_whole(stage):
    s = stage(env=Dice(5), bql=False, release="after_unmap", zap="one_step", **MIXED)

    def check(observed):
        check_counted(observed)
        assert not any(observed["stale"])
        assert observed["votes"] > 0 or not any(observed["pinned"])

    wander(s, random.Random(6), check)


def test_without_the_big_lock_the_released_order_does_not(stage):
    s = stage(env=Dice(7, failing=0), bql=False, zap="one_step", **MIXED)
    found = []

    def look(observed):
        found.extend(page for page, stale in enumerate(observed["stale"]) if stale)

    wander(s, random.Random(8), look)
    assert found


@pytest.mark.parametrize("bql", [True, False])
@pytest.mark.parametrize("version", VERSIONS)
def test_threads_that_run_freely_end_with_nothing_left(kind, version, bql):
    deadline = time.monotonic() + SECONDS
    seed = 0
    while time.monotonic() < deadline:
        seed += 1
        chance = random.Random(seed)

        def at(label, chance=chance):
            if chance.random() < 0.2:
                time.sleep(chance.choice((0, 1e-5)))

        machine = Machine(at=at, env=Dice(seed), version=version, bql=bql, memory=kind, **MIXED)
        threads = machine.start(rounds=3, guest=True, postcopy=True)
        for thread in threads.values():
            thread.join(20)
            assert not thread.is_alive()
        observed = machine.observe()
        check_counted(observed)
        assert observed["votes"] == 0 and not any(observed["pinned"])
        if bql:
            assert observed["errors"] == []
        machine.close()
    assert threading.active_count() < 10
