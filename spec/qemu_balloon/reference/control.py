"""The device beside its pages: the statistics queue with real elements, and the balloon's size."""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from spec.hooks import Environment, at as no_hook
from spec.virtio_balloon.reference.switch import Stopped, Switch


class Stage:
    """Threads whose steps exclude each other: each is one call under the big lock."""

    def __init__(self, at: Callable[[str], None], env: Environment | None) -> None:
        self.switch = Switch(at)
        self.env = env or Environment()
        self.bql = threading.Lock()

    @contextmanager
    def step(self, label: str, ready: Callable[[], bool] = lambda: True) -> Iterator[None]:
        """One step, once its condition is true."""
        while True:
            self.switch.until(ready, label)
            with self.bql:
                if ready():
                    yield
                    return

    def bodies(self, found: dict[str, Callable[[], None]]) -> dict[str, Callable[[], None]]:
        return {name: partial(self._again, body) for name, body in found.items()}

    @staticmethod
    def _again(body: Callable[[], None]) -> None:
        try:
            while body() is None:
                pass
        except Stopped:
            pass


# ── statistics ───────────────────────────────────────────────────────────────────────────────

@dataclass(frozen=True, kw_only=True)
class StatsOptions:
    """What is run: the model's constants, by the same names; the defaults are QEMU today."""

    migrates: bool = True
    reset_clears: bool = True
    reset_detaches: bool = True
    rewinds: bool = True
    arms_timer: bool = True
    polls_what_it_has: bool = True
    stops_timer: bool = True


class StatsMachine(Stage):
    """A buffer is an object: in the queue, with the device, or on its way back."""

    def __init__(self, *, at: Callable[[str], None] = no_hook, env: Environment | None = None,
                 **constants: Any) -> None:
        super().__init__(at, env)
        self.options = StatsOptions(**constants)
        self.available: list[object] = []
        self.popped: list[object] = []          # popped, not pushed: the queue's `inuse`
        self.used: list[object] = []
        self.stats_vq_elem: object | None = None
        self.last: object | None = None         # what its struct held, when it was one
        self.boot = 0
        self.numbers: int | None = None         # the boot that they are of
        self.timer = self.polls = self.driver_ok = False
        self.vm_running = True

    def push(self, element: object) -> None:
        """virtqueue_push, which believes that the element is the queue's."""
        self.popped = self.popped[:-1]
        self.used = [*self.used, element][:2]

    def receive_stats(self) -> None:
        if self.available:
            if self.stats_vq_elem is not None:
                self.push(self.stats_vq_elem)
            self.stats_vq_elem = self.last = self.available.pop()
            self.popped.append(self.stats_vq_elem)
            self.numbers = self.boot
        if self.polls and self.options.arms_timer:
            self.timer = True

    def kick(self) -> None:
        with self.step("receive_stats", lambda: bool(self.available) and self.vm_running):
            self.receive_stats()

    def poll_cb(self) -> None:
        with self.step("stats_poll_cb", lambda: self.timer and self.vm_running):
            if self.stats_vq_elem is not None or not self.options.polls_what_it_has:
                self.timer = False
                self.push(object() if self.last is None else self.last)
                self.stats_vq_elem = None

    def set_poll_interval(self) -> None:
        with self.step("set polling interval"):
            self.polls = not self.polls
            self.timer = self.polls or not self.options.stops_timer

    def reset(self) -> None:
        with self.step("reset", lambda: self.vm_running):
            if self.options.reset_detaches:
                self.stats_vq_elem = None
            self.available, self.popped, self.used = [], [], []
            self.driver_ok = False
            self.boot += 1
            if self.options.reset_clears:
                self.numbers = None

    def migrate(self) -> None:
        with self.step("vm stops", lambda: self.options.migrates and self.vm_running):
            self.vm_running = False
            self.stats_vq_elem = None
            self.numbers = None
        with self.step("vm runs on the destination"):
            self.vm_running = True
            self.timer = self.polls
            if self.options.rewinds and self.driver_ok and self.popped:
                self.available = [*self.available, self.popped.pop()][:2]
                self.receive_stats()

    def probe(self) -> None:
        with self.step("probe", lambda: not self.driver_ok and self.vm_running):
            self.driver_ok = True
            self.available = [object()]

    def answer(self) -> None:
        with self.step("stats_handle_request", lambda: bool(self.used) and self.driver_ok
                       and self.vm_running and len(self.available) < 2):
            self.available.append(self.used.pop(0))

    def threads(self) -> dict[str, Callable[[], None]]:
        return self.bodies({
            "device.kick": self.kick, "device.poll": self.poll_cb,
            "device.interval": self.set_poll_interval, "device.reset": self.reset,
            "device.migration": self.migrate, "driver.probe": self.probe,
            "driver.answer": self.answer})

    def held(self) -> str:
        if self.stats_vq_elem is None:
            return "none"
        return "current" if any(self.stats_vq_elem is each for each in self.popped) else "stale"

    def observe(self) -> dict[str, Any]:
        of = {None: "unset", self.boot: "of this boot"}
        return {"device.queue.available": len(self.available),
                "device.queue.inuse": len(self.popped), "device.queue.used": len(self.used),
                "device.held": self.held(),
                "device.numbers": of.get(self.numbers, "of another boot"),
                "device.timer": self.timer, "device.polls": self.polls,
                "device.vm_running": self.vm_running, "device.driver_ok": self.driver_ok}

    def symptom(self) -> list[str]:
        buffers = [*self.available, *self.popped, *self.used]
        return [f"the queue has {len(self.available)} available, {len(self.popped)} in use and "
                f"{len(self.used)} used, {len(set(map(id, buffers)))} of them different; the "
                f"device holds {self.held()}, its timer is {'on' if self.timer else 'off'}; "
                f"boot {self.boot}, numbers of boot {self.numbers}"]


# ── size ─────────────────────────────────────────────────────────────────────────────────────

@dataclass(frozen=True, kw_only=True)
class SizeOptions:
    """What is run: the model's constants, by the same names; the defaults are QEMU today.

    recomputes: what QEMU does not do, to take back a target when the RAM gets smaller.
    """

    board: int = 2
    dimm: int = 2
    changes: int = 2
    unplugs: bool = False
    counts: str = "dimms"
    notifies: bool = True
    recomputes: bool = False


class SizeMachine(Stage):
    """Management, device, module and guest."""

    def __init__(self, *, at: Callable[[str], None] = no_hook, env: Environment | None = None,
                 **constants: Any) -> None:
        super().__init__(at, env)
        self.options = options = SizeOptions(**constants)
        self.dimms: list[int] = []
        self.num_pages = self.actual = self.target = self.size = 0
        self.interrupt = False
        self.changes = options.changes

    @property
    def ram(self) -> int:
        """get_current_ram_size."""
        return self.options.board + sum(self.dimms)

    def query_balloon(self) -> int:
        """virtio_balloon_stat: unsigned, as in C."""
        return (self.ram - self.actual) % 2 ** 64

    def balloon(self) -> None:
        """virtio_balloon_to_target."""
        with self.step("QMP balloon", lambda: self.changes > 0):
            self.changes -= 1
            options = self.options
            wanted = self.env.pick("target", range(1, options.board + options.dimm + 1))
            ram = self.ram if options.counts == "dimms" else options.board
            self.target = min(wanted, self.ram)
            self.num_pages = ram - min(wanted, ram)
            self.interrupt = options.notifies

    def module(self) -> bool | None:
        with self.step("plug"):
            self.dimms.append(self.options.dimm)
        if not self.options.unplugs:
            return True                         # it stays
        with self.step("unplug", lambda: self.ram - self.size > self.options.dimm):
            self.dimms.pop()
            if self.options.recomputes:
                self.num_pages = min(self.num_pages, self.ram - 1)
                self.actual = min(self.actual, self.ram)
        return None

    def wish(self) -> int:
        return min(self.num_pages, self.ram - 1)

    def worker(self) -> None:
        """The driver's update_balloon_size_func."""
        with self.step("update_balloon_size_func", lambda: self.interrupt):
            self.interrupt = False
        while self.size != self.wish():
            with self.step("fill or leak"):
                self.size += (self.wish() > self.size) - (self.wish() < self.size)
        with self.step("set_config actual"):
            self.actual = self.size

    def threads(self) -> dict[str, Callable[[], None]]:
        return self.bodies({"device.balloon": self.balloon, "dimm.life": self.module,
                            "guest.worker": self.worker})

    def observe(self) -> dict[str, Any]:
        return {"device.ram": self.ram, "device.num_pages": self.num_pages,
                "device.actual": self.actual, "device.target": self.target,
                "device.interrupt": self.interrupt, "device.changes": self.changes,
                "guest.size": self.size}

    def symptom(self) -> list[str]:
        return [f"of {self.ram} pages {self.num_pages} are asked for and {self.size} given; "
                f"query-balloon says {self.query_balloon()}, management wanted {self.target}"]
