"""What shows that a rule is broken, in lines of text: bytes, pages, counts, and who waits."""
from collections.abc import Callable
from typing import Any

from spec.virtio_balloon.reference import DATA, Machine, Slab
from spec.virtio_balloon.reference.life import STRUCT
from spec.virtio_balloon.reference.stats import BUFFER, RING

Found = list[str]


def lost(machine: Machine, seen: dict[str, Any]) -> Found:
    """What the guest reads where it wrote something else."""
    return [f"page{number} is the guest's: it wrote {DATA!r} there and reads "
            f"{machine.ram.read(number, len(DATA))!r}" for number in machine.lost()]


def strangers(machine: Machine, seen: dict[str, Any]) -> Found:
    """Requests that name what the balloon does not have."""
    found = []
    for name, queue in (("inflate", machine.host.inflate), ("deflate", machine.host.deflate)):
        for pfn in queue.named() if queue.state in ("added", "seen") else ():
            page = None if pfn is None else pfn // machine.options.per_page
            if page is None or not seen["balloon_ref"][page]:
                what = "a slot that nobody wrote" if page is None else f"page{page}, a free page"
                found.append(f"the {name} queue names {what}")
    return found


def twice(machine: Machine, seen: dict[str, Any]) -> Found:
    named = [pfn for pfn in seen["pfns"][:seen["num_pfns"]] if pfn is not None]
    return [f"balloon page {pfn} is named twice" for pfn in sorted(set(named))
            if named.count(pfn) > 1]


def leaked(machine: Machine, seen: dict[str, Any]) -> Found:
    per_page = machine.options.per_page
    named = {pfn // per_page for pfn in seen["pfns"][:seen["num_pfns"]] if pfn is not None}
    return [f"page{number} is neither the guest's nor in the balloon, and nobody knows of it"
            for number, held in enumerate(seen["balloon_ref"])
            if held and number not in named
            and not any(seen[where][number] for where in ("listed", "isolated", "pushed",
                                                          "migrate_ref"))]


def freed_in_balloon(machine: Machine, seen: dict[str, Any]) -> Found:
    return [f"page{number} is free and in the balloon"
            for number, held in enumerate(seen["balloon_ref"])
            if not held and (seen["listed"][number] or seen["isolated"][number])]


def miscounted(machine: Machine, seen: dict[str, Any]) -> Found:
    listed, isolated = sum(seen["listed"]), sum(seen["isolated"])
    counted = machine.options.per_page * (listed + seen["isolated_pages"])
    found = []
    if seen["isolated_pages"] != isolated:
        found.append(f"isolated_pages is {seen['isolated_pages']}, {isolated} pages are isolated")
    if seen["num_pages"] != counted:
        found.append(f"num_pages is {seen['num_pages']}, the balloon holds {counted}")
    return found


def untyped(machine: Machine, seen: dict[str, Any]) -> Found:
    return [f"page{number} is in the list and leads to no device"
            for number, listed in enumerate(seen["listed"])
            if listed and not (seen["balloon_type"][number] and seen["private"][number])]


def typed(machine: Machine, seen: dict[str, Any]) -> Found:
    return [f"page{number} was given back and still has the balloon's type"
            for number, held in enumerate(seen["balloon_ref"])
            if not held and seen["balloon_type"][number]]


def unmanaged(machine: Machine, seen: dict[str, Any]) -> Found:
    zones = [page.zone for page in machine.allocator.pages]
    found = []
    for zone, managed in enumerate(seen["managed"]):
        inside = sum(z == zone and (seen["listed"][n] or seen["isolated"][n])
                     for n, z in enumerate(zones))
        if managed != zones.count(zone) - inside:
            found.append(f"zone{zone} manages {managed} pages, it has "
                         f"{zones.count(zone)} and {inside} are in the balloon")
    return found


def flag(name: str, text: str) -> Callable[[Machine, dict[str, Any]], Found]:
    return lambda machine, seen: [text] if seen[name] else []


# ── the driver's life ────────────────────────────────────────────────────────────────────────

def after_kfree(machine: Machine, seen: dict[str, Any]) -> Found:
    """What still leads to a struct virtio_balloon that was freed, and what is there."""
    if machine.life.allocated():
        return []
    leads = {"the OOM notifier chain": machine.chain.callback is not None,
             "its inode": machine.life.inode is not None,
             "the interrupt": machine.life.config_enabled,
             "the size work": not machine.driver.size_work.idle(),
             "the inflate queue": machine.host.inflate.exists,
             "the deflate queue": machine.host.deflate.exists,
             "the statistics queue": machine.stats is not None and machine.stats.exists,
             "the statistics work": machine.stats is not None and not machine.stats.work.idle()}
    there = machine.slab.read(STRUCT)
    return [f"{what} leads to struct virtio_balloon, which was freed: there is {there!r}"
            for what, leads_there in leads.items() if leads_there]


def pages_after_kfree(machine: Machine, seen: dict[str, Any]) -> Found:
    there = machine.slab.read(STRUCT)
    return [f"page{number} is the balloon's for ever: of the driver that would give it back "
            f"there is {there!r}"
            for number, held in enumerate(seen["balloon_ref"])
            if held and not machine.life.allocated()]


def deleted_queues(machine: Machine, seen: dict[str, Any]) -> Found:
    """What was written to the memory of queues that are no more."""
    used = [queue.name for queue in (machine.host.inflate, machine.host.deflate)
            if queue.used_deleted]
    if machine.stats is not None and machine.stats.used_deleted:
        used.append(RING)
    return [f"the ring of the {name} was freed and reads {machine.slab.read(name)!r}, not "
            f"{Slab.POISON!r}" for name in used if machine.slab.read(name) != Slab.POISON]


def running_without_queues(machine: Machine, seen: dict[str, Any]) -> Found:
    return [f"the device runs, and reads {machine.slab.read(queue.name)!r} where its "
            f"{queue.name} was" for queue in (machine.host.inflate, machine.host.deflate)
            if machine.host.ready and not queue.exists]


def buffers(machine: Machine, seen: dict[str, Any]) -> Found:
    stats = machine.stats
    return [f"on the statistics queue the device has the one buffer {stats.offered} times, and "
            f"{stats.returned} times it came back"] \
        if stats is not None and stats.offered + stats.returned > 1 else []


def kicked_early(machine: Machine, seen: dict[str, Any]) -> Found:
    return ["a buffer is on the statistics queue of a device that is not told DRIVER_OK yet"] \
        if machine.stats is not None and machine.stats.offered and not machine.host.ready else []


def uninitialised(machine: Machine, seen: dict[str, Any]) -> Found:
    stats = machine.stats
    return [f"the device reads {machine.slab.read(BUFFER)!r} from a buffer that the driver "
            "never wrote to"] if stats is not None and stats.offered and not \
        stats.initialised() else []


def misbelieved(machine: Machine, seen: dict[str, Any]) -> Found:
    actual, there = machine.host.actual, seen["num_pages"]
    return [f"the balloon has {there} pages, the host reads {actual}"] if actual != there else []


def mounts(machine: Machine, seen: dict[str, Any]) -> Found:
    return [f"balloon-kvm is still mounted, {len(machine.life.fs.mounts)} times, for no driver"] \
        if machine.life.fs.mounts and not machine.life.allocated() else []


# ── what never comes ─────────────────────────────────────────────────────────────────────────

def waiting(machine: Machine, *threads: str) -> Found:
    """Those of the threads that wait for somebody who does not come."""
    found = machine.switch.waits(machine.locks())
    return [f"{name} waits for {found[name]}" for name in threads if name in found]


def restless(machine: Machine, seen: dict[str, Any]) -> Found:
    """A size work that is stuck, or that runs and runs."""
    runs, wanted = machine.driver.size_work.runs, machine.host.num_pages
    found = waiting(machine, "size worker", "inflate queue")
    if machine.driver.size_work.running and found:
        return found
    return [f"the size work has run {runs} times for {wanted} pages, and the balloon has "
            f"{seen['num_pages']}"] if runs > 2 else []


def never_removed(machine: Machine, seen: dict[str, Any]) -> Found:
    """A removal that goes round and round, or waits."""
    rounds = machine.life.rounds
    if not machine.life.removing:
        return []
    if rounds > 1:
        return [f"core has called leak_balloon {rounds} times, and the balloon has "
                f"{seen['num_pages']} page, which compaction had whenever it looked"]
    return waiting(machine, "core", "size worker", "task")


def ignored(machine: Machine, seen: dict[str, Any]) -> Found:
    work, wanted = machine.driver.size_work, machine.host.num_pages
    return [f"the host wants {wanted} pages, the balloon has {seen['num_pages']}, and no work "
            "is queued"] if work.idle() and wanted != seen["num_pages"] else []


def unanswered(machine: Machine, seen: dict[str, Any]) -> Found:
    stats = machine.stats
    return ["the host has asked; no work is queued, and no buffer is on the statistics queue"] \
        if stats is not None and stats.asked and stats.work.idle() and not stats.offered else []


SYMPTOMS: dict[str, Callable[[Machine, dict[str, Any]], Found]] = {
    "no_guest_page_lost": lost,
    "inflate_names_pages_of_the_balloon": strangers,
    "deflate_names_pages_of_the_balloon": strangers,
    "no_page_is_named_twice": twice,
    "no_page_is_leaked": leaked,
    "no_free_page_in_balloon": freed_in_balloon,
    "pages_counted": miscounted,
    "isolated_pages_counted": miscounted,
    "pages_in_the_list_have_their_type": untyped,
    "no_free_page_has_the_balloons_type": typed,
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
    "removed_leaves_nothing": after_kfree,
    "removed_leaves_no_stats_work": after_kfree,
    "removed_leaves_no_page": pages_after_kfree,
    "removed_leaves_no_mount": mounts,
    "no_request_on_a_deleted_queue": deleted_queues,
    "no_stats_on_a_deleted_queue": deleted_queues,
    "device_is_reset_before_its_queues_go": running_without_queues,
    "one_stats_buffer": buffers,
    "stats_offered_after_driver_ok": kicked_early,
    "stats_buffer_is_initialised": uninitialised,
    "actual_is_right_when_idle": misbelieved,
    "size_work_comes_to_rest": restless,
    "target_is_acted_on": ignored,
    "oom_notifier_returns": lambda machine, seen: waiting(machine, "task", "size worker"),
    "removal_ends": never_removed,
    "stats_are_answered": unanswered,
}
