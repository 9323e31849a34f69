"""RamDiscardManager and its listeners, which are vfio containers: hw/vfio/common.c.

Blocks are numbered; a range is given by its first block and the one after its last.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from spec.hooks import Environment
from spec.vfio_balloon.reference.memory import Memory


@dataclass(eq=False)
class Listener:
    """A container's section of the region, and the mappings that it has made there.

    `mappings` lists what was mapped by one call each: the kernel does not cut a mapping in two.
    """

    number: int
    first: int
    last: int
    mappings: list[range] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)      # for the observer: "map", "unmap"

    def clip(self, first: int, last: int) -> tuple[int, int]:
        return max(first, self.first), min(last, self.last)

    def maps(self, block: int) -> bool:
        return any(block in mapping for mapping in self.mappings)


class Manager:
    """virtio-mem's bitmap, and who is told of its changes."""

    def __init__(self, options: Any, at: Callable[[str], None], env: Environment,
                 memory: Memory, blocks: int) -> None:
        self.options = options
        self.at = at
        self.env = env
        self.memory = memory
        self.blocks = range(blocks)
        self.plugged = [False] * blocks
        self.present = [False] * blocks
        self.list: list[Listener] = []          # newest first
        self.short = False

    # The kernel.

    def full(self, listener: Listener) -> bool:
        mapped = sum(len(mapping) for mapping in listener.mappings)
        return self.options.limit > 0 and mapped >= self.options.limit

    def map_dma(self, listener: Listener, first: int, last: int) -> bool:
        """VFIO_IOMMU_MAP_DMA: pins every page; EEXIST where one of them is mapped."""
        if any(listener.maps(b) for b in range(first, last)):
            return False
        listener.calls.append("map")
        listener.mappings.append(range(first, last))
        for b in range(first, last):
            self.memory.pin(listener.number, b)
            self.present[b] = True
        return True

    def unmap_dma(self, listener: Listener, first: int, last: int) -> None:
        """VFIO_IOMMU_UNMAP_DMA: EINVAL where a mapping would be cut in two."""
        listener.calls.append("unmap")
        for mapping in listener.mappings:
            if any(mapping.start < edge < mapping.stop for edge in (first, last)):
                return
        for mapping in [m for m in listener.mappings if first <= m.start and m.stop <= last]:
            listener.mappings.remove(mapping)
            for b in mapping:
                self.memory.unpin(listener.number, b)

    def discard_ram(self, first: int, last: int) -> None:
        """ram_block_discard_range."""
        for b in range(first, last):
            self.memory.zap(b)
            self.present[b] = False

    # vfio's callbacks.

    def populate(self, listener: Listener, first: int, last: int, why: str) -> bool:
        """vfio_ram_discard_notify_populate: block by block, all or nothing."""
        if first >= last:
            return True
        if self.options.granularity == "range":
            self.at("map range")
            self.map_dma(listener, first, last)
            return True
        may_fail = self.options.registration_fails if why == "replay" else self.options.map_fails
        for b in range(first, last):
            self.at("map block")
            failed = self.full(listener)
            if why == "plug":
                self.short = self.short or failed
            if may_fail and not failed:
                failed = self.env.fails("DMA map")
            if failed or not self.map_dma(listener, b, b + 1):
                if may_fail or self.options.limit > 0:
                    self.at("unmap on error")
                    self.unmap_dma(listener, first, last)
                    return False
        return True

    def discard(self, listener: Listener, first: int, last: int) -> None:
        """vfio_ram_discard_notify_discard: one call, whatever was mapped how."""
        if first < last:
            self.at("unmap")
            self.unmap_dma(listener, first, last)

    # hw/virtio/virtio-mem.c: telling everybody.

    def notify_populate(self, first: int, last: int) -> bool:
        for number, listener in enumerate(self.list):
            if not self.populate(listener, *listener.clip(first, last), "plug"):
                if self.options.rollback != "none":
                    for earlier in self.list[:number]:
                        wrong = self.options.rollback == "failed section"
                        section = listener if wrong else earlier
                        self.discard(earlier, *section.clip(first, last))
                return False
        return True

    def notify_discard(self, first: int, last: int) -> None:
        for listener in self.list:
            self.discard(listener, *listener.clip(first, last))

    def runs(self, start: int) -> list[tuple[int, int]]:
        """The plugged runs from block `start` on."""
        found, b = [], start
        while b < len(self.blocks):
            if self.plugged[b]:
                end = b
                while end < len(self.blocks) and self.plugged[end]:
                    end += 1
                found.append((b, end))
                b = end
            else:
                b += 1
        return found

    def replay_populated(self, listener: Listener, why: str) -> bool:
        """Tell one listener of every plugged run, until one does not meet its section."""
        start = listener.first
        if self.options.index == "wrong":       # b11cf32e07a2: divides by the bitmap's size
            start = listener.first * self.options.block_size // len(self.blocks)
        for first, last in self.runs(start):
            first, last = listener.clip(first, last)
            if first >= last:
                break
            for b in range(first, last):
                if not self.populate(listener, b, b + 1, why):
                    if b > first:
                        self.at("unmap run on error")
                        self.unmap_dma(listener, first, b)
                    return False
        return True

    def register(self, listener: Listener) -> None:
        """Newest first. What becomes of the replay is reported, and no more."""
        self.at("register listener")
        self.list.insert(0, listener)
        if self.options.maps == "everything":
            for b in range(listener.first, listener.last):
                self.map_dma(listener, b, b + 1)
            return
        if self.options.unregister == "listener unmaps":
            self.at("replay populated")
        self.replay_populated(listener, "replay")

    def unregister(self, listener: Listener) -> None:
        self.at("unregister listener")
        self.list.remove(listener)
        if self.options.unregister == "listener unmaps":
            self.at("unmap section")
        if self.options.unregister != "nobody unmaps":
            self.unmap_dma(listener, listener.first, listener.last)
