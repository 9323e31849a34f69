"""hw/vfio: unmapping while the log is kept, and why a container unmaps at all."""
from checker import Bool, Component, Enum, Map, fails, maybe, pick, process, step, until

UNMAP = "hw/vfio/iommufd.c:iommufd_cdev_unmap"
LEGACY = "hw/vfio/container-legacy.c:vfio_legacy_dma_unmap_one"
NOTIFY = "hw/vfio/listener.c:vfio_iommu_map_notify"
REGION_DEL = "hw/vfio/listener.c:vfio_listener_region_del"
REGION_ADD = "hw/vfio/listener.c:vfio_listener_region_add"
DISCARD = "hw/vfio/listener.c:vfio_ram_discard_notify_discard"
WHOLE = "hw/i386/intel_iommu.c:vtd_address_space_unmap"


class Vfio(Component):
    """The container's side. `error` is the migration's: it will fail."""

    def __init__(self, options, container):
        self.options = options
        self.container = container
        self.ram = container.ram
        self.error = Bool

    async def unmap(self, first, last, entry):
        """vfio_container_dma_unmap. Only who has an `entry` of the IOTLB knows what to mark."""
        if entry and self.ram.tracking():
            await self.unmap_with_log(first, last)
        else:
            await step("unmap", source=UNMAP)
            self.container.unmap(first, last)

    async def unmap_with_log(self, first, last):
        asks = self.options.asks
        if asks == "with the unmap":
            await step("unmap and get the bitmap", source=LEGACY)
            self.container.report(first, last)
            self.container.unmap(first, last)
            return
        if asks == "before":
            await step("query before the unmap", source=UNMAP)
            asked = await self.query(first, last)
            if not asked and not self.options.unmaps_anyway:
                return
        await step("unmap under the log", source=UNMAP)
        self.container.unmap(first, last)
        if asks == "after":
            await step("query after the unmap", source=UNMAP)
            await self.query(first, last)

    async def query(self, first, last):
        """vfio_container_query_dirty_bitmap; whether it worked."""
        if self.options.query_fails and fails("query"):
            self.error = self.error or self.options.failure == "fails the migration"
            return False
        self.container.report(first, last)
        return True

    async def sync(self):
        """vfio_listener_log_sync: asks for what is mapped, and for nothing else."""
        await step("bitmap sync", source="hw/vfio/listener.c:vfio_listener_log_sync")
        for p in self.container.page:
            if self.container.mapped[p]:
                self.container.report(p, p + 1)


class Guest(Component):
    """The guest's driver of the vIOMMU.

    `domain` is where the device is: it reaches nothing, all of memory as it is (passthrough), or
    what the guest maps page by page. VT-d knows no way from one to the other but through the
    first. `reaches` is what the guest believes that the device reaches, `taken` the pages that it
    is about to unmap: a sane guest's device does not write there any more.
    """

    def __init__(self, options, vfio, bql):
        self.options = options
        self.vfio = vfio
        self.container, self.ram = vfio.container, vfio.ram
        self.page = self.container.page
        self.pages = self.page.size
        self.plain = self.pages - options.blocks        # the others are virtio-mem's blocks
        self.bql = bql
        if options.switches:
            self.domain = Enum("blocked", "passthrough", "translated", init=options.domain)
        self.reaches = Map(self.page, Bool(init=options.domain == "passthrough"))
        if options.sane:
            self.taken = Map(self.page, Bool)

    def ready(self):
        return self.ram.runs() and self.bql.free()

    def wants(self, first, last, reaches):
        """The guest's tables say so, and from then on the pages are to be left alone, or not."""
        for p in self.page:
            if first <= p and p < last:
                self.reaches[p] = reaches
                if self.options.sane:
                    self.taken[p] = not reaches

    def done(self):
        if self.options.sane:
            for p in self.page:
                self.taken[p] = False

    @process(daemon=True, fair="weak")
    async def viommu(self):
        """MMIO of a virtual processor, under the big lock."""
        while True:
            await until(self.ready, "BQL vIOMMU", source=NOTIFY)
            self.bql.lock.try_acquire()
            if not self.options.switches:
                await self.remap()
            elif self.domain == "blocked":
                await self.enter()
            elif self.domain == "passthrough":
                await self.leave_passthrough()
            elif maybe("leave"):
                await self.leave_translated()
            else:
                await self.remap()
            self.done()
            self.bql.give()

    async def remap(self):
        """One page, as the guest's drivers map and unmap their buffers."""
        p = pick(self.page, "page")
        if self.reaches[p]:
            self.wants(p, p + 1, False)
            await self.vfio.unmap(p, p + 1, True)
        else:
            self.reaches[p] = True
            self.container.map(p)

    async def enter(self):
        if maybe("passthrough"):
            await step("region_add", source=REGION_ADD)
            self.domain = "passthrough"
            self.wants(0, self.pages, True)
            for p in self.page:
                self.container.map(p)
        else:
            self.domain = "translated"

    async def leave_passthrough(self):
        """Sections of RAM are unmapped by region_del, virtio-mem's by its listener."""
        assert all(self.reaches[p] for p in self.page), "passed through is all of memory"
        self.domain = "blocked"
        self.wants(0, self.pages, False)
        await self.vfio.unmap(0, self.plain, self.options.region_del == "makes an entry")
        if self.options.blocks > 0:
            await step("unregister RamDiscardListener", source=REGION_DEL)
            await self.vfio.unmap(self.plain, self.pages, self.options.discard_knows)

    async def leave_translated(self):
        self.domain = "blocked"
        self.wants(0, self.pages, False)
        if self.options.whole == "one call":
            await step("unmap the whole address space", source=WHOLE)
            await self.vfio.unmap(0, self.pages, False)
        else:
            for p in self.page:
                if self.container.mapped[p]:
                    await self.vfio.unmap(p, p + 1, True)


class Device(Component):
    """The assigned device: it writes where it can, until it is stopped with the guest."""

    def __init__(self, options, container, guest):
        self.options = options
        self.container, self.ram = container, container.ram
        self.page = container.page
        self.guest = guest

    def may_write(self, p):
        if self.guest is not None and self.options.sane and self.guest.taken[p]:
            return False
        return self.container.mapped[p]

    def runs(self):
        return self.ram.runs() or (not self.options.stops_device and self.ram.phase == "stopped")

    def can_write(self):
        return self.runs() and any(self.may_write(p) for p in self.page)

    @process(daemon=True)
    async def dma(self):
        while True:
            await until(self.can_write, "DMA", source="the device")
            self.container.write(pick((p for p in self.page if self.may_write(p)), "page"))
