"""Guest RAM that a host can discard, and objects of the kernel: mappings of this very process."""
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


class Slab:
    """kmalloc and kfree. Objects are not cleared when they are handed out, and are poisoned when
    they are given back, as SLUB does when it debugs; the same name gets the same place again."""

    SIZE = 16
    BEFORE = b"somebody's key.."        # what was there before the first kmalloc
    POISON = b"k" * SIZE                # POISON_FREE is 0x6b

    def __init__(self) -> None:
        self.map = mmap.mmap(-1, PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.map[:] = self.BEFORE * (PAGE // self.SIZE)
        self.places: dict[str, int] = {}
        self.live: set[str] = set()

    def kmalloc(self, name: str) -> None:
        self.places.setdefault(name, len(self.places) * self.SIZE)
        self.live.add(name)

    def kfree(self, name: str) -> None:
        self.live.discard(name)
        self.write(name, self.POISON)

    def write(self, name: str, data: bytes) -> None:
        """Whoever has a pointer can write, whether the object is still there or not."""
        place = self.places[name]
        self.map[place:place + self.SIZE] = data.ljust(self.SIZE, b"\0")

    def read(self, name: str) -> bytes:
        return self.map[self.places[name]:self.places[name] + self.SIZE]

    def close(self) -> None:
        """Give it back."""
        self.map.close()
