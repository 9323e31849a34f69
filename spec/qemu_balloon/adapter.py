"""The model's steps and variables on the reference's threads and objects, for replay.

Labels, choices and variables have the same names on both sides.
"""
from collections.abc import Callable, Sequence
from typing import Any

from checker.ir.system import Instance
from checker.judgement.replay import Hooks, Implementation
from checker.results.trace import Trace
from checker.values import Value
from spec.qemu_balloon.hinting_rules import Hints
from spec.qemu_balloon.model import SPECS
from spec.qemu_balloon.reference import DATA, HintMachine, Machine, SizeMachine, StatsMachine
from spec.qemu_balloon.reference.hinting import WIDTH
from spec.qemu_balloon.size import Sizes
from spec.qemu_balloon.stats_rules import StatsQueue

# What is wrong, put right: QEMU today.
RIGHT = dict(bitmap="element", bits="one", deflates="nothing", drops_reference=True,
             locks=True, asks_votes=True, asks=("postcopy", "snapshot"), checks_ram=True,
             answers_always=True, reports_ask=True, asks_poison=True, discard_fails=False)
RULES = ("gives_back", "live", "strict")      # constants of the model alone


def adapter_for(spec_name: str) -> Any:
    spec = SPECS[spec_name]
    if issubclass(spec, Hints):
        return HintAdapter(spec.version)
    if issubclass(spec, StatsQueue):
        right = dict(reset_clears=True, reset_detaches=True, rewinds=True, arms_timer=True,
                     polls_what_it_has=True, stops_timer=True)
        return ControlAdapter(StatsMachine, spec.version, right)
    if issubclass(spec, Sizes):
        right = dict(counts="dimms", notifies=True, recomputes=True)
        return ControlAdapter(SizeMachine, {}, right)
    return DeviceAdapter(spec.version)


def constants_of(trace: Trace, version: dict[str, Any]) -> dict[str, Any]:
    """What the trace's machine was built from; None: as in the version."""
    return {name: version.get(name) if value is None else value
            for name, value in trace.system.constants.items() if name not in RULES}


class Plain(Implementation):
    """A stage whose threads, labels, choices and variables have the model's own names."""

    system: Any
    machine: Any

    def threads(self) -> dict[str, Callable[[], object]]:
        return dict(self.machine.threads())

    def observe(self) -> dict[str, Value]:
        return {name: value for name, value in self.machine.observe().items()
                if name in self.system.position}

    def close(self) -> None:
        """Nothing of it outlives its threads."""


class DeviceAdapter:
    """Builds the reference for a trace of one of the versions."""

    def __init__(self, version: dict[str, Any]) -> None:
        self.version = version

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "Stage":
        constants = constants_of(trace, self.version)
        constants["counters"] = self.version["counters"]
        if correct:
            constants |= RIGHT | {"yields": trace.property == "deflate_is_answered"}
        return Stage(trace, constants, hooks, memory)


class Stage(Plain):
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

    def observe(self) -> dict[str, Value]:
        found = self.machine.observe()
        found["bql.lock"] = self.holder(self.machine.bql_holder)
        return {name: value for name, value in found.items() if name in self.system.position}

    # What it comes to.

    def symptom(self, property: str) -> Sequence[str] | None:
        return list(SYMPTOMS[property](self.machine)) or None

    def close(self) -> None:
        self.machine.close()


class HintAdapter:
    """Builds two machines and a migration with free page hinting."""

    def __init__(self, version: dict[str, Any]) -> None:
        self.version = version

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "HintStage":
        constants = constants_of(trace, self.version)
        if correct:
            constants |= Hints.version | {"stops_before_sync": True, "stop_locks": True}
        return HintStage(trace, constants, hooks)


class HintStage(Plain):
    """A source and a destination with memory of their own."""

    def __init__(self, trace: Trace, constants: dict[str, Any], hooks: Hooks) -> None:
        self.system = trace.system
        postcopy = bool(trace.initial[self.system.position["migration.postcopy"]])
        self.machine = HintMachine(at=hooks.at, env=hooks, postcopy=postcopy, **constants)
        self.memory = "private mapping"
        self.locks = {"free_page_lock": self.machine.device.free_page_lock}

    def symptom(self, property: str) -> Sequence[str] | None:
        m = self.machine
        if property == "migrated_pages_arrive":
            return [f"page{page}: the guest wrote {m.source.read(page, WIDTH)!r}, on the "
                    f"destination it reads {m.destination.read(page, WIDTH)!r}"
                    for page in m.having("used") if not m.sent(page)] or None
        if property == "postcopy_faults_are_resolved":
            return ["a virtual processor waits for a page that the source does not send"] \
                if m.hangs else None
        return [f"status {m.device.status}, command id {m.device.cmd_id}, migration {m.phase}"]

    def close(self) -> None:
        self.machine.close()


class ControlAdapter:
    """Builds what has no memory: the statistics queue, or the balloon's size."""

    def __init__(self, machine: type, version: dict[str, Any], right: dict[str, Any]) -> None:
        self.machine = machine
        self.version = version
        self.right = right

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "ControlStage":
        constants = constants_of(trace, self.version) | (self.right if correct else {})
        return ControlStage(trace, self.machine(at=hooks.at, env=hooks, **constants))


class ControlStage(Plain):
    """One of them."""

    def __init__(self, trace: Trace, machine: Any) -> None:
        self.system = trace.system
        self.machine = machine
        self.memory = ""
        self.locks = {"the big lock": machine.bql}

    def symptom(self, property: str) -> Sequence[str] | None:
        return self.machine.symptom()


# ── symptoms ─────────────────────────────────────────────────────────────────────────────────

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
    if m.device.deflate.state == "added" and m.bql_holder is not None:
        return [f"the deflate request waits, and {m.bql_holder} keeps the big lock"]
    return [f"the {name} request is seen, and nobody looks at it any more"
            for name, ring in (("inflate", m.device.inflate), ("deflate", m.device.deflate))
            if ring.state == "seen"]


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
    "deflate_is_answered": answered,
}
