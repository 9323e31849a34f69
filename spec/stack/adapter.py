"""The stack's steps and variables on the references of its parts, for replay.

Labels of the driver's waits for locks are called after the lock, as in spec/virtio_balloon.
"""
from collections.abc import Callable, Sequence
from typing import Any

from checker.judgement.replay import Hooks, Implementation
from checker.results.trace import Trace, TraceStep
from checker.values import Value
from spec.stack.reference import Machine
from spec.virtio_balloon.adapter import SYMPTOMS, hook
from spec.virtio_balloon.reference import DATA

# What is wrong, put right.
RIGHT = dict(locks=True, asks_votes=True, asks=("postcopy", "snapshot"), answers_always=True,
             vfio_votes=True, granularity="block", release="locked")


def adapter_for(spec_name: str) -> "StackAdapter":
    return StackAdapter()


class StackAdapter:
    """Builds the stack for a trace."""

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "Stage":
        constants = dict(trace.system.constants) | (RIGHT if correct else {})
        target = trace.initial[trace.system.position["guest.host.num_pages"]]
        return Stage(trace, Machine(at=hooks.at, env=hooks, memory=memory, target=target,
                                    **constants))


class Sleepers:
    """Who waits for a condition under the big lock: a lock that can be opened, to end them."""

    def __init__(self, machine: Machine) -> None:
        self.locked = lambda: machine.virtio_mem.waiting > 0
        self.release = machine.virtio_mem.end


class Stage(Implementation):
    """One machine, as `checker.judgement.replay.Implementation` wants it."""

    def __init__(self, trace: Trace, machine: Machine) -> None:
        self.system = trace.system
        self.machine = machine
        self.memory = machine.memory.kind

    @property
    def locks(self) -> dict[str, Any]:
        machine = self.machine
        gates = machine.linux.switch.asleep()
        return machine.linux.locks() | {
            "the big lock": machine.virtio_mem.bql_lock,
            "the counters' mutex": machine.votes.mutex} | {
            f"the gate of {thread}": gate for thread, gate in gates.items()} | {
            "a condition": Sleepers(machine)}

    def threads(self) -> dict[str, Callable[[], object]]:
        return dict(self.machine.threads())

    def label(self, step: TraceStep) -> str:
        return hook(step.label)

    def observe(self) -> dict[str, Value]:
        found = self._driver() | self._ram() | {
            f"memory.{name}": value for name, value in self.machine.virtio_mem.observe().items()}
        for actor in self.machine.actors:
            found |= {f"{actor.name}.pins": actor.relies, f"{actor.name}.stale": actor.stale}
        found["device.region_ref"] = self.machine.device.region_ref
        return {name: value for name, value in found.items() if name in self.system.position}

    def _driver(self) -> dict[str, Value]:
        seen = self.machine.linux.observe()
        pages = {f"guest.pages.{name}": tuple(seen[name]) for name in (
            "balloon_ref", "migrate_ref", "balloon_type", "private", "listed")}
        return pages | {
            "guest.pages.pg_isolated": tuple(seen["isolated"]),
            "guest.pages.isolated_pages": seen["isolated_pages"],
            "guest.pages.walked_off": seen["walked_off"], "guest.pages.bug": seen["bug"],
            "guest.driver.num_pages": seen["num_pages"],
            "guest.driver.num_pfns": seen["num_pfns"],
            "guest.driver.pfns": tuple(seen["pfns"]),
            "guest.driver.pushed": tuple(seen["pushed"]),
            "guest.driver.size_work.pending": seen["size_work"],
            "guest.oom.freed": seen["freed"], "guest.oom.really_freed": seen["really_freed"],
            "guest.oom.notified": seen["notified"],
            "guest.compaction.followed_nothing": seen["followed_nothing"],
        }

    def _ram(self) -> dict[str, Value]:
        machine = self.machine
        found: dict[str, Value] = {
            "guest.host.num_pages": machine.linux.host.num_pages,
            "guest.host.lost": tuple(p in machine.linux.allocator.lost
                                     for p in machine.memory.pages),
            "guest.host.stale": tuple(map(tuple, machine.stale())),
        }
        for name, ring in (("inflate", machine.inflate), ("deflate", machine.deflate)):
            found |= {f"guest.host.{name}.state": ring.state,
                      f"guest.host.{name}.length": ring.queue.length,
                      f"guest.host.{name}.left": tuple(p in ring.left
                                                       for p in machine.memory.pages)}
        return found

    # What it comes to.

    def symptom(self, property: str) -> Sequence[str] | None:
        machine = self.machine
        if property == "the_guest_and_its_devices_see_the_same_memory":
            return self.split() or None
        if property == "migrations_find_their_pages":
            return [f"{actor.name} relies on the pages, and one was discarded"
                    for actor in machine.actors if actor.stale] or None
        if property in ("inflate_is_answered", "deflate_is_answered"):
            return [f"the {name} request is seen, and nobody looks at it any more"
                    for name, ring in (("inflate", machine.inflate), ("deflate", machine.deflate))
                    if ring.state == "seen"] or None
        if property.startswith("guest."):
            linux = machine.linux
            return list(SYMPTOMS[property.removeprefix("guest.")](linux, linux.observe())) or None
        if property == "assertion":             # the exception is shown by whoever caught it
            return None
        return self.blocks(property)

    def split(self) -> list[str]:
        """What the guest and a device read of one page, before and after both write there."""
        memory, found = self.machine.memory, []
        for container, stale in enumerate(self.machine.stale()):
            for page in memory.pages:
                if stale[page] and self.machine.linux.allocator.pages[page].free():
                    found.append(f"page{page}: the guest reads {memory.cpu(page, len(DATA))!r}, "
                                 f"a device {memory.device(container, page, len(DATA))!r}")
                    memory.cpu_write(page, b"CPU..")
                    memory.device_write(container, page, b"DMA..")
                    found.append(f"page{page}: after the CPU wrote b'CPU..' and the device "
                                 f"b'DMA..': {memory.cpu(page, 5)!r} and "
                                 f"{memory.device(container, page, 5)!r}")
        return found

    def blocks(self, property: str) -> list[str] | None:
        """virtio-mem's own: which blocks are plugged, pinned, and stale; or votes."""
        m = self.machine.virtio_mem
        if property == "memory.votes_counted":
            return [f"votes {m.votes.count}, containers attached {m.attached}"]
        stale = m.memory.stale()
        return [f"block{b}: plugged {m.manager.plugged[b]}, pinned {m.memory.pinned(b)}, "
                f"{'two frames' if b in stale else 'one frame'}" for b in m.blocks]

    def close(self) -> None:
        self.machine.close()
