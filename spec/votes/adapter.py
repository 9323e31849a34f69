"""The model's steps and variables on the reference's threads and objects, for replay.

Labels, choices and variables have the same names on both sides. Not compared: the ghost variables
`votes.free_seen` and `votes.torn`, which no code keeps, and `kvm.sync_mmu`, which the machine is
built from.
"""
from collections.abc import Callable, Sequence
from typing import Any

from checker.ir.system import Instance
from checker.judgement.replay import Hooks, Implementation
from checker.results.trace import Trace
from checker.values import Value
from spec.votes.reference import Machine, threads

# What is wrong, put right. The balloon's two loads are made up for by the big lock.
RIGHT = dict(arithmetic="exact", matrix="exact", mistake="none", kvm="asserted", nvme_votes=True,
             vdpa_cleanup="if_held", postcopy_votes="one_vote", iommu="type1", bql=True,
             rdma_votes=True, balloon_asks=("postcopy", "snapshot"),
             hotplug_while_migrating=False)


def adapter_for(spec_name: str) -> "VotesAdapter":
    return VotesAdapter(spec_name)


class VotesAdapter:
    """Builds the reference for a trace of one of the versions."""

    def __init__(self, version: str) -> None:
        self.version = version

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "Stage":
        constants = dict(trace.system.constants)
        if correct:
            constants |= RIGHT
        return Stage(trace, self.version, constants, hooks, memory)


class Stage(Implementation):
    """One machine, as `checker.judgement.replay.Implementation` wants it."""

    def __init__(self, trace: Trace, version: str, constants: dict[str, Any], hooks: Hooks,
                 memory: str | None) -> None:
        self.system = trace.system
        position = trace.system.position
        if "kvm.sync_mmu" in position:
            constants["sync_mmu"] = trace.initial[position["kvm.sync_mmu"]]
        self.machine = Machine(version=version, at=hooks.at, env=hooks, memory=memory,
                               **constants)
        self.memory = self.machine.memory.kind
        self.locks = {"the big lock": self.machine.bql_lock}
        if hasattr(self.machine.votes, "mutex"):
            self.locks["the counters' mutex"] = self.machine.votes.mutex
        self.machine.memory.cpu_write(0, b"guest")

    def thread(self, instance: Instance) -> str:
        name = instance.process.name.split(".")[0]
        return name if instance.key is None else f"{name} {instance.key}"

    def threads(self) -> dict[str, Callable[[], object]]:
        return dict(threads(self.machine))

    def observe(self) -> dict[str, Value]:
        found = self.machine.observe()
        for name, value in found.items():
            if name.startswith("votes.") and name in self.system.position:
                of = self.system.variable[name].type
                if hasattr(of, "lo"):           # the model's integers stay at their bounds
                    found[name] = min(max(value, of.lo), of.hi)
        found["bql.lock"] = self.holder(self.machine.bql_holder)
        return {name: value for name, value in found.items() if name in self.system.position}

    def symptom(self, property: str) -> Sequence[str] | None:
        """Bytes for damage; otherwise who holds votes, and what the counters say."""
        machine, memory = self.machine, self.machine.memory
        if property == "assertion":             # the exception is shown by whoever caught it
            return None
        if property in ("devices_find_the_guests_pages", "migrations_find_their_pages"):
            lines = []
            for actor in machine.actors:
                if actor.stale and actor.pinned:
                    lines.append(f"the CPU reads {memory.cpu(0, 5)!r}, {actor.name} reads "
                                 f"{memory.device(actor.container, 0, 5)!r}")
                elif actor.stale:
                    lines.append(f"{actor.name} needs the page, the CPU reads "
                                 f"{memory.cpu(0, 5)!r}")
            return lines or None
        votes = ", ".join(f"{name.removeprefix('votes.')} = {value}"
                          for name, value in machine.votes.observe().items())
        holders = ", ".join(f"{a.name} ({a.kind})" for a in machine.actors if a.holds)
        pinning = ", ".join(a.name for a in machine.actors if a.relies)
        return [votes, f"votes are held by {holders or 'nobody'}",
                f"memory is needed by {pinning or 'nobody'}"]

    def close(self) -> None:
        self.machine.close()
