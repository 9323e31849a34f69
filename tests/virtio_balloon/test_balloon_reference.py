"""The reference by itself: what the driver does, what each mistake does to real memory."""
from __future__ import annotations

import time

import pytest

from spec.virtio_balloon.reference import DATA, Bug, Machine, Ram
from tests.dice import Dice
from tests.virtio_balloon.stage import Script

ZEROS = bytes(len(DATA))
FIXED = dict(allocates="first", deletes="locked", recounts=True, oom_counts="pages", aligns=True)


def fill(s, pages):
    """Inflate by so many pages of the guest."""
    driver = s.machine.driver
    filler = s.spawn(f"filler {len(s.next)}",
                     lambda: driver.fill_balloon(pages * s.machine.options.per_page))
    s.until(filler, "inflate acked")
    s.serve("inflate")
    s.until(filler, None)


def leaker(s, pages, name="leaker"):
    driver = s.machine.driver
    return s.spawn(name, lambda: driver.leak_balloon(pages * s.machine.options.per_page))


def test_discarded_memory_reads_as_zeros():
    ram = Ram(2)
    ram.write(0, b"one")
    ram.write(1, b"two")
    ram.discard(0)
    assert (ram.read(0, 3), ram.read(1, 3)) == (bytes(3), b"two")
    ram.close()


@pytest.mark.parametrize("version", [{}, FIXED], ids=["v4.9", "fixed"])
def test_pages_go_into_the_balloon_and_come_back(stage, version):
    s = stage(deflate_on_oom=False, **version)
    s.start("inflate queue", "deflate queue", "discard")
    fill(s, 2)
    seen = s.machine.observe()
    assert (seen["num_pages"], seen["listed"], seen["managed"]) == (2, [True, True], [0])
    assert seen["may_modify"] == [True, True]
    s.step("discard")
    assert s.machine.ram.read(0, len(DATA)) == ZEROS and s.machine.lost() == []
    thread = leaker(s, 1)
    s.until(thread, "deflate acked")
    s.serve("deflate")
    s.until(thread, None)
    seen = s.machine.observe()
    assert (seen["num_pages"], sum(seen["listed"]), seen["managed"]) == (1, 1, [1])
    assert sum(seen["may_modify"]) == 1 and s.machine.lost() == []


def test_without_memory_the_filler_sleeps_and_gives_up(stage):
    s = stage(env=Script(failing=("alloc_page",)))
    thread = s.spawn("filler", lambda: s.machine.driver.fill_balloon(1))
    s.until(thread, "msleep(200)")
    assert s.machine.driver.balloon_lock.locked()
    s.until(thread, None)
    assert s.machine.observe()["num_pages"] == 0


@pytest.mark.parametrize("version", [{}, FIXED], ids=["v4.9", "fixed"])
def test_a_page_migrates_in_two_requests(stage, version):
    s = stage(deflate_on_oom=False, zones=[0, 1], **version)
    s.start("inflate queue", "deflate queue", "kcompactd")
    fill(s, 1)
    s.until("kcompactd", "inflate acked")
    assert s.machine.host.inflate.named() == [1]
    s.serve("inflate")
    s.until("kcompactd", "deflate acked")
    assert s.machine.host.deflate.named() == [0]
    s.serve("deflate")
    s.until("kcompactd", "scan")
    seen = s.machine.observe()
    assert (seen["listed"], seen["num_pages"]) == ([False, True], 1)
    # The pages are of different zones: v4.9 leaves the count with the first one's.
    assert seen["managed"] == ([1, 0] if version else [0, 1])


def test_migration_gives_up_where_the_balloon_is_busy(stage):
    s = stage()
    s.start("inflate queue", "kcompactd")
    fill(s, 1)
    thread = leaker(s, 1)
    s.step("kcompactd")
    s.until("kcompactd", "virtballoon_migratepage")
    s.step(thread)                                  # takes balloon_lock
    s.until("kcompactd", "unmap_and_move")
    assert s.machine.observe()["isolated_pages"] == 1
    s.until(thread, None)                           # finds nothing that it could dequeue
    assert s.machine.observe()["num_pages"] == 1


@pytest.mark.parametrize("target", [0, 2])
def test_what_is_missing_is_tried_again(stage, target):
    s = stage(compaction=True)
    s.start("inflate queue", "kcompactd", "size worker")
    fill(s, 1)
    s.until("kcompactd", "unmap_and_move")          # has the only page of the balloon isolated
    if target:
        s.machine.driver.env.failing.add("alloc_page")
    s.machine.host.num_pages = target
    s.machine.driver.size_work.queue()
    s.until("size worker", "update_balloon_size")
    s.step("size worker")
    assert s.machine.driver.num_pages == 1 and s.machine.driver.size_work.pending


# Mistakes.

def test_a_page_released_before_the_host_knows_is_lost(stage):
    s = stage(tells="after_release")
    s.start("inflate queue", "discard")
    fill(s, 1)
    s.until(leaker(s, 1), "tell_host deflate")
    s.step("discard")
    assert s.machine.lost() == [0]
    assert s.machine.ram.read(0, len(DATA)) == ZEROS


def test_told_first_the_host_has_stopped(stage):
    s = stage()
    s.start("inflate queue", "deflate queue", "discard")
    fill(s, 1)
    thread = leaker(s, 1)
    s.until(thread, "tell_host deflate")
    s.step("discard")
    s.until(thread, "deflate acked")
    s.serve("deflate")
    s.until(thread, None)
    assert s.machine.lost() == [] and s.machine.observe()["may_modify"] == [False, False]


def test_released_after_the_unlock_the_wrong_page_is_freed(stage):
    s = stage(release="unlocked", array=1)
    s.start("inflate queue", "deflate queue", "discard")
    fill(s, 1)
    thread = leaker(s, 1)
    s.until(thread, "deflate acked")
    s.serve("deflate")
    s.until(thread, "release_pages_balloon")
    s.machine.driver.env.picks["allocated"] = 1
    fill(s, 1)                                      # the array now names page 1
    s.until(thread, None)
    seen = s.machine.observe()
    assert seen["balloon_ref"] == [True, False] and seen["listed"] == [False, True]
    s.machine.driver.env.picks["page"] = 1
    s.step("discard")
    assert s.machine.lost() == [1]                  # and page 0 is leaked


def test_more_is_wanted_than_there_is(stage):
    s = stage(clamps=False)
    thread = leaker(s, 2)
    s.until(thread, None)
    assert s.machine.observe()["bug"]


def test_a_slot_that_nobody_wrote_goes_to_the_host(stage):
    s = stage(stores="after_increment", **FIXED)
    s.start("inflate queue", "discard")
    thread = s.spawn("filler", lambda: s.machine.driver.fill_balloon(1))
    s.until(thread, "inflate acked")
    assert s.machine.host.inflate.named() == [None]
    s.machine.driver.env.picks.update({"what the slot held": 1, "page": 1})
    s.step("inflate queue")
    s.step("discard")
    assert s.machine.lost() == [1]


def test_with_a_full_array_it_is_written_past_its_end(stage):
    s = stage(stores="after_increment", array=1, **FIXED)
    thread = s.spawn("filler", lambda: s.machine.driver.fill_balloon(1))
    s.until(thread, None)
    assert s.failures[thread].startswith("IndexError")


def test_a_page_put_twice_is_a_bug(stage):
    s = stage()
    with pytest.raises(Bug):
        s.machine.allocator.put_page(s.machine.allocator.pages[0])


# The deadlock of v4.9: real threads, real locks, nobody comes back.

def deadlock(stage, **version):
    s = stage(env=Script(reclaim_needs_the_fs_lock=True, within_the_file_system=True),
              fs_lock=True, target=1, **version)
    s.machine.driver.size_work.queue()
    s.start("size worker", "task")
    s.until("task", "__alloc_pages_may_oom")        # holds fs_lock
    s.until("size worker", "fs_lock")               # v4.9: holds balloon_lock
    s.until("task", "balloon_lock")
    return s


def test_v49_deadlocks_on_oom(stage):
    s = deadlock(stage)
    assert s.waits("size worker") and s.waits("task")
    driver = s.machine.driver
    assert driver.balloon_lock.locked() and driver.fs_lock.locked()
    assert s.machine.switch.waits(s.machine.locks()) == {
        "size worker": "fs_lock, holding balloon_lock", "task": "balloon_lock, holding fs_lock"}


def test_allocating_first_it_does_not(stage):
    s = deadlock(stage, **FIXED)
    assert s.step("task")
    s.until("task", "__alloc_pages_slowpath")
    s.until("size worker", "balloon_lock")


# Schedules.

def check(seen, lost):
    assert lost == [] and not any(seen["lost"])
    assert not seen["bug"] and not seen["walked_off"] and not seen["followed_nothing"]
    for number, held in enumerate(seen["balloon_ref"]):
        assert held or not (seen["listed"][number] or seen["isolated"][number])


@pytest.mark.parametrize("version", [{}, FIXED], ids=["v4.9", "fixed"])
@pytest.mark.parametrize("features", [dict(must_tell=True), dict(must_tell=False),
                                      dict(deflate_on_oom=False)], ids=str)
def test_threads_that_run_freely_lose_nothing(version, features):
    machine = Machine(pages=4, env=Dice(7), **features, **version)
    machine.start()
    time.sleep(0.3)
    machine.stop()
    assert machine.failures == {}
    seen = machine.observe()
    check(seen, machine.lost())
    machine.close()


@pytest.mark.parametrize("seed", range(3))
def test_random_steps_lose_nothing(stage, seed):
    s = stage(env=Dice(seed), pages=3, **FIXED)
    for _ in s.random_steps(seed, 300):
        check(s.machine.observe(), s.machine.lost())
    assert s.failures == {}


def test_random_steps_find_a_mistake():
    machine = Machine(pages=3, env=Dice(3), tells="after_release")
    machine.start()
    deadline = time.monotonic() + 10
    while not machine.allocator.lost and time.monotonic() < deadline:
        time.sleep(0.01)
    machine.stop()
    assert machine.allocator.lost
    machine.close()
