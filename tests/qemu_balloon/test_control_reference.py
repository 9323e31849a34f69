"""Free page hinting, statistics and sizes: the references by themselves."""
from __future__ import annotations

import threading

import pytest

from spec.hooks import Environment
from spec.qemu_balloon.reference import HintMachine, SizeMachine, StatsMachine
from tests.dice import Dice


def run(m, seconds=0.5):
    """All threads, until the machine is switched off."""
    running = [threading.Thread(target=body, name=name, daemon=True)
               for name, body in m.threads().items()]
    for thread in running:
        thread.start()
    m.switch.off.wait(seconds)
    m.switch.off.set()
    for thread in running:
        thread.join(20)
        assert not thread.is_alive()


# Hints.

def machine(**constants):
    return HintMachine(pages=2, **constants)


def element(m, *given):
    """The bottom half handles one element."""
    m.device.queue.append(given)
    switched_off = iter([False, True])
    m.switch.until = lambda ready, label: None if not next(switched_off) else stop()
    try:
        m.device.bottom_half()
    except InterruptedError:
        pass


def stop():
    raise InterruptedError


def test_a_hint_counts_only_between_start_and_stop():
    m = machine()
    m.dirty = [True, True]
    element(m, "page", 0)
    assert m.dirty == [True, True]
    m.device._start()
    element(m, "start", 1)
    assert m.device.status == "start"
    element(m, "page", 0)
    element(m, "stop", 0)
    element(m, "page", 1)
    assert m.dirty == [False, True] and m.device.status == "stop"
    m.close()


@pytest.mark.parametrize("checks,status", [(True, "stop"), (False, "start")])
def test_a_start_that_comes_late(checks, status):
    m = machine(checks_requested=checks)
    m.device._start()
    m.device.status = "stop"                # the host has changed its mind
    element(m, "start", 1)
    assert m.device.status == status
    m.close()


def test_an_old_id_starts_nothing():
    m = machine()
    m.device._start()
    m.device._start()
    element(m, "start", 1)
    assert m.device.status == "requested"
    m.close()


def test_what_arrived_is_decided_by_bytes():
    m = machine()
    assert not m.sent(0)
    m.send(0)
    assert m.sent(0)
    m.write(0)
    assert not m.sent(0) and m.logged == [True, False]
    m.close()


@pytest.mark.parametrize("postcopy", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_migration_that_runs_freely_leaves_nothing_behind(seed, postcopy):
    m = HintMachine(env=Dice(seed, failing=0.2), postcopy=postcopy)
    run(m)
    assert m.phase in ("completed", "cancelled") and not m.hangs
    if m.phase == "completed":
        assert all(m.sent(page) for page in m.having("used"))
    assert m.device.status == ("stop" if postcopy else "done")
    m.close()


# Statistics.

def test_a_reset_detaches_and_a_destination_pops_again():
    m = StatsMachine()
    m.probe(), m.kick()
    assert m.held() == "current" and m.numbers == 0
    m.migrate()
    assert m.held() == "current" and len(m.popped) == 1
    m.reset()
    assert m.held() == "none" and m.numbers is None
    m = StatsMachine(reset_detaches=False)
    m.probe(), m.kick(), m.reset()
    assert m.held() == "stale"


@pytest.mark.parametrize("seed", range(3))
def test_there_is_one_buffer_whatever_happens(seed):
    m = StatsMachine(env=Dice(seed, failing=0.2))
    run(m, 0.3)
    assert len(m.available) + len(m.popped) + len(m.used) == m.driver_ok
    assert m.held() != "stale"


# Sizes.

def test_a_target_counts_modules():
    class Wants(Environment):
        def pick(self, name, choices):
            return 3

    for counts, pages in (("dimms", 1), ("board", 0)):
        m = SizeMachine(env=Wants(), counts=counts)
        m.module()
        m.balloon()
        assert m.ram == 4 and m.num_pages == pages
        m.worker()
        assert m.query_balloon() == 4 - pages


def test_query_balloon_is_unsigned():
    m = SizeMachine()
    m.actual = m.ram + 1
    assert m.query_balloon() == 2 ** 64 - 1


@pytest.mark.parametrize("seed", range(3))
def test_sizes_come_to_rest(seed):
    m = SizeMachine(env=Dice(seed, failing=0.2), unplugs=False, changes=3)
    run(m, 0.3)
    assert m.changes == 0 and m.actual == m.size == m.wish() == min(m.num_pages, m.ram - 1)
