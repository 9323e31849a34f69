"""Two machines with memory, a container whose mappings pin pages, and who logs its writes."""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from spec.hooks import Environment, at as no_hook
from spec.vfio_balloon.reference.memory import Memory
from spec.virtio_balloon.reference.memory import Ram
from spec.virtio_balloon.reference.switch import Switch

WIDTH = 8               # bytes that a write puts at the beginning of a page
CONTAINER = 0
ASKS = {"type1": "with the unmap", "iommufd": "before", "device": "after"}


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is run: the model's constants, by the same names; the defaults are QEMU today."""

    pages: int = 3
    blocks: int = 0
    rounds: int = 2
    domain: str = "translated"
    switches: bool = True
    sane: bool = True
    query_fails: bool = False
    tracker: str = "iommufd"
    asks: str = "as it should"
    region_del: str = "makes an entry"
    whole: str = "each mapping"
    discard_knows: bool = False
    failure: str = "fails the migration"
    unmaps_anyway: bool = True
    stops_device: bool = True
    covers: str = "everything"

    @property
    def asked(self) -> str:
        return ASKS[self.tracker] if self.asks == "as it should" else self.asks


class Log:
    """Who logs DMA. Only its own kind knows what an entry that is gone was written through."""

    def __init__(self, tracker: str) -> None:
        self.tracker = tracker
        self.on = False
        self.covered: set[int] | None = None    # the ranges that the device was told; None: all
        self.entries: dict[int, bool] = {}      # the IOMMU's page table, with its dirty bits
        self.reported: set[int] = set()         # what the device itself remembers

    def write(self, page: int) -> None:
        if self.on and (self.covered is None or page in self.covered):
            if self.tracker == "device":
                self.reported.add(page)
            else:
                self.entries[page] = True

    def written(self, page: int) -> bool:
        if self.tracker == "type1":             # all that is pinned
            return page in self.entries
        if self.tracker == "device":
            return page in self.reported
        return self.entries.get(page, False)

    def clear(self, page: int) -> None:
        self.reported.discard(page)
        if page in self.entries:
            self.entries[page] = False


class Machine:
    """Every keyword of `Options` is accepted; `memory` forces a kind of memory."""

    def __init__(self, *, at: Callable[[str], None] = no_hook, env: Environment | None = None,
                 memory: str | None = None, **constants: Any) -> None:
        self.options = options = Options(**constants)
        self.env = env or Environment()
        self.switch = Switch(at)
        self.pages = range(options.pages)
        self.source, self.destination = Memory(options.pages, memory), Ram(options.pages)
        self.writes = 0
        for page in self.pages:
            self.source.cpu_write(page, self.content())
        self.log = Log(options.tracker)
        self.dirty = [False] * options.pages
        self.phase = "none"
        self.error = False
        self.domain = options.domain
        self.reaches = [False] * options.pages
        self.taken = [False] * options.pages
        self.bql = threading.Lock()
        self.bql_holder: str | None = None
        self.wire = threading.RLock()           # hardware: one access to memory or tables at a time
        if options.domain == "passthrough":
            for page in self.pages:
                self.map(page)
                self.reaches[page] = True

    @contextmanager
    def locked(self, label: str, ready: Callable[[], bool] = lambda: True) -> Iterator[None]:
        """A step that begins with the big lock, once the condition is true, too."""
        while True:
            self.switch.until(lambda: ready() and not self.bql.locked(), label)
            if self.bql.acquire(blocking=False):
                if ready():
                    break
                self.bql.release()
        self.bql_holder = threading.current_thread().name
        try:
            yield
        finally:
            self.bql_holder = None
            self.bql.release()

    # Memory.

    def content(self) -> bytes:
        """Something that was never written before."""
        self.writes += 1
        return b"%0*d" % (WIDTH, self.writes)

    def runs(self) -> bool:
        return self.phase in ("none", "precopy")

    def tracking(self) -> bool:
        return self.phase in ("precopy", "stopped")

    def mapped(self, page: int) -> bool:
        return (CONTAINER, page) in self.source.pins

    def arrived(self, page: int) -> bool:
        return self.source.cpu(page, WIDTH) == self.destination.read(page, WIDTH)

    def send(self, page: int) -> None:
        with self.wire:
            self.dirty[page] = False
            self.destination.write(page, self.source.cpu(page, WIDTH))

    # The container.

    def map(self, page: int) -> None:
        with self.wire:
            self.source.pin(CONTAINER, page)
            self.log.entries[page] = False

    def unmap(self, first: int, last: int) -> None:
        with self.wire:
            for page in range(first, last):
                if self.mapped(page):
                    self.source.unpin(CONTAINER, page)
                    del self.log.entries[page]

    def writable(self) -> list[int]:
        """Where the device may write now. A sane guest's leaves alone what is to be unmapped."""
        runs = self.runs() or (not self.options.stops_device and self.phase == "stopped")
        return [page for page in self.pages if runs and self.mapped(page)
                and not (self.options.sane and self.taken[page])]

    def dma(self) -> None:
        with self.wire:
            pages = self.writable()
            if pages:
                page = self.env.pick("page", pages)
                self.source.device_write(CONTAINER, page, self.content())
                self.log.write(page)

    def report(self, first: int, last: int) -> None:
        with self.wire:
            for page in range(first, last):
                if self.log.written(page):
                    self.dirty[page] = True
                    self.log.clear(page)

    # What can be seen.

    def observe(self) -> dict[str, Any]:
        """The model's variables; call it only while every thread waits at a step."""
        return {
            "ram.dirty": tuple(self.dirty), "ram.phase": self.phase,
            "ram.arrived": tuple(self.arrived(page) for page in self.pages),
            "container.mapped": tuple(self.mapped(page) for page in self.pages),
            "container.written": tuple(self.log.written(page) for page in self.pages),
            "container.covered": tuple(page in (self.log.covered or ()) for page in self.pages),
            "vfio.error": self.error, "guest.domain": self.domain,
            "guest.reaches": tuple(self.reaches), "guest.taken": tuple(self.taken),
        }

    def close(self) -> None:
        self.source.close()
        self.destination.close()
