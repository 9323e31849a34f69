"""One QEMU process on one host: the actors, the big lock, and what an observer sees."""
from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from spec.holding import holding
from spec.hooks import Environment, at as no_hook, spawn as spawn_thread
from spec.vfio_balloon.reference.balloon import Balloon, Inhibitor, Postcopy
from spec.vfio_balloon.reference.kernel import VfioKernel
from spec.vfio_balloon.reference.memory import Memory
from spec.vfio_balloon.reference.options import Options
from spec.vfio_balloon.reference.rhel77 import Rhel77Vfio
from spec.vfio_balloon.reference.upstream import UpstreamVfio
from spec.vfio_balloon.reference.vfio import VFIOContainer, VFIODevice, VFIOGroup

Spawn = Callable[[str, Callable[[], Any]], threading.Thread]


class Machine:
    """QEMU, its kernel and its memory. Every keyword of `Options` is accepted.

    `devices` lists (group, balloon_allowed), by default one ordinary device in each group;
    `mediated` are the groups without an IOMMU of their own; `memory` forces a kind of memory.
    """

    def __init__(self, *, groups: int = 2, pages: int = 1, containers: int | None = None,
                 devices: Sequence[tuple[int, bool]] | None = None,
                 mediated: Collection[int] = (), memory: str | None = None,
                 at: Callable[[str], None] = no_hook, env: Environment | None = None,
                 spawn: Spawn = spawn_thread, **constants: Any) -> None:
        self.options = Options(**constants)
        self.at = at
        self.env = env or Environment()
        self.spawn = spawn
        self.errors: list[str] = []
        self.bql_lock = threading.Lock()
        self.bql_holder: str | None = None
        self.memory = Memory(pages, memory)
        self.kernel = VfioKernel(self.memory, groups, mediated, self.errors)
        self.inhibitor = Inhibitor(self.options, at, self.errors)
        implementation = Rhel77Vfio if self.options.version == "rhel77" else UpstreamVfio
        self.vfio = implementation(self.options, at, self.env, self.bql, self.inhibitor,
                                   self.kernel, groups if containers is None else containers)
        self.balloon = Balloon(self.options, at, self.env, self.bql, self.inhibitor, self.memory)
        self.postcopy = Postcopy(self.options, at, self.env, self.bql, self.inhibitor)
        if devices is None:
            devices = [(group, False) for group in range(groups)]
        self.devices = [VFIODevice(number, group, allowed)
                        for number, (group, allowed) in enumerate(devices)]

    @contextmanager
    def bql(self, label: str) -> Iterator[None]:
        """Hold the big QEMU lock; taking it is a step, releasing it ends the step before."""
        if not self.options.bql:
            yield
            return
        self.at(label)
        with holding(self):
            yield

    # The lives of the actors. `rounds` is None for a life without end.

    def device_life(self, number: int, rounds: int | None = None) -> None:
        """Plug the device and unplug it, over and over."""
        device = self.devices[number]
        for _ in _rounds(rounds):
            if self.vfio.vfio_realize(device):
                self.vfio.vfio_instance_finalize(device)

    def balloon_life(self, rounds: int | None = None) -> None:
        """Inflate page after page."""
        for _ in _rounds(rounds):
            self.balloon.virtio_balloon_handle_output()

    def guest_life(self, rounds: int | None = None) -> None:
        """Touch page after page."""
        for _ in _rounds(rounds):
            self.balloon.guest_touch()

    def postcopy_life(self, rounds: int | None = 1) -> None:
        """Receive a migration; a second one only after the first has ended."""
        for _ in _rounds(rounds):
            self.postcopy.incoming_migration()

    def start(self, *, rounds: int | None = None, guest: bool = False,
              postcopy: bool = False) -> dict[str, threading.Thread]:
        """One thread for each actor, by name: "device 0", ..., "balloon", "guest", "postcopy"."""
        bodies: dict[str, Callable[[], None]] = {
            f"device {device.number}": lambda number=device.number: self.device_life(number, rounds)
            for device in self.devices}
        bodies["balloon"] = lambda: self.balloon_life(rounds)
        if guest:
            bodies["guest"] = lambda: self.guest_life(rounds)
        if postcopy:
            bodies["postcopy"] = lambda: self.postcopy_life(rounds)
        return {name: self.spawn(name, body) for name, body in bodies.items()}

    # What can be seen.

    def observe(self) -> dict[str, Any]:
        """The state in plain values; call it only while every thread waits at a step.

        The package's docstring lists the keys.
        """
        return {
            "votes": self.inhibitor.votes,
            "postcopy_holds": self.postcopy.holds_vote,
            "bql": self.bql_holder,
            "space": self.vfio.space,
            "groups": [self._group(number) for number in range(len(self.kernel.groups))],
            "containers": [self._container(number) for number in self.vfio.container_numbers],
            "devices": [{"fd": device.fd_open, "in_group": device.group is not None}
                        for device in self.devices],
            "pinned": [self.memory.pinned(page) for page in self.memory.pages],
            "stale": [page in self.memory.stale() for page in self.memory.pages],
            "errors": list(self.errors),
        }

    def _group(self, number: int) -> dict[str, Any]:
        kernel = self.kernel.groups[number]
        group = next((group for group in self.vfio.groups if group.number == number),
                     VFIOGroup(number, kernel))
        return {
            "state": _group_state(group),
            "open": kernel.open,
            "container": None if group.container is None else group.container.number,
            "attached": None if kernel.container is None else kernel.container.number,
            "holds_vote": group.holds_vote,
            "balloon_allowed": group.balloon_allowed,
            "kvm": number in self.kernel.kvm,
            "devices": len(group.devices),
        }

    def _container(self, number: int) -> dict[str, Any]:
        container = next((container for container in reversed(self.vfio.containers)
                          if container.number == number), None)
        if container is None:
            container = VFIOContainer(number, self.kernel.never_opened(number))
        pins = self.memory.pins_of(number)
        stale = self.memory.stale_in(number)
        return {
            "alive": container.fd.alive,
            "open": container.fd.open,
            "iommu": container.fd.iommu,
            "listed": container.listed,
            "listener": container.listener,
            "prereg": container.prereg,
            "dangling": container.freed and (container.listener or container.prereg),
            "holds_vote": container.holds_vote,
            "groups": sorted(group.number for group in container.groups),
            "attached": sorted(container.fd.groups),
            "maps": [page in container.fd.maps for page in self.memory.pages],
            "registered": [page in container.fd.registered for page in self.memory.pages],
            "pins": [page in pins for page in self.memory.pages],
            "stale": [page in stale for page in self.memory.pages],
        }

    def close(self) -> None:
        """Give back the memory and its file descriptors; every thread has to have ended."""
        self.memory.close()


def _group_state(group: VFIOGroup) -> str:
    """"absent", "opened", "linked" (QEMU's lists have it in a container) or "listed"."""
    if not group.fd.open:
        return "absent"
    if group.listed:
        return "listed"
    return "opened" if group.container is None else "linked"


def _rounds(rounds: int | None) -> Iterator[int]:
    """Count to `rounds`, or for ever."""
    number = 0
    while rounds is None or number < rounds:
        yield number
        number += 1
