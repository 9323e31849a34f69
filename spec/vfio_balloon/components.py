"""What every version of the protocol stands on: inhibitor, big lock, kernel, balloon, postcopy.

Labels are those of `reference/__init__.py`; between two of them a step is atomic, as there.
"""
from checker import (ANY, Bool, Component, Enum, Index, Int, Lock, Map, Maybe, maybe, pick,
                     process, step, until)

EXIT = Enum("none", "open", "api", "no_type1", "set_container", "set_iommu", "listener",
            "iommu_enable", "prereg", "tce_info", "default_window", "refused")
"""vfio_connect_container's error exit: E1 E2 E6 E3 E4 E5, sPAPR's own, that of a refused vote."""

KIND = Enum("physical", "mediated", "opted_in")
"""A group with an IOMMU of its own; one without; one without whose devices opt in to ballooning."""


class BigLock(Component):
    """The big QEMU lock. Releasing it is the end of a step, as no code of interest follows."""

    def __init__(self):
        self.lock = Lock

    async def take(self, label, source):
        await until(lambda: not self.lock.locked(), label, source=source)
        self.lock.try_acquire()

    def give(self):
        self.lock.release()

    def free(self):
        return not self.lock.locked()


class Inhibitor(Component):
    """balloon.c: pages may be zapped only while nobody's vote is in.

    QEMU's counter knows no bounds, and its assertion would stop it below zero. This one stays at
    -1 and at `most`, one more than can be held honestly: where it gets there, `votes_counted` is
    violated already, and the search stays finite.
    """

    def __init__(self, most: int, counter: str):
        self.votes = Int(-1, most, init=0)
        self.most = most
        self.counter = counter

    async def vote(self, label, source):
        await step(label, source=source)
        if self.counter == "nonatomic":             # the series' first version
            loaded = self.votes
            await step(f"{label}: store", source=source)
            self.votes = min(loaded + 1, self.most)
        elif self.counter == "boolean":             # 371ff5a3f04c: last caller wins
            self.votes = 1
        else:
            self.votes = min(self.votes + 1, self.most)

    async def withdraw(self, label, source):
        await step(label, source=source)
        if self.counter == "nonatomic":
            loaded = self.votes
            await step(f"{label}: store", source=source)
            self.votes = max(loaded - 1, -1)
        elif self.counter == "boolean":
            self.votes = 0
        else:
            self.votes = max(self.votes - 1, -1)

    def inhibited(self):
        return self.votes > 0


class Kernel(Component):
    """drivers/vfio and virt/kvm/vfio.c: groups, containers, mappings, and the pages they pin.

    A page has one frame for the CPU and, where it is pinned, one for the devices of each
    container. All that matters is whether the two are the same: `stale` says they are not. A pin
    takes the frame that the page has then, so only a zap after it does harm.
    """

    def __init__(self, group: Index, container: Index, page: Index, mixed: bool):
        self.group, self.container, self.page = group, container, page
        self.kind = Map(group, Enum(*KIND.members, init=ANY if mixed else "physical"))
        self.group_open = Map(group, Bool)
        self.attached = Map(group, Maybe(container))
        self.kvm = Map(group, Bool)
        self.open = Map(container, Bool)
        self.iommu = Map(container, Bool)
        self.maps = Map(container, page, Bool)
        self.registered = Map(container, page, Bool)        # sPAPR v2: pinned ahead of any map
        self.stale = Map(container, page, Bool)
        self.refused = Bool         # a request was made that only broken user space makes
        self.kvm_refused = Bool     # KVM was told of a group twice, or to forget a stranger

    # What follows from the state.

    def has_groups(self, c):
        return any(self.attached[g] == c for g in self.group)

    def alive(self, c):
        """The kernel keeps a container while its file is open or a group is attached."""
        return self.open[c] or self.has_groups(c)

    def pins(self, c, p):
        """Groups without an IOMMU of their own do not make the kernel pin what is mapped."""
        return self.registered[c, p] or self.maps[c, p] and any(
            self.attached[g] == c and self.kind[g] == "physical" for g in self.group)

    def pinned(self, p):
        return any(self.pins(c, p) for c in self.container)

    # Groups and their container.

    def close_group(self, g):
        """vfio_group_fops_release: a group that is still attached leaves its container."""
        if self.attached[g] is not None:
            self.detach(g)
        self.group_open[g] = False

    def set_container(self, g, c):
        """VFIO_GROUP_SET_CONTAINER: may pin, where the container has mappings already."""
        if not self.group_open[g] or self.attached[g] is not None or not self.open[c]:
            self.refused = True
            return False
        self.attached[g] = c
        return True

    def unset_container(self, g):
        """VFIO_GROUP_UNSET_CONTAINER."""
        if self.attached[g] is None:
            self.refused = True
        else:
            self.detach(g)

    def detach(self, g):
        """With the last group the IOMMU and all mappings go."""
        c = self.attached[g]
        self.attached[g] = None
        if not self.has_groups(c):
            self.iommu[c] = False
            for p in self.page:
                self.maps[c, p] = False
                self.registered[c, p] = False
        self.let_go(c)

    def close_container(self, c):
        if self.open[c]:
            self.open[c] = False
        else:
            self.refused = True

    # Mappings.

    def set_iommu(self, c):
        if self.iommu[c] or not self.has_groups(c):
            self.refused = True
        else:
            self.iommu[c] = True

    def map_dma(self, c, p):
        """VFIO_IOMMU_MAP_DMA."""
        if self.iommu[c]:
            self.maps[c, p] = True
        else:
            self.refused = True

    def unmap_dma(self, c, p):
        """VFIO_IOMMU_UNMAP_DMA: EINVAL once the IOMMU is gone."""
        if self.iommu[c]:
            self.maps[c, p] = False
        else:
            self.refused = True

    def let_go(self, c):
        """A page that is no longer pinned has no frame for devices, so no wrong one either."""
        for p in self.page:
            self.stale[c, p] = self.stale[c, p] and self.pins(c, p)

    def zap(self, p):
        """madvise(MADV_DONTNEED): the CPU's frame goes, every pinned one stays."""
        for c in self.container:
            self.stale[c, p] = self.pins(c, p)

    # KVM's VFIO pseudo device.

    def kvm_add(self, g):
        if self.kvm[g]:
            self.kvm_refused = True
        self.kvm[g] = True

    def kvm_del(self, g):
        if not self.kvm[g]:
            self.kvm_refused = True
        self.kvm[g] = False


class Balloon(Component):
    """hw/virtio/virtio-balloon.c in August 2018: the check and the madvise are two steps."""

    def __init__(self, options, kernel, inhibitor, bql):
        self.options = options
        self.page = kernel.page
        self.kernel = kernel
        self.inhibitor = inhibitor
        self.bql = bql
        self.locks = options.bql and options.balloon_bql

    @process
    async def inflate(self):
        source = "hw/virtio/virtio-balloon.c:virtio_balloon_handle_output"
        while True:
            if self.locks:
                await self.bql.take("BQL balloon", source)
            await step("check inhibited", source=source)
            p = pick(self.page, "page")
            if not self.inhibitor.inhibited():
                if self.options.zap == "two_steps":
                    await step("zap", source="hw/virtio/virtio-balloon.c:balloon_page")
                self.kernel.zap(p)
            if self.locks:
                self.bql.give()


class Postcopy(Component):
    """migration/postcopy-ram.c: an incoming migration votes, its cleanup holds no big lock."""

    def __init__(self, options, inhibitor, bql):
        self.options = options
        self.inhibitor = inhibitor
        self.bql = bql
        self.holds = Bool

    @process(fair="weak")
    async def migrate(self):
        listens = "migration/postcopy-ram.c:postcopy_ram_enable_notify"
        cleanup = "migration/postcopy-ram.c:postcopy_ram_incoming_cleanup"
        while True:
            await step("postcopy advise", source="migration/savevm.c:loadvm_postcopy_handle_advise")
            if maybe("listen"):
                if self.options.bql:
                    await self.bql.take("BQL listen", listens)
                await self.inhibitor.vote("postcopy inhibit", listens)
                self.holds = True
                if self.options.bql:
                    self.bql.give()
            if self.holds or self.options.postcopy_votes == "raw":
                await self.inhibitor.withdraw("postcopy uninhibit", cleanup)
                self.holds = False
