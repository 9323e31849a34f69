"""The reference's life by itself: probe, remove, freeze and restore, and who waits for whom."""
from __future__ import annotations

import threading
import time

import pytest

from spec.virtio_balloon.reference import DATA, Machine, Slab
from spec.virtio_balloon.reference.life import STRUCT
from spec.virtio_balloon.reference.scheduler import Scheduler
from spec.virtio_balloon.reference.stats import BUFFER, NUMBERS, RING
from tests.dice import Dice
from tests.virtio_balloon.stage import Script

FIXED = dict(allocates="first", deletes="locked", recounts=True, oom_counts="pages", aligns=True,
             inits_stats=True, unmounts=True)
EXITS = ("kmalloc", "find_vqs", "register_oom_notifier", "kern_mount", "alloc_anon_inode")


@pytest.fixture
def alive(stage):
    """Makes stages whose drivers are not bound yet; everybody is there."""
    def make(**constants):
        constants.setdefault("env", Script(wish="remove"))
        s = stage(life=True, **constants)
        s.start()
        return s
    return make


def bound(s, size=0):
    """Probe, and inflate by so many pages."""
    s.machine.host.num_pages = size
    s.until("core", "driver core")
    if size:
        s.until("size worker", "inflate acked")
        s.serve("inflate")
        s.until("size worker", "update_balloon_size")
        s.step("size worker")
    assert s.machine.driver.num_pages == size
    return s


def wish(s, what):
    """The administrator wants something, and the core begins with it."""
    s.machine.life.env.picks["wish"] = what
    s.step("administrator")
    s.step("core")


def nothing_left(machine):
    return not (machine.slab.live or machine.chain.callback or machine.life.inode
                or machine.host.ready or machine.life.config_enabled
                or machine.driver.size_work.pending or machine.life.fs.mounts)


# Kernel memory.

def test_memory_comes_as_it_is_and_goes_poisoned():
    slab = Slab()
    slab.kmalloc("thing")
    assert slab.read("thing") == Slab.BEFORE
    slab.write("thing", b"mine")
    assert slab.read("thing").rstrip(b"\0") == b"mine"
    slab.kfree("thing")
    assert slab.read("thing") == Slab.POISON and "thing" not in slab.live
    slab.write("thing", b"too late")
    assert slab.read("thing") != Slab.POISON
    slab.close()


# Waiting.

def test_who_waits_sleeps_until_a_step_is_over():
    switch, said = Scheduler(lambda label: None), []
    thread = threading.Thread(name="sleeper", daemon=True, target=lambda: (
        switch.until(lambda: bool(said), "something said"), said.append("heard")))
    thread.start()
    while "sleeper" not in switch.asleep():
        time.sleep(0.001)
    assert switch.waits({}) == {"sleeper": "`something said`"}
    clock = time.pthread_getcpuclockid(thread.ident)
    before = time.clock_gettime(clock)
    time.sleep(0.1)
    assert time.clock_gettime(clock) - before < 0.001       # it really sleeps
    said.append("hello")
    switch.at("next step")
    thread.join(5)
    assert said == ["hello", "heard"] and switch.asleep() == {}


def test_the_power_switch_ends_whoever_waits():
    machine = Machine(life=True, stats=True)
    lock = machine.driver.balloon_lock
    lock.acquire()
    machine.driver.num_pages = 1                    # so that somebody wants the lock
    machine.actors = {"waits for a lock": lambda: machine.driver.leak_balloon(1),
                      "waits for a wish": machine.life.administrator}
    machine.start()
    machine.stop()
    assert not any(thread.is_alive() for thread in machine.threads.values())
    assert machine.failures == {}
    machine.close()


# probe

def test_probe_binds(alive):
    s = bound(alive(stats=True))
    machine = s.machine
    assert machine.slab.live == {STRUCT, BUFFER, RING, "inflate queue", "deflate queue"}
    assert machine.chain.callback == machine.oom.virtballoon_oom_notify
    assert machine.life.fs.mounted() and machine.life.inode and machine.host.ready
    assert machine.life.config_enabled and machine.stats.offered == 1


@pytest.mark.parametrize("exit", EXITS)
def test_each_exit_of_probe_leaves_nothing(alive, exit):
    s = alive(stats=True, env=Script(failing=(exit,)))
    s.step("core")
    s.until("core", "virtballoon_probe")
    assert nothing_left(s.machine) and not s.machine.stats.exists
    s.machine.life.env.failing.clear()              # and the next time all is well
    bound(s)


def test_an_exit_that_keeps_the_notifier(alive):
    s = alive(exit_unregisters=False, env=Script(failing=("kern_mount",)))
    s.step("core")
    s.until("core", "virtballoon_probe")
    assert s.machine.chain.callback is not None
    assert s.machine.slab.read(STRUCT) == Slab.POISON


@pytest.mark.parametrize("checks", [True, False])
def test_a_size_that_was_set_before_probe(alive, checks):
    s = alive(checks_target=checks)
    s.machine.host.num_pages = 1
    s.until("core", "driver core")
    assert s.machine.driver.size_work.pending == checks


# remove

@pytest.mark.parametrize("version", [{}, FIXED], ids=["v4.9", "fixed"])
def test_remove_gives_everything_back(alive, version):
    s = bound(alive(oom=False, compaction=False, **version), size=2)
    s.step("discard")
    assert s.machine.ram.read(0, len(DATA)) == bytes(len(DATA))
    wish(s, "remove")
    s.until("core", "deflate acked")
    s.serve("deflate")
    s.until("core", "virtballoon_probe")
    assert all(page.free() for page in s.machine.allocator.pages)
    assert s.machine.ram.read(0, len(DATA)) == DATA and s.machine.lost() == []
    s.machine.life.fs.mounts = s.machine.life.fs.mounts if version else []     # v4.9 keeps one
    assert nothing_left(s.machine)


def test_v49_mounts_again_and_again(alive):
    s = alive(oom=False)
    for times in (1, 2):
        bound(s)
        wish(s, "remove")
        s.until("core", "virtballoon_probe")
        assert len(s.machine.life.fs.mounts) == times


def test_remove_waits_for_a_work_that_runs(alive):
    s = bound(alive(oom=False, compaction=False))
    s.machine.host.num_pages = 1
    s.machine.driver.size_work.queue()
    s.until("size worker", "inflate acked")
    wish(s, "remove")
    s.until("core", "flush")
    assert s.waits("core") and s.machine.switch.waits(s.machine.locks())["core"] == "`flush`"
    s.serve("inflate")
    s.until("size worker", "update_balloon_size")
    s.step("size worker")                           # wakes the core
    s.until("core", "deflate acked")
    assert not s.machine.driver.size_work.running


def test_a_work_that_is_cancelled_can_not_be_queued(alive):
    s = bound(alive(oom=False))
    work = s.machine.driver.size_work
    wish(s, "remove")
    s.until("core", "cancel_work_sync")
    work.queue()
    assert work.pending
    s.step("core")
    work.queue()
    assert not work.pending and not work.claim()


def test_the_notifier_is_waited_for_and_nobody_else_gets_in(alive):
    s = bound(alive(compaction=False), size=1)
    s.until("task", "deflate acked")                # within the notifier
    wish(s, "remove")
    s.until("core", "unregister_oom_notifier")
    assert s.waits("core")
    late = s.spawn("late", s.machine.oom.out_of_memory)
    s.until(late, "down_read")                      # a writer waits
    assert s.waits(late)
    s.serve("deflate")
    s.until("task", "__alloc_pages_slowpath")
    s.until("core", "cancel_work_sync")
    s.until(late, None)                             # and finds no callback any more
    assert s.machine.chain.callback is None and s.machine.chain.readers == 0
    assert s.machine.driver.num_pages == 0


def chased(alive, **repair):
    """Compaction has the only page isolated whenever remove_common looks."""
    s = bound(alive(pages=1, oom=False, **repair), size=1)
    wish(s, "remove")
    s.until("core", "while (vb->num_pages)")
    s.until("kcompactd", "isolate_movable_page")
    for _ in range(5):
        while s.next["kcompactd"] not in ("unmap_and_move", "scan"):
            s.step("kcompactd")
        s.step("core")
        if s.next["core"] == "balloon_lock":
            s.until("core", "while (vb->num_pages) again") if s.machine.driver.info.pages == [] \
                else s.until("core", "deflate acked")
        if s.next["core"] == "deflate acked":
            return s
        s.until("kcompactd", "scan")
        s.until("kcompactd", "isolate_movable_page")
    return s


def test_removal_chases_a_page_that_is_isolated_whenever_it_looks(alive):
    s = chased(alive)
    assert s.machine.life.rounds >= 4 and s.machine.driver.num_pages == 1


def test_where_nothing_is_isolated_any_more_it_is_caught(alive):
    s = chased(alive, bars_isolation=True)
    s.serve("deflate")
    s.until("core", "update_balloon_size")
    assert s.machine.driver.num_pages == 0


# freeze and restore

def test_freezing_waits_for_works_and_works_for_the_thaw(alive):
    s = bound(alive(oom=False, compaction=False))
    work = s.machine.driver.size_work
    work.queue()
    s.step("size worker")
    wish(s, "suspend")
    assert s.next["core"] == "freeze_processes" and s.waits("core")
    s.until("size worker", "update_balloon_size_func")
    s.until("core", "virtballoon_restore")
    assert s.machine.driver.freezer.frozen and not s.machine.host.ready
    work.queue()
    assert not work.claim() and work.pending
    s.until("core", "driver core")
    assert not s.machine.driver.freezer.frozen and s.machine.host.ready
    assert work.claim()


def test_a_change_of_size_that_comes_too_early_is_not_lost(alive):
    s = alive(oom=False)
    s.until("core", "config_lock")                  # the device is ready, the interrupt is not
    s.machine.life.env.picks["size"] = 1
    s.until("management", "config_lock")
    s.until("management", "new size")
    assert s.machine.life.change_pending and not s.machine.driver.size_work.pending
    s.until("core", "driver core")
    assert not s.machine.life.change_pending and s.machine.driver.size_work.pending


def asleep(alive, **constants):
    """A work is queued, and the restore fails."""
    s = bound(alive(oom=False, compaction=False, restore_fails=True,
                    env=Script(failing=("find_vqs on restore",)), **constants))
    s.machine.host.num_pages = 1
    s.machine.driver.size_work.queue()
    wish(s, "suspend")
    s.until("core", "driver core")
    return s


def test_after_a_failed_restore_a_work_writes_to_freed_memory(alive):
    s = asleep(alive)
    s.until("size worker", "inflate acked")
    assert s.machine.host.inflate.used_deleted
    assert s.machine.slab.read("inflate queue") != Slab.POISON
    assert s.waits("size worker")                   # for an answer that nobody can give


def test_works_that_were_stopped_do_not(alive):
    s = asleep(alive, stops_works=True)
    assert not s.machine.driver.size_work.claim()
    assert s.machine.slab.read("inflate queue") == Slab.POISON


# Statistics.

@pytest.mark.parametrize("inits", [False, True])
def test_the_first_buffer(alive, inits):
    s = bound(alive(stats=True, inits_stats=inits))
    expected = NUMBERS if inits else Slab.BEFORE
    assert s.machine.slab.read(BUFFER).startswith(expected)


@pytest.mark.parametrize("forgets", [False, True])
def test_who_asks_is_answered(alive, forgets):
    s = bound(alive(stats=True, forgets_stats=forgets))
    stats = s.machine.stats
    s.until("stats queue", "stop_update_lock")
    assert stats.asked and (stats.offered, stats.returned) == (0, 1)
    s.step("stats queue")
    s.until("stats worker", "update_balloon_stats_func") if not stats.work.idle() else None
    for _ in range(3):
        s.step("stats worker")
    assert s.machine.slab.read(BUFFER).startswith(NUMBERS)
    assert (stats.offered, stats.asked) == ((0, True) if forgets else (1, False))


# Nobody answers.

def test_a_silent_host_stops_memory_and_removal(alive):
    s = bound(alive(silent=True, compaction=False))
    s.machine.host.num_pages = 1
    s.machine.driver.size_work.queue()
    s.until("size worker", "inflate acked")
    s.step("inflate queue")
    s.machine.driver.num_pages = 1                  # as it is by now
    s.until("task", "balloon_lock")
    wish(s, "remove")
    s.until("core", "unregister_oom_notifier")
    assert s.next["inflate queue"] is None
    assert s.waits("size worker") and s.waits("task") and s.waits("core")
    waits = s.machine.switch.waits(s.machine.locks())
    assert waits["size worker"] == "`inflate acked`, holding balloon_lock"
    assert waits["task"].startswith("balloon_lock")
    assert waits["core"] == "`unregister_oom_notifier`"


# Schedules.

def check(machine):
    assert machine.lost() == [] and not machine.allocator.lost
    for queue in (machine.host.inflate, machine.host.deflate, machine.stats):
        assert not queue.used_deleted
    assert machine.stats.offered + machine.stats.returned <= 1
    assert not machine.host.ready or machine.host.inflate.exists


def gone(machine):
    """While there is no driver, nothing leads to one."""
    if not machine.life.allocated():
        machine.life.fs.mounts = []
        assert nothing_left(machine) and machine.driver.num_pages == 0
        assert all(page.free() or page.migrate_ref for page in machine.allocator.pages)


@pytest.mark.parametrize("version", [{}, FIXED], ids=["v4.9", "fixed"])
def test_threads_that_run_freely_keep_the_rules(version):
    machine = Machine(pages=3, life=True, stats=True, env=Dice(5), **version)
    machine.start()
    deadline = time.monotonic() + 60
    while (machine.life.removals < 5 or machine.life.sleeps < 5) and time.monotonic() < deadline:
        time.sleep(0.01)
    machine.stop()
    assert machine.failures == {} and machine.life.removals >= 5 and machine.life.sleeps >= 5
    check(machine)
    machine.close()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("version", [{}, FIXED], ids=["v4.9", "fixed"])
def test_random_steps_keep_the_rules(stage, version, seed):
    s = stage(life=True, stats=True, pages=2, env=Dice(seed, failing=0.05), **version)
    for _ in s.random_steps(seed, 1500):
        check(s.machine)
        gone(s.machine)
    assert s.failures == {}


@pytest.mark.parametrize("mistake", [dict(cancels=False), dict(ignores_stop_update=True),
                                     dict(resets=False)], ids=str)
def test_random_steps_find_a_mistake(stage, mistake):
    for seed in range(20):
        s = stage(life=True, stats=True, pages=1, env=Dice(seed, failing=0.05), oom=False,
                  compaction=False, **mistake)
        try:
            for _ in s.random_steps(seed, 1500):
                check(s.machine)
                gone(s.machine)
        except AssertionError:
            return
        s.end()
    pytest.fail("not found")
