"""hw/vfio/common.c: containers that listen to the region, and one behind a vIOMMU; the balloon."""
from checker import Bool, Component, Map, maybe, pick, process, step, until

VOTE = "hw/vfio/common.c:vfio_connect_container"


class Vfio(Component):
    """A container each with an address space of its own; plugged and unplugged over and over."""

    def __init__(self, options, manager, votes, bql):
        self.options = options
        self.manager = manager
        self.votes = votes
        self.bql = bql
        self.listener = manager.listener
        self.attached = Map(self.listener, Bool)
        if options.live:
            self.leaving = Map(self.listener, Bool)

    @process(each="listener", fair="strong")
    async def life(self, x):
        while True:
            await self.bql.take("BQL vfio plug", "hw/vfio/pci.c:vfio_realize")
            await self.plug(x)
            self.bql.give()
            if self.attached[x]:
                await self.bql.take("BQL vfio unplug", "hw/vfio/pci.c:vfio_instance_finalize")
                if self.options.live:
                    self.leaving[x] = True
                await self.unplug(x)
                if self.options.live:
                    self.leaving[x] = False
                self.bql.give()

    async def plug(self, x):
        if self.options.vfio_votes:
            accepted = await self.votes.take("uncoordinated", "disable uncoordinated", VOTE)
            if not accepted and self.options.discards != "coordinated":
                return
        await self.manager.register(x)
        if self.options.sanity == "refuses" and self.options.limit > 0:
            await step("check mapping limit",
                       source="hw/vfio/listener.c:vfio_ram_discard_register_listener")
            if self.manager.last(x) - self.manager.first(x) > self.options.limit:
                await self.manager.unregister(x)
                await self.votes.give("uncoordinated", "enable uncoordinated on error", VOTE)
                return
        self.attached[x] = True

    async def unplug(self, x):
        """The vote is given back before the listener goes, as in every release."""
        source = "hw/vfio/common.c:vfio_put_group"
        if self.options.vfio_votes:
            await self.votes.give("uncoordinated", "enable uncoordinated", source)
        await self.manager.unregister(x)
        self.attached[x] = False


class Viommu(Component):
    """A container behind a vIOMMU: the guest maps and unmaps, block by block.

    vfio asks whether what it is to map is populated, and warns that it is not told when that
    ends (0fd7616e0f11). A sane guest unmaps before it unplugs.
    """

    def __init__(self, options, device, votes):
        self.options = options
        self.device = device
        self.manager, self.host, self.bql = device.manager, device.host, device.bql
        self.votes = votes
        self.block = device.block
        self.attached = Bool

    @process
    async def life(self):
        source = "hw/vfio/common.c:vfio_iommu_map_notify"
        await self.bql.take("BQL vfio plug behind vIOMMU", "hw/vfio/pci.c:vfio_realize")
        await self.votes.take("uncoordinated", "disable uncoordinated behind vIOMMU", VOTE)
        self.attached = True
        self.bql.give()
        while True:
            await until(self.device.ready, "BQL vIOMMU", source=source)
            b = pick(self.block, "block")
            if maybe("unmap"):
                self.host.untranslate(b)
            elif self.manager.plugged[b] or not self.options.asks_populated:
                if self.device.owns[b] or not self.options.sane:
                    self.host.translate(b)


class Balloon(Component):
    """hw/virtio/virtio-balloon.c: uncoordinated discards, of a block at a time."""

    def __init__(self, device, votes):
        self.votes = votes
        self.host, self.bql = device.host, device.bql
        self.manager = device.manager
        self.block = device.block
        self.zapping = Bool

    @process(fair="strong")
    async def inflate(self):
        source = "hw/virtio/virtio-balloon.c:virtio_balloon_handle_output"
        while True:
            await self.bql.take("BQL balloon", source)
            disabled = await self.votes.ask("balloon: is discarding disabled", source)
            if not disabled:
                self.zapping = True
                await step("balloon: zap", source="hw/virtio/virtio-balloon.c:balloon_inflate_page")
                b = pick(self.block, "block")
                self.host.discard(b)
                self.zapping = False
            self.bql.give()
