"""A driver as the virtio specification allows it to be, one request to a queue at a time.

Without VIRTIO_BALLOON_F_MUST_TELL_HOST, which QEMU never offers, a page may be used as soon as it
is named in a deflate request; drivers before that rule use it without any. `options.guest`:
"waits" for the answer as the Linux driver does, is "early", or "silent".
"""
from checker import Bool, Component, Enum, Map, maybe, pick, process, until

SOURCE = "virtio specification, 5.5.6 Device Operation"


class Ring(Component):
    """A queue that holds one request, which names pages."""

    def __init__(self, page):
        self.page = page
        self.state = Enum("empty", "added", "seen", "used")
        self.names = Map(page, Bool)

    def pop(self):
        """virtqueue_pop, where there is something to pop."""
        self.state = "seen"

    def push(self):
        """virtqueue_push and virtio_notify."""
        self.state = "used"

    def clear(self):
        """The driver takes the answer; or the device is reset."""
        self.state = "empty"
        for p in self.page:
            self.names[p] = False


class NumberRing(Ring):
    """A queue for lists of numbers. `left`: what the device has still to look at."""

    def __init__(self, page):
        super().__init__(page)
        self.left = Map(page, Bool)

    def pop(self):
        self.state = "seen"
        for p in self.page:
            self.left[p] = self.names[p]


class Guest(Component):
    """The guest and its driver. Each of its processes is one thing that it may do at any time."""

    def __init__(self, options, memory, device, bql):
        self.options = options
        self.memory = memory
        self.page = memory.page
        self.device = device
        self.inflate, self.deflate = device.inflate, device.deflate
        self.report = device.report
        self.bql = bql

    def has(self, owner):
        return any(self.memory.owner[p] == owner for p in self.page)

    def name(self, ring, before, after):
        """Add a request that names any of the pages whose owner is `before`, but at least one."""
        first = pick((p for p in self.page if self.memory.owner[p] == before), "first")
        for p in self.page:
            if p == first:
                ring.names[p] = True
                self.memory.owner[p] = after
            elif p > first and self.memory.owner[p] == before:
                if maybe("and the next"):
                    ring.names[p] = True
                    self.memory.owner[p] = after
        ring.state = "added"

    # Inflate.

    @process(daemon=True)
    async def inflates(self):
        while True:
            await until(lambda: self.inflate.state == "empty" and self.has("guest"), "inflate",
                        source=SOURCE)
            self.name(self.inflate, "guest", "inflating")

    @process(daemon=True, fair="weak")
    async def inflate_answer(self):
        while True:
            await until(lambda: self.inflate.state == "used", "inflate acked", source=SOURCE)
            for p in self.page:
                if self.inflate.names[p] and self.memory.owner[p] == "inflating":
                    self.memory.owner[p] = "balloon"
            self.inflate.clear()

    # Deflate.

    @process(daemon=True)
    async def deflates(self):
        while True:
            await until(lambda: self.deflate.state == "empty" and self.has("balloon"), "deflate",
                        source=SOURCE)
            self.name(self.deflate, "balloon", "deflating")

    @process(daemon=True, fair="weak")
    async def deflate_answer(self):
        while True:
            await until(lambda: self.deflate.state == "used", "deflate acked", source=SOURCE)
            for p in self.page:
                if self.deflate.names[p] and self.memory.owner[p] == "deflating":
                    self.memory.use(p)
            self.deflate.clear()

    def may_use(self, p):
        return self.memory.owner[p] == "deflating" or (
            self.options.guest == "silent" and self.memory.owner[p] == "balloon")


class HastyGuest(Guest):
    """Uses pages before the answer to a deflate request, or without any request."""

    @process(daemon=True)
    async def uses(self):
        while True:
            await until(lambda: any(self.may_use(p) for p in self.page), "use", source=SOURCE)
            p = pick((p for p in self.page if self.may_use(p)), "page")
            self.memory.use(p)


class Reports(Component):
    """Free page reporting: free pages are named, and are the guest's again with the answer."""

    def __init__(self, guest):
        self.guest = guest
        self.report = guest.report
        self.memory = guest.memory
        self.page = guest.page

    @process(daemon=True)
    async def adds(self):
        while True:
            await until(lambda: self.report.state == "empty" and self.guest.has("guest"),
                        "report", source="virtio specification, 5.5.6.7 Free Page Reporting")
            self.guest.name(self.report, "guest", "reporting")

    @process(daemon=True, fair="weak")
    async def answer(self):
        while True:
            await until(lambda: self.report.state == "used", "report acked",
                        source="virtio specification, 5.5.6.7 Free Page Reporting")
            for p in self.page:
                if self.memory.owner[p] == "reporting":
                    self.memory.use(p)
            self.report.clear()


class Resets(Component):
    """The guest reboots: the device forgets its queues, and all memory is the guest's."""

    def __init__(self, guest, bql):
        self.guest = guest
        self.bql = bql

    @process(daemon=True)
    async def reboot(self):
        while True:
            await until(self.bql.free, "reset",
                        source="hw/virtio/virtio-balloon.c:virtio_balloon_device_reset")
            for p in self.guest.page:
                self.guest.memory.use(p)
            for ring in self.guest.device.rings:
                ring.clear()
            self.guest.device.reset()
