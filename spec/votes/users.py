"""Everybody who pins guest memory, or relies on its pages in another way, and votes for it.

The life of each is told as far as its vote goes: taken, refused, given back on an error exit or
at the end. Who runs under the big lock holds it from the first label to the last one of a part.
"""
from checker import ANY, Bool, Component, Index, Map, fails, maybe, process, step, until

from spec.vfio_balloon.components import BigLock


class MainLock(BigLock):
    """The big lock, which the main thread does not let go of before the machine is up.

    Where nothing is locked (`locks` is false), everybody still waits for the machine.
    """

    def __init__(self, locks: bool, up_at_once: bool):
        super().__init__()
        self.locks = locks
        self.up = Bool(init=up_at_once)

    async def take(self, label, source):
        await until(lambda: self.up and not self.lock.locked(), label, source=source)
        if self.locks:
            self.lock.try_acquire()

    def give(self):
        if self.locks:
            self.lock.release()


class Pinner(Component):
    """Somebody whose pages must stay where they are.

    `stale`: one was discarded in spite of that, so that it is not the guest's page any more.
    """

    kind = "none"               # of its vote
    coordinated = False         # is told of coordinated discards, and unmaps before they matter

    def __init__(self, options, votes, bql):
        self.options = options
        self.votes = votes
        self.bql = bql
        self.pins = Bool
        self.stale = Bool

    def relies(self):
        return self.pins

    def damaged(self):
        return self.stale

    def spoil(self):
        """A page is discarded."""
        self.stale = self.pins

    def unpin(self):
        self.pins = False
        self.stale = False


class Voter(Component):
    """Somebody with a vote of one kind."""

    def __init__(self, options, votes, bql, kind):
        self.options = options
        self.votes = votes
        self.bql = bql
        self.kind = kind
        self.holds = Bool

    def held(self):
        return 1 if self.holds else 0

    async def take(self, label, source):
        """Vote; whether the vote was accepted."""
        accepted = await self.votes.take(self.kind, label, source)
        self.holds = accepted
        return accepted

    async def give(self, label, source):
        await self.votes.give(self.kind, label, source)
        self.holds = False


class User(Pinner):
    """Somebody who pins pages, and votes for that."""

    kind = "disable"

    def __init__(self, options, votes, bql):
        super().__init__(options, votes, bql)
        self.holds = Bool

    held = Voter.held
    take = Voter.take
    give = Voter.give


class Kvm(User):
    """accel/kvm/kvm-all.c: without SYNC_MMU a discard would not be seen, so one vote for ever.

    kvm="polarity" asserts the opposite, as the first draft of the conversion did: 0 is success.
    """

    def __init__(self, options, votes, bql):
        super().__init__(options, votes, bql)
        self.sync_mmu = Bool(init=ANY)

    @process
    async def kvm_init(self):
        source = "accel/kvm/kvm-all.c:kvm_init"
        await step("kvm_init", source=source)
        if not self.sync_mmu:
            accepted = await self.take("kvm: disable", source)
            if self.options.kvm == "polarity":
                assert not accepted, "ram_block_discard_disable() is false"
            else:
                assert accepted, "ram_block_discard_disable() succeeds"
            self.pins = True
        self.bql.up = True


class Vfio(Component):
    """hw/vfio/common.c: a group in a container of its own, mediated and opted in or not.

    The order is that of 53d1b5fcfb40: the IOMMU's type decides on the vote, so the group is
    attached first. Joining an existing container, where that matters, is in spec/vfio_balloon.
    """

    def __init__(self, options, votes, bql):
        spapr = options.iommu == "spapr"
        votes_as_type1 = not spapr or options.mistake == "spapr_votes_as_type1"
        self.options = options
        self.votes = votes
        self.bql = bql
        self.kind = "uncoordinated" if votes_as_type1 else "disable"
        self.coordinated = not spapr                    # type1 has RamDiscardListeners
        self.group = Index("group", options.groups)
        self.plugged = Map(self.group, Bool)
        self.holds = Map(self.group, Bool)
        self.pins = Map(self.group, Bool)
        self.stale = Map(self.group, Bool)

    def held(self):
        return sum(self.holds[g] for g in self.group)

    def relies(self):
        return any(self.pins[g] for g in self.group)

    def damaged(self):
        return any(self.stale[g] for g in self.group)

    def spoil(self):
        for g in self.group:
            self.stale[g] = self.pins[g]

    def unpin(self, g):
        self.pins[g] = False
        self.stale[g] = False

    async def give(self, g, label, source):
        await self.votes.give(self.kind, label, source)
        self.holds[g] = False

    @process(each="group", fair="strong")
    async def life(self, g):
        while True:
            await self.bql.take("BQL vfio plug", "hw/vfio/pci.c:vfio_realize")
            await self.connect(g)
            self.bql.give()
            if self.plugged[g]:
                await self.bql.take("BQL vfio unplug", "hw/vfio/pci.c:vfio_instance_finalize")
                await self.put(g)
                self.bql.give()

    async def connect(self, g):
        source = "hw/vfio/common.c:vfio_connect_container"
        await step("vfio: SET_CONTAINER", source=source)
        if fails("SET_CONTAINER"):
            return
        accepted = await self.votes.take(self.kind, "vfio: disable", source)
        if self.options.vfio_is_refused and not accepted:
            await step("vfio: UNSET_CONTAINER on refusal", source=source)
            return
        self.holds[g] = True
        if maybe("mediated, opts in"):
            await self.give(g, "vfio: opt in", "hw/vfio/common.c:vfio_get_device")
            self.plugged[g] = True
            return
        await step("vfio: register listener", source=source)
        self.pins[g] = True
        if fails("listener"):
            await step("vfio: unregister listener on error", source=source)
            self.unpin(g)
            if self.options.mistake != "vfio_leaks":
                await self.give(g, "vfio: enable on error", source)
            self.holds[g] = False
            return
        self.plugged[g] = True

    async def put(self, g):
        """The vote is given back before the unmap, in every release."""
        source = "hw/vfio/common.c:vfio_put_group"
        if self.holds[g]:
            await self.give(g, "vfio: enable", source)
        await step("vfio: unregister listener", source="memory.c:memory_listener_unregister")
        self.unpin(g)
        self.plugged[g] = False


class Nvme(User):
    """util/vfio-helpers.c: nvme:// drives map all of RAM. Forgotten until b430b5139565."""

    def __init__(self, options, votes, bql):
        super().__init__(options, votes, bql)
        self.kind = "disable" if options.nvme_votes else "none"

    @process(fair="strong")
    async def life(self):
        source = "util/vfio-helpers.c:qemu_vfio_open_pci"
        while True:
            await self.bql.take("BQL nvme open", source)
            if self.options.nvme_votes:
                await self.take("nvme: disable", source)
            if self.holds or not self.options.nvme_votes:
                await step("nvme: map RAM", source="util/vfio-helpers.c:qemu_vfio_init_pci")
                if fails("init_pci"):
                    if self.holds:
                        await self.give("nvme: enable on error", source)
                else:
                    self.pins = True
            self.bql.give()
            if self.pins:
                await self.bql.take("BQL nvme close", "util/vfio-helpers.c:qemu_vfio_close")
                await step("nvme: close container", source="util/vfio-helpers.c:qemu_vfio_close")
                self.unpin()
                if self.options.nvme_votes:
                    await self.give("nvme: enable", "util/vfio-helpers.c:qemu_vfio_close")
                self.bql.give()


class Sev(User):
    """target/i386/sev.c: encrypted memory stays pinned as long as the guest runs."""

    @process
    async def sev_guest_init(self):
        source = "target/i386/sev.c:sev_guest_init"
        await self.bql.take("sev_guest_init", source)
        accepted = await self.take("sev: disable", source)
        if accepted:
            await step("sev: launch", source=source)
            if fails("launch"):
                await self.give("sev: enable on error", source)
            else:
                self.pins = True
        self.bql.give()


class S390Pv(User):
    """hw/s390x/s390-virtio-ccw.c: protected virtualization, entered and left by the guest."""

    @process(fair="strong")
    async def life(self):
        source = "hw/s390x/s390-virtio-ccw.c:s390_machine_protect"
        while True:
            await self.bql.take("BQL protect", source)
            accepted = await self.take("s390: disable", source)
            if accepted:
                await self.protect(source)
            self.bql.give()
            if self.pins:
                await self.bql.take("BQL unprotect", source)
                await self.unprotect()
                self.bql.give()

    async def protect(self, source):
        await step("s390: add migration blocker", source=source)
        if fails("migrate_add_blocker"):
            await self.give("s390: enable on blocker failure", source)
            return
        await step("s390: enable PV", source=source)
        if fails("s390_pv_vm_enable"):
            await self.give("s390: enable on failure", source)
            return
        self.pins = True
        await step("s390: set parameters", source=source)
        if fails("s390_pv_set_sec_parms"):
            await self.unprotect()

    async def unprotect(self):
        source = "hw/s390x/s390-virtio-ccw.c:s390_machine_unprotect"
        await step("s390: disable PV", source=source)
        self.unpin()
        await self.give("s390: enable", source)


class Vdpa(User):
    """hw/virtio/vhost-vdpa.c: the first device of a net device votes when it is initialised.

    vhost_dev_init calls the cleanup whatever failed, and the cleanup gives a vote back whether
    one was taken or not; vdpa_cleanup="if_held" is what it would have to be.
    """

    @process(fair="strong")
    async def life(self):
        source = "hw/virtio/vhost-vdpa.c:vhost_vdpa_init"
        while True:
            await self.bql.take("BQL netdev_add", source)
            await step("vdpa: backend features", source=source)
            if not fails("backend features"):
                accepted = await self.take("vdpa: disable", source)
                if accepted:
                    await step("vdpa: map RAM",
                               source="hw/virtio/vhost-vdpa.c:vhost_vdpa_listener_region_add")
                    self.pins = not fails("map")
            if not self.pins:
                await self.cleanup("vdpa: enable on error")
            self.bql.give()
            if self.pins:
                await self.bql.take("BQL netdev_del", source)
                await self.cleanup("vdpa: enable")
                self.bql.give()

    async def cleanup(self, label):
        if self.pins:
            self.unpin()
        if self.holds or self.options.vdpa_cleanup == "always":
            await self.give(label, "hw/virtio/vhost-vdpa.c:vhost_vdpa_cleanup")


class Colo(User):
    """migration/migration.c: the secondary's RAM has a cache beside it while COLO runs.

    The end of COLO is in the migration's own thread, which does not hold the big lock.
    """

    @process(fair="strong")
    async def life(self):
        source = "migration/migration.c:migration_incoming_enable_colo"
        while True:
            await self.bql.take("BQL COLO", source)
            accepted = await self.take("colo: disable", source)
            if accepted:
                await step("colo: init RAM cache", source="migration/ram.c:colo_init_ram_cache")
                if fails("colo_init_ram_cache"):
                    await self.give("colo: enable on error", source)
                else:
                    self.pins = True
            self.bql.give()
            if self.pins:
                await step("colo: release RAM cache",
                           source="migration/ram.c:colo_release_ram_cache")
                self.unpin()
                await self.give("colo: enable",
                                "migration/migration.c:migration_incoming_disable_colo")


class Blkio(User):
    """block/blkio.c: a driver that may pin, as nvme-io_uring and virtio-blk-vfio-pci may."""

    @process(fair="strong")
    async def life(self):
        source = "block/blkio.c:blkio_open"
        while True:
            await self.bql.take("BQL blkio open", source)
            if maybe("may pin"):
                accepted = await self.take("blkio: disable", source)
                if accepted:
                    await step("blkio: start", source=source)
                    if fails("blkio_start"):
                        await self.give("blkio: enable on error", source)
                    else:
                        self.pins = True
            self.bql.give()
            if self.pins:
                await self.bql.take("BQL blkio close", "block/blkio.c:blkio_close")
                await step("blkio: destroy", source="block/blkio.c:blkio_close")
                self.unpin()
                await self.give("blkio: enable", "block/blkio.c:blkio_close")
                self.bql.give()
