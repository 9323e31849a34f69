"""The model's steps and variables on the reference's threads and objects, for replay.

Labels, choices and variables have the same names on both sides.
"""
from collections.abc import Callable, Sequence
from typing import Any

from checker.errors import UserError
from checker.judgement.replay import Hooks, Implementation
from checker.results.trace import Trace
from checker.values import Value
from spec.dirty_log.model import SPECS
from spec.dirty_log.reference import WIDTH, Machine, threads

# What is wrong, put right; a device that is quiet is all that helps between two ioctls.
RIGHT = dict(asks="as it should", region_del="makes an entry", whole="each mapping",
             discard_knows=True, failure="fails the migration", unmaps_anyway=True,
             stops_device=True, covers="everything", sane=True)


def adapter_for(spec_name: str) -> "DirtyLogAdapter":
    """The adapter of a version. Raises UserError where the reference is not what is modelled."""
    if spec_name not in SPECS:
        raise UserError(f"{spec_name} has no implementation to replay on",
                        hint=f"there is one for {', '.join(SPECS)}")
    return DirtyLogAdapter(SPECS[spec_name].version)


class DirtyLogAdapter:
    """Builds the reference for a trace of one of the versions."""

    def __init__(self, version: dict[str, str]) -> None:
        self.version = version

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "Stage":
        constants = {name: self.version.get(name) if value is None else value
                     for name, value in trace.system.constants.items()}
        return Stage(trace, constants | (RIGHT if correct else {}), hooks, memory)


class Stage(Implementation):
    """One machine, as `checker.judgement.replay.Implementation` wants it."""

    def __init__(self, trace: Trace, constants: dict[str, Any], hooks: Hooks,
                 memory: str | None) -> None:
        self.system = trace.system
        self.machine = Machine(at=hooks.at, env=hooks, memory=memory, **constants)
        self.memory = self.machine.source.kind
        self.locks = {"the big lock": self.machine.bql}

    def threads(self) -> dict[str, Callable[[], object]]:
        return dict(threads(self.machine))

    def observe(self) -> dict[str, Value]:
        found = self.machine.observe()
        found["bql.lock"] = self.holder(self.machine.bql_holder)
        return {name: value for name, value in found.items() if name in self.system.position}

    # What it comes to.

    def symptom(self, property: str) -> Sequence[str] | None:
        m = self.machine
        if property == "what_the_guest_unmaps_is_unmapped":
            return [f"page{p}: the guest has unmapped it, and the device reads "
                    f"{m.source.device(0, p, WIDTH)!r} there"
                    for p in m.pages if m.mapped(p) and not m.reaches[p]] or None
        lost = [p for p in m.pages if not m.arrived(p)] if m.phase == "completed" else \
            [p for p in m.pages if not (m.arrived(p) or m.dirty[p] or m.log.written(p))]
        return [f"page{p}: the device has put {m.source.cpu(p, WIDTH)!r} there, the destination "
                f"has {m.destination.read(p, WIDTH)!r}, and no log has the page"
                for p in lost] or None

    def close(self) -> None:
        self.machine.close()
