"""Free page hinting: pages that are free in the guest need not be migrated.

A hint takes a page out of the dirty bitmap. It may do so only as long as a write that came after
the hint is still in the hypervisor's log, from where the next synchronisation puts it back: so
between two synchronisations hints start anew, with a new command id.

The handler of the queue is a bottom half in a thread of its own. It does not know the big lock:
`free_page_lock` is all that keeps it and the migration apart.
"""
from checker import (ANY, Bool, Component, Enum, Int, Lock, Map, Queue, Range, Record, maybe, pick,
                     process, step, until)

FILE = "hw/virtio/virtio-balloon.c"
LINUX = "drivers/virtio/virtio_balloon.c"
NOTIFY = f"{FILE}:virtio_balloon_free_page_hint_notify"

ELEMENT = Record(kind=Enum("start", "page", "stop"), number=Int(0, 7))
"""What the guest puts into the queue: a command id, a page, or that there are no more."""


class Device(Component):
    """The device's side: a state machine, and the handler of the queue."""

    def __init__(self, options, ram):
        self.options = options
        self.ram = ram
        self.queue = Queue(ELEMENT, options.slots)
        self.status = Enum("stop", "requested", "start", "done")
        self.cmd_id = Int(0, options.syncs)
        self.free_page_lock = Lock
        self.block_iothread = Bool

    @process(daemon=True, fair="strong")
    async def bottom_half(self):
        """get_free_page_hints: one element at a time, with the lock held."""
        source = f"{FILE}:get_free_page_hints"
        while True:
            await until(lambda: not self.queue.empty() and not self.block_iothread
                        and not self.free_page_lock.locked(), "lock and pop", source=source)
            self.free_page_lock.try_acquire()
            element = self.queue.get_nowait()
            if element.kind == "page":
                if self.status == "start":
                    await step("hint", source="migration/ram.c:qemu_guest_free_page_hint")
                    for p in self.ram.page:
                        if p == element.number:
                            self.ram.hint(p)
            elif element.kind == "start" and element.number == self.cmd_id and (
                    self.status == "requested" or not self.options.checks_requested):
                self.status = "start"
            elif self.status == "start":
                self.status = "stop"
            await step("push and unlock", source=source)
            self.free_page_lock.release()

    async def stop(self):
        """virtio_balloon_free_page_stop."""
        if self.status != "stop":
            await until(lambda: not self.free_page_lock.locked(), "stop",
                        source=f"{FILE}:virtio_balloon_free_page_stop")
            self.status = "stop"

    async def start(self):
        """virtio_balloon_free_page_start."""
        source = f"{FILE}:virtio_balloon_free_page_start"
        if self.options.start_locks:
            await until(lambda: not self.free_page_lock.locked(), "start", source=source)
        else:
            await step("start", source=source)
        self.cmd_id += 1
        self.status = "requested"

    async def done(self):
        """virtio_balloon_free_page_done."""
        if self.status != "done":
            await until(lambda: not self.free_page_lock.locked(), "done",
                        source=f"{FILE}:virtio_balloon_free_page_done")
            self.status = "done"


class Ram(Component):
    """Guest memory, where it is used, and what the migration knows of it.

    `logged`: written since the log was read; `dirty`: the migration's bitmap; `sent`: the
    destination has the content.
    """

    def __init__(self, options):
        self.page = Range(options.pages)
        self.state = Map(self.page, Enum("used", "free", "hinted"))
        self.logged = Map(self.page, Bool)
        self.dirty = Map(self.page, Bool)
        self.sent = Map(self.page, Bool)
        self.phase = Enum("none", "precopy", "stopped", "postcopy", "completed", "cancelled")

    def runs(self):
        """The guest runs, here or there."""
        return self.phase != "stopped"

    def there(self):
        return self.phase == "postcopy" or self.phase == "completed"

    def write(self, p):
        """The guest has data in the page."""
        self.state[p] = "used"
        self.logged[p] = not self.there()
        self.sent[p] = self.there()

    def hint(self, p):
        """A hint on the destination has no bitmap to change."""
        if not self.there():
            self.dirty[p] = False

    def sync(self):
        for p in self.page:
            self.dirty[p] = self.dirty[p] or self.logged[p]
            self.logged[p] = False

    def send(self, p):
        self.dirty[p] = False
        self.sent[p] = True


class Migration(Component):
    """Precopy, or precopy and postcopy. It can be cancelled until it completes."""

    def __init__(self, options, ram, device):
        self.options = options
        self.ram = ram
        self.page = ram.page
        self.device = device
        self.postcopy = Bool(init=ANY)      # may follow; a capability, set before it all begins

    def hinting(self):
        return self.options.hints_before_postcopy or not self.postcopy

    async def sync(self):
        """migration_bitmap_sync_precopy, with its notifications."""
        if self.options.stops_before_sync:
            if self.hinting():
                await self.device.stop()
        await step("bitmap sync", source="migration/ram.c:migration_bitmap_sync_precopy")
        self.ram.sync()

    @process(fair="strong")
    async def migrate(self):
        await step("setup", source="migration/ram.c:ram_init_bitmaps")
        self.ram.phase = "precopy"
        for p in self.page:
            self.ram.dirty[p] = True
        cancelled = False
        while self.device.cmd_id < self.options.syncs and not cancelled:
            await self.sync()
            if self.hinting():
                await self.device.start()
            await self.send_some()
            if maybe("cancel"):
                cancelled = True
            elif maybe("converged"):
                break
            if not self.hinting():
                break
        if not cancelled:
            await self.complete()
        await self.cleanup()
        assert cancelled != self.ram.there(), "a migration completes unless it is cancelled"
        if cancelled:
            self.ram.phase = "cancelled"
        assert cancelled == (self.ram.phase == "cancelled"), "the end is the one that was chosen"

    async def send_some(self):
        await step("send", source="migration/ram.c:ram_save_iterate")
        for p in self.page:
            if self.ram.dirty[p]:
                if maybe("page is sent"):
                    self.ram.send(p)

    async def complete(self):
        """The guest stops; what is dirty then is sent, or left to postcopy."""
        source = f"{FILE}:virtio_balloon_set_status"
        if self.options.stop_locks:
            await until(lambda: not self.device.free_page_lock.locked(), "vm stop",
                        source=source)
        else:
            await step("vm stop", source=source)
        self.ram.phase = "stopped"
        self.device.block_iothread = True
        await self.sync()
        if self.hinting():
            await self.device.done()
        if self.postcopy:
            await step("postcopy runs", source="migration/migration.c:postcopy_start")
            self.ram.phase = "postcopy"
            self.device.block_iothread = False
        while any(self.ram.dirty[p] for p in self.page):
            await step("send the rest", source="migration/ram.c:ram_save_complete")
            self.ram.send(pick((p for p in self.page if self.ram.dirty[p]), "page"))
        await step("completed", source="migration/migration.c:migration_completion")
        self.ram.phase = "completed"
        self.device.block_iothread = False

    async def cleanup(self):
        """PRECOPY_NOTIFY_CLEANUP: until dd8eeb9671fc the guest was told to stop, and no more."""
        if self.hinting():
            if self.options.cleanup == "done":
                await self.device.done()
            else:
                await self.device.stop()
        await step("cleaned up", source=NOTIFY)


class Guest(Component):
    """The guest's driver, which keeps the pages that it hints; and whoever uses memory."""

    def __init__(self, options, ram, device):
        self.options = options
        self.ram = ram
        self.page = ram.page
        self.device = device
        self.received = Int(0, options.syncs)
        self.hangs = Bool           # waits for a page that nobody will send

    def has(self, state):
        return any(self.ram.state[p] == state for p in self.page)

    def asked(self):
        """The configuration has a command id that is new."""
        return self.can_put() and self.device.status == "requested" \
            and self.device.cmd_id != self.received

    def can_put(self):
        return self.ram.runs() and not self.device.queue.full()

    def goes_on(self):
        return self.device.cmd_id == self.received and (
            self.device.status == "requested" or self.device.status == "start")

    @process(daemon=True, fair="weak")
    async def report_free_page_func(self):
        source = f"{LINUX}:report_free_page_func"
        while True:
            await until(self.asked, "send_cmd_id_start", source=source)
            self.received = self.device.cmd_id
            self.device.queue.put(ELEMENT(kind="start", number=self.received))
            while self.goes_on() and self.has("free"):
                await until(self.can_put, "send_free_pages", source=source)
                if self.has("free"):
                    p = pick((p for p in self.page if self.ram.state[p] == "free"), "page")
                    self.ram.state[p] = "hinted"
                    self.device.queue.put(ELEMENT(kind="page", number=p))
            await until(self.can_put, "send_cmd_id_stop", source=source)
            self.device.queue.put(ELEMENT(kind="stop", number=0))

    @process(daemon=True, fair="weak")
    async def gives_back(self):
        """With "done" all hinted pages; before that when memory is short."""
        while True:
            await until(lambda: self.ram.runs() and self.has("hinted"),
                        "return_free_pages_to_mm", source=f"{LINUX}:return_free_pages_to_mm")
            if self.device.status == "done":
                for p in self.page:
                    if self.ram.state[p] == "hinted":
                        self.ram.state[p] = "free"
            elif self.options.shrinks:
                p = pick((p for p in self.page if self.ram.state[p] == "hinted"), "page")
                self.ram.state[p] = "free"

    def can_run(self):
        return self.ram.runs() and not self.hangs and any(
            self.ram.state[p] != "hinted" for p in self.page)

    @process(daemon=True)
    async def vcpu(self):
        while True:
            await until(self.can_run, "vcpu", source="the guest's memory management")
            p = pick((p for p in self.page if self.ram.state[p] != "hinted"), "page")
            if self.ram.state[p] == "used":
                if maybe("free it"):
                    self.ram.state[p] = "free"
                    continue
            if self.ram.phase == "postcopy" and not self.ram.sent[p]:
                self.hangs = not self.ram.dirty[p]      # else it has to wait, but comes
            else:
                self.ram.write(p)
