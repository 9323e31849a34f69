"""RamDiscardManager: who listens to a region that comes and goes, and the calls to them.

v1 calls listeners with an offset and a size, and each clips them to its own section; since v7
the manager clips. Registering replays what is populated since v2; with v1 the listener asks for
that itself, and unmaps by itself when it goes.
"""
from checker import Bool, Component, Int, Map, Maybe, fails, step

VFIO_POPULATE = "hw/vfio/common.c:vfio_ram_discard_notify_populate"
VFIO_DISCARD = "hw/vfio/common.c:vfio_ram_discard_notify_discard"


class Manager(Component):
    """The list of listeners, newest first, and vfio's two callbacks.

    `sections` gives for each listener the blocks of the region that it sees, as (first, last).
    """

    def __init__(self, options, host, sections):
        self.options = options
        self.host = host
        self.listener, self.block = host.listener, host.block
        self.blocks = self.block.size
        self.numbers = tuple(range(len(sections)))
        self.firsts = tuple(first for first, _ in sections)
        self.lasts = tuple(last for _, last in sections)
        self.lengths = tuple(last - first for first, last in sections)
        self.plugged = Map(self.block, Bool)                        # virtio-mem's bitmap
        self.list = Map(self.listener, Maybe(self.listener))        # by place
        self.short = Bool           # a block could not be mapped for want of mappings

    # Sections.

    def first(self, x):
        return sum(self.firsts[k] if x == k else 0 for k in self.numbers)

    def last(self, x):
        return sum(self.lasts[k] if x == k else 0 for k in self.numbers)

    def sees(self, x, b):
        return self.first(x) <= b and b < self.last(x)

    def registered(self, x):
        return any(self.list[place] == x for place in self.listener)

    # The list.

    def insert_head(self, x):
        for place in range(len(self.numbers) - 1, 0, -1):
            self.list[place] = self.list[place - 1]
        self.list[0] = x

    def remove(self, x):
        gone = False
        for place in range(len(self.numbers)):
            gone = gone or self.list[place] == x
            if gone:
                self.list[place] = self.after(place)

    def after(self, place):
        if place == len(self.numbers) - 1:
            return None
        return self.list[place + 1]

    # vfio's callbacks.

    def may_fail(self, why):
        """Whether a mapping may fail for no reason of ours; `why` is "plug", "replay" or "load"."""
        if why == "replay":
            return self.options.registration_fails
        return self.options.map_fails

    def can_fail(self, why):
        """Whether a mapping can fail at all. Decided before checking."""
        return self.may_fail(why) or self.options.limit > 0

    async def populate(self, x, first, last, why):
        """Map the blocks from `first` up to `last`, each by itself; all of them or none."""
        if self.options.granularity == "range":
            await step("map range", source=VFIO_POPULATE)
            for b in self.block:
                if first <= b and b < last:
                    self.host.map_dma(x, b, b > first)
            return True
        for b in self.block:
            if first <= b and b < last:
                await step("map block", source=VFIO_POPULATE)
                failed = self.host.full(x)
                if why == "plug":
                    self.short = self.short or failed
                if self.may_fail(why) and not failed:
                    failed = fails("DMA map")
                mapped = False
                if not failed:
                    mapped = self.host.map_dma(x, b, False)
                if self.can_fail(why) and not mapped:
                    await step("unmap on error", source=VFIO_POPULATE)
                    self.host.unmap_dma(x, first, last)
                    return False
        return True

    async def discard(self, x, first, last):
        """Unmap with one call, whatever was mapped how."""
        if first < last:
            await step("unmap", source=VFIO_DISCARD)
            self.host.unmap_dma(x, first, last)

    # The calls to all of them.

    async def notify_populate(self, first, last):
        """All listeners map the blocks, or those before the one that fails unmap them again.

        29f1b328e3b7 mended the way back: it clipped to the section of the listener that failed.
        """
        bad: Maybe(self.listener) = None
        for place in self.listener:
            x = self.list[place]
            if x is not None and bad is None:
                mapped = await self.populate(x, max(first, self.first(x)),
                                             min(last, self.last(x)), "plug")
                if not mapped:
                    bad = x
        if bad is None:
            return True
        if self.options.rollback == "none":
            return False
        undone = False
        for place in self.listener:
            x = self.list[place]
            undone = undone or x == bad
            if x is not None and not undone:
                clip = bad if self.options.rollback == "failed section" else x
                await self.discard(x, max(first, self.first(clip)), min(last, self.last(clip)))
        return False

    async def notify_discard(self, first, last):
        for place in self.listener:
            x = self.list[place]
            if x is not None:
                await self.discard(x, max(first, self.first(x)), min(last, self.last(x)))

    # One of them comes, or goes.

    async def replay_populated(self, x, why):
        """Tell one listener of all plugged blocks in its section; whether all went well.

        Run by run: a run that can not be mapped is unmapped again, and the walk ends. With the
        wrong index (b11cf32e07a2) the walk may start before the section, and ends at a run that
        does not meet it, or after it.
        """
        start = self.first(x)
        if self.options.index == "wrong":
            start = min(self.first(x) * self.options.block_size // self.blocks, self.blocks)
        ended: Bool = False
        well: Bool = True
        run: Int(0, self.blocks) = 0
        for b in self.block:
            if b >= start and not ended and self.plugged[b]:
                if b < self.first(x):
                    ended = not self.plugged[b + 1]
                elif b < self.last(x):
                    if b == self.first(x) or b == start or not self.plugged[b - 1]:
                        run = b
                    mapped = await self.populate(x, b, b + 1, why)
                    if self.can_fail(why) and not mapped:
                        if run < b:
                            await step("unmap run on error", source=VFIO_POPULATE)
                            self.host.unmap_dma(x, run, b)
                        ended = True
                        well = False
        return well

    async def register(self, x):
        """ram_discard_manager_register_listener: a void function, whatever becomes of it."""
        await step("register listener",
                   source="hw/virtio/virtio-mem.c:virtio_mem_rdm_register_listener")
        self.insert_head(x)
        if self.options.maps == "everything":
            for b in self.block:
                if self.sees(x, b):
                    self.host.map_dma(x, b, False)
        else:
            if self.options.unregister == "listener unmaps":        # v1
                await step("replay populated", source="hw/vfio/common.c:vfio_listener_region_add")
            await self.replay_populated(x, "replay")

    async def unregister(self, x):
        await step("unregister listener",
                   source="hw/virtio/virtio-mem.c:virtio_mem_rdm_unregister_listener")
        self.remove(x)
        if self.options.unregister == "unmaps":
            self.host.unmap_dma(x, self.first(x), self.last(x))
        elif self.options.unregister == "listener unmaps":          # v1
            await step("unmap section", source="hw/vfio/common.c:vfio_listener_region_del")
            self.host.unmap_dma(x, self.first(x), self.last(x))
