"""Which code is run, and at most one mistake in it."""
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
    stores: str = "before_increment"    # "after_increment": before d9e427f6ab81
    type_test: str = "locked"
    migrate_lock: str = "mutex_trylock"
    dequeue_locks: bool = True
    uncounts: bool = True
