"""The steps and variables of telling.py on its reference, for replay. `adapter.py` hands it out."""
from collections.abc import Callable, Sequence

from checker.judgement.replay import Hooks, Implementation
from checker.results.trace import Trace
from checker.values import Value
from spec.virtio_mem.reference import Listener, Telling

RIGHT = dict(rollback="own section", index="right", tells="everybody", unregister="unmaps")


class TellingAdapter:
    """Builds the reference for a trace; the sections are those of its initial state."""

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "Stage":
        constants = dict(trace.system.constants) | (RIGHT if correct else {})
        del constants["listeners"]
        first, last = (trace.initial[trace.system.position[name]] for name in ("first", "last"))
        return Stage(trace, Telling(sections=list(zip(first, last)), at=hooks.at, env=hooks,
                                    memory=memory, **constants))


class Stage(Implementation):
    """One machine, as `checker.judgement.replay.Implementation` wants it."""

    def __init__(self, trace: Trace, machine: Telling) -> None:
        self.system = trace.system
        self.machine = machine
        self.memory = machine.memory.kind
        self.locks = {"the big lock": machine.bql_lock}

    def threads(self) -> dict[str, Callable[[], object]]:
        return dict(self.machine.threads())

    def observe(self) -> dict[str, Value]:
        holder = self.holder(self.machine.bql_holder)
        return self.machine.observe() | {"bql.lock": holder}

    # What it comes to.

    def symptom(self, property: str) -> Sequence[str] | None:
        """Blocks that are mapped and should not be, and the other way round."""
        machine, found = self.machine, []
        for x in machine.listeners:
            for b in machine.blocks:
                sees = machine.listed[x.number] and x.first <= b < x.last
                if x.maps(b) and not (sees and machine.plugged[b]):
                    found.append(self.pinned(x, b))
                elif sees and machine.plugged[b] and not x.maps(b):
                    found.append(f"block{b} is plugged, and the devices of listener{x.number} "
                                 "do not reach it")
        return found or None

    def pinned(self, listener: Listener, block: int) -> str:
        """A block that should not be mapped, after its CPU and a device wrote there."""
        memory = self.machine.memory
        state = "plugged" if self.machine.plugged[block] else "not plugged"
        memory.cpu_write(block, b"CPU..")
        memory.device_write(listener.number, block, b"DMA..")
        return (f"block{block} is {state} and pinned by listener{listener.number}: after the CPU "
                f"wrote b'CPU..' and a device b'DMA..' they read {memory.cpu(block, 5)!r} and "
                f"{memory.device(listener.number, block, 5)!r}")

    def close(self) -> None:
        self.machine.close()
