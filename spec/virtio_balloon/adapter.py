"""The model's steps and variables on the reference's threads and objects, for replay.

Labels are the same on both sides, but that a wait for a lock is called after the lock alone. Not
compared, because the code keeps no such thing: the features, which the machine is built from,
and who holds a lock.
"""
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from checker.errors import UserError
from checker.ir.system import Instance
from checker.judgement.replay import Hooks, Implementation
from checker.results.trace import Trace, TraceStep
from checker.values import Value
from spec.virtio_balloon.reference import Machine
from spec.virtio_balloon.symptoms import SYMPTOMS
from spec.virtio_balloon.telling_adapter import TellingAdapter

# Constants that have the reference's names and values.
SAME = ("per_page", "array", "oom", "compaction", "direct_compaction", "fs_lock", "alloc_fails",
        "sizes", "discards_after_ack", "silent", "release", "walk", "clamps", "tells", "waits",
        "stores", "type_test", "migrate_lock", "dequeue_locks", "uncounts", "stats", "restless",
        "changes", "reads_actual", "restore_fails", "checks_target", "cancels",
        "ignores_stop_update", "offers_always", "exit_unregisters", "freezes_tasks", "leaks_once",
        "forgets_stats", "resets")

# What each mistake is without it.
RIGHT = dict(discards_after_ack=False, silent=False, release="locked", walk="locked", clamps=True,
             tells="before_release", waits=True, stores="before_increment", type_test="locked",
             migrate_lock="mutex_trylock", dequeue_locks=True, uncounts=True, checks_target=True,
             cancels=True, ignores_stop_update=False, offers_always=False, exit_unregisters=True,
             freezes_tasks=True, leaks_once=False, forgets_stats=False, resets=True)

# v4.9, and the later fixes.
BEFORE = dict(allocates="locked", deletes="unlocked", recounts=False, oom_counts="balloon pages",
              aligns=False, inits_stats=False, unmounts=False)
AFTER = dict(allocates="first", deletes="locked", recounts=True, oom_counts="pages", aligns=True,
             inits_stats=True, unmounts=True)

# What keeps a rule that is broken without a mistake: the later fix, or, where no version has
# one, what would do.
REPAIRS: dict[str, dict[str, Any]] = {
    "deadlock": dict(allocates="first"),
    "type_cleared_under_pages_lock": dict(deletes="locked"),
    "managed_pages_add_up": dict(recounts=True),
    "overflow": dict(recounts=True),
    "oom_notifier_reports_pages": dict(oom_counts="pages"),
    "size_work_comes_to_rest": dict(aligns=True, bars_isolation=True),
    "stats_buffer_is_initialised": dict(inits_stats=True),
    "removed_leaves_no_mount": dict(unmounts=True),
    "actual_is_right_when_idle": dict(locks_actual=True),
    "no_request_on_a_deleted_queue": dict(stops_works=True),
    "stats_offered_after_driver_ok": dict(primes="DRIVER_OK"),
    "removal_ends": dict(bars_isolation=True),
}

# By spec: its version, and whether the driver comes and goes.
VERSIONS = {"Linux49": (BEFORE, False), "Fixed": (AFTER, False), "Linux49Life": (BEFORE, True),
            "FixedLife": (AFTER, True), "Linux49Progress": (BEFORE, True),
            "FixedProgress": (AFTER, True)}

THREADS = {"host.serve_inflate": "inflate queue", "host.serve_deflate": "deflate queue",
           "host.discard": "discard", "management.change_size": "management",
           "driver.size_worker": "size worker", "compaction.kcompactd": "kcompactd",
           "oom.task": "task", "stats.poll": "stats queue", "stats.worker": "stats worker",
           "life.administrator": "administrator", "life.core": "core"}


def adapter_for(spec_name: str) -> "BalloonAdapter | TellingAdapter":
    """The adapter of a version. Raises UserError where the reference is not what is modelled."""
    if spec_name == "Telling":
        return TellingAdapter()
    if spec_name not in VERSIONS:
        raise UserError(f"{spec_name} has no implementation to replay on",
                        hint=f"there is one for {', '.join(VERSIONS)}, Telling")
    return BalloonAdapter(*VERSIONS[spec_name])


def hook(label: str) -> str:
    """The reference's name for a step of the model."""
    if "pg_locked" in label:
        return "lock_page"
    return label.rpartition(".")[2] if label.startswith("acquire ") else label


class BalloonAdapter:
    """Builds the reference for a trace of one of the versions."""

    def __init__(self, version: dict[str, Any], alive: bool) -> None:
        self.version = version
        self.alive = alive

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "Stage":
        constants = dict(trace.system.constants)
        chosen = {name: constants[name] for name in SAME} | {
            name: version if constants[name] is None else constants[name]
            for name, version in self.version.items()}
        chosen["wishes"] = constants["wishes"] or (
            ("stay", "remove", "suspend") if constants["suspends"] else ("stay", "remove"))
        if correct:
            mistaken = any(constants[name] != right for name, right in RIGHT.items())
            chosen |= RIGHT | ({} if mistaken else REPAIRS.get(trace.property, AFTER))
        return Stage(trace, chosen | {"life": self.alive}, hooks)


class Stage(Implementation):
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

    @property
    def locks(self) -> Mapping[str, Any]:
        gates = self.machine.switch.asleep()
        return {**self.machine.locks(),
                **{f"the gate of {thread}": gate for thread, gate in gates.items()}}

    def values(self, state: Sequence[Value]) -> dict[str, Any]:
        return {name: state[number] for name, number in self.system.position.items()}

    # Threads and steps.

    def thread(self, instance: Instance) -> str:
        return THREADS[instance.process.name]

    def threads(self) -> dict[str, Callable[[], object]]:
        return dict(self.machine.actors)

    def label(self, step: TraceStep) -> str:
        return hook(step.label)

    # What can be seen.

    def observe(self) -> dict[str, Value]:
        seen = self.machine.observe()
        found = {**self._pages(seen), **self._rest(seen), **self._life()}
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

    def _life(self) -> dict[str, Value]:
        seen = self.machine.observe_life()
        found = {f"life.{name}": seen[name] for name in (
            "wanted", "allocated", "notifier", "unregistering", "mounted", "inode",
            "config_enabled", "change_pending", "removing")} | {
            "host.ready": seen["ready"], "host.actual": seen["actual"],
            "management.left": seen["left"], "freezer.frozen": seen["frozen"],
            "driver.stop_update": seen["stop_update"]}
        for name, (exists, used_deleted) in zip(("inflate", "deflate"), seen["queues"]):
            found |= {f"host.{name}.exists": exists, f"host.{name}.used_deleted": used_deleted}
        for owner, work in (("driver.size_work", "size_work"), ("stats.work", "stats_work")):
            found |= {f"{owner}.{name}": value for name, value in zip(
                ("pending", "running", "cancelled"), seen.get(work, ()))}
        return found | {f"stats.{name}": value for name, value in seen.get("stats", {}).items()}

    # What it comes to.

    def symptom(self, property: str) -> Sequence[str] | None:
        seen = self.machine.observe()
        found = SYMPTOMS[property](self.machine, seen) if property in SYMPTOMS else []
        return found or None            # a witness breaks nothing, so there is nothing to see

    def close(self) -> None:
        self.machine.close()
