"""Each mistake shows its symptom in a schedule of its own, and the code without it does not.

Where a test has no bql=False, the big lock is held and does not help.
"""
from __future__ import annotations

import pytest

from spec.vfio_balloon.reference import EXITS

OWN_CONTAINER = {"existing_container": None}
OPTED_IN_FIRST = dict(mediated={0}, devices=[(0, True), (1, False)])


def damage(stage):
    """What CPU and device read behind the address of page 0, container 0."""
    memory = stage.machine.memory
    return memory.cpu(0, 5), memory.device(0, 0, 5)


def seen(stage, *keys):
    observed = stage.machine.observe()
    return tuple(observed[key] for key in keys)


# When the vote is taken.

@pytest.mark.parametrize("version", ["upstream", "rhel77"])
def test_a_vote_after_the_listener_comes_too_late(stage, kind, version):
    s = stage(version=version, vote="after_listener", bql=False, memory=kind)
    s.machine.memory.cpu_write(0, b"guest")
    plug = s.begin("plug")
    s.until(plug, "inhibit")
    s.do("inflate")
    s.finish(plug)
    assert damage(s) == (bytes(5), b"guest")
    s.machine.memory.device_write(0, 0, b"DMA!!")
    s.machine.memory.cpu_write(0, b"guest")
    assert damage(s) == (b"guest", b"DMA!!")
    assert seen(s, "votes", "stale") == (1, [True])


@pytest.mark.parametrize("version", ["reviewed", "upstream", "rhel77"])
def test_a_vote_before_the_listener_is_early_enough_for_a_new_container(stage, kind, version):
    s = stage(version=version, bql=False, memory=kind)
    plug = s.begin("plug")
    s.until(plug, "list group")
    s.do("inflate")
    s.finish(plug)
    assert seen(s, "votes", "stale") == (1, [False])
    assert s.machine.memory.zaps == 0


@pytest.mark.parametrize("constants", [dict(version="reviewed"), dict(vote="after_attach"),
                                       dict(version="rhel77", vote="after_attach")], ids=str)
def test_joining_a_container_may_pin_before_a_late_vote(stage, kind, constants):
    s = stage(**constants, **OPTED_IN_FIRST, bql=False, memory=kind)
    s.machine.memory.cpu_write(0, b"guest")
    s.do("plug", 0)
    plug = s.begin("plug", 1)
    s.until(plug, "link existing")
    assert seen(s, "votes", "pinned") == (0, [True])
    s.do("inflate")
    s.finish(plug)
    assert damage(s) == (bytes(5), b"guest")
    assert seen(s, "votes", "stale") == (1, [True])


@pytest.mark.parametrize("version", ["upstream", "rhel77"])
def test_joining_a_container_after_the_vote_is_safe(stage, version):
    s = stage(version=version, **OPTED_IN_FIRST, bql=False)
    s.do("plug", 0)
    plug = s.begin("plug", 1)
    s.until(plug, "link existing")
    s.do("inflate")
    s.finish(plug)
    assert seen(s, "votes", "pinned", "stale") == (1, [True], [False])


def test_the_big_lock_makes_the_balloon_wait_for_the_whole_plug(stage):
    s = stage(vote="after_listener")
    plug = s.begin("plug")
    s.until(plug, "inhibit")
    balloon = s.begin("inflate")
    assert not s.enabled(balloon)
    s.finish(plug)
    s.finish(balloon)
    assert seen(s, "votes", "stale") == (1, [False])


# Error exits.

@pytest.mark.parametrize("exit", EXITS)
@pytest.mark.parametrize("version", ["upstream", "rhel77"])
def test_a_leaked_vote_ends_ballooning_for_ever(stage, version, exit):
    s = stage(failing=(exit,), version=version, leak_exit=exit)
    s.do("plug")
    assert [group["holds_vote"] for group in s.machine.observe()["groups"]] == [False, False]
    assert seen(s, "votes", "pinned") == (1, [False])
    s.do("inflate")
    assert s.machine.memory.zaps == 0


def test_the_reviewed_version_can_leak_at_its_one_releasing_exit(stage):
    s = stage(failing=("listener",), version="reviewed", leak_exit="listener")
    s.do("plug")
    assert s.machine.observe()["votes"] == 1


@pytest.mark.parametrize("exit", EXITS)
@pytest.mark.parametrize("version", ["upstream", "rhel77"])
def test_a_double_release_goes_below_zero(stage, version, exit):
    s = stage(failing=(exit,), version=version, double_release_exit=exit)
    s.do("plug")
    assert seen(s, "votes", "errors") == (-1, ["inhibitor below zero"])


@pytest.mark.parametrize("exit", EXITS)
@pytest.mark.parametrize("version", ["upstream", "rhel77"])
def test_a_double_release_steals_the_vote_of_another_group(stage, kind, version, exit):
    s = stage(picks=OWN_CONTAINER, version=version, double_release_exit=exit, memory=kind)
    s.machine.memory.cpu_write(0, b"guest")
    s.do("plug", 0)
    s.env.failing = {exit}
    s.do("plug", 1)
    assert s.machine.observe()["groups"][0]["holds_vote"]
    assert seen(s, "votes", "pinned", "errors") == (0, [True], [])
    s.do("inflate")
    assert damage(s) == (bytes(5), b"guest")


# Who votes, and how votes are counted.

def test_a_container_that_opted_in_has_no_vote_for_the_group_that_joins(stage, kind):
    s = stage(per="container", **OPTED_IN_FIRST, memory=kind)
    s.machine.memory.cpu_write(0, b"guest")
    s.do("plug", 0)
    s.do("plug", 1)
    assert seen(s, "votes", "pinned") == (0, [True])
    s.do("inflate")
    assert damage(s) == (bytes(5), b"guest")


@pytest.mark.parametrize("version", ["upstream", "reviewed", "rhel77"])
@pytest.mark.parametrize("exit", [None, *EXITS])
def test_one_vote_for_a_container_is_counted_as_long_as_nobody_opts_in(stage, version, exit):
    s = stage(failing=(exit,), per="container", version=version)
    before = s.machine.observe()
    s.do("plug", 0)
    if exit is None:
        s.do("plug", 1)
        assert seen(s, "votes", "pinned") == (1, [True])
        s.do("unplug", 0)
        assert seen(s, "votes", "pinned") == (1, [True])
        s.do("unplug", 1)
    assert s.machine.observe() == before


def test_with_a_boolean_the_first_group_to_leave_speaks_for_all(stage, kind):
    s = stage(counter="boolean", memory=kind)
    s.machine.memory.cpu_write(0, b"guest")
    s.do("plug", 0)
    s.do("plug", 1)
    s.do("unplug", 0)
    assert seen(s, "votes", "pinned") == (0, [True])
    s.do("inflate")
    assert damage(s) == (bytes(5), b"guest")


def test_a_lost_update_loses_the_vote_of_a_group(stage, kind):
    s = stage(counter="nonatomic", memory=kind)
    s.machine.memory.cpu_write(0, b"guest")
    migration = s.begin("postcopy")
    s.until(migration, "postcopy uninhibit: store")     # loaded 1, from its thread without a lock
    s.do("plug", 0)
    assert s.machine.observe()["votes"] == 2
    s.finish(migration)
    assert seen(s, "votes", "pinned") == (0, [True])
    s.do("inflate")
    assert damage(s) == (bytes(5), b"guest")


def test_a_lost_update_loses_a_release(stage):
    s = stage(counter="nonatomic")
    migration = s.begin("postcopy")
    s.until(migration, "postcopy uninhibit")
    plug = s.begin("plug")
    s.until(plug, "inhibit: store")
    s.finish(migration)
    s.finish(plug)
    s.do("unplug")
    assert s.machine.observe()["votes"] == 1


def test_postcopy_may_give_back_a_vote_that_a_group_holds(stage, kind):
    s = stage(picks={"listen": False}, postcopy="raw", memory=kind)
    s.machine.memory.cpu_write(0, b"guest")
    s.do("plug", 0)
    s.do("postcopy")
    assert seen(s, "votes", "pinned") == (0, [True])
    s.do("inflate")
    assert damage(s) == (bytes(5), b"guest")
    s.do("unplug", 0)
    assert seen(s, "votes", "errors") == (-1, ["inhibitor below zero"])


def test_postcopy_with_one_vote_gives_back_only_its_own(stage):
    s = stage(picks={"listen": False})
    s.do("plug", 0)
    s.do("postcopy")
    assert s.machine.observe()["votes"] == 1


# Taking down.

def test_a_group_that_joins_is_unknown_to_kvm(stage):
    s = stage(kvm_on_reuse=False)
    s.do("plug", 0)
    s.do("plug", 1)
    assert [group["kvm"] for group in s.machine.observe()["groups"]] == [True, False]
    s.do("unplug", 0)
    assert s.machine.kernel.kvm == set() and s.machine.observe()["pinned"] == [True]
    s.do("unplug", 1)
    assert s.machine.errors == ["KVM_DEV_VFIO_GROUP_DEL of a stranger"]


@pytest.mark.parametrize("constants", [dict(unset_first=True), dict(version="rhel77", unmaps=True)],
                         ids=str)
def test_unmapping_after_unset_container_speaks_to_nobody(stage, constants):
    s = stage(**constants)
    s.do("plug")
    s.do("unplug")
    assert s.machine.errors == ["UNMAP_DMA without an IOMMU"]
    assert seen(s, "pinned", "votes") == ([False], 0)


def test_unset_first_is_harmless_as_long_as_nothing_unmaps(stage):
    s = stage(version="rhel77")
    s.do("plug")
    s.do("unplug")
    assert s.machine.errors == []


def test_a_spapr_exit_leaves_a_listener_on_a_freed_container(stage, kind):
    s = stage(failing=("default_window",), spapr=True, bql=False, memory=kind)
    s.machine.memory.cpu_write(0, b"guest")
    plug = s.begin("plug")
    s.until(plug, "put space on error")
    assert seen(s, "votes", "pinned") == (0, [True])
    s.do("inflate")
    assert damage(s) == (bytes(5), b"guest")
    s.finish(plug)
    container = s.machine.observe()["containers"][0]
    assert (container["dangling"], container["alive"]) == (True, False)
    assert s.machine.observe()["pinned"] == [False]


# What only the big lock makes right, in the versions as released.

@pytest.mark.parametrize("version", ["reviewed", "upstream", "rhel77"])
def test_the_vote_is_given_back_before_the_unmap(stage, kind, version):
    s = stage(version=version, bql=False, memory=kind)
    s.machine.memory.cpu_write(0, b"guest")
    s.do("plug")
    unplug = s.begin("unplug")
    s.until(unplug, "KVM del")
    assert seen(s, "votes", "pinned") == (0, [True])
    s.do("inflate")
    assert damage(s) == (bytes(5), b"guest")
    s.finish(unplug)
    assert seen(s, "pinned", "stale") == ([False], [False])


def test_released_after_the_unmap_the_vote_covers_every_pin(stage):
    s = stage(release="after_unmap", bql=False)
    s.do("plug")
    unplug = s.begin("unplug")
    while s.next[unplug] != "uninhibit":
        assert s.machine.inhibitor.votes == 1
        s.step(unplug)
    assert s.machine.observe()["pinned"] == [False]


def test_the_backports_listener_exit_releases_while_pages_are_pinned(stage, kind):
    s = stage(failing=("listener",), version="rhel77", pages=2, picks={"unmapped": 1},
              bql=False, memory=kind)
    s.machine.memory.cpu_write(0, b"guest")
    plug = s.begin("plug")
    s.until(plug, "close group on error")
    assert seen(s, "votes", "pinned") == (0, [True, False])
    s.do("inflate")
    assert damage(s) == (bytes(5), b"guest")
    s.finish(plug)
    assert s.machine.observe()["pinned"] == [False, False]


@pytest.mark.parametrize("zap", ["two_steps", "one_step"])
def test_an_inhibitor_that_was_checked_before_the_vote(stage, kind, zap):
    s = stage(zap=zap, bql=False, memory=kind)
    balloon = s.begin("inflate")
    s.step(balloon)
    s.do("plug")
    s.finish(balloon)
    assert seen(s, "votes", "stale") == (1, [zap == "two_steps"])


def test_a_page_is_whole_again_after_the_next_attach(stage, kind):
    s = stage(vote="after_listener", bql=False, memory=kind)
    plug = s.begin("plug")
    s.until(plug, "inhibit")
    s.do("inflate")
    s.finish(plug)
    assert s.machine.observe()["stale"] == [True]
    s.do("unplug")
    s.do("plug")
    s.machine.memory.cpu_write(0, b"guest")
    assert damage(s) == (b"guest", b"guest")
