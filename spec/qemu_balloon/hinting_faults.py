"""What breaks the rules of free page hinting: as it came, and with each fix taken back."""
from checker import Fault

from spec.qemu_balloon.faults import found

ARRIVE = "migrated_pages_arrive"
FRESH = "hinting_starts_on_request_only"
LOCKED = "status_changes_under_its_lock"
TOLD = "the_guest_is_told_of_the_end"
FAULTS = "postcopy_faults_are_resolved"
STILL = "nobody_handles_hints_while_the_guest_stands_still"
FIXED = dict(checks_requested=True, start_locks=True, cleanup="done",
             hints_before_postcopy=False)


def mended(but):
    """All that was fixed later but for one thing, and every rule."""
    return {"strict": True, **{name: value for name, value in FIXED.items() if name != but}}


def first_hinting_findings():
    return [
        found("a_late_start_is_believed", breaks=(FRESH, TOLD, ARRIVE),
              **mended("checks_requested"),
              cite="20a4da0f2307, 2020: free page hinting may start only if it is requested"),
        found("start_takes_no_lock", breaks=LOCKED, **mended("start_locks"),
              cite="1a83e0b9c492, 2020: fix race between the accesses of cmd_id and status"),
        found("after_a_failure_the_guest_waits", breaks=TOLD, **mended("cleanup"),
              cite="dd8eeb9671fc, 2020: always indicate S_DONE when migration fails"),
        found("hinted_pages_are_missed_by_postcopy", breaks=FAULTS,
              **mended("hints_before_postcopy"),
              cite="fd51e54fa102, 2021: don't start free page hinting if postcopy is possible"),
    ]


def hinting_faults():
    return [
        Fault("starts_without_a_request", breaks=(FRESH, TOLD, ARRIVE),
              checks_requested=False, instance="small", cite="20a4da0f2307, 2020"),
        Fault("starts_without_the_lock", breaks=LOCKED, start_locks=False, instance="small",
              cite="1a83e0b9c492, 2020"),
        Fault("cleanup_stops_and_says_no_more", breaks=TOLD, cleanup="stop", instance="small",
              cite="dd8eeb9671fc, 2020"),
        Fault("hints_before_postcopy", breaks=FAULTS, hints_before_postcopy=True,
              instance="small", cite="fd51e54fa102, 2021"),
        Fault("hints_go_on_during_the_sync", breaks=ARRIVE, stops_before_sync=False,
              instance="small",
              cite="c13c4153f76d: PRECOPY_NOTIFY_BEFORE_BITMAP_SYNC stops hinting"),
        Fault("the_guest_stops_without_the_lock", breaks=STILL, stop_locks=False,
              instance="small", cite="virtio_balloon_set_status: free_page_lock"),
        Fault("hinted_pages_are_kept", breaks=(TOLD, "hinted_pages_come_back"), cleanup="stop",
              instance="live", cite="dd8eeb9671fc, 2020"),
    ]
