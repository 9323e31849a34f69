"""What must break the rules, and where v4.9 breaks them itself. README.md tells each at length."""
from checker import Fault

RELEASED_TOO_LATE = (
    "no_page_is_leaked", "no_free_page_in_balloon", "no_guest_page_lost",
    "inflate_names_pages_of_the_balloon", "deflate_names_pages_of_the_balloon",
    "pages_counted", "balloon_is_never_found_lost", "no_free_page_has_the_balloons_type",
    "assertion")
"""A page is lost and another one freed in the balloon: what follows, follows from that."""
STOLEN = (
    "pages_in_the_list_have_their_type", "no_free_page_in_balloon", "no_page_is_named_twice",
    "deflate_names_pages_of_the_balloon", "pages_counted", "managed_pages_add_up", "assertion")
"""A page is given back and put back: as above."""


def races() -> list[Fault]:
    """Locks that are not held, or not long enough."""
    return [
        Fault("release_after_unlock", release="unlocked",
              breaks=RELEASED_TOO_LATE, instance="oom", sizes=(0, 2), array=1,
              cite="f68b992bbb47, Minchan Kim: virtio_balloon: fix race by fill and leak"),
        Fault("walk_without_pages_lock", walk="unlocked", instance="small",
              breaks="no_walk_over_a_removed_entry",
              cite="21ea9fb69e7c, Minchan Kim: virtio_balloon: fix race between migration and "
                   "ballooning"),
        Fault("type_test_without_page_lock", type_test="unlocked", instance="small",
              breaks="only_pages_of_the_balloon_are_followed",
              cite="d6d86c0a7f8d, 2014: mm/balloon_compaction: redesign ballooned pages "
                   "management"),
        Fault("dequeue_without_page_lock", dequeue_locks=False, instance="small",
              breaks=STOLEN,
              cite="review of 21ea9fb69e7c: page locks nest outside of pages_lock, so the walk "
                   "tries them"),
        Fault("migration_waits_for_balloon_lock", migrate_lock="mutex_lock", breaks="reentry",
              instance="small", direct_compaction=True,
              cite="the comment on the trylock in virtballoon_migratepage"),
    ]


def orders() -> list[Fault]:
    """The right things in the wrong order."""
    return [
        Fault("release_before_telling", tells="after_release", instance="small",
              breaks=("no_guest_page_lost", "deflate_names_pages_of_the_balloon"),
              cite="bf50e69f63d2, 2011: virtio balloon: kill tell-host-first logic; the comment "
                   "on VIRTIO_BALLOON_F_MUST_TELL_HOST in leak_balloon"),
        Fault("nobody_waits_for_the_answer", waits=False, instance="small",
              breaks=("assertion", "inflate_names_pages_of_the_balloon",
                      "deflate_names_pages_of_the_balloon", "no_guest_page_lost"),
              cite="tell_host: wait_event for the buffer; the next request takes the same array"),
        Fault("host_goes_on_after_the_ack", discards_after_ack=True, instance="small",
              breaks="no_guest_page_lost",
              cite="1b47b37c33ec, QEMU: a page freed after its buffer was acknowledged"),
        Fault("leak_more_than_there_is", clamps=False, breaks="balloon_is_never_found_lost",
              instance="oom",
              cite="37cf99e08c6f, 2016: leak_balloon: no more pages than were taken"),
    ]


def fixes_gone_wrong() -> list[Fault]:
    """A fix that had a mistake of its own."""
    return [
        Fault("pfns_stored_one_too_far", stores="after_increment", instance="small",
              breaks=("inflate_names_pages_of_the_balloon", "no_guest_page_lost", "bad_key"),
              cite="d9e427f6ab81: virtio_balloon: fix increment of vb->num_pfns in fill_balloon; "
                   "the mistake of c7cdff0e8647"),
    ]


def counts() -> list[Fault]:
    """Counters that miss a change."""
    return [
        Fault("migrated_page_stays_isolated", uncounts=False, instance="small",
              breaks=("isolated_pages_counted", "pages_counted", "overflow"),
              cite="e22504296d4f, 2012: virtio_balloon: introduce migration primitives"),
    ]


def findings_49() -> list[Fault]:
    """What v4.9 breaks as it is."""
    return [
        Fault("alloc_under_balloon_lock", fs_lock=True, breaks="deadlock", finding=True,
              instance="oom",
              cite="c7cdff0e8647, 2017: virtio_balloon: fix deadlock on OOM"),
        Fault("type_of_the_old_page", strict=True, breaks="type_cleared_under_pages_lock",
              finding=True, instance="small",
              cite="89da619bc18d, 2018: virtio_balloon: fix another race between migration and "
                   "ballooning"),
        Fault("migration_between_zones", zones=2, breaks=("managed_pages_add_up", "overflow"),
              finding=True, instance="small",
              cite="63341ab03706, 2019: virtio-balloon: fix managed page counts when migrating "
                   "pages between zones"),
        Fault("oom_counts_balloon_pages", per_page=2, breaks="oom_notifier_reports_pages",
              finding=True, instance="oom", sizes=(0, 4),
              cite="5a6b4cc5b7a1, 2020: virtio-balloon: Switch back to OOM handler for "
                   "VIRTIO_BALLOON_F_DEFLATE_ON_OOM"),
    ]
