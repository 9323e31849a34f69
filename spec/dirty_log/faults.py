"""What must break the rules of the dirty log, and what breaks them in each version."""
from checker import Fault

LOGGED = "unmapped_pages_are_in_the_dirty_log"
ARRIVE = "migrated_pages_arrive"
GONE = "what_the_guest_unmaps_is_unmapped"
WRITES = "writes_are_logged"
SERIES = "2026, from the series that allows migration with a vIOMMU"


def found(name, *, instance="small", **more):
    return Fault(name, instance=instance, finding=True, **more)


def legacy_findings():
    return [
        found("region_del_forgets_the_log", breaks=(LOGGED, ARRIVE),
              domain="passthrough", switches=True,
              cite="6e360c06176c: a NULL iotlb entry, and no query"),
    ]


def iommufd_findings():
    return [
        found("nobody_asks_before_an_unmap", breaks=(LOGGED, ARRIVE), domain="translated",
              region_del="makes an entry", cite="f051dbeb91a2: left to be done since v9.0"),
        found("region_del_forgets_the_log", breaks=(LOGGED, ARRIVE), asks="before",
              switches=True, cite="6e360c06176c: a NULL iotlb entry, and no query"),
        found("the_whole_address_space_has_no_translation", breaks=(LOGGED, ARRIVE),
              asks="before", region_del="makes an entry", domain="translated",
              switches=True, cite="cac33cb5533a: translated_addr is 0"),
    ]


def today_findings():
    return [
        found("blocks_are_unmapped_without_their_log", breaks=(LOGGED, ARRIVE), blocks=1,
              domain="passthrough",
              cite="vfio_ram_discard_notify_discard passes no iotlb entry"),
        found("written_between_query_and_unmap", breaks=(LOGGED, ARRIVE), sane=False,
              cite="f051dbeb91a2: two ioctls, and devices go on between them"),
    ]


def today_faults():
    return [
        Fault("asked_too_late", breaks=(LOGGED, ARRIVE), asks="after", instance="small",
              cite="IOMMU_HWPT_GET_DIRTY_BITMAP reads the page table, where it is no more"),
        Fault("not_asked_at_all", breaks=(LOGGED, ARRIVE), asks="never", instance="small",
              cite="9e7b0442f23a, 2020: the bitmap of what was pinned comes with the unmap"),
        Fault("region_del_without_an_entry", breaks=(LOGGED, ARRIVE), instance="small",
              region_del="passes none", domain="passthrough", cite=f"6e360c06176c, {SERIES}"),
        Fault("whole_address_space_in_one_call", breaks=(LOGGED, ARRIVE), instance="small",
              whole="one call", cite=f"cac33cb5533a, {SERIES}"),
        Fault("a_failed_query_is_only_reported", breaks=(LOGGED, ARRIVE), instance="small",
              query_fails=True, failure="is reported",
              cite="review of the series' second version: fail the migration"),
        Fault("a_failed_query_keeps_the_mapping", breaks=GONE, instance="small",
              query_fails=True, unmaps_anyway=False,
              cite="f051dbeb91a2: unmap even so, or there is a stale mapping"),
        Fault("the_device_runs_on", breaks=ARRIVE, instance="small", stops_device=False,
              cite="vfio_vmstate_change: STOP_COPY before the last synchronisation"),
        Fault("later_mappings_are_not_logged", breaks=(WRITES, LOGGED, ARRIVE), instance="device",
              covers="start",
              cite="e46883204c38, 2023: blocks migration with a vIOMMU, as ranges are told once"),
    ]
