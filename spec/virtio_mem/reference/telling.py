"""Who is told of blocks that come and go: the steps of telling.py, with real memory under them.

A listener's mappings are pins of real pages, and what is unplugged is discarded, as in
machine.py; here each listener waits for its turn to be told, and has any section.
"""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from spec.holding import holding
from spec.hooks import Environment, at as no_hook
from spec.vfio_balloon.reference.memory import Memory
from spec.virtio_mem.reference.machine import Options, often
from spec.virtio_mem.reference.manager import Listener, Manager


class Telling:
    """One device, its guest, and a listener for each of `sections`, in the order of telling."""

    def __init__(self, *, blocks: int, sections: Sequence[tuple[int, int]],
                 rollback: str = "own section", index: str = "right", tells: str = "everybody",
                 unregister: str = "unmaps", at: Callable[[str], None] = no_hook,
                 env: Environment | None = None, memory: str | None = None) -> None:
        self.rollback, self.index, self.tells = rollback, index, tells
        self.unregister = unregister
        self.at = at
        self.env = env or Environment()
        self.memory = Memory(blocks, memory)
        self.manager = Manager(Options(blocks=blocks), at, self.env, self.memory, blocks)
        self.blocks = self.manager.blocks
        self.plugged = self.manager.plugged
        self.listeners = [Listener(n, *section) for n, section in enumerate(sections)]
        self.listed = [False] * len(self.listeners)
        self.bql_lock = threading.Lock()
        self.bql_holder: str | None = None

    @contextmanager
    def bql(self, label: str) -> Iterator[None]:
        self.at(label)
        with holding(self):
            yield

    # The guest's requests.

    def requests(self, rounds: int | None) -> None:
        for _ in often(rounds):
            with self.bql("BQL request"):
                first = self.env.pick("first", self.blocks)
                last = self.env.pick("last", range(first + 1, len(self.blocks) + 1))
                if self.env.pick("plug", (False, True)):
                    if not any(self.plugged[first:last]):
                        self.plug(first, last)
                elif all(self.plugged[first:last]):
                    self.unplug(first, last)
                self.at("respond")

    def plug(self, first: int, last: int) -> None:
        if self.notify_populate(first, last):
            self.at("plug: set bits")
            self.plugged[first:last] = [True] * (last - first)
            for b in range(first, last):
                self.memory.cpu_write(b, b"guest")
        else:
            self.manager.discard_ram(first, last)

    def unplug(self, first: int, last: int) -> None:
        self.manager.discard_ram(first, last)
        if self.tells == "everybody":
            for listener in self.listeners:
                self.at("tell of an unplug")
                self.unmap(listener, *listener.clip(first, last))
        self.at("unplug: clear bits")
        self.plugged[first:last] = [False] * (last - first)

    def unmap(self, listener: Listener, first: int, last: int) -> None:
        """One call, whatever was mapped how. Nobody is told who is not listed."""
        if self.listed[listener.number]:
            self.manager.unmap_dma(listener, first, last)

    def notify_populate(self, first: int, last: int) -> bool:
        for listener in self.listeners:
            self.at("tell of a plug")
            if self.listed[listener.number]:
                if not self.populate(listener, *listener.clip(first, last)):
                    if self.rollback != "nobody":
                        self.roll_back(listener, first, last)
                    return False
        return True

    def populate(self, listener: Listener, first: int, last: int) -> bool:
        """Block by block, all or nothing."""
        for b in range(first, last):
            self.at("map block")
            if self.env.fails("DMA map"):
                self.at("unmap on error")
                self.manager.unmap_dma(listener, first, b)
                return False
            self.manager.map_dma(listener, b, b + 1)
        return True

    def roll_back(self, bad: Listener, first: int, last: int) -> None:
        for listener in self.listeners:
            self.at("tell of a failure")
            if listener is bad:
                break
            section = bad if self.rollback == "failed section" else listener
            self.unmap(listener, *section.clip(first, last))

    # Listeners come and go.

    def life(self, listener: Listener, rounds: int | None) -> None:
        for _ in often(rounds):
            with self.bql("BQL vfio plug"):
                self.listed[listener.number] = True
                late = 1 if self.index == "wrong" else 0
                for b in range(listener.first + late, listener.last):
                    self.at("replay block")
                    if self.plugged[b]:
                        self.manager.map_dma(listener, b, b + 1)
            with self.bql("BQL vfio unplug"):
                self.listed[listener.number] = False
                if self.unregister == "unmaps":
                    self.manager.unmap_dma(listener, listener.first, listener.last)

    def threads(self, rounds: int | None = None) -> dict[str, Callable[[], None]]:
        """What each thread runs, by its name."""
        return {"requests": lambda: self.requests(rounds)} | {
            f"life {x.number}": lambda x=x: self.life(x, rounds) for x in self.listeners}

    def observe(self) -> dict[str, Any]:
        """The model's variables; call it only while every thread waits at a step."""
        return {
            "plugged": tuple(self.plugged), "listed": tuple(self.listed),
            "mapped": tuple(tuple(x.maps(b) for b in self.blocks) for x in self.listeners),
            "first": tuple(x.first for x in self.listeners),
            "last": tuple(x.last for x in self.listeners)}

    def close(self) -> None:
        self.memory.close()
