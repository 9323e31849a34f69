"""Which code is run, and at most one mistake or one repair in it."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Options:
    """The constants of one machine; the defaults are Linux v4.9."""

    per_page: int = 1                   # balloon pages in a page of the guest
    must_tell: bool = True
    deflate_on_oom: bool = True
    direct_compaction: bool = False
    fs_lock: bool = False               # reclaim may need a lock that others hold
    alloc_fails: bool = True
    sizes: tuple[int, ...] | None = None
    discards_after_ack: bool = False
    silent: bool = False                # the host never answers
    allocates: str = "locked"           # "first": before balloon_lock is taken, c7cdff0e8647
    deletes: str = "unlocked"           # "locked": under pages_lock, 89da619bc18d
    recounts: bool = False              # 63341ab03706
    oom_counts: str = "balloon pages"   # "pages", 5a6b4cc5b7a1
    aligns: bool = False                # 07622bd41563
    release: str = "locked"             # "unlocked": before f68b992bbb47
    walk: str = "locked"                # "unlocked": before 21ea9fb69e7c
    clamps: bool = True                 # 37cf99e08c6f
    tells: str = "before_release"
    waits: bool = True
    stores: str = "before_increment"    # "after_increment": before d9e427f6ab81
    type_test: str = "locked"
    migrate_lock: str = "mutex_trylock"
    dequeue_locks: bool = True
    uncounts: bool = True

    # The driver's life.
    wishes: tuple[str, ...] = ("stay", "remove", "suspend")     # of the administrator
    restless: bool = True               # else the administrator has one wish in all
    changes: int = 0                    # of the size, 0: no end of them
    reads_actual: bool = False          # writing to the device's configuration takes a step
    restore_fails: bool = False
    inits_stats: bool = False           # fc8653228c82
    unmounts: bool = False              # 2017
    checks_target: bool = True          # 8424af5336b3
    cancels: bool = True
    ignores_stop_update: bool = False
    offers_always: bool = False
    exit_unregisters: bool = True
    freezes_tasks: bool = True
    leaks_once: bool = False
    forgets_stats: bool = False
    resets: bool = True

    # What would keep the rules that no version keeps.
    locks_actual: bool = False          # reading num_pages and writing `actual` are one
    stops_works: bool = False           # where restore fails, as remove does
    primes: str = "init_vqs"            # "DRIVER_OK": the first statistics buffer comes after it
    bars_isolation: bool = False        # remove, deflate: compaction takes no more pages
