"""The device as the virtio specification allows it to be, and its virtqueues.

Device types, "Traditional Memory Balloon Device": the device may modify a page from the moment
it finds the page's number in an inflate request. It has to stop when it acknowledges that
request or, with VIRTIO_BALLOON_F_MUST_TELL_HOST, when it acknowledges a deflate request.
"""
from types import SimpleNamespace

from checker import ANY, Bool, Component, Enum, Int, Map, maybe, pick, process, step, until

SOURCE = "virtio specification, 5.5.6 Device Operation"


class Virtqueue(Component):
    """A queue that holds one request. The request is the driver's own array, not a copy of it."""

    def __init__(self, options, slots: int):
        self.options = options
        if options.life:
            self.exists = Bool
            self.used_deleted = Bool        # although it does not exist
        self.state = Enum("empty", "added", "seen", "used")
        self.length = Int(0, slots)

    def add(self, length):
        """virtqueue_add_outbuf and virtqueue_kick."""
        if self.options.life:
            if not self.exists:
                self.used_deleted = True
                return
        self.state = "added"
        self.length = length

    def get_buf(self):
        """virtqueue_get_buf, where there is something to get."""
        if self.state == "used":
            self.state = "empty"
            self.length = 0


class Host(Component):
    """Serves both queues, and discards what it may."""

    def __init__(self, options, pages, slots: int, most: int):
        self.options = options
        self.pages = pages
        self.page = pages.page
        self.slots = slots
        self.most = most
        self.inflate = Virtqueue(options, slots)
        self.deflate = Virtqueue(options, slots)
        self.must_tell = Bool(init=ANY if options.must_tell is None else options.must_tell)
        self.sizes = tuple(range(most + 1)) if options.sizes is None else options.sizes
        # The configuration: the size that the host wants, and the one that it is told.
        self.num_pages = Int(0, most, init=ANY if options.target is None else options.target)
        if options.reads_actual:
            self.actual = Int(0, most)
        if options.life:
            self.ready = Bool                   # DRIVER_OK
        self.may_modify = Map(self.page, Bool)
        self.lost = Map(self.page, Bool)        # was modified in the guest's hands
        self.guest = SimpleNamespace(driver=None, life=None)       # whose requests these are

    def names(self, queue, p):
        """Whether the request in the queue names the page."""
        return any(s < queue.length and self.guest.driver.pfns[s] == p for s in range(self.slots))

    def reset(self):
        """The device forgets everything but the sizes."""
        self.ready = False
        for p in self.page:
            self.may_modify[p] = False

    @process(daemon=True, fair="weak")
    async def serve_inflate(self):
        while True:
            await until(lambda: self.inflate.state == "added", "see inflate", source=SOURCE)
            self.inflate.state = "seen"
            for p in self.page:
                self.may_modify[p] = self.may_modify[p] or self.names(self.inflate, p)
            if self.options.stores == "after_increment":
                if any(s < self.inflate.length and self.guest.driver.pfns[s] is None
                       for s in range(self.slots)):
                    garbage = pick(self.page, "what the slot held")
                    self.may_modify[garbage] = True
            if self.options.silent:
                return
            await step("ack inflate", source=SOURCE)
            if not self.must_tell and not self.options.discards_after_ack:
                for p in self.page:
                    self.may_modify[p] = self.may_modify[p] and not self.names(self.inflate, p)
            self.inflate.state = "used"

    @process(daemon=True, fair="weak")
    async def serve_deflate(self):
        while True:
            await until(lambda: self.deflate.state == "added", "see deflate", source=SOURCE)
            self.deflate.state = "seen"
            if self.options.silent:
                return
            await step("ack deflate", source=SOURCE)
            if not self.options.discards_after_ack:
                for p in self.page:
                    self.may_modify[p] = self.may_modify[p] and not self.names(self.deflate, p)
            self.deflate.state = "used"

    @process(daemon=True)
    async def discard(self):
        while True:
            await until(lambda: any(self.may_modify[p] for p in self.page), "discard",
                        source=SOURCE)
            p = pick((p for p in self.page if self.may_modify[p]), "page")
            if self.pages.in_guests_hands(p):
                self.lost[p] = True


class Management(Component):
    """Who decides on the balloon's size: QMP's balloon command, and the interrupt that follows."""

    def __init__(self, options, host):
        self.options = options
        self.host = host
        self.guest = host.guest
        self.left = Int(0, max(options.changes, 1), init=max(options.changes, 1))

    @process(daemon=True, fair="weak")
    async def change_size(self):
        while True:
            await until(lambda: self.left > 0, "new size",
                        source="virtio specification, 5.5.6.1 Driver Requirements")
            if self.options.changes > 0:
                self.left -= 1
                if maybe("no change after all"):
                    continue
            self.host.num_pages = pick(self.host.sizes, "size")
            if self.options.life:
                await self.interrupt()
            else:
                await self.guest.driver.virtballoon_changed()

    async def interrupt(self):
        """virtio_config_changed: only a driver that is ready hears of it, maybe later."""
        if self.host.ready:
            await self.guest.life.config_lock.acquire(
                source="drivers/virtio/virtio.c:virtio_config_changed")
            if self.guest.life.config_enabled:
                await self.guest.driver.virtballoon_changed()
            elif self.host.ready:
                self.guest.life.change_pending = True
            self.guest.life.config_lock.release()
