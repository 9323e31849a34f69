"""Who may discard guest memory, and when: votes, from QEMU's first bool to its four counters.

Each class is one way to count votes, together with those who used it then: everybody who pins
guest memory or relies on it, everybody who discards it. README.md tells what is modelled, what
is not, and what was found.
"""
from types import SimpleNamespace

from checker import (Component, Enum, Index, Map, implies, invariant, leads_to, pick, process,
                     sometimes, step, step_invariant)

from spec.vfio_balloon.components import Postcopy
from spec.votes.counters import FourCounters, OneSided, Signed, TwoCounters
from spec.votes.discarders import Balloon, GuestMemfd, VirtioMem
from spec.votes.faults import (boolean_faults, counter_faults, four_faults, four_findings,
                               mutex_faults, nvme_finding, rdma_finding, signed_faults,
                               signed_findings)
from spec.votes.migration import BackgroundSnapshot, IncomingPostcopy, Rdma
from spec.votes.users import Blkio, Colo, Kvm, MainLock, Nvme, S390Pv, Sev, Vdpa, Vfio

VOTERS = {"kvm": Kvm, "nvme": Nvme, "sev": Sev, "s390": S390Pv, "vdpa": Vdpa, "colo": Colo,
          "blkio": Blkio}
MIGRATIONS = {"rdma": Rdma, "postcopy": IncomingPostcopy, "snapshot": BackgroundSnapshot}
DISCARDERS = {"virtio_mem": VirtioMem, "guest_memfd": GuestMemfd}

PHYSMEM = {kind: f"softmmu/physmem.c:ram_block_{name}" for kind, name in {
    "disable": "discard_disable", "uncoordinated": "uncoordinated_discard_disable",
    "require": "discard_require", "coordinated": "coordinated_discard_require"}.items()}


class Anybody(Component):
    """Users without a story, who take and give back votes of any kind: for the whole matrix."""

    def __init__(self, votes, voters):
        self.votes = votes
        self.voter = Index("voter", voters)
        self.holds = Map(self.voter, Enum("nothing", *votes.kinds))

    def held(self, kind):
        return sum(self.holds[v] == kind for v in self.voter)

    @process(each="voter", fair="strong")
    async def life(self, v):
        while True:
            await step("choose", source="softmmu/physmem.c: its callers")
            wanted = pick(self.votes.kinds, "kind")
            for kind in self.votes.kinds:
                if wanted == kind:
                    accepted = await self.votes.take(kind, f"take {kind}", PHYSMEM[kind])
                    if accepted:
                        self.holds[v] = kind
                        await self.votes.give(kind, f"give {kind}", PHYSMEM[kind])
                        self.holds[v] = "nothing"


class Machine(Component):
    """One QEMU process. The constants, by what they are about:

      who is there  users: their names, out of VOTERS, MIGRATIONS, DISCARDERS, "vfio" (groups of
                    them) and "balloon"; voters: users without a story; iommu: vfio's;
                    guest_memfd_kind: its vote
      locking       bql: operations hold the big lock
      counting      bits: counters wrap around at 2**bits, 0: integers; arithmetic; matrix
      mistakes      mistake, kvm, nvme_votes, rdma_votes, vdpa_cleanup, postcopy_votes,
                    balloon_asks, hotplug_while_migrating
      rules         live: check liveness too
    """

    counters = FourCounters
    counts = "exact"            # as it should be; the constant `arithmetic` makes it different

    def __init__(self, *, users=("vfio", "balloon"), groups=1, voters=0, iommu="type1",
                 guest_memfd_kind="coordinated", bql=True, bits=0, arithmetic=None,
                 matrix="exact", mistake="none", kvm="asserted", nvme_votes=True, rdma_votes=False,
                 vdpa_cleanup="always", postcopy_votes="one_vote",
                 balloon_asks=("postcopy", "snapshot"), hotplug_while_migrating=False, live=False):
        unknown = set(users) - {*VOTERS, *MIGRATIONS, *DISCARDERS, "vfio", "balloon"}
        assert not unknown, f"nobody is called {sorted(unknown)}"
        self.options = SimpleNamespace(
            groups=groups, bql=bql, iommu=iommu, mistake=mistake, kvm=kvm, nvme_votes=nvme_votes,
            rdma_votes=rdma_votes, vdpa_cleanup=vdpa_cleanup, postcopy_votes=postcopy_votes,
            balloon_asks=balloon_asks,
            hotplug_while_migrating=hotplug_while_migrating,
            vfio_is_refused=self.refuses_vfio(users, iommu, guest_memfd_kind))
        self.bql_held = bql
        self.live = live
        self.bql = MainLock(bql, "kvm" not in users) if users else None
        arithmetic = arithmetic or self.counts
        # One vote more than can be held honestly: see `Count`.
        most = len(users) + groups + voters
        if self.counters is FourCounters:
            self.votes = FourCounters(most, bits, arithmetic, matrix, "balloon" in users)
        else:
            self.votes = self.counters(most, bits, arithmetic)
        self.populate(users, guest_memfd_kind)
        self.anybody = Anybody(self.votes, voters) if voters else None
        self.decide()

    def decide(self):
        """Which rules there are."""
        requires = self.who["require"] + self.who["coordinated"] or self.anybody
        self.one_sided = self.counters is OneSided
        self.counting = self.one_sided and self.counts == "exact"
        self.postcopy_votes = self.one_sided and self.postcopy and self.balloon
        self.signed = self.counters is Signed
        self.unsigned = not self.one_sided and not self.signed
        self.two_sided = not self.one_sided and bool(requires)
        self.four_kinds = self.votes.split and bool(requires)
        self.pins_under_the_lock = self.bql_held and bool(self.voting)
        self.someone_pins = bool(self.pinning)
        self.someone_migrates = bool(self.migrating)
        self.anybody_split = self.anybody is not None and self.votes.split
        self.anybody_requires = self.anybody is not None and "require" in self.votes.kinds
        self.asked = self.votes.split and self.balloon is not None
        self.follows = self.votes.split and self.vfio and self.virtio_mem

    def refuses_vfio(self, users, iommu, guest_memfd_kind):
        """Whether there is anybody whose vote makes vfio's fail."""
        discarding = set(users) & set(DISCARDERS)
        if self.counters is not FourCounters:
            return bool(discarding) and self.counters is not OneSided
        return bool(discarding) and iommu == "spapr" or (
            "guest_memfd" in users and guest_memfd_kind == "require")

    def populate(self, users, guest_memfd_kind):
        """Make everybody; who pins must be known before those who discard."""
        own = (self.options, self.votes, self.bql)
        for name in ("vfio", *VOTERS, *MIGRATIONS, *DISCARDERS, "balloon"):
            setattr(self, name, None)
        if "vfio" in users:
            self.vfio = Vfio(*own)
        for name, user in [*VOTERS.items(), *MIGRATIONS.items()]:
            if name in users:
                setattr(self, name, user(*own))
        if "postcopy" in users and self.counters is OneSided:
            self.postcopy = Postcopy(self.options, self.votes.inhibitor, self.bql)
        made = {name: getattr(self, name) for name in users}
        self.voting = tuple(u for name, u in made.items() if name in ("vfio", *VOTERS) and u
                            or name == "rdma" and u.kind != "none")
        self.pinning = tuple(u for name, u in made.items()
                             if name in ("vfio", "rdma", *VOTERS) and u)
        self.migrating = tuple(u for name, u in made.items()
                               if name in ("postcopy", "snapshot") and isinstance(
                                   u, (IncomingPostcopy, BackgroundSnapshot)))
        busy = tuple(u for name, u in made.items() if name in MIGRATIONS and hasattr(u, "pins"))
        if "virtio_mem" in users:
            kind = "coordinated" if self.votes.split else "require"
            self.virtio_mem = VirtioMem(*own, kind, self.pinning, busy)
        if "guest_memfd" in users:
            self.guest_memfd = GuestMemfd(*own, guest_memfd_kind, self.pinning, busy)
        if "balloon" in users:
            self.balloon = Balloon(*own, self.pinning, self.migrating)
        self.everybody = self.voting + tuple(
            u for u in (self.virtio_mem, self.guest_memfd) if u is not None)
        pairs = {
            "disable": ("disable",) if self.votes.split else ("disable", "uncoordinated"),
            "uncoordinated": ("uncoordinated",) if self.votes.split else (),
            "require": ("require",) if self.votes.split else ("require", "coordinated"),
            "coordinated": ("coordinated",) if self.votes.split else (),
        }
        self.who = {counter: tuple(u for u in self.everybody if u.kind in kinds)
                    for counter, kinds in pairs.items()}

    def held(self, kind):
        """How many hold a vote that is counted as this kind."""
        total = sum(u.held() for u in self.who[kind])
        if self.anybody is not None:
            if kind in self.votes.kinds:
                total = total + self.anybody.held(kind)
        return total

    def postcopy_vote(self):
        """The vote that postcopy had until 2020."""
        if not self.one_sided or self.postcopy is None:
            return 0
        return 1 if self.postcopy.holds else 0

    # S3, S4: counters count.

    @invariant
    def votes_counted(self):
        """S3: each counter is the number of those who took a vote and did not give it back."""
        if self.one_sided:
            return self.votes.inhibitor.votes == self.held("disable") + self.postcopy_vote()
        if self.signed:
            return self.votes.balance == self.held("disable") - self.held("require")
        if not self.votes.split:
            return (self.votes.disabled.count == self.held("disable")
                    and self.votes.required.count == self.held("require"))
        return (self.votes.disabled.count == self.held("disable")
                and self.votes.uncoordinated.count == self.held("uncoordinated")
                and self.votes.required.count == self.held("require")
                and self.votes.coordinated.count == self.held("coordinated"))

    @invariant(when="counting")
    def votes_never_negative(self):
        """S4: QEMU's assertion after each release, from 2018 to 2020."""
        return self.votes.inhibitor.votes >= 0

    @step_invariant(when="unsigned")
    def no_counter_goes_below_zero(self, before, after):
        """S4: no step takes a counter from zero to its bottom: -1, or where unsigned ones wrap.

        Nothing in the code asserts that since 2020.
        """
        bottom = self.votes.disabled.bottom
        kept = (not (before.votes.disabled.count == 0 and after.votes.disabled.count == bottom)
                and not (before.votes.required.count == 0
                         and after.votes.required.count == bottom))
        if not self.votes.split:
            return kept
        return (kept
                and not (before.votes.uncoordinated.count == 0
                         and after.votes.uncoordinated.count == bottom)
                and not (before.votes.coordinated.count == 0
                         and after.votes.coordinated.count == bottom))

    # S5: the matrix.

    @invariant(when="two_sided")
    def disabled_excludes_required(self):
        """S5: nobody requires discards while somebody has disabled them all."""
        return self.held("disable") == 0 or self.held("require") == 0

    @invariant(when="four_kinds")
    def disabled_excludes_coordinated(self):
        """S5: a coordinated discard is one too for those who are not told of it."""
        return self.held("disable") == 0 or self.held("coordinated") == 0

    @invariant(when="four_kinds")
    def uncoordinated_disabled_excludes_required(self):
        """S5: whoever follows coordinated discards can not follow others."""
        return self.held("uncoordinated") == 0 or self.held("require") == 0

    # S1, S2, S13: what votes are for.

    @invariant(when="pins_under_the_lock")
    def pinned_means_disabled(self):
        """S1: while nobody is inside the big lock, a vote covers whatever is pinned.

        Of users who vote; who does not (see the findings) is a matter of the next rules.
        """
        return implies(self.bql.free() and any(u.relies() for u in self.voting),
                       self.votes.is_disabled())

    @invariant(when="someone_pins")
    def devices_find_the_guests_pages(self):
        """S2: no page is discarded behind the back of somebody who has pinned it."""
        return not any(u.damaged() for u in self.pinning)

    @invariant(when="someone_migrates")
    def migrations_find_their_pages(self):
        """S13: no page is discarded during an incoming postcopy or a background snapshot."""
        return not any(u.damaged() for u in self.migrating)

    @invariant(when="postcopy_votes")
    def postcopy_finds_its_pages(self):
        """S13, until 2020: the balloon zaps nothing while postcopy has its vote."""
        return not (self.balloon.zapping and self.postcopy.holds)

    @invariant(when="asked")
    def answers_were_true(self):
        """Who is told that nothing is disabled asked at a time when nothing was.

        The query loads two counters without a lock.
        """
        return not self.votes.torn

    # L6: what is disabled is enabled again.

    def somebody_votes(self):
        return self.held("disable") + self.held("uncoordinated") + self.postcopy_vote() > 0

    @leads_to(when="live")
    def enabled_again(self):
        """L6: whenever nobody has a vote against it, discarding is possible, then or later."""
        return not self.somebody_votes(), not self.votes.is_disabled()

    # Nothing of this is for nothing.

    @sometimes(when="someone_pins")
    def somebody_pins(self):
        return any(u.relies() for u in self.pinning)

    @sometimes(when="balloon")
    def balloon_zaps(self):
        return self.balloon.zapping

    @sometimes(when="follows")
    def pinned_beside_coordinated_discards(self):
        """What four counters are for: vfio and virtio-mem in one machine."""
        return self.vfio.relies() and self.virtio_mem.holds

    def together(self, kind, other):
        return self.anybody.held(kind) > 0 and self.anybody.held(other) > 0

    @sometimes(when="anybody")
    def disable_twice(self):
        return self.anybody.held("disable") > 1

    @sometimes(when="anybody_requires")
    def require_twice(self):
        return self.anybody.held("require") > 1

    @sometimes(when="anybody_split")
    def uncoordinated_twice(self):
        return self.anybody.held("uncoordinated") > 1

    @sometimes(when="anybody_split")
    def coordinated_twice(self):
        return self.anybody.held("coordinated") > 1

    @sometimes(when="anybody_split")
    def disable_beside_uncoordinated(self):
        return self.together("disable", "uncoordinated")

    @sometimes(when="anybody_split")
    def uncoordinated_beside_coordinated(self):
        return self.together("uncoordinated", "coordinated")

    @sometimes(when="anybody_split")
    def require_beside_coordinated(self):
        return self.together("require", "coordinated")


class Boolean(Machine):
    """QEMU v2.5, 371ff5a3f04c: one bool, set and cleared by whoever calls last.

    Good enough for the one user it had, postcopy.
    """

    counters = OneSided
    counts = "boolean"
    instances = {"small": dict(users=("postcopy", "balloon"), live=True),
                 "ci": dict(users=("postcopy", "balloon"))}
    faults = boolean_faults()


class Counter(Machine):
    """QEMU v3.1, 01ccbec7bdf6: an atomic counter, and an assertion that it is not negative."""

    counters = OneSided
    instances = {
        "small": dict(users=("postcopy", "vfio", "balloon"), live=True),
        "ci": dict(users=("kvm", "postcopy", "vfio", "balloon"), groups=2),
        "large": dict(users=("kvm", "postcopy", "vfio", "nvme", "balloon"), groups=4),
    }
    faults = [*counter_faults(), *nvme_finding()]


class SignedCounter(Machine):
    """QEMU v5.1, d24f31db3bcb: one signed number; now a vote can be refused."""

    counters = Signed
    instances = {
        "small": dict(users=("vfio", "virtio_mem", "balloon"), live=True),
        "ci": dict(users=("kvm", "vfio", "sev", "s390", "colo", "postcopy", "virtio_mem",
                          "balloon")),
        "matrix": dict(users=(), voters=3, bql=False),
        "large": dict(users=("kvm", "vfio", "nvme", "sev", "s390", "colo", "postcopy",
                             "virtio_mem", "balloon"), groups=2),
    }
    faults = [*signed_faults(), *signed_findings()]


class TwoSides(Machine):
    """98da491dff55, on the way to v6.1: a counter for either side, and a mutex."""

    counters = TwoCounters
    instances = {
        "small": dict(users=("vfio", "colo", "virtio_mem", "balloon"), live=True),
        "ci": dict(users=("kvm", "vfio", "nvme", "sev", "s390", "colo", "postcopy", "snapshot",
                          "virtio_mem", "balloon")),
        "matrix": dict(users=(), voters=3, bql=False),
        "large": dict(users=("kvm", "vfio", "nvme", "sev", "s390", "colo", "postcopy", "snapshot",
                             "virtio_mem", "balloon"), groups=3),
    }
    faults = [*mutex_faults(), *rdma_finding()]


class FourKinds(Machine):
    """QEMU since v6.1, 7e6d32ebf790: coordinated discards beside those who can follow them.

    vhost-vdpa is here with vdpa_cleanup="if_held"; as it is, it is a finding.
    """

    counters = FourCounters
    instances = {
        "small": dict(users=("vfio", "virtio_mem", "guest_memfd", "balloon"),
                      guest_memfd_kind="require", live=True),
        "ci": dict(users=("kvm", "vfio", "nvme", "sev", "s390", "vdpa", "colo", "blkio",
                          "postcopy", "snapshot", "virtio_mem", "guest_memfd", "balloon"),
                   guest_memfd_kind="require", vdpa_cleanup="if_held"),
        "wrapping": dict(users=("vfio", "vdpa", "virtio_mem", "guest_memfd", "balloon"), bits=2,
                         guest_memfd_kind="require", vdpa_cleanup="if_held", live=True),
        "matrix": dict(users=(), voters=2, bql=False),
        "large": dict(users=("kvm", "vfio", "nvme", "sev", "s390", "vdpa", "colo", "blkio",
                             "postcopy", "snapshot", "virtio_mem", "guest_memfd", "balloon"),
                      groups=2, vdpa_cleanup="if_held"),
    }
    faults = [*four_faults(), *four_findings()]
