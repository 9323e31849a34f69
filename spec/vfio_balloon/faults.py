"""What must break the rules, and what breaks them in the versions as they were.

README.md tells each finding at length. Citations: Q and S numbers are those of README.md's
table; "1a-ii U10" and the like are places in its description of the versions.
"""
from checker import Fault

# The balloon runs outside the big lock, and the votes are in the right order nevertheless: what
# then keeps pages whole is the order alone, so a mistake in it shows in memory.
ORDERED = dict(balloon_bql=False, zap="one_step", release="after_unmap", strict=True)

UNCOVERED = ("pinned_means_inhibited", "no_stale_mapping")
DAMAGE = ("pinned_means_inhibited_while_unlocked", "no_stale_mapping")
EXITS = {
    "open": ("E1", "/dev/vfio/vfio can not be opened"),
    "api": ("E2", "another API version"),
    "set_container": ("E3", "SET_CONTAINER fails"),
    "set_iommu": ("E4", "SET_IOMMU fails"),
    "listener": ("E5", "the listener can not map everything"),
    "no_type1": ("E6", "no IOMMU model"),
}


def late_votes() -> list[Fault]:
    """The vote comes after something may have been pinned."""
    return [
        Fault("vote_after_attach", breaks=UNCOVERED, instance="ordered", vote="after_attach",
              cite="changelog from v2 to v3 of the inhibit series, August 2018"),
        Fault("vote_after_listener", breaks=UNCOVERED, instance="ordered",
              vote="after_listener",
              cite="review of v2: the vote has to be before memory_listener_register"),
    ]


def exits(*names: str) -> list[Fault]:
    """The error exits: one without its release, one that releases twice, one left open."""
    found = [Fault(f"leak_on_{name}", breaks="votes_counted", leak_exit=name,
                   cite=f"{EXITS[name][0]}: {EXITS[name][1]}; backport, \"Error path has more exit "
                        "paths versus upstream\"")
             for name in names]
    return found + [
        Fault(f"release_twice_on_{names[-1]}", double_release_exit=names[-1],
              breaks=("votes_counted", "votes_never_negative", *DAMAGE),
              cite="01ccbec7bdf6 asserts that the counter is not negative"),
        Fault(f"leave_open_on_{names[-1]}", unclosed_exit=names[-1],
              breaks="nothing_left_behind",
              cite="c65ee433153b: free_container_exit and close_fd_exit"),
    ]


def counting() -> list[Fault]:
    """How votes are counted, and whose they are."""
    return [
        Fault("vote_for_each_container", breaks=DAMAGE, per="container", mixed=True,
              cite="review of v2: inhibit for each container instead of each group?"),
        Fault("counter_is_a_boolean", counter="boolean", breaks=("votes_counted", *DAMAGE),
              cite="371ff5a3f04c, until 01ccbec7bdf6 made it a counter"),
        Fault("counter_is_not_atomic", counter="nonatomic", postcopy=True,
              breaks=("votes_counted", "votes_never_negative", *DAMAGE),
              cite="changelog from RFC v1 to v2 of the inhibit series, July 2018"),
    ]


def raw_postcopy(*, finding: bool) -> list[Fault]:
    """Postcopy as it was when the bool became a counter, and for some days after that."""
    return [
        Fault("postcopy_calls_for_each_state", postcopy_votes="raw", postcopy=True,
              breaks=("votes_counted", "votes_never_negative", *DAMAGE), finding=finding,
              cite="Q2: 154304cd6e99 (postcopy: Synchronize usage of the balloon inhibitor)"),
    ]


def refusals() -> list[Fault]:
    """Since aff92b828647 a vote may be refused, which is an error exit of its own."""
    return [
        Fault("refused_vote_keeps_the_space", breaks="nothing_left_behind", refusal="returns",
              vote="before_attach",
              cite="aff92b828647 (v5.1) returns without put_space_exit; gone with 53d1b5fcfb40"),
        Fault("refusal_is_ignored", refusal="ignored",
              breaks=("votes_counted", "votes_never_negative", *DAMAGE),
              cite="53d1b5fcfb40: \"Cannot set discarding of RAM broken\" ends the attach"),
    ]


def containers() -> list[Fault]:
    """Containers and their listeners."""
    return [
        Fault("listener_error_ignored", breaks="initialised_container_maps_all_ram",
              ignore_listener_error=True, cite="c65ee433153b: container->error, U12 and E5"),
        Fault("listener_kept_on_its_exit", keep_listener=True,
              breaks=("nothing_left_behind", "no_listener_on_a_freed_container"),
              cite="c65ee433153b: listener_release_exit, U12 and E5"),
        Fault("group_outlives_its_failed_device", keeps_group=True, instance="live",
              breaks=("groups_leave_the_list", "nothing_left_behind"),
              cite="vfio_realize: the exit after vfio_get_device puts the group"),
        Fault("kvm_not_told_on_reuse", breaks="attached_groups_known_to_kvm", kvm_on_reuse=False,
              cite="2016986aedb6, 2017"),
    ]


def upstream_only() -> list[Fault]:
    """Bugs of the years before that the backport's base is too old for."""
    return [
        Fault("kvm_told_after_the_listener", breaks="kvm_knows_the_group_before_the_listener",
              kvm_after_listener=True, cite="8c37faa475f3, 2017"),
        Fault("unset_before_unregister", breaks="no_request_to_a_dead_container",
              unset_first=True, cite="369686267a46, January 2018"),
    ]


def rhel77_only() -> list[Fault]:
    return [
        Fault("unmaps_after_unset", breaks="no_request_to_a_dead_container", unmaps=True,
              cite="d25836cafd75 without 369686267a46, January 2018"),
    ]


# ── findings: no mistake of ours ─────────────────────────────────────────────────────────────

def findings() -> list[Fault]:
    """What every version has."""
    return [
        Fault("teardown_under_the_lock", breaks="pinned_means_inhibited", finding=True,
              strict=True, mixed=False, pages=1,
              cite="vfio_put_group: the release comes before the unmap"),
        Fault("teardown_without_the_lock", breaks=UNCOVERED, finding=True, strict=True,
              mixed=False, balloon_bql=False, zap="one_step", pages=1,
              cite="vfio_put_group: the release comes before the unmap"),
        Fault("check_then_act", breaks="no_stale_mapping", finding=True, strict=True,
              mixed=False, balloon_bql=False, release="after_unmap", pages=1,
              cite="virtio_balloon_handle_output reads the count without a lock"),
        Fault("nobody_locks", breaks=UNCOVERED, finding=True, strict=True, groups=1, mixed=False,
              bql=False, pages=1, cite="vfio_put_group and virtio_balloon_handle_output"),
        Fault("devices_disagree", breaks="nothing_left_behind", finding=True, devices=2,
              mixed=True, disagree=True, postcopy=False, pages=1,
              cite="238e91728503, fixed in 8709b3954d41"),
    ]


def spapr_findings(*, in_order: bool) -> list[Fault]:
    """`in_order`: nothing else of the version leaves pages pinned without a vote."""
    covered = dict(strict=True, release="after_unmap") if in_order else {}
    uncovered = ("pinned_means_inhibited",) if in_order else ()
    return [
        Fault("spapr_exit_keeps_its_listener", finding=True, spapr=True, mixed=False, **covered,
              breaks=("nothing_left_behind", *uncovered, "no_listener_on_a_freed_container"),
              cite="1a-ii U10; fixed without a word in 770c3b6e4341, 2023"),
        Fault("spapr_pins_for_those_who_opted_in", breaks=DAMAGE, finding=True, spapr=True,
              mixed=True, spapr_exit_unregisters=True, postcopy=False, pages=1,
              cite="238e91728503: the container preregisters all RAM, whoever is in it"),
    ]


def reviewed_findings() -> list[Fault]:
    return [
        Fault("joining_pins_before_the_vote", breaks=UNCOVERED, finding=True, instance="ordered",
              mixed=True, cite="changelog from v2 to v3 of the inhibit series, August 2018"),
        Fault("spapr_pins_before_the_vote", breaks=UNCOVERED, finding=True, instance="ordered",
              spapr=True, spapr_exit_unregisters=True,
              cite="1a-i step 4: the vote is after the sPAPR branch"),
    ]


def qemu61_findings() -> list[Fault]:
    return [
        Fault("joining_pins_before_the_vote", breaks=UNCOVERED, finding=True, instance="ordered",
              mixed=True, cite="Q1, closed in c65ee433153b: back in 53d1b5fcfb40, 2021"),
    ]


def rhel77_findings() -> list[Fault]:
    return [
        Fault("kvm_told_last_of_all", breaks="kvm_knows_the_group_before_the_listener",
              finding=True, strict_kvm=True, mixed=False,
              cite="Q20: 8c37faa475f3, 2017; the backport's base is older"),
        Fault("listener_exit_releases_while_pinned", breaks=UNCOVERED, finding=True,
              instance="ordered", listener_exit_unmaps=False,
              cite="1a-iii E5: unregistering does not unmap in 1.5.3"),
    ]
