"""The guest's driver, QEMU's balloon device, virtio-mem and containers, wired together."""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

from spec.hooks import Environment, at as no_hook
from spec.qemu_balloon.reference import device as devices
from spec.qemu_balloon.reference.machine import User
from spec.vfio_balloon.reference.memory import Memory
from spec.virtio_balloon.reference import DATA
from spec.virtio_balloon.reference import Machine as Linux
from spec.virtio_balloon.reference.host import Virtqueue
from spec.virtio_mem.reference import Machine as VirtioMem
from spec.virtio_mem.reference import threads as virtio_mem_threads
from spec.votes.reference.lives import LIVES

LINUX = dict(must_tell=False, allocates="first", deletes="locked", recounts=True,
             oom_counts="pages", aligns=True)
"""The driver with all its fixes, on a host without MUST_TELL_HOST."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is run: the model's constants, by the same names; the defaults are today's."""

    pages: int = 2
    blocks: int = 1
    containers: int = 1
    oom: bool = False
    compaction: bool = False
    migrations: tuple[str, ...] = ()
    fails: bool = True
    locks: bool = True
    asks_votes: bool = True
    asks: tuple[str, ...] = ("postcopy", "snapshot")
    answers_always: bool = True
    vfio_votes: bool = True
    granularity: str = "block"
    release: str = "locked"
    array: int | None = None
    changes: int = 0
    live: bool = False                  # of the model: which rules there are


class Frames:
    """The driver's RAM, on memory that containers can pin."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.write = memory.cpu_write
        self.read = memory.cpu
        self.discard = memory.zap
        self.close = memory.close


class Registered(list[Any]):
    """The manager's listeners. Who is among them has all of the guest's RAM pinned."""

    def __init__(self, memory: Memory) -> None:
        super().__init__()
        self.memory = memory

    def insert(self, place: Any, listener: Any) -> None:
        super().insert(place, listener)
        for page in self.memory.pages:
            self.memory.pin(listener.number, page)

    def remove(self, listener: Any) -> None:
        super().remove(listener)
        for page in self.memory.pages:
            self.memory.unpin(listener.number, page)


class SharedRing:
    """The driver's virtqueue, as the device takes it."""

    def __init__(self, queue: Virtqueue) -> None:
        self.queue = queue
        self.left: list[int] = []

    @property
    def state(self) -> str:
        return self.queue.state

    def named(self) -> list[int]:
        return [pfn for pfn in self.queue.named() if pfn is not None]

    def pop(self) -> None:
        self.left = self.named()
        self.queue.state = "seen"

    def push(self) -> None:
        self.queue.state = "used"

    def being_served(self) -> set[int]:
        return set(self.named()) if self.state == "seen" else set()


class RamOfTheGuest:
    """What the device takes for guest memory: the driver's pages."""

    pattern = False

    def __init__(self, linux: Linux, memory: Memory) -> None:
        self.allocator = linux.allocator
        self.memory = memory
        self.lock = threading.RLock()
        self.host_pages = [range(page, page + 1) for page in memory.pages]
        self.after_discard: list[Callable[[], None]] = []

    def is_ram(self, page: int) -> bool:
        return page in self.memory.pages

    def discard(self, page: int, allowed: set[int]) -> None:
        self.allocator.discard(page)
        for hook in self.after_discard:
            hook()


class Machine:
    """Every keyword of `Options` is accepted; `memory` forces a kind of memory."""

    one_sided = False

    def __init__(self, *, at: Callable[[str], None] = no_hook, env: Environment | None = None,
                 memory: str | None = None, target: int = 0, **constants: Any) -> None:
        self.limits = limits = Options(**constants)
        self.at, self.env = at, env or Environment()
        self.linux = Linux(
            pages=limits.pages, array=limits.array, target=target, oom=limits.oom,
            compaction=limits.compaction, deflate_on_oom=limits.oom, alloc_fails=limits.fails,
            sizes=(0, limits.pages), release=limits.release, at=at, env=self.env, **LINUX)
        self.memory = Memory(limits.pages, memory)
        self.linux.ram.close()
        self.linux.ram = self.linux.allocator.ram = Frames(self.memory)  # type: ignore
        for page in self.memory.pages:
            self.memory.cpu_write(page, DATA)
        self.virtio_mem = VirtioMem(
            at=at, env=self.env, memory=memory, blocks=limits.blocks,
            sections=((0, limits.blocks),) * limits.containers, map_fails=limits.fails,
            vfio_votes=limits.vfio_votes, granularity=limits.granularity)
        self.virtio_mem.manager.list = Registered(self.memory)
        self.votes = self.virtio_mem.votes
        self.connect()

    def connect(self) -> None:
        """The device serves the driver's queues; migrations rely on the driver's pages."""
        limits = self.limits
        self.ram = RamOfTheGuest(self.linux, self.memory)
        self.options = SimpleNamespace(
            subpages=1, bits="one", bitmap="none", deflates="nothing", locks=limits.locks,
            checks_ram=True, drops_reference=True, reports=False,
            answers_always=limits.answers_always,
            asks_votes=limits.asks_votes, discard_fails=False, reset_forgets=False, bql=True,
            yields=False, postcopy_votes="one_vote")
        self.device = devices.Device(self)  # type: ignore
        self.inflate = SharedRing(self.linux.host.inflate)
        self.deflate = SharedRing(self.linux.host.deflate)
        self.device.inflate, self.device.deflate = self.inflate, self.deflate  # type: ignore
        self.actors: list[User] = []
        for number, name in enumerate(limits.migrations, limits.containers):
            User(self, name).container = number     # type: ignore  # adds itself to `actors`
        self.ram.after_discard = [actor.notice for actor in self.actors]

    # What the device and the migrations want of a machine.

    @contextmanager
    def when(self, condition: Callable[[], bool], label: str) -> Iterator[None]:
        self.linux.switch.until(condition, label)
        with self.ram.lock:
            yield

    def bql(self, label: str, ready: Callable[[], bool] = lambda: True) -> Any:
        return self.virtio_mem.bql(label, ready)

    @staticmethod
    def often(rounds: int | None) -> Iterator[int]:
        return iter(range(rounds)) if rounds is not None else iter(int, 1)

    def asked(self) -> list[User]:
        return [actor for actor in self.actors if actor.name in self.limits.asks]

    # Threads, and what can be seen.

    def threads(self) -> dict[str, Callable[[], None]]:
        """What each thread runs, by the name of the model's process."""
        linux = {"management": "guest.management.change_size",
                 "size worker": "guest.driver.size_worker",
                 "kcompactd": "guest.compaction.kcompactd", "task": "guest.oom.task"}
        found = {linux[name]: body for name, body in self.linux.actors.items() if name in linux}
        if self.limits.changes == 1:
            found["guest.management.change_size"] = self.change_size_once
        found |= {f"memory.{name}": body
                  for name, body in virtio_mem_threads(self.virtio_mem).items()}
        found |= devices.bodies(self.device, None)
        for actor in self.actors:
            found[f"{actor.name}.life"] = partial(LIVES[actor.name], self, actor, None)
        return found

    def change_size_once(self) -> None:
        """QMP's balloon command, or the decision to leave all as it is."""
        host = self.linux.host
        self.at("new size")
        if not self.env.fails("no change after all"):
            host.num_pages = self.env.pick("size", host.sizes())
            host.interrupt()

    def stale(self) -> list[list[bool]]:
        """By container, the pages where its devices have another frame than the CPUs."""
        return [[page in self.memory.stale_in(listener.number) for page in self.memory.pages]
                for listener in self.virtio_mem.listeners]

    def close(self) -> None:
        self.memory.close()
        self.virtio_mem.close()
