"""Who is told of blocks that come and go: the core of RamDiscardManager, for proofs of every size.

The rest of this folder explores two or three blocks and listeners with every actor there is. Here
are those parts on which roll-back and replay rest, written so that their sizes are nothing but
bounds: the guest's requests, listeners that come and go, and vfio's two callbacks. README.md says
what differs.

Every listener sees any section of the region. The manager's list is in order, newest first, and a
listener that comes back is a new one: so a listener here is one registration, told in the order of
`listener`, and with any number of them every history of the list is among those that are proved.
"""
from checker import (ANY, Bool, Component, Fault, Int, Map, Maybe, Range, fails, implies, invariant,
                     maybe, pick, process, sometimes, step)

from spec.vfio_balloon.components import BigLock

DEVICE = "hw/virtio/virtio-mem.c"
VFIO = "hw/vfio/common.c"


class Telling(Component):
    """One device, its listeners, and the guest; all inside the big lock.

    `rollback`: who unmaps when a listener fails; `index`: where a replay begins; `tells`: who is
    told before blocks are unplugged.
    """

    instances = {"small": dict(blocks=2, listeners=2), "ci": dict(blocks=3, listeners=2)}

    def __init__(self, *, blocks=2, listeners=2, rollback="own section", index="right",
                 tells="everybody", unregister="unmaps"):
        self.block = Range(blocks)
        self.listener = Range(listeners)
        self.blocks = blocks
        self.rollback, self.index = rollback, index
        self.tells, self.unregister = tells, unregister
        self.bql = BigLock()
        self.plugged = Map(self.block, Bool)                        # virtio-mem's bitmap
        self.mapped = Map(self.listener, self.block, Bool)
        self.listed = Map(self.listener, Bool)
        self.first = Map(self.listener, Int(0, blocks, init=ANY))   # the section: from here
        self.last = Map(self.listener, Int(0, blocks, init=ANY))    # up to here, without it

    def sees(self, x, b):
        return self.first[x] <= b and b < self.last[x]

    def quiet(self):
        """Nobody is inside the big lock, so that no operation is half done."""
        return self.bql.free()

    # vfio's callbacks.

    async def populate(self, x, first, last):
        """Map the blocks from `first` up to `last`, each by itself; all of them or none."""
        b: Int(0, self.blocks) = first
        while b < last:
            await step("map block", source=f"{VFIO}:vfio_ram_discard_notify_populate")
            if fails("DMA map"):
                await step("unmap on error", source=f"{VFIO}:vfio_ram_discard_notify_populate")
                self.unmap(x, first, b)
                return False
            self.mapped[x, b] = True
            b += 1
        return True

    def unmap(self, x, first, last):
        """Unmap with one call, whatever was mapped how."""
        for b in self.block:
            if first <= b and b < last:
                self.mapped[x, b] = False

    # Requests.

    @process(daemon=True)
    async def requests(self):
        source = f"{DEVICE}:virtio_mem_handle_request"
        while True:
            await self.bql.take("BQL request", source)
            first = pick(self.block, "first")
            last = pick((b for b in range(1, self.blocks + 1) if b > first), "last")
            if maybe("plug"):
                if not any(self.plugged[b] for b in self.block if first <= b and b < last):
                    told = await self.notify_populate(first, last)
                    if told:
                        await step("plug: set bits", source=f"{DEVICE}:virtio_mem_set_bitmap")
                        self.set_bits(first, last, True)
            elif all(self.plugged[b] for b in self.block if first <= b and b < last):
                if self.tells == "everybody":
                    await self.notify_discard(first, last)
                await step("unplug: clear bits", source=f"{DEVICE}:virtio_mem_clear_bitmap")
                self.set_bits(first, last, False)
            await step("respond", source=f"{DEVICE}:virtio_mem_send_response")
            self.bql.give()

    def set_bits(self, first, last, value):
        for b in self.block:
            if first <= b and b < last:
                self.plugged[b] = value

    async def notify_populate(self, first, last):
        """All listeners map the blocks, or those before the one that fails unmap them again."""
        source = f"{DEVICE}:virtio_mem_notify_populate"
        bad: Maybe(self.listener) = None
        for x in self.listener:
            await step("tell of a plug", source=source)
            if self.listed[x]:
                mapped = await self.populate(x, max(first, self.first[x]),
                                             min(last, self.last[x]))
                if not mapped:
                    bad = x
                    break
        if bad is None:
            return True
        if self.rollback == "nobody":
            return False
        for x in self.listener:
            await step("tell of a failure", source=source)
            if x == bad:
                break
            if self.listed[x]:
                clip = bad if self.rollback == "failed section" else x
                self.unmap(x, max(first, self.first[clip]), min(last, self.last[clip]))
        return False

    async def notify_discard(self, first, last):
        for x in self.listener:
            await step("tell of an unplug", source=f"{DEVICE}:virtio_mem_notify_unplug")
            if self.listed[x]:
                self.unmap(x, max(first, self.first[x]), min(last, self.last[x]))

    # Listeners come and go.

    @process(each="listener", daemon=True)
    async def life(self, x):
        while True:
            await self.bql.take("BQL vfio plug", f"{VFIO}:vfio_listener_region_add")
            self.listed[x] = True
            b: Int(0, self.blocks) = self.first[x]
            if self.index == "wrong":
                b = min(self.first[x] + 1, self.blocks)
            while b < self.last[x]:
                await step("replay block", source=f"{DEVICE}:virtio_mem_rdm_replay_populated")
                if self.plugged[b]:
                    self.mapped[x, b] = True
                b += 1
            self.bql.give()
            await self.bql.take("BQL vfio unplug", f"{VFIO}:vfio_listener_region_del")
            self.listed[x] = False
            if self.unregister == "unmaps":
                self.unmap(x, self.first[x], self.last[x])
            self.bql.give()

    # The rules, as in model.py.

    @invariant
    def plugged_blocks_are_mapped(self):
        """S10: a listener has mapped every plugged block of its section."""
        return implies(self.quiet(), all(
            self.mapped[x, b] for x in self.listener for b in self.block
            if self.listed[x] and self.sees(x, b) and self.plugged[b]))

    @invariant
    def no_discarded_block_is_mapped(self):
        """S19: no listener has an unplugged block mapped."""
        return implies(self.quiet(), all(
            self.plugged[b] for x in self.listener for b in self.block if self.mapped[x, b]))

    @invariant
    def nothing_is_mapped_but_for_listeners(self):
        """A container that has left, or that does not see a block, does not pin it."""
        return all(self.listed[x] and self.sees(x, b)
                   for x in self.listener for b in self.block if self.mapped[x, b])

    @sometimes
    def everything_plugged_and_mapped(self):
        return all(self.plugged[b] for b in self.block) and all(
            self.mapped[x, b] for x in self.listener for b in self.block)

    faults = [
        Fault("failed_plug_is_not_rolled_back", rollback="nobody",
              breaks="no_discarded_block_is_mapped", cite="virtio_mem_notify_populate, 2021"),
        Fault("rollback_takes_another_section", rollback="failed section",
              breaks="no_discarded_block_is_mapped", cite="M2: 29f1b328e3b7, 2022"),
        Fault("replay_starts_at_the_wrong_block", index="wrong",
              breaks="plugged_blocks_are_mapped", cite="M1: b11cf32e07a2, 2022"),
        Fault("unplug_tells_nobody", tells="nobody", breaks="no_discarded_block_is_mapped",
              cite="cover letter of the RamDiscardMgr series, November 2020"),
        Fault("leaving_unmaps_nothing", unregister="nobody unmaps",
              breaks=("nothing_is_mapped_but_for_listeners", "no_discarded_block_is_mapped"),
              cite="changelog of v2: registering populates, unregistering discards"),
    ]
