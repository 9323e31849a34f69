"""What must break the votes, and what breaks them in QEMU as it was, and is.

README.md tells each finding at length.
"""
from checker import Fault

UNCOVERED = ("pinned_means_disabled", "devices_find_the_guests_pages")
BELOW = ("votes_counted", "no_counter_goes_below_zero")
POSTCOPY = "postcopy_finds_its_pages"
MINUS_ONE = ("votes_counted", "votes_never_negative")


def declared(name, *, instance="ci", **more):
    """A fault that is the same whatever instance is checked."""
    return Fault(name, instance=instance, **more)


def leaks():
    """An error exit that keeps its vote."""
    return [
        declared("vfio_leaks_on_listener_error", instance="small", mistake="vfio_leaks",
              breaks=("votes_counted", "enabled_again"),
              cite="the release at listener_release_exit, c65ee433153b to 53d1b5fcfb40"),
    ]


def migration_faults():
    """The balloon does not ask for one of the migrations that rely on their pages."""
    return [
        declared("snapshot_not_asked_for", breaks="migrations_find_their_pages",
              balloon_asks=("postcopy",), cite="1a8e44a89f19, 2021"),
        declared("postcopy_not_asked_for", breaks="migrations_find_their_pages",
              balloon_asks=("snapshot",), cite="06df2e692a95, 2020: the vote becomes a question"),
    ]


def rdma_finding():
    """RDMA has no vote: what it asked for can not change, but nobody asks for RDMA."""
    return [
        declared("rdma_only_asks", breaks="devices_find_the_guests_pages", finding=True,
              users=("rdma", "virtio_mem", "balloon"),
              cite="5f1f1902f8e4: asks whether discards are required, and disables none"),
    ]


def boolean_faults():
    return [
        declared("a_second_user", breaks=("votes_counted", *UNCOVERED, POSTCOPY),
              users=("postcopy", "vfio", "balloon"),
              cite="01ccbec7bdf6: why the bool became a counter"),
        declared("balloon_runs_while_postcopy_listens", breaks=POSTCOPY,
              instance="small", users=("postcopy", "balloon"), bql=False,
              cite="balloon_page: reads the bool, then calls madvise"),
    ]


def counter_faults():
    return [
        *leaks(),
        declared("counter_is_not_atomic", breaks=(*MINUS_ONE, *UNCOVERED, POSTCOPY),
              arithmetic="nonatomic",
              cite="changelog from RFC v1 to v2 of the inhibit series, July 2018"),
        declared("counter_is_a_boolean", breaks=("votes_counted", *UNCOVERED, POSTCOPY),
              arithmetic="boolean", cite="371ff5a3f04c, until 01ccbec7bdf6"),
        declared("postcopy_calls_for_each_state", breaks=(*MINUS_ONE, *UNCOVERED, POSTCOPY),
              postcopy_votes="raw", finding=True,
              cite="Q2: 154304cd6e99 (postcopy: Synchronize usage of the balloon inhibitor)"),
    ]


def nvme_finding():
    return [
        declared("nvme_drives_do_not_vote", breaks=UNCOVERED, finding=True, nvme_votes=False,
              users=("vfio", "postcopy", "nvme", "balloon"),
              cite="forgotten until b430b5139565, November 2020"),
    ]


def signed_faults():
    return [
        *leaks(), *migration_faults()[1:],
        declared("swap_does_not_compare", breaks="votes_counted", arithmetic="store",
              cite="d24f31db3bcb: a loop around compare-and-swap"),
        declared("votes_race_without_compare", instance="matrix", arithmetic="store",
              breaks=("votes_counted", "disabled_excludes_required"),
              cite="d24f31db3bcb: a loop around compare-and-swap"),
        declared("kvm_asserts_the_opposite", breaks="assertion", kvm="polarity",
              cite="review of the conversion, 2020: 0 is success, and not inside of g_assert()"),
        declared("virtio_mem_releases_twice", breaks="votes_counted",
              mistake="virtio_mem_releases_twice",
              cite="d24f31db3bcb: a surplus release of one side is a vote of the other"),
    ]


def signed_findings():
    return [
        *nvme_finding(), *rdma_finding(),
        declared("snapshots_are_not_asked_for", breaks="migrations_find_their_pages", finding=True,
              users=("snapshot", "virtio_mem", "vfio", "balloon"), balloon_asks=("postcopy",),
              cite="forgotten when snapshots came (v6.0), until 1a8e44a89f19, 2021"),
    ]


def release_twice(excludes):
    return declared("virtio_mem_releases_twice", users=("nvme", "virtio_mem", "balloon"),
                 mistake="virtio_mem_releases_twice",
                 breaks=(*BELOW, excludes, "devices_find_the_guests_pages"),
                 cite="98da491dff55: no assertion has been left since 2020")


def mutex_faults():
    """What the mutex is for, and what the counters do not notice.

    With one release too many, a vote of virtio-mem is stolen, and then nobody refuses the rest.
    """
    return [
        *leaks(), *migration_faults(),
        declared("no_mutex", breaks="disabled_excludes_required", instance="matrix",
              arithmetic="unlocked", cite="98da491dff55: not everybody holds the big lock"),
        release_twice("disabled_excludes_required"),
    ]


def four_faults():
    both = ("disabled_excludes_required", "disabled_excludes_coordinated",
            "uncoordinated_disabled_excludes_required")
    return [
        *leaks(), *migration_faults(), release_twice("disabled_excludes_coordinated"),
        declared("plugged_while_rdma_migrates", breaks="devices_find_the_guests_pages",
              users=("rdma", "guest_memfd"), hotplug_while_migrating=True,
              cite="5f1f1902f8e4: \"cannot change during migration\""),
        declared("no_mutex", breaks=both, instance="matrix", arithmetic="unlocked",
              cite="98da491dff55: not everybody holds the big lock"),
        declared("coordinated_is_not_refused", matrix="coordinated",
              users=("nvme", "virtio_mem", "balloon"),
              breaks=("disabled_excludes_coordinated", "devices_find_the_guests_pages"),
              cite="7e6d32ebf790: ram_block_discard_disable asks for both kinds"),
        declared("uncoordinated_disable_is_not_refused", matrix="uncoordinated",
              users=("vfio", "guest_memfd", "balloon"), guest_memfd_kind="require",
              breaks=("uncoordinated_disabled_excludes_required",
                      "devices_find_the_guests_pages"),
              cite="7e6d32ebf790: ram_block_uncoordinated_discard_disable"),
        declared("virtio_mem_tells_nobody", breaks="devices_find_the_guests_pages",
              instance="small",
              mistake="virtio_mem_tells_nobody",
              cite="cover letter of the RamDiscardMgr series: require only coordinated discards"),
        declared("spapr_votes_as_type1", breaks="devices_find_the_guests_pages", iommu="spapr",
              instance="small", mistake="spapr_votes_as_type1",
              cite="53d1b5fcfb40: only type1 disables no more than uncoordinated discards"),
    ]


def four_findings():
    """X1, over integers and as it is, and questions without a lock."""
    small = ("vfio", "vdpa", "virtio_mem", "guest_memfd", "balloon")
    return [
        *rdma_finding(),
        declared("vdpa_releases_what_it_never_took", finding=True, users=small,
              breaks=(*BELOW, *UNCOVERED, "disabled_excludes_coordinated",
                      "disabled_excludes_required"),
              vdpa_cleanup="always", cite="vhost_vdpa_cleanup since e1c1915befbd, 2021"),
        declared("vdpa_wraps_the_counter", finding=True, instance="wrapping",
              breaks=(*BELOW, *UNCOVERED, "disabled_excludes_coordinated",
                      "disabled_excludes_required", "enabled_again"),
              vdpa_cleanup="always", cite="vhost_vdpa_cleanup since e1c1915befbd, 2021"),
        declared("two_loads_without_a_lock", breaks="answers_were_true", finding=True, bql=False,
              users=("balloon",), voters=2, cite="ram_block_discard_is_disabled, 7e6d32ebf790"),
    ]
