"""The model's steps and variables on the reference's threads and objects, for replay.

Labels are the same on both sides. The model's choices are the reference's, but for the container
that SET_CONTAINER is tried on: where the model has "existing container" fail, the reference picks
None. Not compared, because the code keeps no such thing: `kernel.kind`, which the machine is
built from, and `vfio.failed`, which the C code expresses by where it jumps to.
"""
from collections.abc import Callable, Sequence
from typing import Any

from checker.ir.system import Instance
from checker.judgement.replay import Hooks, Implementation
from checker.results.trace import Trace, TraceStep
from checker.values import Value
from spec.vfio_balloon.reference import Machine

VERSIONS = {"Upstream": "upstream", "Reviewed": "reviewed", "Rhel77": "rhel77",
            "Qemu61": "qemu61"}

# Constants that have the reference's names and values.
SAME = ("bql", "balloon_bql", "release", "zap", "unmaps", "unset_first", "listener_exit_unmaps",
        "per", "counter", "kvm_on_reuse", "kvm_after_listener", "ignore_listener_error",
        "keep_listener", "spapr",
        "spapr_exit_unregisters", "spapr_keeps_votes", "closes_device_fd", "keeps_group", "vote",
        "refusal")
EXITS = ("leak_exit", "double_release_exit", "unclosed_exit")

# What each mistake is without it. `None` for vote and unmaps: as the version does.
RIGHT = dict(vote=None, per="group", leak_exit="none", double_release_exit="none",
             unclosed_exit="none", counter="atomic", postcopy_votes="one_vote",
             kvm_on_reuse=True, kvm_after_listener=False, ignore_listener_error=False,
             keep_listener=False, keeps_group=False, unset_first=False, unmaps=None,
             refusal="exit")

# What is wrong with the versions as they were, and what puts it right: later commits where there
# are some, else the order and the locking that the findings ask for. The first that applies.
BETTER: list[tuple[Callable[[dict[str, Any]], bool], dict[str, Any]]] = [
    (lambda c: c["spapr"] and not c["spapr_exit_unregisters"], dict(spapr_exit_unregisters=True)),
    (lambda c: c["spapr"] and c["mixed"] and not c["spapr_keeps_votes"],
     dict(spapr_keeps_votes=True)),
    (lambda c: c["disagree"] and not c["closes_device_fd"], dict(closes_device_fd=True)),
    (lambda c: c["strict_kvm"], dict(kvm_before_listener=True)),
    (lambda c: not c["bql"], dict(bql=True)),
    (lambda c: c["release"] == "before_unmap", dict(release="after_unmap")),
    (lambda c: c["zap"] == "two_steps" and not c["balloon_bql"], dict(balloon_bql=True)),
    (lambda c: True, dict(vote="before_attach", listener_exit_unmaps=True)),
]


def adapter_for(spec_name: str) -> "VfioAdapter":
    return VfioAdapter(VERSIONS[spec_name])


def corrected(constants: dict[str, Any]) -> dict[str, Any]:
    """The constants without their mistakes; where they have none, without one of the version's."""
    if any(constants[name] != right for name, right in RIGHT.items()):
        return {**constants, **RIGHT}
    return {**constants, **next(better for applies, better in BETTER if applies(constants))}


class VfioAdapter:
    """Builds the reference for a trace of one of the versions."""

    def __init__(self, version: str) -> None:
        self.version = version

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "Stage":
        constants = dict(trace.system.constants)
        if correct:
            constants = corrected(constants)
        return Stage(trace, self.version, constants, hooks, memory)


class Stage(Implementation):
    """One machine, as `checker.judgement.replay.Implementation` wants it."""

    def __init__(self, trace: Trace, version: str, constants: dict[str, Any], hooks: Hooks,
                 memory: str | None) -> None:
        self.system = trace.system
        self.constants = constants
        self.groups = constants["groups"]
        kinds = trace.initial[self.system.position["kernel.kind"]]
        devices = [(g, kind == "opted_in") for g, kind in enumerate(kinds)]
        if constants["devices"] == 2:
            wanted = "mediated" if constants["disagree"] else "opted_in"
            devices += [(g, kind == wanted) for g, kind in enumerate(kinds)]
        self.machine = Machine(
            version=version, groups=self.groups, containers=constants["containers"],
            pages=constants["pages"], devices=devices, memory=memory, at=hooks.at, env=hooks,
            mediated={g for g, kind in enumerate(kinds) if kind != "physical"},
            postcopy=constants["postcopy_votes"],
            kvm_before_listener=constants.get("kvm_before_listener", False),
            **{name: constants[name] for name in SAME},
            **{name: None if constants[name] == "none" else constants[name] for name in EXITS})
        self.memory = self.machine.memory.kind
        self.locks = {"the big lock": self.machine.bql_lock}
        for page in self.machine.memory.pages:
            self.machine.memory.cpu_write(page, b"guest")

    # Threads and steps.

    def thread(self, instance: Instance) -> str:
        match instance.process.name:
            case "device.life":
                return f"device {instance.key}"
            case "second.life":
                return f"device {self.groups + instance.key}"
            case "balloon.inflate":
                return "balloon"
        return "postcopy"

    def threads(self) -> dict[str, Callable[[], object]]:
        machine = self.machine
        bodies: dict[str, Callable[[], object]] = {
            f"device {device.number}": lambda number=device.number: machine.device_life(number)
            for device in machine.devices}
        bodies["balloon"] = machine.balloon_life
        if self.constants["postcopy"]:
            bodies["postcopy"] = lambda: machine.postcopy_life(None)
        return bodies

    def choices(self, step: TraceStep) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        for choice in step.choices:
            if (choice.kind, choice.name) != ("fails", "existing container"):
                found.append((choice.name, choice.value))
            elif choice.value:
                found.append((choice.name, None))
        return found

    # What can be seen.

    def observe(self) -> dict[str, Value]:
        seen = self.machine.observe()
        found = {**self._kernel(seen), **self._vfio(seen), **self._devices(seen)}
        most = self.system.variable["inhibitor.votes"].type.hi
        found["inhibitor.votes"] = min(max(seen["votes"], -1), most)    # see `Inhibitor`
        found["bql.lock"] = self.holder(seen["bql"])
        if self.constants["postcopy"]:
            found["postcopy.holds"] = seen["postcopy_holds"]
        return {name: value for name, value in found.items() if name in self.system.position}

    def _kernel(self, seen: dict[str, Any]) -> dict[str, Value]:
        errors = [error for error in seen["errors"] if error != "inhibitor below zero"]
        groups, containers = seen["groups"], seen["containers"]
        return {
            "kernel.group_open": _each(groups, "open"),
            "kernel.attached": _each(groups, "attached"),
            "kernel.kvm": _each(groups, "kvm"),
            "kernel.open": _each(containers, "open"),
            "kernel.iommu": _each(containers, "iommu"),
            "kernel.maps": tuple(tuple(c["maps"]) for c in containers),
            "kernel.registered": tuple(tuple(c["registered"]) for c in containers),
            "kernel.stale": tuple(tuple(c["stale"]) for c in containers),
            "kernel.refused": any(not error.startswith("KVM") for error in errors),
            "kernel.kvm_refused": any(error.startswith("KVM") for error in errors),
        }

    def _vfio(self, seen: dict[str, Any]) -> dict[str, Value]:
        groups, containers = seen["groups"], seen["containers"]
        member = {g: number for number, c in enumerate(containers) for g in c["groups"]}
        return {
            "vfio.listed": tuple(group["state"] == "listed" for group in groups),
            "vfio.member": tuple(member.get(g) for g in range(self.groups)),
            "vfio.holds": _each(groups, "holds_vote"),
            "vfio.allowed": _each(groups, "balloon_allowed"),
            "vfio.devices": _each(groups, "devices"),
            "vfio.linked": _each(containers, "listed"),
            "vfio.listener": _each(containers, "listener"),
            "vfio.prereg": _each(containers, "prereg"),
            "vfio.container_holds": _each(containers, "holds_vote"),
            "vfio.space": seen["space"],
        }

    def _devices(self, seen: dict[str, Any]) -> dict[str, Value]:
        found = {}
        for number, name in enumerate(("device", "second")):
            devices = seen["devices"][number * self.groups:(number + 1) * self.groups]
            found[f"{name}.fd"] = _each(devices, "fd")
            found[f"{name}.plugged"] = _each(devices, "in_group")
        return found

    # What it comes to.

    def symptom(self, property: str) -> Sequence[str] | None:
        seen = self.machine.observe()
        return SYMPTOMS[property](self, seen) or None if property in SYMPTOMS else None

    def close(self) -> None:
        self.machine.close()


def _each(things: list[dict[str, Any]], key: str) -> tuple[Value, ...]:
    return tuple(thing[key] for thing in things)


def _numbered(things: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    return list(enumerate(things))


# ── symptoms ─────────────────────────────────────────────────────────────────────────────────

def stale(stage: Stage, seen: dict[str, Any]) -> list[str]:
    """What the CPU and the device read behind one address, before and after each writes there."""
    memory, found = stage.machine.memory, []
    for number, container in _numbered(seen["containers"]):
        for page in (p for p, bad in enumerate(container["stale"]) if bad):
            where = f"page{page}"
            found.append(f"{where}: the CPU reads {memory.cpu(page, 5)!r}, a device of "
                         f"container{number} reads {memory.device(number, page, 5)!r}")
            memory.cpu_write(page, b"CPU..")
            memory.device_write(number, page, b"DMA..")
            found.append(f"{where}: after the CPU wrote b'CPU..' and the device b'DMA..': "
                         f"{memory.cpu(page, 5)!r} and {memory.device(number, page, 5)!r}")
    return found


def uncovered(stage: Stage, seen: dict[str, Any]) -> list[str]:
    """Pages that devices can reach while nobody keeps the balloon from zapping them."""
    if seen["votes"] > 0:
        return []
    return [f"page{page} is pinned, {seen['votes']} votes: a device of container{number} reads "
            f"{stage.machine.memory.device(number, page, 5)!r} there"
            for number, container in _numbered(seen["containers"])
            for page, pinned in enumerate(container["pins"]) if pinned]


def miscounted(stage: Stage, seen: dict[str, Any]) -> list[str]:
    holders = [f"group{g}" for g, group in _numbered(seen["groups"]) if group["holds_vote"]]
    holders += [f"container{c}" for c, container in _numbered(seen["containers"])
                if container["holds_vote"]]
    holders += ["postcopy"] * seen["postcopy_holds"]
    if seen["votes"] == len(holders):
        return []
    return [f"the counter is {seen['votes']}, votes are held by {', '.join(holders) or 'nobody'}"]


def errors(stage: Stage, seen: dict[str, Any]) -> list[str]:
    return [f"error: {error}" for error in seen["errors"]]


def left_behind(stage: Stage, seen: dict[str, Any]) -> list[str]:
    found = [f"group{g}: open, in no list" for g, group in _numbered(seen["groups"])
             if group["open"] and group["state"] != "listed"]
    found += [f"group{g}: listed, and has no device"
              for g, group in _numbered(seen["groups"])
              if group["state"] == "listed" and not group["devices"]]
    for c, container in _numbered(seen["containers"]):
        left = [name for name in ("open", "alive", "listener", "prereg") if container[name]]
        if left and not container["listed"]:
            found.append(f"container{c}, in no list, still has: {', '.join(left)}")
    if seen["space"] and not any(container["listed"] for container in seen["containers"]):
        found.append("the address space is kept, and has no container")
    return found + [f"device {d}: its file is open, in no group"
                    for d, device in _numbered(seen["devices"])
                    if device["fd"] and not device["in_group"]]


def dangling(stage: Stage, seen: dict[str, Any]) -> list[str]:
    return [f"container{c} was freed, a listener still points to it"
            for c, container in _numbered(seen["containers"]) if container["dangling"]]


def unknown_to_kvm(stage: Stage, seen: dict[str, Any]) -> list[str]:
    return errors(stage, seen) + [
        f"group{g} is attached, KVM does not know it" for g, group in _numbered(seen["groups"])
        if group["attached"] is not None and not group["kvm"]]


def unmapped(stage: Stage, seen: dict[str, Any]) -> list[str]:
    return [f"container{c} does not map page{page}"
            for c, container in _numbered(seen["containers"]) if container["listed"]
            for page, mapped in enumerate(container["maps"]) if not mapped]


SYMPTOMS: dict[str, Callable[[Stage, dict[str, Any]], list[str]]] = {
    "no_stale_mapping": stale,
    "pinned_means_inhibited": uncovered,
    "pinned_means_inhibited_while_unlocked": uncovered,
    "votes_counted": miscounted,
    "votes_never_negative": errors,
    "nothing_left_behind": left_behind,
    "no_request_to_a_dead_container": errors,
    "no_listener_on_a_freed_container": dangling,
    "attached_groups_known_to_kvm": unknown_to_kvm,
    "kvm_knows_the_group_before_the_listener": unknown_to_kvm,
    "initialised_container_maps_all_ram": unmapped,
}
