"""What must break the rules, and what breaks them in the versions as they were, and are.

README.md tells each finding at length.
"""
from checker import Fault

CONTENT = "guests_pages_keep_their_content"
REQUEST = "discards_keep_to_their_request"
BITMAP = "bitmap_goes_with_its_request"
INSIDE = "bitmap_is_written_inside"
DEVICES = "devices_find_the_guests_pages"
MIGRATIONS = "migrations_find_their_pages"
REFERENCES = "references_are_dropped"
GIVEN = "the_host_gets_what_is_in_the_balloon"

# Host pages of two balloon pages, and a guest that does nothing but what it is said to do.
PARTS = dict(instance="small", subpages=2)
QUIET = dict(**PARTS, users=(), resets=False)


def found(name, *, instance="small", **more):
    """What a version breaks as it is."""
    return Fault(name, instance=instance, finding=True, **more)


def leaked_reference():
    return found("reference_to_what_is_no_ram_is_kept", breaks=REFERENCES, rom=True, subpages=1,
                 cite="V8: b86107ab43b8: a missing unref")


def madvise_findings():
    return [
        found("a_host_page_goes_with_its_first_part", breaks=(REQUEST, CONTENT), **QUIET,
              guest="waits",
              cite="V5: ed48c59875b6, 2019: BALLOON_PAGE_SIZE < host page size"),
        leaked_reference(),
    ]


def one_bit_for_all():
    return found("the_first_part_fills_the_bitmap",
                 breaks=(REQUEST, BITMAP, INSIDE, CONTENT), **QUIET, guest="waits",
                 cite="V4: 483f13524bb2, 2019: crashes on pagesize > BALLOON_PAGE_SIZE")


def bitmap_findings():
    return [
        one_bit_for_all(),
        found("deflates_are_ignored", breaks=(REQUEST, BITMAP, CONTENT), **QUIET, guest="waits",
              bits="one",
              cite="V1: b27b32391404, 2019: memory corruption with inflates & deflates; with "
                   "V4 mended, which hides it"),
    ]


def clears_findings():
    return [one_bit_for_all()]


def kept_findings():
    """A bitmap in the device does not notice all that makes it wrong."""
    broken = (REQUEST, BITMAP, CONTENT)
    return [
        found("a_reset_keeps_the_bitmap", breaks=broken, **{**QUIET, "resets": True},
              guest="waits", cite="a8cd64d48832, 2019: after a reset, the PBP is stale"),
        found("pages_are_used_before_the_answer", breaks=broken, **QUIET, guest="early",
              cite="a8cd64d48832, 2019: VIRTIO_BALLOON_F_MUST_TELL_HOST is not indicated"),
        found("inhibited_deflates_are_not_seen", breaks=broken, **{**QUIET, "users": ("vfio",)},
              guest="waits", cite="the test of the inhibitor stands before both; not reported"),
    ]


def one_bit_findings():
    return kept_findings()


def resets_findings():
    return kept_findings()


def run_findings():
    return [
        found("the_bitmap_outlives_its_request", breaks=(REQUEST, BITMAP, CONTENT), **QUIET,
              guest="early", cite="V3: 1b47b37c33ec, 2019: free pbp more aggressively"),
        found("answered_pages_are_discarded", breaks=(REQUEST, BITMAP), **QUIET, guest="waits",
              cite="1b47b37c33ec: after the device uses a buffer, the guest may reuse it"),
    ]


def element_findings():
    """And what no version notices."""
    return [
        leaked_reference(),
        found("failed_discards_go_unnoticed", breaks=GIVEN, instance="gives back",
              discard_fails=True, cite="balloon_inflate_page: errors are ignored, but reported"),
    ]


def today_faults():
    """Fixes taken back, and what was never wrong."""
    return [
        Fault("host_pages_go_with_their_first_part", breaks=(REQUEST, CONTENT), bitmap="none",
              instance="small", cite="V5: ed48c59875b6, 2019"),
        Fault("bitmap_set_for_set_bit", breaks=(REQUEST, INSIDE, CONTENT), bits="all",
              instance="small", cite="V4: 483f13524bb2, 2019"),
        Fault("bitmap_kept_for_a_run", breaks=(REQUEST, BITMAP, CONTENT), bitmap="run",
              instance="small", cite="V3: 1b47b37c33ec, 2019"),
        Fault("bitmap_kept_for_ever", breaks=(REQUEST, BITMAP, CONTENT), bitmap="for ever",
              instance="small", cite="V1: b27b32391404; a8cd64d48832, 2019"),
        Fault("rom_is_discarded", breaks="only_ram_is_discarded", checks_ram=False,
              instance="rom", cite="V7: ROM pages could be ballooned"),
        Fault("reference_is_kept", breaks=REFERENCES, drops_reference=False, instance="rom",
              cite="V8: b86107ab43b8"),
        Fault("handler_without_the_big_lock", breaks=(DEVICES, MIGRATIONS),
              locks=False, resets=False, instance="ci", subpages=1,
              cite="the inhibit test and the discard are two steps; review of the RFC, 2018"),
        Fault("a_reset_without_the_big_lock", locks=False, users=(),
              breaks=(REQUEST, BITMAP, REFERENCES, CONTENT), instance="small",
              cite="virtio_reset is called under the big lock"),
        Fault("inhibitor_is_not_asked", breaks=DEVICES, asks_votes=False, instance="small",
              cite="371ff5a3f04c, 2015: do not balloon while inhibited"),
        Fault("postcopy_is_not_asked", breaks=MIGRATIONS, asks=("snapshot",), instance="ci",
              cite="06df2e692a95, 2020: the balloon asks, as postcopy has no vote any more"),
        Fault("snapshot_is_not_asked", breaks=MIGRATIONS, asks=("postcopy",), instance="ci",
              cite="Q9: 1a8e44a89f19, 2021"),
        Fault("reports_are_not_inhibited", breaks=DEVICES, reports_ask=False, instance="reports",
              cite="virtio_balloon_handle_report asks, too"),
        Fault("reports_of_poisoned_pages", breaks="reported_pages_keep_their_pattern",
              asks_poison=False, instance="reports",
              cite="virtio_balloon_handle_report: poison_val"),
        Fault("inhibited_requests_get_no_answer", answers_always=False,
              breaks=("deflate_is_answered", "inflate_is_answered"), instance="live",
              cite="the answer is sent even where every page was ignored"),
    ]


def today_findings():
    """All versions have this one."""
    return [
        found("a_busy_guest_keeps_the_big_lock", breaks="deflate_is_answered", guest="silent",
              instance="live", cite="virtio_balloon_handle_output: as long as there is anything "
                                    "to pop; not reported"),
    ]
