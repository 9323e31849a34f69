"""The model's steps and variables on the reference's threads and objects, for replay.

Labels are the same on both sides, but that a wait for a lock is called after the lock alone. Not
compared, because the code keeps no such thing: the features, which the machine is built from,
and who holds a lock.
"""
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from checker.errors import UserError
from checker.ir.system import Instance
from checker.judgement.replay import Hooks
from checker.results.trace import Trace, TraceStep
from checker.values import Value
from spec.virtio_balloon.reference import DATA, Machine

# Constants that have the reference's names and values.
SAME = ("per_page", "array", "oom", "compaction", "direct_compaction", "fs_lock", "alloc_fails",
        "sizes", "discards_after_ack", "silent", "release", "walk", "clamps", "tells", "stores",
        "type_test", "migrate_lock", "dequeue_locks", "uncounts")
VERSION = ("allocates", "deletes", "recounts", "oom_counts", "aligns")

# What each mistake is without it.
RIGHT = dict(discards_after_ack=False, release="locked", walk="locked", clamps=True,
             tells="before_release", stores="before_increment", type_test="locked",
             migrate_lock="mutex_trylock", dequeue_locks=True, uncounts=True)

# v4.9, and the later fixes.
BEFORE = dict(allocates="locked", deletes="unlocked", recounts=False, oom_counts="balloon pages",
              aligns=False)
AFTER = dict(allocates="first", deletes="locked", recounts=True, oom_counts="pages", aligns=True)

THREADS = {"host.serve_inflate": "inflate queue", "host.serve_deflate": "deflate queue",
           "host.discard": "discard", "management.change_size": "management",
           "driver.size_worker": "size worker", "compaction.kcompactd": "kcompactd",
           "oom.task": "task"}


def adapter_for(spec_name: str) -> "BalloonAdapter":
    """The adapter of a version. Raises UserError for the specs of the driver's life."""
    if spec_name not in ("Linux49", "Fixed"):
        raise UserError(f"{spec_name} has no implementation to replay on",
                        hint="the reference begins with a driver that is bound: use Linux49")
    return BalloonAdapter(AFTER if spec_name == "Fixed" else BEFORE)


def hook(label: str) -> str:
    """The reference's name for a step of the model."""
    if "pg_locked" in label:
        return "lock_page"
    return label.rpartition(".")[2] if label.startswith("acquire ") else label


class BalloonAdapter:
    """Builds the reference for a trace of one of the versions."""

    def __init__(self, version: dict[str, Any]) -> None:
        self.version = version

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "Stage":
        constants = dict(trace.system.constants)
        version = {name: self.version[name] if constants[name] is None else constants[name]
                   for name in VERSION}
        if correct:
            mistaken = any(constants[name] != right for name, right in RIGHT.items())
            constants.update(RIGHT)
            version = version if mistaken else AFTER
        return Stage(trace, {name: constants[name] for name in SAME} | version, hooks)


class Stage:
    """One machine, as `checker.judgement.replay.Implementation` wants it."""

    def __init__(self, trace: Trace, constants: dict[str, Any], hooks: Hooks) -> None:
        self.system = trace.system
        first = self.values(trace.initial)
        self.zones = first["pages.zone_of"]
        self.machine = Machine(
            pages=len(self.zones), zones=self.zones, target=first["host.num_pages"],
            must_tell=first["host.must_tell"], deflate_on_oom=first["driver.deflate_on_oom"],
            at=hooks.at, env=hooks, **constants)
        self.memory = "private mapping"
        self.locks: Mapping[str, Any] = self.machine.locks()

    def values(self, state: Sequence[Value]) -> dict[str, Any]:
        return {name: state[number] for name, number in self.system.position.items()}

    # Threads and steps.

    def thread(self, instance: Instance) -> str:
        return THREADS[instance.process.name]

    def threads(self) -> dict[str, Callable[[], object]]:
        return dict(self.machine.actors)

    def label(self, step: TraceStep) -> str:
        return hook(step.label)

    def choices(self, step: TraceStep) -> list[tuple[str, Any]]:
        return [(choice.name, choice.value) for choice in step.choices]

    # What can be seen.

    def observe(self) -> dict[str, Value]:
        seen = self.machine.observe()
        found = {**self._pages(seen), **self._rest(seen)}
        return {name: value for name, value in found.items() if name in self.system.position}

    def _pages(self, seen: dict[str, Any]) -> dict[str, Value]:
        managed = seen["managed"]           # as far as there are pages in a zone
        zones = range(self.system.variable["pages.taken"].type.key.size)
        return {f"pages.{name}": tuple(seen[name]) for name in (
            "balloon_ref", "migrate_ref", "balloon_type", "private", "listed")} | {
            "pages.taken": tuple(self.zones.count(zone) - managed[zone]
                                 if zone < len(managed) else 0 for zone in zones),
            "pages.pg_isolated": tuple(seen["isolated"]),
            "pages.isolated_pages": seen["isolated_pages"],
            "pages.walked_off": seen["walked_off"],
            "pages.bug": seen["bug"],
        }

    def _rest(self, seen: dict[str, Any]) -> dict[str, Value]:
        per_page = self.machine.options.per_page
        return {
            "host.inflate.state": seen["inflate"][0], "host.inflate.length": seen["inflate"][1],
            "host.deflate.state": seen["deflate"][0], "host.deflate.length": seen["deflate"][1],
            "host.num_pages": seen["target"],
            "host.may_modify": tuple(seen["may_modify"]),
            "host.lost": tuple(seen["lost"]),
            "driver.num_pages": seen["num_pages"],
            "driver.num_pfns": seen["num_pfns"],
            "driver.pfns": tuple(None if pfn is None else pfn // per_page
                                 for pfn in seen["pfns"]),
            "driver.pushed": tuple(seen["pushed"]),
            "driver.size_work.pending": seen["size_work"],
            "compaction.followed_nothing": seen["followed_nothing"],
            "oom.freed": seen["freed"], "oom.really_freed": seen["really_freed"],
            "oom.notified": seen["notified"],
        }

    # What it comes to.

    def symptom(self, property: str) -> Sequence[str] | None:
        seen = self.machine.observe()
        return list(SYMPTOMS[property](self.machine, seen)) or None

    def close(self) -> None:
        self.machine.close()


# ── symptoms ─────────────────────────────────────────────────────────────────────────────────

def lost(machine: Machine, seen: dict[str, Any]) -> list[str]:
    """What the guest reads where it wrote something else."""
    return [f"page{number} is the guest's: it wrote {DATA!r} there and reads "
            f"{machine.ram.read(number, len(DATA))!r}" for number in machine.lost()]


def strangers(machine: Machine, seen: dict[str, Any]) -> list[str]:
    """Requests that name what the balloon does not have."""
    found = []
    for name, queue in (("inflate", machine.host.inflate), ("deflate", machine.host.deflate)):
        for pfn in queue.named() if queue.state in ("added", "seen") else ():
            page = None if pfn is None else pfn // machine.options.per_page
            if page is None or not seen["balloon_ref"][page]:
                what = "a slot that nobody wrote" if page is None else f"page{page}, a free page"
                found.append(f"the {name} queue names {what}")
    return found


def twice(machine: Machine, seen: dict[str, Any]) -> list[str]:
    named = [pfn for pfn in seen["pfns"][:seen["num_pfns"]] if pfn is not None]
    return [f"balloon page {pfn} is named twice" for pfn in sorted(set(named))
            if named.count(pfn) > 1]


def leaked(machine: Machine, seen: dict[str, Any]) -> list[str]:
    per_page = machine.options.per_page
    named = {pfn // per_page for pfn in seen["pfns"][:seen["num_pfns"]] if pfn is not None}
    return [f"page{number} is neither the guest's nor in the balloon, and nobody knows of it"
            for number, held in enumerate(seen["balloon_ref"])
            if held and number not in named
            and not any(seen[where][number] for where in ("listed", "isolated", "pushed",
                                                          "migrate_ref"))]


def freed_in_balloon(machine: Machine, seen: dict[str, Any]) -> list[str]:
    return [f"page{number} is free and in the balloon"
            for number, held in enumerate(seen["balloon_ref"])
            if not held and (seen["listed"][number] or seen["isolated"][number])]


def miscounted(machine: Machine, seen: dict[str, Any]) -> list[str]:
    listed, isolated = sum(seen["listed"]), sum(seen["isolated"])
    counted = machine.options.per_page * (listed + seen["isolated_pages"])
    found = []
    if seen["isolated_pages"] != isolated:
        found.append(f"isolated_pages is {seen['isolated_pages']}, {isolated} pages are isolated")
    if seen["num_pages"] != counted:
        found.append(f"num_pages is {seen['num_pages']}, the balloon holds {counted}")
    return found


def untyped(machine: Machine, seen: dict[str, Any]) -> list[str]:
    return [f"page{number} is in the list and leads to no device"
            for number, listed in enumerate(seen["listed"])
            if listed and not (seen["balloon_type"][number] and seen["private"][number])]


def unmanaged(machine: Machine, seen: dict[str, Any]) -> list[str]:
    zones = [page.zone for page in machine.allocator.pages]
    found = []
    for zone, managed in enumerate(seen["managed"]):
        inside = sum(z == zone and (seen["listed"][n] or seen["isolated"][n])
                     for n, z in enumerate(zones))
        if managed != zones.count(zone) - inside:
            found.append(f"zone{zone} manages {managed} pages, it has "
                         f"{zones.count(zone)} and {inside} are in the balloon")
    return found


def flag(name: str, text: str) -> Callable[[Machine, dict[str, Any]], list[str]]:
    return lambda machine, seen: [text] if seen[name] else []


SYMPTOMS: dict[str, Callable[[Machine, dict[str, Any]], list[str]]] = {
    "no_guest_page_lost": lost,
    "inflate_names_pages_of_the_balloon": strangers,
    "deflate_names_pages_of_the_balloon": strangers,
    "no_page_is_named_twice": twice,
    "no_page_is_leaked": leaked,
    "no_free_page_in_balloon": freed_in_balloon,
    "pages_counted": miscounted,
    "isolated_pages_counted": miscounted,
    "pages_in_the_list_have_their_type": untyped,
    "type_cleared_under_pages_lock": lambda machine, seen: machine.driver.info.unguarded,
    "no_walk_over_a_removed_entry": flag(
        "walked_off", "the walk goes on from an entry that was removed from the list"),
    "only_pages_of_the_balloon_are_followed": flag(
        "followed_nothing", "page->private is followed, and is NULL"),
    "balloon_is_never_found_lost": flag("bug", "BUG(): some balloon pages are lost"),
    "managed_pages_add_up": unmanaged,
    "oom_notifier_reports_pages": lambda machine, seen: (
        [f"the notifier says {seen['freed']} pages, {seen['really_freed']} were freed"]
        if seen["freed"] != seen["really_freed"] else []),
    "overflow": lambda machine, seen: unmanaged(machine, seen) + miscounted(machine, seen),
    "assertion": lambda machine, seen: [],      # the thread's own exception tells
    "bad_key": lambda machine, seen: [],        # so it does here
    "reentry": lambda machine, seen: [
        f"{name} waits for balloon_lock, which it holds"
        for name in machine.switch.waits_for_itself(machine.driver.balloon_lock)],
}
