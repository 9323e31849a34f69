"""Everybody who discards RAM: the balloon, which asks first, and those who vote for discarding."""
from checker import Bool, Component, fails, pick, process, step

from spec.votes.users import Voter


class Balloon(Component):
    """hw/virtio/virtio-balloon.c: asks whether discards are disabled, then discards a page.

    Since 2020 it asks for the state of an incoming postcopy, too, and since 1a8e44a89f19 for that
    of a background snapshot.
    """

    def __init__(self, options, votes, bql, pinning, migrating):
        self.votes = votes
        self.bql = bql
        self.users = pinning + migrating
        self.asks = tuple(m for m in migrating if m.name in options.balloon_asks)
        self.zapping = Bool

    @process(fair="strong")
    async def inflate(self):
        source = "hw/virtio/virtio-balloon.c:virtio_balloon_handle_output"
        while True:
            await self.bql.take("BQL balloon", source)
            disabled = await self.votes.ask("balloon: is discarding disabled", source)
            if not disabled and not any(m.pins for m in self.asks):
                self.zapping = True
                await step("balloon: zap", source="hw/virtio/virtio-balloon.c:balloon_inflate_page")
                for user in self.users:
                    user.spoil()
                self.zapping = False
            self.bql.give()


class Discarder(Voter):
    """Votes for discarding. `users` do DMA; while one of `busy` migrates, nothing is plugged."""

    def __init__(self, options, votes, bql, kind, users, busy):
        super().__init__(options, votes, bql, kind)
        self.tells = kind == "coordinated" and options.mistake != "virtio_mem_tells_nobody"
        self.users = users
        self.busy = busy

    def may_plug(self):
        """qdev_device_add refuses while a migration runs."""
        return self.options.hotplug_while_migrating or not any(m.pins for m in self.busy)

    def discard(self):
        """Discard a page; a coordinated discard is told to those who listen, before it matters."""
        for user in self.users:
            if not (self.tells and user.coordinated):
                user.spoil()


class VirtioMem(Discarder):
    """hw/virtio/virtio-mem.c: plugged and unplugged as a device; unplugs blocks in between."""

    @process(fair="strong")
    async def life(self):
        source = "hw/virtio/virtio-mem.c:virtio_mem_device_realize"
        while True:
            await self.bql.take("BQL virtio-mem plug", source)
            if self.may_plug():
                accepted = await self.take("virtio-mem: require", source)
                if accepted and fails("realize"):
                    await self.give("virtio-mem: unrequire on error", source)
                    if self.options.mistake == "virtio_mem_releases_twice":
                        await self.give("virtio-mem: unrequire again on error", source)
            self.bql.give()
            while self.holds:
                await self.bql.take("BQL virtio-mem",
                                    "hw/virtio/virtio-mem.c:virtio_mem_handle_request")
                what = pick(("unplug a block", "unplug the device"), "request")
                if what == "unplug a block":
                    await step("virtio-mem: discard",
                               source="hw/virtio/virtio-mem.c:virtio_mem_set_block_state")
                    if not any(m.pins for m in self.busy):      # BUSY, says the device
                        self.discard()
                else:
                    await self.give("virtio-mem: unrequire",
                                    "hw/virtio/virtio-mem.c:virtio_mem_device_unrealize")
                self.bql.give()


class GuestMemfd(Discarder):
    """system/physmem.c: a RAMBlock with guest_memfd, which is made, converted and reclaimed."""

    @process(fair="strong")
    async def life(self):
        source = "system/physmem.c:ram_block_add"
        while True:
            await self.bql.take("BQL guest_memfd add", source)
            if self.may_plug():
                accepted = await self.take("guest_memfd: require", source)
                if accepted and fails("kvm_create_guest_memfd"):
                    await self.give("guest_memfd: unrequire on error", source)
            self.bql.give()
            while self.holds:
                await self.bql.take("BQL guest_memfd", "accel/kvm/kvm-all.c:kvm_cpu_exec")
                what = pick(("convert", "reclaim"), "request")
                if what == "convert":
                    await step("guest_memfd: convert",
                               source="accel/kvm/kvm-all.c:kvm_convert_memory")
                    self.discard()
                else:
                    await self.give("guest_memfd: unrequire",
                                    "system/physmem.c:reclaim_ramblock")
                self.bql.give()
