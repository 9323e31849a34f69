"""Guest RAM: real pages, who has each of them, and what became of its content."""
from __future__ import annotations

import threading
from collections.abc import Callable

from spec.vfio_balloon.reference.memory import Memory

DATA = b"guest"         # what the guest writes where it uses a page
PATTERN = b"poison"     # what a free page has to keep, where that is agreed on


class GuestRam:
    """`host_pages[h]` are the balloon pages of host page `h`. `lock`: one step at a time."""

    def __init__(self, pages: int, subpages: int, rom: bool, pattern: bool,
                 memory: str | None) -> None:
        self.ram = pages
        self.size = pages + rom
        self.subpages = subpages
        self.lock = threading.RLock()
        self.frames = Memory(self.size, memory)
        self.host_pages = [range(first, min(first + subpages, self.size))
                           for first in range(0, self.size, subpages)]
        self.owner = ["guest"] * self.size
        self.lost = [False] * self.size
        self.present = [True] * len(self.host_pages)
        self.trespassed = self.rom_discarded = self.pattern_lost = False
        self.pattern = pattern
        self.after_discard: list[Callable[[], None]] = []
        for page in range(self.size):
            self.frames.cpu_write(page, DATA)

    def is_ram(self, page: int) -> bool:
        return page < self.ram

    def has(self, owner: str) -> list[int]:
        return [page for page, its in enumerate(self.owner) if its == owner]

    def use(self, page: int) -> None:
        """The guest's CPU writes to a page, which is the guest's."""
        self.owner[page] = "guest"
        self.present[page // self.subpages] = True
        self.frames.cpu_write(page, DATA)

    def free(self, page: int) -> None:
        """The guest names a page in a report: it has the pattern, if there is one."""
        if self.pattern:
            self.frames.cpu_write(page, PATTERN)

    def discard(self, host_page: int, allowed: set[int]) -> None:
        """ram_block_discard_range; `allowed`: what the request that is being served names."""
        for page in self.host_pages[host_page]:
            self.frames.zap(page)
        for page in self.host_pages[host_page]:
            self.trespassed = self.trespassed or page not in allowed
            self.lost[page] = self.lost[page] or (
                self.owner[page] == "guest" and self.frames.cpu(page, len(DATA)) != DATA)
            self.rom_discarded = self.rom_discarded or not self.is_ram(page)
            if self.owner[page] == "reporting" and self.pattern:
                self.pattern_lost = self.pattern_lost or (
                    self.frames.cpu(page, len(PATTERN)) != PATTERN)
        self.present[host_page] = False
        for hook in self.after_discard:
            hook()
