"""What must break the rules, and what breaks them in the versions as they were, and are.

README.md tells each finding at length.
"""
from checker import Fault

PINNED = "no_discarded_block_is_pinned"
UNMAPPED = "plugged_blocks_are_mapped"
DAMAGE = "devices_see_the_guests_memory"
HALVES = "failed_requests_leave_nothing"
MEMORY = "unplugged_blocks_take_no_memory"
LEFT = "no_container_maps_after_it_left"
SEED = "cover letter of the RamDiscardMgr series, November 2020"


# Listeners whose sections differ, in a machine with nothing else in it.
SECTIONS = dict(blocks=3, sections=((0, 3), (1, 3)), migrates=False, resizes=False,
                balloon=False)


def declared(name, *, instance="ci", **more):
    """A fault that is the same whatever instance is checked."""
    return Fault(name, instance=instance, **more)


def discarding():
    """Who is told, who asks, and what is left of a request."""
    return [
        declared("unplug_tells_nobody", breaks=(PINNED, HALVES), instance="small",
                 tells="nobody", cite=SEED),
        declared("vfio_maps_the_whole_region", breaks=(PINNED, MEMORY, HALVES),
                 instance="small", maps="everything", sections=((0, 2), (1, 2)),
                 cite=f"{SEED}: memory consumption"),
        declared("discards_are_uncoordinated",
                 breaks=("a_listener_beside_virtio_mem", "everything_plugged_and_mapped",
                         "plugged_under_a_listener"),
                 discards="uncoordinated", cite=f"{SEED}: mutually exclusive"),
        declared("vfio_does_not_vote", breaks=(DAMAGE, "votes_counted"),
                 instance="small", balloon=True, vfio_votes=False,
                 cite="53d1b5fcfb40: vfio disables uncoordinated discards"),
        declared("one_mapping_for_a_range", breaks=(PINNED, HALVES, DAMAGE),
                 instance="small", granularity="range",
                 cite=f"{SEED}: 100 MB in blocks of 2 MB are 50 mappings"),
        declared("failed_plug_is_not_rolled_back", breaks=(PINNED, HALVES),
                 instance="small", rollback="none",
                 cite="virtio_mem_notify_populate, 2021"),
        declared("failed_plug_keeps_memory", breaks=MEMORY,
                 instance="small", discards_after_failed_plug=False,
                 cite="virtio_mem_set_block_state: a mapping attempt may have populated"),
        declared("a_device_reset_unplugs", breaks="unplugged_on_request_only",
                 instance="small", device_reset="unplugs",
                 cite="virtio_mem_system_reset: system resets only"),
        declared("leaving_unmaps_nothing", unregister="nobody unmaps", instance="live",
                 sections=((0, 2),),
                 breaks=(LEFT, PINNED, HALVES, DAMAGE, "gone_means_unmapped"),
                 cite="changelog of v2: registering populates, unregistering discards"),
    ]


def migrating():
    return [
        declared("plugged_while_migrating", breaks="nothing_changes_during_migration",
                 instance="small", migrates=True, changes_while_migrating=True,
                 cite="virtio_mem_is_busy"),
        declared("requests_wait_for_the_migration", waits_for_migration=True, instance="live",
                 breaks=("deadlock", "requests_are_answered"), migrates=True, sections=((0, 2),),
                 cite="virtio_mem_is_busy: the answer is BUSY, under the big lock"),
        declared("load_tells_no_listener", breaks=UNMAPPED, instance="incoming",
                 post_load="tells nobody", cite="virtio_mem_post_load, 2021"),
        declared("load_keeps_old_content", breaks=MEMORY, instance="incoming",
                 post_load="keeps content", cite="virtio_mem_restore_unplugged"),
    ]


def viommu():
    return [
        declared("unpopulated_blocks_are_translated", instance="viommu", asks_populated=False,
                 breaks=("only_populated_blocks_are_translated", PINNED, MEMORY, DAMAGE),
                 sane=False, cite="0fd7616e0f11, 2021"),
    ]


def everywhere_findings():
    return [
        declared("viommu_mappings_outlive_the_block", instance="viommu", finding=True, sane=False,
                 breaks=(PINNED, DAMAGE), cite="M5: acknowledged in 0fd7616e0f11, 2021"),
        declared("a_new_listener_may_miss_blocks", breaks=UNMAPPED, finding=True,
                 instance="small", registration_fails=True,
                 cite="register_listener is void: error_report, no more"),
    ]


def everywhere():
    return [*discarding(), *migrating(), *viommu(), *everywhere_findings()]


def warns():
    return dict(sanity="warns", limit=2, breaks=("enough_mappings_for_every_plug", UNMAPPED),
                **SECTIONS)


def v1_only():
    return [
        declared("vIOMMU_restored_before_the_bitmap", instance="incoming", viommu=True,
                 breaks="viommu_mappings_survive_migration", finding=True,
                 cite="changelog of v2: a vmstate priority"),
        declared("nobody_counts_mappings", finding=True, **warns(),
                 cite="changelogs of v2 to v4: DMA mapping limits"),
    ]


def late_viommu():
    return declared("vIOMMU_restored_before_the_bitmap", instance="incoming",
                    restores="vIOMMU first", breaks="viommu_mappings_survive_migration",
                    cite="changelog of v2: a vmstate priority")


def merged_only():
    return [
        late_viommu(),
        declared("replay_starts_at_the_wrong_block", breaks=UNMAPPED, finding=True,
                 rollback="own section", **SECTIONS, cite="M1: b11cf32e07a2, 2022"),
        declared("rollback_takes_another_section", breaks=(PINNED, HALVES), finding=True,
                 index="right", **SECTIONS, cite="M2: 29f1b328e3b7, 2022"),
        declared("mapping_limit_is_only_warned_about", finding=True, index="right",
                 rollback="own section", **warns(),
                 cite="the sanity check of 2021; an error since ceb59c1cc61d, 2025"),
    ]


def today_only():
    return [
        late_viommu(),
        declared("replay_starts_at_the_wrong_block", breaks=UNMAPPED, index="wrong", **SECTIONS,
                 cite="M1: b11cf32e07a2, 2022"),
        declared("rollback_takes_another_section", breaks=(PINNED, HALVES),
                 rollback="failed section", **SECTIONS, cite="M2: 29f1b328e3b7, 2022"),
        declared("mapping_limit_is_only_warned_about", **warns(),
                 cite="the sanity check of 2021; an error since ceb59c1cc61d, 2025"),
    ]
