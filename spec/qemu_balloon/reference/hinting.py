"""Free page hinting: two machines with real memory, a migration between them, a bottom half.

A page of the source has something else in it after each write; what the destination has is
decided by comparing bytes.
"""
from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from spec.hooks import Environment, at as no_hook
from spec.virtio_balloon.reference.memory import Ram
from spec.virtio_balloon.reference.switch import Stopped, Switch

WIDTH = 8       # bytes that a write puts at the beginning of a page


@dataclass(frozen=True, kw_only=True)
class HintOptions:
    """What is run: the model's constants, by the same names; the defaults are QEMU today."""

    pages: int = 4
    slots: int = 4
    syncs: int = 3
    shrinks: bool = True
    checks_requested: bool = True
    start_locks: bool = True
    cleanup: str = "done"
    hints_before_postcopy: bool = False
    stops_before_sync: bool = True
    stop_locks: bool = True


class HintDevice:
    """The device's side. `free_page_lock` is held from a pop to its push."""

    def __init__(self, m: HintMachine) -> None:
        self.m = m
        self.queue: deque[tuple[str, int]] = deque()
        self.status = "stop"
        self.cmd_id = 0
        self.free_page_lock = threading.Lock()
        self.block_iothread = False

    @contextmanager
    def locked(self, label: str, ready: Callable[[], bool] = lambda: True) -> Iterator[None]:
        """A step that begins with the lock, once the condition is true, too."""
        lock = self.free_page_lock
        self.m.switch.until(lambda: ready() and not lock.locked(), label)
        with lock:
            yield

    def bottom_half(self) -> None:
        while True:
            with self.locked("lock and pop",
                             lambda: bool(self.queue) and not self.block_iothread):
                kind, number = self.queue.popleft()
                if kind == "page":
                    if self.status == "start":
                        self.m.switch.at("hint")
                        if not self.m.there():
                            self.m.dirty[number] = False
                elif kind == "start" and number == self.cmd_id and (
                        self.status == "requested" or not self.m.options.checks_requested):
                    self.status = "start"
                elif self.status == "start":
                    self.status = "stop"
                self.m.switch.at("push and unlock")

    def stop(self) -> None:
        if self.status != "stop":
            with self.locked("stop"):
                self.status = "stop"

    def start(self) -> None:
        if self.m.options.start_locks:
            with self.locked("start"):
                self._start()
        else:
            self.m.switch.at("start")
            self._start()

    def _start(self) -> None:
        self.cmd_id += 1
        self.status = "requested"

    def done(self) -> None:
        if self.status != "done":
            with self.locked("done"):
                self.status = "done"


class HintMachine:
    """Every keyword of `HintOptions` is accepted; `postcopy` may follow precopy."""

    def __init__(self, *, at: Callable[[str], None] = no_hook, env: Environment | None = None,
                 postcopy: bool = False, **constants: Any) -> None:
        self.options = options = HintOptions(**constants)
        self.env = env or Environment()
        self.switch = Switch(at)
        self.pages = range(options.pages)
        self.source, self.destination = Ram(options.pages), Ram(options.pages)
        self.writes = 0
        self.born_there: set[int] = set()       # pages that were written on the destination
        self.state = ["used"] * options.pages
        self.logged = [False] * options.pages
        self.dirty = [False] * options.pages
        self.phase = "none"
        self.postcopy = postcopy
        self.hinting = options.hints_before_postcopy or not postcopy
        self.received = 0
        self.hangs = False
        for page in self.pages:
            self.fill(self.source, page)
        self.device = HintDevice(self)

    # Memory.

    def fill(self, ram: Ram, page: int) -> None:
        self.writes += 1
        ram.write(page, b"%0*d" % (WIDTH, self.writes))

    def sent(self, page: int) -> bool:
        """Whether the destination has what was last written to the page."""
        return page in self.born_there or (
            self.source.read(page, WIDTH) == self.destination.read(page, WIDTH))

    def send(self, page: int) -> None:
        self.dirty[page] = False
        self.destination.write(page, self.source.read(page, WIDTH))

    def write(self, page: int) -> None:
        """A virtual processor writes, here or there."""
        self.state[page] = "used"
        self.logged[page] = not self.there()
        self.fill(self.destination if self.there() else self.source, page)
        if self.there():
            self.born_there.add(page)

    def runs(self) -> bool:
        return self.phase != "stopped"

    def there(self) -> bool:
        return self.phase in ("postcopy", "completed")

    def having(self, state: str) -> list[int]:
        return [page for page in self.pages if self.state[page] == state]

    # Migration.

    def sync(self) -> None:
        if self.options.stops_before_sync and self.hinting:
            self.device.stop()
        self.switch.at("bitmap sync")
        for page in self.pages:
            self.dirty[page] = self.dirty[page] or self.logged[page]
            self.logged[page] = False

    def migrate(self) -> None:
        self.switch.at("setup")
        self.phase = "precopy"
        self.dirty = [True] * self.options.pages
        cancelled = self.iterate()
        if not cancelled:
            self.complete()
        if self.hinting:
            if self.options.cleanup == "done":
                self.device.done()
            else:
                self.device.stop()
        self.switch.at("cleaned up")
        if cancelled:
            self.phase = "cancelled"

    def iterate(self) -> bool:
        """Send while the guest runs; whether the migration is cancelled."""
        while self.device.cmd_id < self.options.syncs:
            self.sync()
            if self.hinting:
                self.device.start()
            self.switch.at("send")
            for page in self.pages:
                if self.dirty[page] and self.env.fails("page is sent"):
                    self.send(page)
            if self.env.fails("cancel"):
                return True
            if self.env.fails("converged") or not self.hinting:
                break
        return False

    def complete(self) -> None:
        if self.options.stop_locks:
            with self.device.locked("vm stop"):
                self.stand_still()
        else:
            self.switch.at("vm stop")
            self.stand_still()
        self.sync()
        if self.hinting:
            self.device.done()
        if self.postcopy:
            self.switch.at("postcopy runs")
            self.phase = "postcopy"
            self.device.block_iothread = False
        while any(self.dirty):
            self.switch.at("send the rest")
            self.send(self.env.pick("page", [p for p in self.pages if self.dirty[p]]))
        self.switch.at("completed")
        self.phase = "completed"
        self.device.block_iothread = False

    def stand_still(self) -> None:
        """virtio_balloon_set_status, as the machine stops."""
        self.phase = "stopped"
        self.device.block_iothread = True

    # The guest.

    def can_put(self) -> bool:
        return self.runs() and len(self.device.queue) < self.options.slots

    def asked(self) -> bool:
        return self.can_put() and self.device.status == "requested" \
            and self.device.cmd_id != self.received

    def report_free_page_func(self) -> None:
        device = self.device
        while True:
            self.switch.until(self.asked, "send_cmd_id_start")
            self.received = device.cmd_id
            device.queue.append(("start", self.received))
            while device.cmd_id == self.received and self.having("free") \
                    and device.status in ("requested", "start"):
                self.switch.until(self.can_put, "send_free_pages")
                free = self.having("free")
                if free:
                    page = self.env.pick("page", free)
                    self.state[page] = "hinted"
                    device.queue.append(("page", page))
            self.switch.until(self.can_put, "send_cmd_id_stop")
            device.queue.append(("stop", 0))

    def gives_back(self) -> None:
        while True:
            self.switch.until(lambda: self.runs() and bool(self.having("hinted")),
                              "return_free_pages_to_mm")
            pages = self.having("hinted")
            if self.device.status != "done":
                pages = [self.env.pick("page", pages)] if self.options.shrinks else []
            for page in pages:
                self.state[page] = "free"

    def can_run(self) -> bool:
        return self.runs() and not self.hangs and len(self.having("hinted")) < len(self.pages)

    def vcpu(self) -> None:
        while True:
            self.switch.until(self.can_run, "vcpu")
            page = self.env.pick("page", [p for p in self.pages if self.state[p] != "hinted"])
            if self.state[page] == "used" and self.env.fails("free it"):
                self.state[page] = "free"
            elif self.phase == "postcopy" and not self.sent(page):
                self.hangs = not self.dirty[page]
            else:
                self.write(page)

    def threads(self) -> dict[str, Callable[[], None]]:
        """What each thread runs, by the name of the model's process."""
        bodies = {"device.bottom_half": self.device.bottom_half,
                  "migration.migrate": self.migrate,
                  "guest.report_free_page_func": self.report_free_page_func,
                  "guest.gives_back": self.gives_back, "guest.vcpu": self.vcpu}
        return {name: partial(_until_off, body) for name, body in bodies.items()}

    def observe(self) -> dict[str, Any]:
        """The model's variables; call it only while every thread waits at a step."""
        device = self.device
        return {
            "ram.state": tuple(self.state), "ram.logged": tuple(self.logged),
            "ram.dirty": tuple(self.dirty), "ram.phase": self.phase,
            "ram.sent": tuple(self.sent(page) for page in self.pages),
            "device.queue": tuple(device.queue), "device.status": device.status,
            "device.cmd_id": device.cmd_id, "device.block_iothread": device.block_iothread,
            "migration.postcopy": self.postcopy, "guest.received": self.received,
            "guest.hangs": self.hangs,
        }

    def close(self) -> None:
        self.source.close()
        self.destination.close()


def _until_off(body: Callable[[], None]) -> None:
    try:
        body()
    except Stopped:
        pass
