"""The reference of QEMU's balloon device by itself: one handler at a time, then all threads."""
from __future__ import annotations

import threading

import pytest

from spec.qemu_balloon.reference import DATA, Machine, Stopped
from spec.qemu_balloon.reference.device import PartiallyBalloonedPage
from tests.dice import Dice


@pytest.fixture
def machine():
    """Makes machines with Machine's arguments, and closes them."""
    machines = []

    def make(**constants):
        machines.append(Machine(**{"memory": "simulated", "users": (), **constants}))
        return machines[-1]

    yield make
    for each in machines:
        each.close()


def serve(m, ring, *pages):
    """A request of the guest, as its driver makes it, and its handler."""
    before, after = {"inflate": ("guest", "inflating"), "deflate": ("balloon", "deflating"),
                     "report": ("guest", "reporting")}[ring]
    queue = getattr(m.device, ring)
    for page in pages:
        assert m.ram.owner[page] == before
        m.ram.owner[page] = after
    queue.add(list(pages))
    if ring == "report":
        for page in pages:
            m.ram.free(page)
        m.device.handle_report(1)
        m.guest.answers(queue, after, "answer", 1)
    else:
        getattr(m.device, f"handle_{ring}")(1)
        m.guest.answers(queue, after, "answer", 1)


def contents(m):
    return [m.memory.cpu(page, len(DATA)) == DATA for page in range(m.ram.size)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_whole_host_page_is_discarded_in_whatever_order_its_parts_come(machine, order):
    m = machine()
    serve(m, "inflate", *order)
    assert contents(m) == [False, False, True, True]
    assert not m.ram.trespassed and m.device.pbp.base is None


def test_parts_of_two_host_pages_discard_none(machine):
    m = machine()
    serve(m, "inflate", 1, 2)
    assert all(contents(m)) and m.device.inflate.state == "empty"


def test_another_host_page_in_between_gives_the_first_one_up(machine):
    m = machine()
    serve(m, "inflate", 0, 2, 1, 3)
    assert all(contents(m))


@pytest.mark.parametrize("bitmap,bits,deflates,lost", [
    ("none", "one", "nothing", [1]),
    ("for ever", "all", "nothing", [1]),
    ("for ever", "one", "nothing", [0]),
    ("for ever", "one", "clears", []),
    ("for ever", "one", "resets", []),
    ("run", "one", "nothing", []),
    ("element", "one", "nothing", [])])
def test_inflate_a_deflate_a_inflate_b(machine, bitmap, bits, deflates, lost):
    """The commit message of b27b32391404, by version: what the guest has lost in the end."""
    m = machine(bitmap=bitmap, bits=bits, deflates=deflates)
    serve(m, "inflate", 0)
    serve(m, "deflate", 0)
    serve(m, "inflate", 1)
    assert [page for page in (0, 1) if m.ram.lost[page]] == lost


def test_the_wrong_bit_helper_sets_bits_behind_the_bitmap():
    page = PartiallyBalloonedPage(16, "all")
    assert page.mask(0) == 0xffff and not page.overrun
    assert page.mask(3) == 0xfff8 and page.overrun
    assert PartiallyBalloonedPage(16, "one").mask(3) == 0b1000


def test_what_is_no_ram_is_left_alone(machine):
    m = machine(subpages=1, pages=2, rom=True)
    serve(m, "inflate", 2, 0)
    assert contents(m) == [False, True, True] and not m.ram.rom_discarded
    assert not m.device.region_ref


def test_reports_discard_whole_host_pages_without_a_pattern(machine):
    for pattern, zapped in ((False, 2), (True, 0)):
        m = machine(reports=True, pattern=pattern)
        serve(m, "report", 0, 1, 2)
        assert m.memory.zaps == zapped and all(contents(m))


def test_nothing_is_discarded_while_somebody_votes(machine):
    m = machine(users=("vfio",), subpages=1)
    m.votes.take("uncoordinated", "take")
    serve(m, "inflate", 0)
    assert all(contents(m))
    m.votes.give("uncoordinated", "give")
    serve(m, "inflate", 1)
    assert contents(m) == [True, False, True, True]


@pytest.mark.parametrize("counters", ["one", "four"])
@pytest.mark.parametrize("seed", range(3))
def test_threads_that_run_freely_lose_nothing(counters, seed):
    users = ("vfio", "postcopy", "snapshot") if counters == "four" else ("vfio", "postcopy")
    m = Machine(env=Dice(seed, failing=0.3), counters=counters, users=users,
                reports=counters == "four",
                discard_fails=bool(seed % 2))
    damaged = []        # looked at as it happens: switching off leaves users half way

    def look():
        if not m.off.is_set():
            damaged.extend(actor.name for actor in m.actors if actor.stale)

    m.ram.after_discard.append(look)
    running = [threading.Thread(target=stopped(body), name=name, daemon=True)
               for name, body in m.threads().items()]
    for thread in running:
        thread.start()
    m.off.wait(1.0)
    m.off.set()
    for thread in running:
        thread.join(20)
        assert not thread.is_alive()
    assert m.memory.zaps > 0, "the test was about something"
    assert not any(m.ram.lost) and not m.ram.trespassed and not m.ram.pattern_lost
    assert damaged == []
    m.close()


def stopped(body):
    def run():
        try:
            body()
        except Stopped:
            pass
    return run
