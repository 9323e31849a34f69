"""One QEMU process: the big lock, everybody who votes, the balloon, and what an observer sees."""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from spec.holding import holding
from spec.hooks import Environment, at as no_hook
from spec.vfio_balloon.reference.memory import Memory
from spec.votes.reference.counters import Counters, Inhibitor, Signed

VERSIONS = {
    "Boolean": lambda at, o: Inhibitor(at, o.arithmetic or "boolean"),
    "Counter": lambda at, o: Inhibitor(at, o.arithmetic or "exact"),
    "SignedCounter": lambda at, o: Signed(at, o.arithmetic or "exact"),
    "TwoSides": lambda at, o: Counters(at, o.arithmetic or "exact", split=False, bits=o.bits),
    "FourKinds": lambda at, o: Counters(at, o.arithmetic or "exact", bits=o.bits,
                                        matrix=o.matrix),
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is run: the model's constants, by the same names."""

    version: str = "FourKinds"
    users: tuple[str, ...] = ("vfio", "virtio_mem", "balloon")
    groups: int = 1
    voters: int = 0
    iommu: str = "type1"
    guest_memfd_kind: str = "coordinated"
    bql: bool = True
    bits: int = 0
    arithmetic: str | None = None
    matrix: str = "exact"
    mistake: str = "none"
    kvm: str = "asserted"
    sync_mmu: bool = True
    nvme_votes: bool = True
    rdma_votes: bool = False
    vdpa_cleanup: str = "always"
    postcopy_votes: str = "one_vote"
    balloon_asks: tuple[str, ...] = ("postcopy", "snapshot")
    hotplug_while_migrating: bool = False
    live: bool = False


class Actor:
    """A user of memory: its vote, and its pin on the one page there is."""

    def __init__(self, machine: Machine, name: str, kind: str = "none", *,
                 number: int | None = None, told: bool = False) -> None:
        self.machine = machine
        self.name, self.number = name, number
        self.kind = kind
        self.told = told                # follows coordinated discards
        self.container = len(machine.actors)
        self.holds = self.plugged = self.relies = self.lost = False
        machine.actors.append(self)

    def take(self, label: str) -> bool:
        self.holds = self.machine.votes.take(self.kind, label)
        return self.holds

    def give(self, label: str) -> None:
        self.machine.votes.give(self.kind, label)
        self.holds = False

    def pin(self) -> None:
        self.relies = True
        self.machine.memory.pin(self.container, 0)

    def unpin(self) -> None:
        self.relies = False
        if self.pinned:
            self.machine.memory.unpin(self.container, 0)

    @property
    def pinned(self) -> bool:
        return (self.container, 0) in self.machine.memory.pins

    @property
    def stale(self) -> bool:
        """What it relies on is not the guest's any more: by probing, or by not having it."""
        return self.lost or 0 in self.machine.memory.stale_in(self.container)


class Machine:
    """Everybody in `Options.users`, with one page of guest memory."""

    def __init__(self, *, at: Callable[[str], None] = no_hook, env: Environment | None = None,
                 memory: str | None = None, **constants: Any) -> None:
        self.options = Options(**constants)
        self.at = at
        self.env = env or Environment()
        self.memory = Memory(1, memory)
        self.bql_lock = threading.Lock()
        self.bql_holder: str | None = None
        self.up = threading.Event()
        if "kvm" not in self.options.users:
            self.up.set()
        self.votes: Any = VERSIONS[self.options.version](at, self.options)
        self.zapping = False
        self.actors: list[Actor] = []
        self.populate()

    def populate(self) -> None:
        options = self.options
        spapr = options.iommu == "spapr"
        as_type1 = not spapr or options.mistake == "spapr_votes_as_type1"
        kinds = {name: "disable" for name in ("kvm", "sev", "s390", "vdpa", "colo", "blkio")}
        kinds["nvme"] = "disable" if options.nvme_votes else "none"
        kinds["rdma"] = "disable" if options.rdma_votes else "none"
        kinds["guest_memfd"] = options.guest_memfd_kind
        kinds["virtio_mem"] = "coordinated" if options.version == "FourKinds" else "require"
        for name in options.users:
            if name == "vfio":
                for group in range(options.groups):
                    Actor(self, "vfio", "uncoordinated" if as_type1 else "disable", number=group,
                          told=not spapr)
            elif name == "postcopy" and self.one_sided:
                Actor(self, name, "disable")
            elif name != "balloon":
                Actor(self, name, kinds.get(name, "none"))
        for number in range(options.voters):
            Actor(self, "anybody", "nothing", number=number)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of votes that the version knows."""
        if self.options.version == "FourKinds":
            return ("disable", "uncoordinated", "require", "coordinated")
        return ("disable",) if self.one_sided else ("disable", "require")

    @property
    def one_sided(self) -> bool:
        return self.options.version in ("Boolean", "Counter")

    def actor(self, name: str, number: int | None = None) -> Actor:
        return next(a for a in self.actors if (a.name, a.number) == (name, number))

    @contextmanager
    def bql(self, label: str) -> Iterator[None]:
        """Hold the big lock, which nobody gets before the machine is up."""
        self.at(label)
        self.up.wait()
        if not self.options.bql:
            yield
            return
        with holding(self):
            yield

    def zap(self, told: bool, users: list[Actor]) -> None:
        """Discard the page. Whoever is told of it unmaps, and maps again what comes later."""
        follows = [a for a in users if told and a.told and a.pinned]
        for actor in follows:
            self.memory.unpin(actor.container, 0)
        self.memory.zap(0)
        for actor in follows:
            self.memory.pin(actor.container, 0)
        for actor in users:
            actor.lost = actor.lost or actor.relies and not actor.pinned

    @property
    def users(self) -> list[Actor]:
        """Who does DMA."""
        return [a for a in self.actors if a.name not in (
            "postcopy", "snapshot", "virtio_mem", "guest_memfd", "anybody")]

    @property
    def migrations(self) -> list[Actor]:
        return [a for a in self.actors if a.name in ("rdma", "postcopy", "snapshot")]

    # What can be seen.

    def observe(self) -> dict[str, Any]:
        """The model's variables; call it only while every thread waits at a step."""
        found: dict[str, Any] = dict(self.votes.observe())
        for actor in self.actors:
            if actor.number is None:
                found |= {f"{actor.name}.holds": actor.holds, f"{actor.name}.pins": actor.relies,
                          f"{actor.name}.stale": actor.stale}
        for name in ("plugged", "holds", "relies", "stale"):
            shown = "pins" if name == "relies" else name
            found[f"vfio.{shown}"] = tuple(getattr(a, name) for a in self.actors
                                           if a.name == "vfio")
        found["anybody.holds"] = tuple(a.kind if a.holds else "nothing" for a in self.actors
                                       if a.name == "anybody")
        return found | {"balloon.zapping": self.zapping, "bql.up": self.up.is_set()}

    def close(self) -> None:
        self.memory.close()
