"""hw/virtio/virtio-mem.c: requests, resets, and the load after a migration."""
from __future__ import annotations

import threading

from spec.virtio_mem.reference.machine import Machine, often


class Device:
    """The device's side of the machine, with the guest's driver."""

    def __init__(self, machine: Machine) -> None:
        self.m = machine
        self.manager = machine.manager
        self.options = machine.options
        self.size = machine.options.blocks
        self.migration_over = threading.Event()
        self.migration_over.set()

    def busy(self) -> bool:
        return self.m.running and not self.options.changes_while_migrating

    def realize(self) -> None:
        kind = "coordinated" if self.options.discards == "coordinated" else "require"
        with self.m.bql("BQL realize"):
            self.m.realized = self.m.votes.take(kind, "require discards")

    # Requests.

    def requests(self, rounds: int | None) -> None:
        m = self.m
        for _ in often(rounds):
            with m.bql("BQL request", m.guest_runs):
                m.task = m.env.pick("request", ("plug", "unplug", "unplug_all"))
                first = m.env.pick("first", m.blocks)
                last = first + m.env.pick("count", range(1, self.size + 1))
                if m.task == "plug":
                    self.plug(first, last)
                elif m.task == "unplug":
                    self.promise(first, last)
                    self.unplug(first, last)
                else:
                    self.promise(0, self.size)
                    self.unplug_all()
                m.at("respond")
                if m.task == "plug" and m.answer == "ack":
                    for b in range(first, last):
                        m.owns[b] = True
                        m.manager.present[b] = True
                        m.memory.cpu_write(b, b"guest")
                m.answer = m.task = "none"

    def promise(self, first: int, last: int) -> None:
        """The guest stops using the blocks."""
        for b in range(first, min(last, self.size)):
            self.m.owns[b] = False
            if self.options.sane:
                self.m.untranslate(b)

    def plug(self, first: int, last: int) -> None:
        m = self.m
        m.at("plug: check")
        if self.options.waits_for_migration:
            m.at("plug: wait for the migration")
            self.migration_over.wait()          # under the big lock, which its end needs
        if last > self.size:
            m.answer = "error"
        elif last - first + sum(self.manager.plugged) > m.requested:
            m.answer = "nack"
        elif any(self.manager.plugged[first:last]):
            m.answer = "error"
        elif self.busy():
            m.answer = "busy"
        elif self.manager.notify_populate(first, last):
            m.at("plug: set bits")
            self.set_bits(first, last, True)
            m.answer = "ack"
        else:
            m.at("plug: discard on error")
            if self.options.discards_after_failed_plug:
                self.manager.discard_ram(first, last)
            m.answer = "busy"

    def unplug(self, first: int, last: int) -> None:
        m = self.m
        m.at("unplug: check")
        if last > self.size or not all(self.manager.plugged[first:last]):
            m.answer = "error"
        elif self.busy():
            m.answer = "busy"
        else:
            m.at("unplug: discard")
            if m.env.fails("discard"):
                m.answer = "busy"
            else:
                self.manager.discard_ram(first, last)
                self.tell_discarded(first, last)
                m.at("unplug: clear bits")
                self.set_bits(first, last, False)
                m.answer = "ack"

    def unplug_all(self) -> None:
        m = self.m
        m.at("unplug all: discard")
        if self.busy() or m.env.fails("discard"):
            m.answer = "busy"
            return
        self.manager.discard_ram(0, self.size)
        self.tell_discarded(0, self.size)
        m.at("unplug all: clear bits")
        self.set_bits(0, self.size, False)
        m.answer = "ack"

    def tell_discarded(self, first: int, last: int) -> None:
        if self.options.tells == "everything":
            self.manager.notify_discard(first, last)

    def set_bits(self, first: int, last: int, value: bool) -> None:
        self.manager.plugged[first:last] = [value] * (last - first)

    # Resets, resizing, migration.

    def resets(self, rounds: int | None) -> None:
        m = self.m
        for _ in often(rounds):
            with m.bql("BQL reset", m.guest_runs):
                for b in m.blocks:
                    m.owns[b] = False
                    m.untranslate(b)
                if m.env.pick("system", (False, True)):
                    m.task = "reset"
                    self.unplug_all()
                else:
                    m.at("device reset")
                    if self.options.device_reset == "unplugs":
                        self.manager.discard_ram(0, self.size)
                        self.manager.notify_discard(0, self.size)
                        self.set_bits(0, self.size, False)
                m.at("reset ends")
                m.answer = m.task = "none"

    def resize(self, rounds: int | None) -> None:
        for _ in often(rounds):
            with self.m.bql("BQL resize"):
                self.m.requested = self.m.env.pick("requested", range(self.size + 1))

    def migrate(self, rounds: int | None) -> None:
        for _ in often(rounds):
            with self.m.bql("BQL migration begins", lambda: self.m.loaded):
                self.m.running = True
                self.migration_over.clear()
            with self.m.bql("BQL migration ends"):
                self.m.running = False
                self.migration_over.set()

    def load(self) -> None:
        """virtio_mem_post_load; a destination that fails ends, and another one is tried."""
        m = self.m
        while not m.loaded:
            with m.bql("BQL load", lambda: m.realized):
                m.task = "load"
                for b in m.blocks:
                    m.sent[b] = m.env.pick("plugged", (False, True))
                    m.sent_translated[b] = bool(
                        self.options.viommu and m.sent[b]
                        and m.env.pick("in the vIOMMU", (False, True)))
                    m.manager.present[b] = True
                    m.memory.cpu_write(b, b"other")
                if self.options.restores == "vIOMMU first":
                    self.load_viommu("before")
                m.at("load bitmap")
                self.manager.plugged[:] = m.sent
                if self.replay():
                    self.finish_load()
                else:
                    self.fail_load()
                m.task = "none"

    def replay(self) -> bool:
        if self.options.post_load == "tells nobody":
            return True
        return all(self.manager.replay_populated(x, "load") for x in self.manager.list)

    def finish_load(self) -> None:
        m = self.m
        m.at("discard unplugged")
        if self.options.post_load != "keeps content":
            for b in m.blocks:
                if not self.manager.plugged[b]:
                    self.manager.discard_ram(b, b + 1)
        if self.options.restores == "virtio-mem first":
            self.load_viommu("after")
        m.loaded = True
        m.owns[:] = m.sent
        for b in m.blocks:
            m.manager.present[b] = m.manager.present[b] or m.sent[b]

    def fail_load(self) -> None:
        self.m.at("load failed")
        self.set_bits(0, self.size, False)
        self.manager.discard_ram(0, self.size)
        for listener in self.m.listeners:
            self.manager.unmap_dma(listener, 0, self.size)
        for b in self.m.blocks:
            self.m.memory.zap(b)

    def load_viommu(self, when: str) -> None:
        if self.options.viommu:
            self.m.at(f"load vIOMMU {when}")
            for b in self.m.blocks:
                if self.m.sent_translated[b] and self.manager.plugged[b]:
                    self.m.translate(b)
                elif self.m.sent_translated[b]:
                    self.m.lost = True
