"""The model's steps and variables on the reference's threads and objects, for replay.

Labels, choices and variables have the same names on both sides.
"""
from collections.abc import Callable, Sequence
from typing import Any

from checker.ir.system import Instance
from checker.judgement.replay import Hooks
from checker.results.trace import Trace, TraceStep
from checker.values import Value
from spec.qemu_balloon.model import SPECS
from spec.qemu_balloon.reference import DATA, Machine

# What is wrong, put right: QEMU today.
RIGHT = dict(bitmap="element", bits="one", deflates="nothing", drops_reference=True,
             locks=True, asks_votes=True, asks=("postcopy", "snapshot"), checks_ram=True,
             answers_always=True, reports_ask=True, asks_poison=True, discard_fails=False)
RULES = ("gives_back", "live")      # constants of the model alone


def adapter_for(spec_name: str) -> "DeviceAdapter":
    return DeviceAdapter(SPECS[spec_name].version)


class DeviceAdapter:
    """Builds the reference for a trace of one of the versions."""

    def __init__(self, version: dict[str, Any]) -> None:
        self.version = version

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "Stage":
        constants = {name: self.version.get(name) if value is None else value
                     for name, value in trace.system.constants.items() if name not in RULES}
        constants["counters"] = self.version["counters"]
        if correct:
            constants |= RIGHT
        return Stage(trace, constants, hooks, memory)


class Stage:
    """One machine, as `checker.judgement.replay.Implementation` wants it."""

    def __init__(self, trace: Trace, constants: dict[str, Any], hooks: Hooks,
                 memory: str | None) -> None:
        self.system = trace.system
        position = trace.system.position.get("memory.pattern")
        pattern = position is not None and bool(trace.initial[position])
        self.machine = Machine(at=hooks.at, env=hooks, memory=memory, pattern=pattern,
                               **constants)
        self.memory = self.machine.memory.kind
        self.locks = {"the big lock": self.machine.bql_lock}
        if hasattr(self.machine.votes, "mutex"):
            self.locks["the counters' mutex"] = self.machine.votes.mutex

    def thread(self, instance: Instance) -> str:
        name = instance.process.name
        user = name.split(".")[0]
        if user not in ("vfio", "postcopy", "snapshot"):
            return name
        return user if instance.key is None else f"{user} {instance.key}"

    def threads(self) -> dict[str, Callable[[], object]]:
        return dict(self.machine.threads())

    def label(self, step: TraceStep) -> str:
        return step.label

    def choices(self, step: TraceStep) -> list[tuple[str, Any]]:
        return [(choice.name, choice.value) for choice in step.choices]

    def observe(self) -> dict[str, Value]:
        found = self.machine.observe()
        found["bql.lock"] = next((i.number for i in self.system.instances
                                  if self.thread(i) == self.machine.bql_holder), None)
        return {name: value for name, value in found.items() if name in self.system.position}

    # What it comes to.

    def symptom(self, property: str) -> Sequence[str] | None:
        return list(SYMPTOMS[property](self.machine)) or None

    def close(self) -> None:
        self.machine.close()


def content(m: Machine) -> list[str]:
    return [f"page{page}: the guest wrote {DATA!r} and reads {m.memory.cpu(page, len(DATA))!r}"
            for page, lost in enumerate(m.ram.lost) if lost]


def request(m: Machine) -> list[str]:
    named = sorted(m.device.inflate.being_served() | m.device.report.being_served())
    where = [parts for parts, there in zip(m.ram.host_pages, m.ram.present) if not there]
    pages = [f"page{p} ({m.ram.owner[p]})" for parts in where for p in parts]
    return [f"discarded: {', '.join(pages)}; the request names {named or 'nothing'}"] \
        if m.ram.trespassed else []


def bitmap(m: Machine) -> list[str]:
    pbp = m.device.pbp
    return [f"the inflate queue is {m.device.inflate.state}, and the device remembers "
            f"{pbp.bitmap:#b} of host page {pbp.base}"] if pbp.base is not None else []


def inside(m: Machine) -> list[str]:
    return ["a bit behind the bitmap's last one is written"] if m.device.pbp.overrun else []


def rom(m: Machine) -> list[str]:
    return [f"page{m.ram.ram} is no RAM, and reads {m.memory.cpu(m.ram.ram, len(DATA))!r}"] \
        if m.ram.rom_discarded else []


def pattern(m: Machine) -> list[str]:
    return ["a page that was to keep its pattern reads as zeros"] if m.ram.pattern_lost else []


def stale(m: Machine) -> list[str]:
    found = []
    for actor in m.actors:
        for page in sorted(m.memory.stale_in(actor.container)):
            found.append(f"page{page}: the CPU reads {m.memory.cpu(page, len(DATA))!r}, "
                         f"{actor.name} reads "
                         f"{m.memory.device(actor.container, page, len(DATA))!r}")
        if actor.lost:
            found.append(f"{actor.name} relies on the pages, and one was discarded")
    return found


def references(m: Machine) -> list[str]:
    return ["a memory region is referenced, and no request is being served"] \
        if m.device.region_ref else []


def given(m: Machine) -> list[str]:
    return [f"host page {number} is in the balloon, and takes up memory"
            for number, parts in enumerate(m.ram.host_pages) if m.ram.present[number]
            and all(m.ram.owner[page] == "balloon" for page in parts)]


def answered(m: Machine) -> list[str]:
    state = m.device.inflate.state
    return [f"the inflate request is {state}, and nobody looks at it any more"] \
        if state == "seen" else []


SYMPTOMS: dict[str, Callable[[Machine], list[str]]] = {
    "guests_pages_keep_their_content": content,
    "discards_keep_to_their_request": request,
    "bitmap_goes_with_its_request": bitmap,
    "bitmap_is_written_inside": inside,
    "only_ram_is_discarded": rom,
    "reported_pages_keep_their_pattern": pattern,
    "devices_find_the_guests_pages": stale,
    "migrations_find_their_pages": stale,
    "references_are_dropped": references,
    "the_host_gets_what_is_in_the_balloon": given,
    "inflate_is_answered": answered,
}
