"""hw/virtio/virtio-mem.c: what the guest asks for, resets, and the bitmap after a migration."""
from checker import Bool, Component, Enum, Int, Map, fails, maybe, pick, process, step, until

FILE = "hw/virtio/virtio-mem.c"
TASK = Enum("none", "plug", "unplug", "unplug_all", "reset", "load")


class Device(Component):
    """The device and the guest's driver. Everything is under the big lock.

    `owns` are the blocks that the guest may use: from the answer to its request to plug them
    until it asks to unplug them. That is the guest's promise, on which everything rests.
    """

    def __init__(self, options, manager, host, votes, bql, migration):
        self.options = options
        self.manager = manager
        self.host = host
        self.votes = votes
        self.bql = bql
        self.migration = migration
        self.block = host.block
        self.blocks = self.block.size
        self.owns = Map(self.block, Bool)
        self.realized = Bool
        self.requested = Int(0, self.blocks, init=self.blocks)
        self.task = TASK
        self.answer = Enum("none", "ack", "nack", "busy", "error")
        self.kind = "coordinated" if options.discards == "coordinated" else "require"

    def ready(self):
        """The device is there, the guest runs, and nobody is inside the big lock."""
        if self.migration is None:
            return self.realized and self.bql.free()
        return self.realized and self.migration.loaded and self.bql.free()

    def busy(self):
        """No state changes while it is being migrated."""
        if self.migration is None or self.options.changes_while_migrating:
            return False
        return self.migration.running

    @process(fair="weak")
    async def realize(self):
        source = f"{FILE}:virtio_mem_device_realize"
        await self.bql.take("BQL realize", source)
        self.realized = await self.votes.take(self.kind, "require discards", source)
        self.bql.give()

    # Requests.

    @process(fair="strong")
    async def requests(self):
        source = f"{FILE}:virtio_mem_handle_request"
        while True:
            await until(self.ready, "BQL request", source=source)
            self.bql.lock.try_acquire()
            what = pick(("plug", "unplug", "unplug_all"), "request")
            first = pick(self.block, "first")
            count = pick(range(1, self.blocks + 1), "count")
            if what == "plug":
                self.task = "plug"
                await self.plug(first, first + count)
            elif what == "unplug":
                self.task = "unplug"
                self.promise(first, first + count)
                await self.unplug(first, first + count)
            else:
                self.task = "unplug_all"
                self.promise(0, self.blocks)
                await self.unplug_all()
            await step("respond", source=f"{FILE}:virtio_mem_send_response")
            assert self.realized and self.task == what
            assert self.answered_truly(what, first, count)
            for b in self.block:
                if self.manager.plugged[b] and what == "plug" and self.answer == "ack":
                    if first <= b and b < first + count:
                        self.owns[b] = True
                        self.host.present[b] = True
            self.answer = "none"
            self.task = "none"
            self.bql.give()

    def answered_truly(self, what, first, count):
        """ACK is said of what was done, ERROR of what can not be done."""
        if self.answer == "ack":
            if what == "unplug_all":
                return not any(self.manager.plugged[b] for b in self.block)
            return self.all_are(what == "plug", first, count)
        return self.answer != "none" and (
            self.answer != "error" or not self.all_are(what == "unplug", first, count))

    def all_are(self, plugged, first, count):
        """Whether the blocks of a request exist and are all plugged, or all are not."""
        return first + count <= self.blocks and all(
            self.manager.plugged[b] == plugged for b in self.block
            if first <= b and b < first + count)

    def promise(self, first, last):
        """The guest stops using blocks before it asks to unplug them, by DMA above all."""
        for b in self.block:
            if first <= b and b < last:
                self.owns[b] = False
                if self.options.sane:
                    self.host.untranslate(b)

    async def plug(self, first, last):
        source = f"{FILE}:virtio_mem_state_change_request"
        await step("plug: check", source=source)
        if self.options.waits_for_migration:
            await until(lambda: self.migration is None or not self.migration.running,
                        "plug: wait for the migration", source=source)
        if last > self.blocks:
            self.answer = "error"
        elif self.wanted(first, last) > self.requested:
            self.answer = "nack"
        elif any(self.manager.plugged[b] for b in self.block if first <= b and b < last):
            self.answer = "error"
        elif self.busy():
            self.answer = "busy"
        else:
            mapped = await self.manager.notify_populate(first, last)
            if mapped:
                await step("plug: set bits", source=f"{FILE}:virtio_mem_set_bitmap")
                self.set_bits(first, last, True)
                self.answer = "ack"
            else:
                await step("plug: discard on error", source=f"{FILE}:virtio_mem_set_block_state")
                if self.options.discards_after_failed_plug:
                    self.discard(first, last)
                self.answer = "busy"

    def wanted(self, first, last):
        return last - first + sum(self.manager.plugged[b] for b in self.block)

    async def unplug(self, first, last):
        await step("unplug: check", source=f"{FILE}:virtio_mem_state_change_request")
        if last > self.blocks:
            self.answer = "error"
        elif any(not self.manager.plugged[b] for b in self.block if first <= b and b < last):
            self.answer = "error"
        elif self.busy():
            self.answer = "busy"
        else:
            await step("unplug: discard", source=f"{FILE}:virtio_mem_set_block_state")
            if fails("discard"):
                self.answer = "busy"
            else:
                self.discard(first, last)
                await self.tell_discarded(first, last)
                await step("unplug: clear bits", source=f"{FILE}:virtio_mem_clear_bitmap")
                self.set_bits(first, last, False)
                self.answer = "ack"

    async def unplug_all(self):
        """For the guest and for a system reset, which ignores the answer."""
        await step("unplug all: discard", source=f"{FILE}:virtio_mem_unplug_all")
        if self.busy() or fails("discard"):
            self.answer = "busy"
        else:
            self.discard(0, self.blocks)
            await self.tell_discarded(0, self.blocks)
            await step("unplug all: clear bits", source=f"{FILE}:virtio_mem_unplug_all")
            self.set_bits(0, self.blocks, False)
            self.answer = "ack"

    async def tell_discarded(self, first, last):
        if self.options.tells == "everything":
            await self.manager.notify_discard(first, last)

    def discard(self, first, last):
        for b in self.block:
            if first <= b and b < last:
                self.host.discard(b)

    def set_bits(self, first, last, value):
        for b in self.block:
            if first <= b and b < last:
                self.manager.plugged[b] = value

    # Resets, and the user.

    @process(fair="strong")
    async def resets(self):
        """A system reset unplugs everything; the guest's own reset of the device nothing."""
        while True:
            await until(self.ready, "BQL reset", source=f"{FILE}:virtio_mem_system_reset")
            self.bql.lock.try_acquire()
            for b in self.block:
                self.owns[b] = False
                self.host.untranslate(b)
            if maybe("system"):
                self.task = "reset"
                await self.unplug_all()
            else:
                await step("device reset", source="hw/virtio/virtio.c:virtio_reset")
                if self.options.device_reset == "unplugs":
                    self.discard(0, self.blocks)
                    await self.manager.notify_discard(0, self.blocks)
                    self.set_bits(0, self.blocks, False)
            await step("reset ends", source="system/runstate.c:qemu_system_reset")
            self.answer = "none"
            self.task = "none"
            self.bql.give()


class Resizing(Component):
    """qom-set requested-size."""

    def __init__(self, device, bql):
        self.device = device
        self.bql = bql

    @process(fair="strong")
    async def resize(self):
        while True:
            await self.bql.take("BQL resize", f"{FILE}:virtio_mem_set_requested_size")
            self.device.requested = pick(range(0, self.device.blocks + 1), "requested")
            self.bql.give()


class Migration(Component):
    """An outgoing migration; before it, in `incoming` systems, the one that brought the guest."""

    def __init__(self, options, block, bql):
        self.options = options
        self.block = block
        self.bql = bql
        self.running = Bool
        self.loaded = Bool(init=not options.incoming)

    @process(fair="strong")
    async def migrate(self):
        while True:
            await until(lambda: self.loaded and self.bql.free(), "BQL migration begins",
                        source="migration/migration.c:qmp_migrate")
            self.running = True
            await self.bql.take("BQL migration ends",
                                "migration/migration.c:migration_completion")
            self.running = False
            self.bql.give()


class Loading(Component):
    """What the migration's destination restores: virtio-mem's bitmap and the vIOMMU's mappings.

    v2 gave virtio-mem a higher priority, so that it comes first. A destination that fails ends,
    and another one is tried.
    """

    def __init__(self, options, device):
        self.options = options
        self.device = device
        self.manager, self.host = device.manager, device.host
        self.block = device.block
        self.bql = device.bql
        self.migration = device.migration
        self.sent = Map(self.block, Bool)           # plugged at the source
        if options.viommu:
            self.translated = Map(self.block, Bool)     # mapped in the guest's vIOMMU there
            self.lost = Bool

    @process
    async def load(self):
        source = f"{FILE}:virtio_mem_post_load"
        loaded = False
        while not loaded:
            await until(lambda: self.device.realized and self.bql.free(), "BQL load",
                        source=source)
            self.bql.lock.try_acquire()
            self.device.task = "load"
            for b in self.block:
                self.sent[b] = maybe("plugged")
                if self.options.viommu:
                    self.translated[b] = False
                    if self.sent[b]:
                        self.translated[b] = maybe("in the vIOMMU")
                self.host.present[b] = True         # of an earlier life of this memory
            if self.options.restores == "vIOMMU first":
                await self.load_viommu("before")
            await step("load bitmap", source=source)
            for b in self.block:
                self.manager.plugged[b] = self.sent[b]
            loaded = await self.replay()
            if loaded:
                await self.finish(source)
            else:
                await step("load failed", source="migration/savevm.c:qemu_loadvm_state")
                for b in self.block:
                    self.manager.plugged[b] = False
                    self.host.discard(b)
                    for x in self.host.listener:
                        self.host.unmap_dma(x, 0, self.block.size)
            self.device.task = "none"
            self.bql.give()

    async def replay(self):
        well: Bool = True
        if self.options.post_load != "tells nobody":
            for place in self.manager.listener:
                x = self.manager.list[place]
                if x is not None and well:
                    well = await self.manager.replay_populated(x, "load")
        return well

    async def finish(self, source):
        await step("discard unplugged", source=source)
        if self.options.post_load != "keeps content":
            for b in self.block:
                if not self.manager.plugged[b]:
                    self.host.discard(b)
        if self.options.restores == "virtio-mem first":
            await self.load_viommu("after")
        self.migration.loaded = True
        for b in self.block:
            self.device.owns[b] = self.sent[b]
            self.host.present[b] = self.host.present[b] or self.sent[b]

    async def load_viommu(self, when):
        """Replay the guest's mappings; what is not populated is refused."""
        if self.options.viommu:
            await step(f"load vIOMMU {when}", source="hw/i386/intel_iommu.c:vtd_post_load")
            for b in self.block:
                if self.translated[b] and self.manager.plugged[b]:
                    self.host.translate(b)
                elif self.translated[b]:
                    self.lost = True
