"""The memory alone: what ballooning under DMA does, in bytes, on both kinds of memory."""
from __future__ import annotations

import os

import pytest

from spec.vfio_balloon.reference import Machine, Memory, memory as memory_module

C0, C1 = 0, 1       # containers


@pytest.fixture
def ram(kind):
    memory = Memory(2, kind)
    assert memory.kind == kind
    yield memory
    memory.close()


def test_a_pinned_page_is_one_memory_for_cpu_and_device(ram):
    ram.cpu_write(0, b"guest")
    ram.pin(C0, 0)
    assert ram.device(C0, 0, 5) == b"guest"
    ram.device_write(C0, 0, b"DMA!!")
    assert ram.cpu(0, 5) == b"DMA!!"
    assert ram.stale() == set()


def test_a_zap_under_a_pin_makes_two_memories_of_one_page(ram):
    ram.cpu_write(0, b"guest")
    ram.pin(C0, 0)
    ram.zap(0)
    assert (ram.cpu(0, 5), ram.device(C0, 0, 5)) == (bytes(5), b"guest")
    ram.device_write(C0, 0, b"DMA!!")
    ram.cpu_write(0, b"lost?")
    assert (ram.cpu(0, 5), ram.device(C0, 0, 5)) == (b"lost?", b"DMA!!")
    assert ram.stale() == ram.stale_in(C0) == {0}


def test_a_zap_before_the_pin_does_no_harm(ram):
    ram.cpu_write(0, b"guest")
    ram.zap(0)
    ram.pin(C0, 0)
    ram.cpu_write(0, b"again")
    assert ram.device(C0, 0, 5) == b"again"
    assert ram.stale() == set()


def test_the_damage_belongs_to_the_container_that_pinned_before_the_zap(ram):
    ram.pin(C0, 0)
    ram.zap(0)
    ram.pin(C1, 0)
    assert (ram.stale_in(C0), ram.stale_in(C1), ram.stale()) == ({0}, set(), {0})
    ram.unpin(C0, 0)
    assert ram.stale() == set()
    assert ram.pinned(0) and not ram.pinned(1)


def test_a_new_pin_after_an_unpin_sees_the_page_as_it_is_now(ram):
    ram.pin(C0, 1)
    ram.zap(1)
    ram.unpin(C0, 1)
    ram.cpu_write(1, b"fresh")
    ram.pin(C0, 1)
    assert ram.device(C0, 1, 5) == b"fresh"
    assert ram.stale() == set()


def test_looking_for_damage_neither_hides_it_nor_changes_the_guests_bytes(ram):
    ram.cpu_write(0, b"guest")
    ram.pin(C0, 0)
    assert ram.stale() == set()
    ram.zap(0)
    for _ in range(3):
        assert ram.stale() == {0}
    assert (ram.cpu(0, 5), ram.device(C0, 0, 5)) == (bytes(5), b"guest")


def test_many_transfers_go_around_the_rings(ram):
    ram.pin(C0, 0)
    for number in range(1000):
        ram.cpu_write(0, number.to_bytes(4, "little"))
        assert ram.device(C0, 0, 4) == number.to_bytes(4, "little")


def test_hundreds_of_machines_leave_no_file_descriptor_behind(kind):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(300):
        machine = Machine(groups=2, pages=2, memory=kind)
        for device in machine.devices:
            assert machine.vfio.vfio_realize(device)
        assert machine.observe()["pinned"] == [True, True]
        machine.close()                 # while pinned
    assert len(os.listdir("/proc/self/fd")) == before


def test_without_io_uring_the_simulated_memory_takes_over(monkeypatch):
    def refused(*arguments):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(memory_module, "_permitted", None)
    monkeypatch.setattr(memory_module, "_syscall", refused)
    memory = Memory(1)
    assert memory.kind == "simulated"
    memory.close()
