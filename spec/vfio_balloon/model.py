"""A VFIO group that joins a container inhibits the balloon before the kernel can pin pages.

Four versions of the same rule, each with its own order of steps and its own error exits:
`Reviewed` (the series' second version, July 2018), `Upstream` (c65ee433153b, released in v3.1),
`Rhel77` (its backport to qemu-kvm 1.5.3) and `Qemu61` (53d1b5fcfb40, released in v6.1). README.md
tells what is modelled, what is not, and what was found. Steps are named as in `reference/`.
"""
from types import SimpleNamespace

from checker import (Component, Index, implies, invariant, leads_to, sometimes,
                     step_invariant)

from spec.vfio_balloon.components import EXIT, Balloon, BigLock, Inhibitor, Kernel, Postcopy
from spec.vfio_balloon.faults import (ORDERED, containers, counting, exits, findings, late_votes,
                                      qemu61_findings, raw_postcopy, refusals,
                                      reviewed_findings, rhel77_findings, rhel77_only,
                                      spapr_findings, upstream_only)
from spec.vfio_balloon.rhel77 import Rhel77Vfio
from spec.vfio_balloon.upstream import UpstreamVfio
from spec.vfio_balloon.vfio import Device


class Qemu(Component):
    """One QEMU process on one host, and the rules; a version says how groups are connected.

    The constants, by what they are about:

      size          groups, containers (default: as many), pages, devices in each group (1 or 2)
      who is there  mixed: groups may lack an IOMMU, and their devices may opt in to ballooning;
                    disagree: the second device of a group wants the opposite of the first;
                    postcopy: migrations arrive; spapr: the sPAPR IOMMU instead of type1
      locking       bql: operations hold the big lock; balloon_bql: the balloon holds it too
      order         vote, release, zap, unmaps, unset_first, listener_exit_unmaps
      mistakes      per, leak_exit, double_release_exit, unclosed_exit, counter, postcopy_votes,
                    kvm_on_reuse, kvm_after_listener, ignore_listener_error, keep_listener,
                    spapr_exit_unregisters, spapr_keeps_votes, closes_device_fd, keeps_group,
                    refusal
      rules         strict: pinned pages are covered by a vote in the middle of operations too;
                    strict_kvm: KVM is told before the listener, by the backport as well;
                    live: what has to happen in the end

    They mean what the reference's `Options` of the same names mean.
    """

    version = ""
    order = "before_attach"     # when a group votes

    def __init__(self, *, groups=2, containers=None, pages=1, devices=1, mixed=False,
                 disagree=False, postcopy=False, spapr=False, bql=True, balloon_bql=True,
                 vote=None, release="before_unmap", zap="two_steps", unmaps=None,
                 unset_first=False, listener_exit_unmaps=False, per="group", leak_exit="none",
                 double_release_exit="none", unclosed_exit="none", counter="atomic",
                 postcopy_votes="one_vote", kvm_on_reuse=True, kvm_after_listener=False,
                 ignore_listener_error=False, keep_listener=False,
                 spapr_exit_unregisters=False, spapr_keeps_votes=False,
                 closes_device_fd=False, keeps_group=False, refusal="exit", strict=False,
                 strict_kvm=False, live=False):
        backport = self.version == "rhel77"
        assert not (backport and (spapr or unset_first)), "rhel77: type1 only, unset first always"
        assert devices in (1, 2) and (devices == 2 or not disagree)
        assert {leak_exit, double_release_exit, unclosed_exit} <= set(EXIT.members)
        self.strict = strict
        self.live = live
        self.mixed = mixed
        self.spapr = spapr
        self.bql_held = bql
        self.tells_kvm_first = strict_kvm or not backport
        self.address_spaces = not backport
        self.heeds_the_listener = not ignore_listener_error
        refusable = self.version == "qemu61" and vote != "after_listener"
        self.refused_late = refusable and vote is None and refusal == "exit"
        self.two_containers = groups > 1 and (containers is None or containers > 1)
        self.several = groups > 1
        self.options = SimpleNamespace(
            devices=devices, mixed=mixed, bql=bql, balloon_bql=balloon_bql, spapr=spapr,
            vote=vote or self.order, release=release, refusable=refusable, refusal=refusal,
            zap=zap, unmaps=(not backport) if unmaps is None else unmaps,
            unset_first=unset_first, listener_exit_unmaps=listener_exit_unmaps, per=per,
            leak_exit=leak_exit, double_release_exit=double_release_exit,
            unclosed_exit=unclosed_exit, postcopy_votes=postcopy_votes,
            kvm_on_reuse=kvm_on_reuse, kvm_after_listener=kvm_after_listener,
            kvm_in_get_group=backport, ignore_listener_error=ignore_listener_error,
            keep_listener=keep_listener,
            spapr_exit_unregisters=spapr_exit_unregisters, spapr_keeps_votes=spapr_keeps_votes,
            closes_device_fd=closes_device_fd, keeps_group=keeps_group)
        self.group = Index("group", groups)
        self.container = Index("container", containers or groups)
        self.page = Index("page", pages)
        self.bql = BigLock()
        # One vote more than groups, containers and postcopy can hold: see `Inhibitor`.
        voters = groups if per == "group" else containers or groups
        self.inhibitor = Inhibitor(voters + (1 if postcopy else 0) + 1, counter)
        self.kernel = Kernel(self.group, self.container, self.page, mixed)
        self.vfio = self.make_vfio()
        self.device = Device(self.options, self.vfio, self.bql)
        if devices == 2:
            self.second = Device(self.options, self.vfio, self.bql, disagree)
        self.devices = [self.device, self.second] if devices == 2 else [self.device]
        self.balloon = Balloon(self.options, self.kernel, self.inhibitor, self.bql)
        self.postcopy = Postcopy(self.options, self.inhibitor, self.bql) if postcopy else None

    def make_vfio(self):
        return UpstreamVfio(self.options, self.kernel, self.inhibitor)

    # S1: a vote covers every pin.

    def anything_pinned(self):
        return any(self.kernel.pinned(p) for p in self.page)

    @invariant(when="bql_held")
    def pinned_means_inhibited_while_unlocked(self):
        """S1 at the states that others can see: whenever nobody is inside the big lock."""
        return implies(self.bql.free() and self.anything_pinned(), self.inhibitor.inhibited())

    @invariant(when="strict")
    def pinned_means_inhibited(self):
        """S1 in the middle of operations too.

        No version promises that: each gives the vote back before it unmaps. Hence the constant.
        """
        return implies(self.anything_pinned(), self.inhibitor.inhibited())

    # S2: no damage.

    @invariant
    def no_stale_mapping(self):
        """S2: a pinned page has the same frame for the CPU and for the devices."""
        return not any(self.kernel.stale[c, p] for c in self.container for p in self.page)

    # S3, S4: the counter counts.

    def postcopy_votes(self):
        if self.postcopy is None:
            return 0
        return 1 if self.postcopy.holds else 0

    @invariant
    def votes_counted(self):
        """S3: the counter is the number of those who took a vote and did not give it back."""
        return self.inhibitor.votes == (sum(self.vfio.holds[g] for g in self.group)
                                        + sum(self.vfio.container_holds[c]
                                              for c in self.container)
                                        + self.postcopy_votes())

    @invariant
    def votes_never_negative(self):
        """S4: QEMU's assertion after each release."""
        return self.inhibitor.votes >= 0

    # S6: what fails, or ends, leaves nothing.

    def group_left(self, g):
        """Something of a group remains."""
        return (self.kernel.group_open[g] or self.kernel.attached[g] is not None
                or self.kernel.kvm[g] or self.vfio.member[g] is not None
                or self.vfio.holds[g] or self.vfio.allowed[g])

    def container_left(self, c):
        """Something of a container remains."""
        return (self.kernel.alive(c) or self.vfio.listener[c] or self.vfio.prereg[c]
                or self.vfio.container_holds[c]
                or any(self.kernel.maps[c, p] or self.kernel.registered[c, p]
                       for p in self.page))

    @invariant(when="bql_held")
    def nothing_left_behind(self):
        """S6: groups, containers and devices that are in no list have nothing left, and a group
        that nobody uses is in no list.

        Without the lock no operation is ever known to be over.
        """
        return implies(self.bql.free(),
                       all(self.vfio.devices[g] > 0 if self.vfio.listed[g]
                           else not self.group_left(g) for g in self.group)
                       and all(self.vfio.linked[c] or not self.container_left(c)
                               for c in self.container)
                       and all(d.plugged[g] or not d.fd[g]
                               for d in self.devices for g in self.group)
                       and self.space_is_needed())

    def space_is_needed(self):
        if not self.address_spaces:
            return True
        return self.vfio.space == self.vfio.any_linked()

    # S7: nobody speaks to the dead.

    @invariant
    def no_request_to_a_dead_container(self):
        """S7: no unmap, and no other request, to a container whose kernel side is gone."""
        return not self.kernel.refused

    @invariant
    def no_listener_on_a_freed_container(self):
        """S7: no callback into freed memory."""
        return not any((self.vfio.listener[c] or self.vfio.prereg[c]) and not self.kernel.open[c]
                       for c in self.container)

    # S8: KVM knows the groups.

    @invariant(when="bql_held")
    def attached_groups_known_to_kvm(self):
        """S8: every attached group is registered with KVM exactly once."""
        return not self.kernel.kvm_refused and implies(
            self.bql.free(), all(self.kernel.kvm[g] or self.kernel.attached[g] is None
                                 for g in self.group))

    @step_invariant(when="tells_kvm_first")
    def kvm_knows_the_group_before_the_listener(self, before, after):
        """S8: region_add sets up KVM's acceleration, so KVM comes first (8c37faa475f3).

        The backport's base is older and registers the group last of all: see README.md.
        """
        return all(before.vfio.listener[c] or not after.vfio.listener[c]
                   or all(before.kernel.kvm[g] or before.kernel.attached[g] != c
                          for g in self.group)
                   for c in self.container)

    # S9: devices see the guest's memory.

    @invariant(when="bql_held")
    def initialised_container_maps_all_ram(self):
        """S9: a container in the list has mapped every page."""
        return implies(self.bql.free(), all(not self.vfio.linked[c] or self.kernel.maps[c, p]
                                            for c in self.container for p in self.page))

    # L5: nothing is kept for ever.

    @leads_to(when="live", each="group")
    def groups_leave_the_list(self, g):
        """L5: a group goes with its devices, and nobody keeps these from leaving."""
        return self.vfio.listed[g], not self.vfio.listed[g]

    # Nothing of this is for nothing.

    @sometimes
    def everybody_attached(self):
        return all(self.vfio.listed[g] for g in self.group)

    @sometimes(when="several")
    def container_reused(self):
        return any(self.vfio.listed[g] and self.vfio.listed[h] and g != h
                   and self.vfio.member[g] == self.vfio.member[h]
                   for g in self.group for h in self.group)

    @sometimes(when="two_containers")
    def containers_of_their_own(self):
        return any(self.vfio.listed[g] and self.vfio.listed[h]
                   and self.vfio.member[g] != self.vfio.member[h]
                   for g in self.group for h in self.group)

    @sometimes(when="mixed")
    def balloon_works_beside_a_group(self):
        return any(self.vfio.listed[g] for g in self.group) and self.bql.free() \
            and self.inhibitor.votes == 0

    def on_exit(self, exit):
        return any(self.vfio.failed[g] == exit for g in self.group)

    @sometimes
    def exit_open(self):
        return self.on_exit("open")

    @sometimes
    def exit_api(self):
        return self.on_exit("api")

    @sometimes
    def exit_no_type1(self):
        return self.on_exit("no_type1")

    @sometimes
    def exit_set_container(self):
        return self.on_exit("set_container")

    @sometimes
    def exit_set_iommu(self):
        return self.on_exit("set_iommu")

    @sometimes(when="heeds_the_listener")
    def exit_listener(self):
        return self.on_exit("listener")

    @sometimes(when="refused_late")
    def exit_refused(self):
        return self.on_exit("refused")

    @sometimes(when="spapr")
    def exit_iommu_enable(self):
        return self.on_exit("iommu_enable")

    @sometimes(when="spapr")
    def exit_prereg(self):
        return self.on_exit("prereg")

    @sometimes(when="spapr")
    def exit_tce_info(self):
        return self.on_exit("tce_info")

    @sometimes(when="spapr")
    def exit_default_window(self):
        return self.on_exit("default_window")


class Upstream(Qemu):
    """QEMU v3.1, c65ee433153b: a group votes before anything can pin, whatever comes of it."""

    version = "upstream"
    instances = {
        "small": dict(groups=2),
        "ci": dict(groups=2, pages=2, mixed=True, postcopy=True),
        "large": dict(groups=3, pages=2, devices=2, mixed=True, postcopy=True),
        "ordered": dict(groups=2, mixed=True, postcopy=True, **ORDERED),
        "devices": dict(groups=2, devices=2, mixed=True),
        "live": dict(groups=2, postcopy=True, live=True, **ORDERED),
        "spapr": dict(groups=2, mixed=True, spapr=True, spapr_exit_unregisters=True,
                      spapr_keeps_votes=True),
    }
    faults = [*late_votes(), *exits("open", "api", "no_type1", "set_container", "set_iommu",
                                    "listener"),
              *counting(), *containers(), *upstream_only(), *findings(),
              *raw_postcopy(finding=True), *spapr_findings(in_order=True)]


class Reviewed(Qemu):
    """The series' second version, July 2018: "correct AFAIK", said its review."""

    version = "reviewed"
    order = "after_attach"
    instances = {
        "small": dict(groups=2),
        "ci": dict(groups=2, pages=2, mixed=True, postcopy=True),
        "large": dict(groups=3, pages=2, devices=2, mixed=True, postcopy=True),
        "ordered": dict(groups=2, postcopy=True, **ORDERED),
        "devices": dict(groups=2, devices=2, mixed=True),
        "live": dict(groups=2, postcopy=True, live=True, **ORDERED),
        "spapr": dict(groups=2, mixed=True, spapr=True, spapr_exit_unregisters=True,
                      spapr_keeps_votes=True),
    }
    faults = [*late_votes()[1:], *exits("listener"), *counting(), *containers(),
              *upstream_only(), *findings(), *raw_postcopy(finding=True),
              *spapr_findings(in_order=False),
              *reviewed_findings()]


class Rhel77(Qemu):
    """The backport to qemu-kvm 1.5.3: "Error path has more exit paths versus upstream"."""

    version = "rhel77"
    instances = {
        "small": dict(groups=2),
        "ci": dict(groups=2, pages=2, mixed=True, postcopy=True),
        "large": dict(groups=3, pages=2, devices=2, mixed=True, postcopy=True),
        "ordered": dict(groups=2, pages=2, mixed=True, postcopy=True, listener_exit_unmaps=True,
                        **ORDERED),
        "devices": dict(groups=2, devices=2, mixed=True),
        "live": dict(groups=2, postcopy=True, live=True, listener_exit_unmaps=True, **ORDERED),
    }
    faults = [*late_votes(), *exits("open", "api", "no_type1", "set_container", "set_iommu",
                                    "listener"),
              *counting(), *raw_postcopy(finding=False), *containers(), *rhel77_only(),
              *findings(), *rhel77_findings()]

    def make_vfio(self):
        return Rhel77Vfio(self.options, self.kernel, self.inhibitor)


class Qemu61(Qemu):
    """QEMU v6.1, 53d1b5fcfb40: a group's vote depends on the IOMMU's type, and may be refused.

    So it comes after the attach again, as in the version that was reviewed in 2018.
    """

    version = "qemu61"
    order = "by_type"
    instances = {
        "small": dict(groups=2),
        "ci": dict(groups=2, pages=2, mixed=True),
        "large": dict(groups=3, pages=2, devices=2, mixed=True),
        "ordered": dict(groups=2, **ORDERED),
        "devices": dict(groups=2, devices=2, mixed=True, disagree=True, closes_device_fd=True),
        "live": dict(groups=2, live=True, **ORDERED),
        "spapr": dict(groups=2, mixed=True, spapr=True, spapr_exit_unregisters=True,
                      spapr_keeps_votes=True),
    }
    faults = [*late_votes()[1:], *exits("listener"), *refusals(), *containers(),
              *upstream_only(), *findings()[:-1], *spapr_findings(in_order=True),
              *qemu61_findings()]
