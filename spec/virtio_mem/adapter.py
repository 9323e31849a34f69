"""The model's steps and variables on the reference's threads and objects, for replay.

Labels, choices and variables have the same names on both sides. The reference keeps mappings as
ranges; what the model calls `joined` follows from them.
"""
from collections.abc import Callable, Sequence
from typing import Any

from checker.errors import UserError
from checker.judgement.replay import Hooks, Implementation
from checker.results.trace import Trace
from checker.values import Value
from spec.virtio_mem.model import SPECS
from spec.virtio_mem.reference import Machine, threads
from spec.virtio_mem.telling_adapter import TellingAdapter

# What is wrong, put right; a sane guest is all that helps against mappings of a vIOMMU.
RIGHT = dict(index="right", rollback="own section", restores="virtio-mem first",
             sanity="refuses", granularity="block", tells="everything", maps="populated",
             discards="coordinated", device_reset="keeps", post_load="replays", vfio_votes=True,
             discards_after_failed_plug=True, changes_while_migrating=False,
             waits_for_migration=False, asks_populated=True, sane=True, registration_fails=False)
DAMAGE = "devices_see_the_guests_memory"


def adapter_for(spec_name: str) -> "VirtioMemAdapter | TellingAdapter":
    """The adapter of a version. Raises UserError where the reference is not what is modelled."""
    if spec_name == "Telling":
        return TellingAdapter()
    if spec_name not in SPECS:
        raise UserError(f"{spec_name} has no implementation to replay on",
                        hint=f"there is one for {', '.join(SPECS)}, Telling")
    return VirtioMemAdapter(SPECS[spec_name].version)


class VirtioMemAdapter:
    """Builds the reference for a trace of one of the versions."""

    def __init__(self, version: dict[str, str]) -> None:
        self.version = version

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "Stage":
        constants = {name: self.version.get(name) if value is None else value
                     for name, value in trace.system.constants.items()}
        if correct:
            constants |= RIGHT
            if constants["unregister"] == "nobody unmaps":
                constants["unregister"] = self.version["unregister"]
        return Stage(trace, constants, hooks, memory)


class Stage(Implementation):
    """One machine, as `checker.judgement.replay.Implementation` wants it."""

    def __init__(self, trace: Trace, constants: dict[str, Any], hooks: Hooks,
                 memory: str | None) -> None:
        self.system = trace.system
        self.machine = Machine(at=hooks.at, env=hooks, memory=memory, **constants)
        self.memory = self.machine.memory.kind
        self.locks = {"the big lock": self.machine.bql_lock,
                      "the counters' mutex": self.machine.votes.mutex}

    def threads(self) -> dict[str, Callable[[], object]]:
        return dict(threads(self.machine))

    def observe(self) -> dict[str, Value]:
        found = self.machine.observe()
        found["bql.lock"] = self.holder(self.machine.bql_holder)
        return {name: value for name, value in found.items() if name in self.system.position}

    # What it comes to.

    def symptom(self, property: str) -> Sequence[str] | None:
        if property == DAMAGE:
            return self.damage() or None
        if property in ("deadlock", "assertion"):
            return None
        machine = self.machine
        seen = machine.observe()
        lines = [f"block{b}: plugged {bool(machine.manager.plugged[b])}, in the host's memory "
                 f"{bool(seen['host.present'][b])}, pinned by {self.pinned_by(b) or 'nobody'}"
                 for b in machine.blocks]
        return [*lines, f"task {machine.task}, answer {machine.answer}"]

    def pinned_by(self, block: int) -> str:
        names = [f"listener{x.number}" for x in self.machine.listeners if x.maps(block)]
        return ", ".join(names + ["the vIOMMU"] * self.machine.translated(block))

    def damage(self) -> list[str]:
        """What the CPU and a device read of one block, before and after both write there."""
        machine, memory, found = self.machine, self.machine.memory, []
        for container in range(machine.viommu + 1):
            for b in sorted(memory.stale_in(container)):
                if machine.owns[b]:
                    found.append(f"block{b}: the CPU reads {memory.cpu(b, 5)!r}, a device reads "
                                 f"{memory.device(container, b, 5)!r}")
                    memory.cpu_write(b, b"CPU..")
                    memory.device_write(container, b, b"DMA..")
                    found.append(f"block{b}: after the CPU wrote b'CPU..' and the device "
                                 f"b'DMA..': {memory.cpu(b, 5)!r} and "
                                 f"{memory.device(container, b, 5)!r}")
        return found

    def close(self) -> None:
        self.machine.close()
