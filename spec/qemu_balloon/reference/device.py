"""hw/virtio/virtio-balloon.c: the queues and their handlers."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec.qemu_balloon.reference.machine import Machine


class Ring:
    """A virtqueue with room for one request: the numbers of pages."""

    def __init__(self) -> None:
        self.state = "empty"
        self.request: list[int] = []
        self.left: list[int] = []       # what the handler has still to look at

    def add(self, request: list[int]) -> None:
        self.request = request
        self.state = "added"

    def pop(self) -> None:
        self.left = list(self.request)
        self.state = "seen"

    def push(self) -> None:
        self.state = "used"

    def clear(self) -> None:
        self.request = []
        self.state = "empty"

    def being_served(self) -> set[int]:
        return set(self.request) if self.state == "seen" else set()


class PartiallyBalloonedPage:
    """The balloon pages of one host page that were seen so far; `base` is None without any."""

    def __init__(self, subpages: int, sets: str) -> None:
        self.subpages = subpages
        self.sets = sets
        self.overrun = False
        self.forget()

    def forget(self) -> None:
        self.base: int | None = None
        self.bitmap = 0

    def start(self, base: int) -> None:
        if self.base != base:
            self.forget()
            self.base = base

    def mask(self, first: int) -> int:
        """The bits of one balloon page, or as many from there on as a host page has."""
        count = self.subpages if self.sets == "all" else 1
        whole = (1 << self.subpages) - 1
        mask = ((1 << count) - 1) << first
        self.overrun = self.overrun or bool(mask & ~whole)
        return mask & whole

    def full(self) -> bool:
        return self.bitmap == (1 << self.subpages) - 1


class Device:
    """The device's side of the machine."""

    def __init__(self, machine: Machine) -> None:
        self.m = machine
        self.options = machine.options
        self.ram = machine.ram
        self.inflate, self.deflate, self.report = Ring(), Ring(), Ring()
        self.rings = (self.inflate, self.deflate, self.report)
        self.pbp = PartiallyBalloonedPage(self.options.subpages, self.options.bits)
        self.region_ref = False

    def reset(self) -> None:
        """virtio_balloon_device_reset; the transport forgets the queues."""
        for ring in self.rings:
            ring.clear()
        if self.options.reset_forgets:
            self.pbp.forget()

    @contextmanager
    def handling(self, ring: Ring, label: str) -> Iterator[None]:
        """The main loop calls a handler: under the big lock, once there is a request."""
        def added() -> bool:
            return ring.state == "added"

        if self.options.locks:
            with self.m.bql(label, added):
                yield
        else:
            with self.m.when(added, label):
                pass
            yield

    # Lists of numbers.

    def handle_inflate(self, rounds: int | None) -> None:
        for _ in self.m.often(rounds):
            with self.handling(self.inflate, "BQL inflate"):
                self.handle_output(self.inflate)
                if self.options.bitmap == "run":
                    self.pbp.forget()

    def handle_deflate(self, rounds: int | None) -> None:
        for _ in self.m.often(rounds):
            with self.handling(self.deflate, "BQL deflate"):
                self.handle_output(self.deflate)

    def pop(self, ring: Ring, label: str) -> bool:
        self.m.at(label)
        with self.ram.lock:
            if ring.state != "added":
                return False
            ring.pop()
            return True

    def handle_output(self, ring: Ring) -> None:
        while self.pop(ring, "pop"):
            answers = True
            while ring.left:
                self.m.at("next page")
                page = self.m.env.pick("page", ring.left)
                ring.left.remove(page)
                self.region_ref = True
                if not self.ram.is_ram(page) and self.options.checks_ram:
                    self.region_ref = not self.options.drops_reference
                    continue
                if self.inhibited():
                    answers = answers and self.options.answers_always
                elif ring is self.inflate:
                    self.inflate_page(page)
                else:
                    self.deflate_page(page)
                self.region_ref = False
            self.m.at("push")
            with self.ram.lock:
                if answers:
                    ring.push()
                if ring is self.inflate and self.options.bitmap == "element":
                    self.pbp.forget()
            if self.options.yields:
                return

    def inhibited(self) -> bool:
        """virtio_balloon_inhibited."""
        disabled = self.options.asks_votes and self.m.votes.ask("is inhibited")
        return disabled or any(actor.relies for actor in self.m.asked())

    def inflate_page(self, page: int) -> None:
        """balloon_inflate_page."""
        base, part = divmod(page, self.options.subpages)
        if self.options.subpages == 1:
            self.discard(base, self.inflate)
        elif self.options.bitmap == "none":
            if part == 0:       # else madvise: EINVAL
                self.discard(base, self.inflate)
        else:
            self.pbp.start(base)
            self.pbp.bitmap |= self.pbp.mask(part)
            if self.pbp.full():
                self.discard(base, self.inflate)
                self.pbp.forget()

    def deflate_page(self, page: int) -> None:
        """balloon_deflate_page."""
        base, part = divmod(page, self.options.subpages)
        if self.options.deflates == "clears" and self.pbp.base == base:
            self.pbp.bitmap &= ~self.pbp.mask(part)
            if not self.pbp.bitmap:
                self.pbp.forget()
        if self.options.deflates == "resets":
            self.pbp.forget()

    def discard(self, host_page: int, ring: Ring) -> None:
        self.m.at("discard")
        if not (self.options.discard_fails and self.m.env.fails("discard")):
            with self.ram.lock:
                self.ram.discard(host_page, ring.being_served())

    # Reports.

    def handle_report(self, rounds: int | None) -> None:
        """virtio_balloon_handle_report."""
        for _ in self.m.often(rounds):
            with self.handling(self.report, "BQL report"):
                while self.pop(self.report, "pop report"):
                    inhibited = self.options.reports_ask and self.inhibited()
                    if not inhibited and not (self.ram.pattern and self.options.asks_poison):
                        for number, parts in enumerate(self.ram.host_pages):
                            if set(parts) <= set(self.report.request):
                                self.discard(number, self.report)
                    self.m.at("push report")
                    self.report.push()


def bodies(device: Device, rounds: int | None) -> dict[str, Callable[[], None]]:
    """What each of the device's threads runs."""
    found = {"device.handle_inflate": device.handle_inflate,
             "device.handle_deflate": device.handle_deflate}
    if device.options.reports:
        found["report_queue.handle_report"] = device.handle_report
    return {name: partial(run, rounds) for name, run in found.items()}
