"""Which code is run: its version, and at most one mistake in it."""
from __future__ import annotations

from dataclasses import dataclass

VERSIONS = ("reviewed", "upstream", "rhel77", "qemu61")
VOTES = ("before_attach", "after_attach", "after_listener", "by_type")
ORDER = {"reviewed": "after_attach", "qemu61": "by_type"}        # the others: before_attach
REFUSALS = ("exit", "returns", "ignored")
EXITS = ("open", "api", "no_type1", "set_container", "set_iommu", "listener")
SPAPR_EXITS = ("iommu_enable", "prereg", "tce_info", "default_window")


@dataclass(frozen=True, kw_only=True)
class Options:
    """The constants of one machine; the defaults are QEMU at c65ee433153b.

    `vote` and `unmaps` default to what the version does.
    """

    version: str = "upstream"
    vote: str | None = None             # when a group takes its vote; see VOTES
    release: str = "before_unmap"       # put_group's order; "after_unmap" is the strict one
    per: str = "group"                  # who holds the vote: "group" or "container"
    leak_exit: str | None = None        # the error exit that forgets its release
    double_release_exit: str | None = None      # the error exit that releases twice
    unclosed_exit: str | None = None    # the error exit that forgets to close its container
    counter: str = "atomic"             # "boolean": last caller wins; "nonatomic": load, store
    postcopy: str = "one_vote"          # "raw": calls the inhibitor however often it is called
    kvm_on_reuse: bool = True           # 2016986aedb6; False is the bug before it
    kvm_after_listener: bool = False    # True is the order before 8c37faa475f3
    kvm_before_listener: bool = False   # rhel77 with 8c37faa475f3, as the others always have it
    unset_first: bool = False           # True is the order before 369686267a46
    unmaps: bool | None = None          # unregistering a listener unmaps, since d25836cafd75
    ignore_listener_error: bool = False         # go on with a page that is not mapped
    keep_listener: bool = False         # the listener's error exit forgets to unregister it
    listener_exit_unmaps: bool = False  # rhel77's E5 unmaps before it gives the vote back
    closes_device_fd: bool = False      # 8709b3954d41: where the devices of a group disagree
    refusal: str = "exit"               # qemu61, whose votes may be refused: "returns" keeps the
                                        # address space, "ignored" goes on without a vote
    keeps_group: bool = False           # a device that fails leaves its group open
    spapr: bool = False                 # the sPAPR IOMMU instead of type1
    spapr_exit_unregisters: bool = False        # 770c3b6e4341 made it True, in silence
    spapr_keeps_votes: bool = False     # nobody opts in where all RAM is preregistered
    zap: str = "two_steps"              # "one_step": inhibitor check and madvise are inseparable
    bql: bool = True                    # hold the big QEMU lock across each operation
    balloon_bql: bool = True            # False: the balloon alone runs outside it

    @property
    def refusable(self) -> bool:
        """Whether a vote may be refused: since aff92b828647."""
        return self.version == "qemu61" and self.vote != "after_listener"

    def __post_init__(self) -> None:
        if self.vote is None:
            object.__setattr__(self, "vote", ORDER.get(self.version, "before_attach"))
        if self.unmaps is None:
            object.__setattr__(self, "unmaps", self.version != "rhel77")
        exits = EXITS + SPAPR_EXITS if self.spapr else EXITS
        for name, allowed in (
                ("version", VERSIONS), ("vote", VOTES), ("per", ("group", "container")),
                ("refusal", REFUSALS),
                ("release", ("before_unmap", "after_unmap")),
                ("leak_exit", (None, *exits)), ("double_release_exit", (None, *exits)),
                ("unclosed_exit", (None, *exits)),
                ("counter", ("atomic", "boolean", "nonatomic")),
                ("postcopy", ("one_vote", "raw")), ("zap", ("two_steps", "one_step"))):
            value = getattr(self, name)
            if value not in allowed:
                raise ValueError(f"{name}={value!r}: expected one of {allowed}")
        if self.version != "qemu61" and (self.vote == "by_type" or self.refusal != "exit"):
            raise ValueError("no vote depends on the IOMMU, or is refused, before v5.1")
        if self.version == "rhel77":
            if self.spapr:
                raise ValueError("spapr=True: the 1.5.3 code knows type1 only")
            if self.unset_first or self.kvm_after_listener:
                raise ValueError("rhel77 always unsets first, and tells KVM in vfio_get_group")
