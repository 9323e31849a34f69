"""Guest RAM that a host can discard: an anonymous mapping of this very process."""
from __future__ import annotations

import mmap

PAGE = mmap.PAGESIZE


class Ram:
    """`pages` pages. A discarded page reads as zeros, whatever was in it."""

    def __init__(self, pages: int) -> None:
        self.map = mmap.mmap(-1, pages * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def write(self, page: int, data: bytes) -> None:
        """The guest's CPU writes at the beginning of a page."""
        self.map[page * PAGE:page * PAGE + len(data)] = data

    def read(self, page: int, size: int) -> bytes:
        """What it reads there."""
        return self.map[page * PAGE:page * PAGE + size]

    def discard(self, page: int) -> None:
        """madvise(MADV_DONTNEED): the host takes the frame back."""
        self.map.madvise(mmap.MADV_DONTNEED, page * PAGE, PAGE)

    def close(self) -> None:
        """Give it back."""
        self.map.close()
