"""One QEMU with a balloon device: actors, the big lock, and what an observer sees."""
from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from spec.hooks import Environment, at as no_hook
from spec.qemu_balloon.reference import device as devices
from spec.qemu_balloon.reference import guest as guests
from spec.qemu_balloon.reference.memory import GuestRam
from spec.virtio_balloon.reference.switch import TICK, Stopped
from spec.votes.reference.counters import Counters, Inhibitor
from spec.votes.reference.lives import LIVES
from spec.votes.reference.machine import Actor


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is run: the model's constants, by the same names; the defaults are QEMU today.

    yields: what QEMU does not do, to let go of the big lock after each request.
    """

    pages: int = 4
    subpages: int = 2
    rom: bool = False
    users: tuple[str, ...] = ("vfio", "postcopy", "snapshot")
    resets: bool = True
    reports: bool = False
    guest: str = "silent"
    discard_fails: bool = False
    bitmap: str = "element"
    bits: str = "one"
    deflates: str = "nothing"
    drops_reference: bool = True
    counters: str = "four"
    reset_forgets: bool = False
    locks: bool = True
    asks_votes: bool = True
    asks: tuple[str, ...] = ("postcopy", "snapshot")
    checks_ram: bool = True
    answers_always: bool = True
    reports_ask: bool = True
    asks_poison: bool = True
    yields: bool = False
    # What the actors of spec/votes want to know.
    bql: bool = True
    mistake: str = "none"
    postcopy_votes: str = "one_vote"


class User(Actor):
    """Whoever relies on pages, with a pin on each of them while it `relies`."""

    def pin(self) -> None:
        self.relies = True
        for page in self.machine.memory.pages:
            self.machine.memory.pin(self.container, page)

    def unpin(self) -> None:
        self.relies = self.lost = False
        for page in self.machine.memory.pins_of(self.container):
            self.machine.memory.unpin(self.container, page)

    @property
    def stale(self) -> bool:
        return self.lost or bool(self.machine.memory.stale_in(self.container))

    def notice(self) -> None:
        """Something was discarded. Who has no pins misses it all the same.

        A vote is given back a moment before its holder takes note of that.
        """
        needs = self.relies or self.machine.one_sided and self.name == "postcopy" \
            and self.holds and self.machine.votes.votes > 0
        if needs and not self.machine.memory.pins_of(self.container):
            self.lost = True


class Machine:
    """Every keyword of `Options` is accepted; `memory` forces a kind of memory."""

    def __init__(self, *, at: Callable[[str], None] = no_hook, env: Environment | None = None,
                 memory: str | None = None, pattern: bool = False, **constants: Any) -> None:
        self.options = options = Options(**constants)
        self.hook = at
        self.env = env or Environment()
        self.off = threading.Event()
        self.ram = GuestRam(options.pages, options.subpages, options.rom, pattern, memory)
        self.memory = self.ram.frames
        self.bql_lock = threading.Lock()
        self.bql_holder: str | None = None
        self.one_sided = options.counters == "one"
        self.votes: Any = Inhibitor(self.at) if self.one_sided else Counters(self.at)
        self.actors: list[User] = []
        for name in options.users:
            if name == "vfio":
                User(self, name, "uncoordinated", number=0)     # adds itself to `actors`
            else:
                User(self, name, "disable" if self.one_sided else "none")
        self.ram.after_discard = [actor.notice for actor in self.actors]
        self.device = devices.Device(self)
        self.guest = guests.Guest(self)

    # Steps.

    def at(self, label: str) -> None:
        """A step begins."""
        self.hook(label)
        if self.off.is_set():
            raise Stopped

    @contextmanager
    def when(self, condition: Callable[[], bool], label: str) -> Iterator[None]:
        """A step that begins once the condition is true, and is the only one until it ends."""
        self.at(label)
        while True:
            with self.ram.lock:
                if condition():
                    yield
                    return
            self.off.wait(TICK)
            self.at(label)

    @contextmanager
    def bql(self, label: str, ready: Callable[[], bool] = lambda: True) -> Iterator[None]:
        """Hold the big lock, once it is free and the condition true."""
        self.at(label)
        while not self._taken(ready):
            self.off.wait(TICK)
            self.at(label)
        self.bql_holder = threading.current_thread().name
        try:
            yield
        finally:
            self.bql_holder = None
            self.bql_lock.release()

    def _taken(self, ready: Callable[[], bool]) -> bool:
        if not self.bql_lock.acquire(timeout=TICK):
            return False
        if not ready():
            self.bql_lock.release()
            return False
        return True

    @staticmethod
    def often(rounds: int | None) -> Iterator[int]:
        return iter(itertools.count() if rounds is None else range(rounds))

    # Who there is.

    def asked(self) -> list[User]:
        """The migrations that the device asks about; those with a vote it does not know."""
        return [a for a in self.actors if a.name in self.options.asks and not self.one_sided]

    def threads(self, rounds: int | None = None) -> dict[str, Callable[[], None]]:
        """What each thread runs, by the name of the model's process."""
        found: dict[str, Callable[[], None]] = {}
        for actor in self.actors:
            name = actor.name if actor.number is None else f"{actor.name} {actor.number}"
            found[name] = partial(LIVES[actor.name], self, actor, rounds)
        return found | devices.bodies(self.device, rounds) | guests.bodies(self.guest, rounds)

    # What can be seen.

    def observe(self) -> dict[str, Any]:
        """The model's variables; call it only while every thread waits at a step."""
        found: dict[str, Any] = dict(self.votes.observe())
        for name in ("owner", "lost", "present"):
            found[f"memory.{name}"] = tuple(getattr(self.ram, name))
        for name in ("trespassed", "rom_discarded", "pattern", "pattern_lost"):
            found[f"memory.{name}"] = getattr(self.ram, name)
        pages = range(self.ram.size)
        for name in ("inflate", "deflate", "report"):
            ring = getattr(self.device, name)
            found[f"device.{name}.state"] = ring.state
            found[f"device.{name}.names"] = tuple(p in ring.request for p in pages)
            found[f"device.{name}.left"] = tuple(p in ring.left for p in pages)
        pbp = self.device.pbp
        found |= {"device.bitmap.base": pbp.base, "device.bitmap.overrun": pbp.overrun,
                  "device.bitmap.bits": tuple(bool(pbp.bitmap >> b & 1)
                                              for b in range(pbp.subpages)),
                  "device.region_ref": self.device.region_ref}
        for actor in self.actors:
            seen = {"plugged": actor.plugged, "holds": actor.holds, "pins": actor.relies,
                    "stale": actor.stale}
            found |= {f"{actor.name}.{name}": value if actor.number is None else (value,)
                      for name, value in seen.items()}
        return found

    def close(self) -> None:
        self.memory.close()
