"""A mistake in one layer, and where it shows in the others."""
from checker import Fault

from spec.virtio_balloon.faults import RELEASED_TOO_LATE

SAME = "the_guest_and_its_devices_see_the_same_memory"
MIGRATIONS = "migrations_find_their_pages"
GUEST = tuple(name if name == "assertion" else f"guest.{name}" for name in RELEASED_TOO_LATE)


def stack_faults():
    return [
        Fault("containers_do_not_vote", instance="small", vfio_votes=False,
              breaks=("memory.votes_counted", SAME),
              cite="53d1b5fcfb40: vfio disables uncoordinated discards"),
        Fault("balloon_does_not_ask", breaks=SAME, asks_votes=False, instance="small",
              cite="371ff5a3f04c, 2015: do not balloon while inhibited"),
        Fault("balloon_without_the_big_lock", breaks=(MIGRATIONS, SAME), locks=False,
              instance="small", migrations=("snapshot",),
              cite="the inhibit test and the discard are two steps; review of the RFC, 2018"),
        Fault("snapshot_is_not_asked", breaks=MIGRATIONS, asks=("postcopy",), instance="small",
              migrations=("snapshot",), cite="Q9: 1a8e44a89f19, 2021"),
        Fault("inhibited_requests_get_no_answer", answers_always=False, instance="live",
              breaks=("deflate_is_answered", "inflate_is_answered"),
              cite="the answer is sent even where every page was ignored"),
        Fault("one_mapping_for_a_range", granularity="range", instance="small", blocks=2,
              breaks=("memory.no_discarded_block_is_pinned",
                      "memory.failed_requests_leave_nothing",
                      "memory.devices_see_the_guests_memory"),
              cite="cover letter of the RamDiscardMgr series, November 2020"),
        Fault("pages_are_released_too_late", release="unlocked", oom=True, array=1,
              migrations=(), instance="ci", fails=False, changes=1, breaks=GUEST,
              cite="K1: f68b992bbb47: fix race by fill and leak"),
    ]
