"""hw/virtio/virtio-balloon.c: what the device does with the requests in its queues.

The bitmap of a partially ballooned page (PBP) by version: `bitmap` is how long it is kept:
"none", "for ever" (in the device), "run" (of the handler), "element" (until it is pushed);
`bits` is what an inflate sets in it: "all" from the page's bit on, or that "one"; `deflates` is
what a deflate does to it: "nothing", "clears", "resets".
"""
from checker import Bool, Component, Map, Maybe, Range, fails, pick, process, step, until

from spec.qemu_balloon.guest import NumberRing, Ring

FILE = "hw/virtio/virtio-balloon.c"
OUTPUT = f"{FILE}:virtio_balloon_handle_output"


class Bitmap(Component):
    """struct PartiallyBalloonedPage: the balloon pages seen so far of one host page."""

    def __init__(self, memory, bits):
        self.base = Maybe(memory.host_page)
        self.bit = Range(memory.subpages)
        self.bits = Map(self.bit, Bool)
        self.sets = bits
        self.overrun = Bool             # bits behind the last one were written, too

    def forget(self):
        self.base = None
        for b in self.bit:
            self.bits[b] = False

    def start(self, h):
        """Bits of another host page are given up."""
        if self.base != h:
            self.forget()
            self.base = h

    def write(self, first, value):
        """set_bit or clear_bit; until 483f13524bb2 bitmap_set or bitmap_clear, of all bits."""
        for b in self.bit:
            if b == first or self.sets == "all" and b > first:
                self.bits[b] = value
        if self.sets == "all":
            if first > 0:
                self.overrun = True

    def full(self):
        return all(self.bits[b] for b in self.bit)

    def empty(self):
        return not any(self.bits[b] for b in self.bit)


class Device(Component):
    """The queues and their handlers, which the main loop calls under the big lock.

    `asks` are the migrations that the device asks about, one by one; `rings` the inflate and the
    deflate queue where they are not the device's own.
    """

    def __init__(self, options, memory, votes, asks, bql, rings=None):
        self.options = options
        self.memory = memory
        self.page = memory.page
        self.subpages = memory.subpages
        self.votes = votes
        self.asks = asks
        self.bql = bql
        self.inflate, self.deflate = rings or (NumberRing(self.page), NumberRing(self.page))
        self.report = Ring(self.page) if options.reports else None
        self.rings = (self.inflate, self.deflate) + ((self.report,) if options.reports else ())
        self.bitmap = Bitmap(memory, options.bits) \
            if options.bitmap != "none" and self.subpages > 1 else None
        self.region_ref = Bool          # memory_region_find's reference

    def reset(self):
        """virtio_balloon_device_reset, as far as queues go."""
        if self.bitmap is not None:
            if self.options.reset_forgets:
                self.bitmap.forget()

    async def enter(self, ring, label):
        if self.options.locks:
            await until(lambda: ring.state == "added" and self.bql.free(), label, source=OUTPUT)
            taken = self.bql.lock.try_acquire()
            assert taken, "a handler has the big lock"
        else:
            await until(lambda: ring.state == "added", label, source=OUTPUT)

    def leave(self):
        if self.options.locks:
            self.bql.give()

    @process(daemon=True, fair="strong")
    async def handle_inflate(self):
        while True:
            await self.enter(self.inflate, "BQL inflate")
            await self.handle_output(self.inflate, True)
            if self.bitmap is not None:
                if self.options.bitmap == "run":
                    self.bitmap.forget()
            self.leave()

    @process(daemon=True, fair="strong")
    async def handle_deflate(self):
        while True:
            await self.enter(self.deflate, "BQL deflate")
            await self.handle_output(self.deflate, False)
            self.leave()

    async def handle_output(self, ring, inflates):
        """Pop, look at each number, push; until there is nothing left to pop."""
        while True:
            await step("pop", source=OUTPUT)
            if ring.state != "added":
                return
            ring.pop()
            answers = True
            while any(ring.left[p] for p in self.page):
                await step("next page", source=OUTPUT)
                p = pick((q for q in self.page if ring.left[q]), "page")
                ring.left[p] = False
                self.region_ref = True
                if not self.memory.is_ram(p) and self.options.checks_ram:
                    if self.options.drops_reference:
                        self.region_ref = False
                else:
                    inhibited = await self.inhibited(OUTPUT)
                    if not inhibited:
                        if inflates:
                            await self.inflate_page(p)
                        else:
                            self.deflate_page(p)
                    elif not self.options.answers_always:
                        answers = False
                    self.region_ref = False
            await step("push", source=OUTPUT)
            if answers:
                ring.push()
            if self.bitmap is not None:
                if inflates and self.options.bitmap == "element":
                    self.bitmap.forget()

    async def inhibited(self, source):
        """Votes first, then the migrations that have none."""
        disabled = False
        if self.options.asks_votes:
            disabled = await self.votes.ask("is inhibited", source)
        return disabled or any(migration.pins for migration in self.asks)

    async def inflate_page(self, p):
        """balloon_inflate_page, before 2019 balloon_page."""
        if self.subpages == 1:
            await self.discard(p, self.inflate, f"{FILE}:balloon_inflate_page")
        elif self.bitmap is None:
            # madvise refuses an address inside of a host page, and rounds the length up.
            if p % self.subpages == 0:
                await self.discard(p // self.subpages, self.inflate, f"{FILE}:balloon_page")
        else:
            h = p // self.subpages
            self.bitmap.start(h)
            self.bitmap.write(p % self.subpages, True)
            if self.bitmap.full():
                await self.discard(h, self.inflate, f"{FILE}:balloon_inflate_page")
                self.bitmap.forget()

    def deflate_page(self, p):
        """balloon_deflate_page; the advice MADV_WILLNEED has no effect that matters."""
        if self.bitmap is not None:
            if self.options.deflates == "clears" and self.bitmap.base == p // self.subpages:
                self.bitmap.write(p % self.subpages, False)
                if self.bitmap.empty():
                    self.bitmap.forget()
            if self.options.deflates == "resets":
                self.bitmap.forget()

    async def discard(self, h, ring, source):
        """ram_block_discard_range, before 2019 madvise. Whether it fails, nobody asks."""
        await step("discard", source=source)
        if self.options.discard_fails:
            if not fails("discard"):
                self.memory.discard(h, ring)
        else:
            self.memory.discard(h, ring)


class ReportQueue(Component):
    """virtio_balloon_handle_report, since 2020."""

    def __init__(self, options, device):
        self.options = options
        self.device = device
        self.memory = device.memory

    def named(self, h):
        """A range is discarded if it is aligned to host pages; parts of one are not."""
        return all(self.device.report.names[p] for p in self.memory.page
                   if p // self.memory.subpages == h)

    @process(daemon=True, fair="strong")
    async def handle_report(self):
        source = f"{FILE}:virtio_balloon_handle_report"
        device = self.device
        while True:
            await device.enter(device.report, "BQL report")
            while True:
                await step("pop report", source=source)
                if device.report.state != "added":
                    break
                device.report.pop()
                inhibited = False
                if self.options.reports_ask:
                    inhibited = await device.inhibited(source)
                if not inhibited and not (self.memory.pattern and self.options.asks_poison):
                    for h in self.memory.host_page:
                        if self.named(h):
                            await device.discard(h, device.report, source)
                await step("push report", source=source)
                device.report.push()
            device.leave()
