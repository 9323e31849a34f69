"""The guest: a driver that does whatever the specification lets it do."""
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from spec.qemu_balloon.reference.device import Ring

if TYPE_CHECKING:
    from spec.qemu_balloon.reference.machine import Machine


class Guest:
    """Each method is one thing that the guest does again and again."""

    def __init__(self, machine: Machine) -> None:
        self.m = machine
        self.ram = machine.ram
        self.device = machine.device

    def name(self, ring: Ring, before: str, after: str) -> list[int]:
        """Add a request for any pages whose owner is `before`."""
        free = self.ram.has(before)
        first = self.m.env.pick("first", free)
        pages = [first] + [page for page in free if page > first
                           and self.m.env.fails("and the next")]
        for page in pages:
            self.ram.owner[page] = after
        ring.add(pages)
        return pages

    def requests(self, ring: Ring, before: str, after: str, label: str,
                 rounds: int | None) -> None:
        for _ in self.m.often(rounds):
            with self.m.when(lambda: ring.state == "empty" and bool(self.ram.has(before)),
                             label):
                pages = self.name(ring, before, after)
                if ring is self.device.report:
                    for page in pages:
                        self.ram.free(page)

    def answers(self, ring: Ring, before: str, label: str, rounds: int | None) -> None:
        for _ in self.m.often(rounds):
            with self.m.when(lambda: ring.state == "used", label):
                for page in ring.request:
                    if self.ram.owner[page] == before:
                        if ring is self.device.inflate:
                            self.ram.owner[page] = "balloon"
                        else:
                            self.ram.use(page)
                ring.clear()

    def usable(self) -> list[int]:
        pages = self.ram.has("deflating")
        if self.m.options.guest == "silent":
            pages = sorted(pages + self.ram.has("balloon"))
        return pages

    def uses(self, rounds: int | None) -> None:
        """Without waiting for an answer, or without any request."""
        for _ in self.m.often(rounds):
            with self.m.when(lambda: bool(self.usable()), "use"):
                self.ram.use(self.m.env.pick("page", self.usable()))

    def reboot(self, rounds: int | None) -> None:
        for _ in self.m.often(rounds):
            with self.m.bql("reset"), self.ram.lock:
                for page in range(self.ram.size):
                    self.ram.use(page)
                self.device.reset()


def bodies(guest: Guest, rounds: int | None) -> dict[str, Callable[[], None]]:
    """What each of the guest's threads runs."""
    device, options = guest.device, guest.m.options
    found: dict[str, Callable[[], None]] = {
        "guest.inflates": partial(guest.requests, device.inflate, "guest", "inflating",
                                  "inflate", rounds),
        "guest.inflate_answer": partial(guest.answers, device.inflate, "inflating",
                                        "inflate acked", rounds),
        "guest.deflates": partial(guest.requests, device.deflate, "balloon", "deflating",
                                  "deflate", rounds),
        "guest.deflate_answer": partial(guest.answers, device.deflate, "deflating",
                                        "deflate acked", rounds),
    }
    if options.guest != "waits":
        found["guest.uses"] = partial(guest.uses, rounds)
    if options.resets:
        found["resets.reboot"] = partial(guest.reboot, rounds)
    if options.reports:
        found["reports.adds"] = partial(guest.requests, device.report, "guest", "reporting",
                                        "report", rounds)
        found["reports.answer"] = partial(guest.answers, device.report, "reporting",
                                          "report acked", rounds)
    return found
