"""One QEMU with one virtio-mem device: actors, the big lock, and what an observer sees."""
from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from spec.hooks import Environment, at as no_hook
from spec.vfio_balloon.reference.memory import Memory
from spec.virtio_mem.reference.manager import Listener, Manager
from spec.votes.reference.counters import Counters


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is run: the model's constants, by the same names; the defaults are QEMU today."""

    blocks: int = 3
    sections: tuple[tuple[int, int], ...] = ((0, 3), (1, 3))
    block_size: int = 2
    limit: int = 0
    resizes: bool = False
    migrates: bool = False
    balloon: bool = False
    viommu: bool = False
    incoming: bool = False
    map_fails: bool = True
    registration_fails: bool = False
    unregister: str = "unmaps"
    index: str = "right"
    rollback: str = "own section"
    restores: str = "virtio-mem first"
    sanity: str = "refuses"
    granularity: str = "block"
    tells: str = "everything"
    maps: str = "populated"
    discards: str = "coordinated"
    device_reset: str = "keeps"
    post_load: str = "replays"
    vfio_votes: bool = True
    discards_after_failed_plug: bool = True
    changes_while_migrating: bool = False
    waits_for_migration: bool = False
    asks_populated: bool = True
    sane: bool = True
    live: bool = False


class Machine:
    """Every keyword of `Options` is accepted; `memory` forces a kind of memory."""

    def __init__(self, *, at: Callable[[str], None] = no_hook, env: Environment | None = None,
                 memory: str | None = None, **constants: Any) -> None:
        self.options = options = Options(**constants)
        self.at = at
        self.env = env or Environment()
        self.memory = Memory(options.blocks, memory)
        self.bql_lock = threading.Lock()
        self.bql_holder: str | None = None
        self.changed = threading.Condition(self.bql_lock)
        self.waiting = 0                # threads that wait for a condition
        self.over = False               # and are not to wait any longer
        self.votes = Counters(at)
        self.manager = Manager(options, at, self.env, self.memory, options.blocks)
        self.blocks = self.manager.blocks
        self.listeners = [Listener(number, first, last)
                          for number, (first, last) in enumerate(options.sections)]
        self.attached = [False] * len(self.listeners)
        self.leaving = [False] * len(self.listeners)
        self.viommu = len(self.listeners)               # the container behind the vIOMMU
        self.viommu_attached = False
        self.owns = [False] * options.blocks
        self.realized = self.running = self.zapping = False
        self.loaded = not options.incoming
        self.lost = False
        self.sent = [False] * options.blocks
        self.sent_translated = [False] * options.blocks
        self.requested = options.blocks
        self.task = self.answer = "none"

    # The big lock.

    @contextmanager
    def bql(self, label: str, ready: Callable[[], bool] = lambda: True) -> Iterator[None]:
        self.at(label)
        with self.changed:
            while not ready():
                self.waiting += 1
                self.changed.wait()
                self.waiting -= 1
                if self.over:
                    self.at(label)
            self.bql_holder = threading.current_thread().name
            try:
                yield
            finally:
                self.bql_holder = None
                self.changed.notify_all()

    def end(self) -> None:
        """Wake up who waits for a condition, to be ended at the label where it waits."""
        self.over = True
        if self.bql_lock.acquire(timeout=0.01):
            self.changed.notify_all()
            self.bql_lock.release()

    def guest_runs(self) -> bool:
        return self.realized and self.loaded

    # The vIOMMU's mappings.

    def translated(self, block: int) -> bool:
        return (self.viommu, block) in self.memory.pins

    def translate(self, block: int) -> None:
        if not self.translated(block):
            self.memory.pin(self.viommu, block)
        self.manager.present[block] = True

    def untranslate(self, block: int) -> None:
        if self.translated(block):
            self.memory.unpin(self.viommu, block)

    # What can be seen.

    def observe(self) -> dict[str, Any]:
        """The model's variables; call it only while every thread waits at a step."""
        stale = [self.memory.stale_in(x) for x in range(self.viommu + 1)]
        listed = [listener.number for listener in self.manager.list]
        found = {f"votes.{Counters.NAMES[kind]}.count": count
                 for kind, count in self.votes.count.items()}
        return found | {
            "host.present": tuple(self.manager.present),
            "host.mapped": tuple(tuple(x.maps(b) for b in self.blocks) for x in self.listeners),
            "host.joined": tuple(tuple(any(b in m and b > m.start for m in x.mappings)
                                       for b in self.blocks) for x in self.listeners),
            "host.stale": tuple(tuple(b in stale[x.number] for b in self.blocks)
                                for x in self.listeners),
            "host.translated": tuple(self.translated(b) for b in self.blocks),
            "host.translated_stale": tuple(b in stale[self.viommu] for b in self.blocks),
            "manager.plugged": tuple(self.manager.plugged),
            "manager.list": tuple(listed + [None] * (len(self.listeners) - len(listed))),
            "manager.short": self.manager.short,
            "device.owns": tuple(self.owns), "device.realized": self.realized,
            "device.requested": self.requested, "device.task": self.task,
            "device.answer": self.answer, "migration.running": self.running,
            "migration.loaded": self.loaded, "loading.sent": tuple(self.sent),
            "loading.translated": tuple(self.sent_translated), "loading.lost": self.lost,
            "vfio.attached": tuple(self.attached), "vfio.leaving": tuple(self.leaving),
            "viommu.attached": self.viommu_attached, "balloon.zapping": self.zapping,
        }

    def close(self) -> None:
        self.memory.close()


def often(rounds: int | None) -> Iterator[int]:
    return iter(itertools.count() if rounds is None else range(rounds))
