"""The statistics queue: the device keeps the guest's one buffer, and hands it back to ask.

`held` is stats_vq_elem; "stale" is one of a queue that has been reset since. What is `inuse` was
popped and not pushed, as the queue itself knows; a migration carries that, but not `held`.
"""
from checker import Bool, Component, Enum, Int, process, until

FILE = "hw/virtio/virtio-balloon.c"
LINUX = "drivers/virtio/virtio_balloon.c"


class Queue(Component):
    """One buffer on its way round; more than one is a mistake of the device."""

    def __init__(self):
        self.available = Int(0, 2)
        self.inuse = Int(0, 2)
        self.used = Int(0, 2)

    def pop(self):
        self.available -= 1
        self.inuse += 1

    def push(self):
        """The queue does not know who pushes, nor whether there is anything to push."""
        self.inuse = max(self.inuse - 1, 0)
        self.used = min(self.used + 1, 2)

    def clear(self):
        self.available = 0
        self.inuse = 0
        self.used = 0

    def buffers(self):
        return self.available + self.inuse + self.used


class Device(Component):
    """The device's side, under the big lock; each step is one call."""

    def __init__(self, options):
        self.options = options
        self.queue = Queue()
        self.held = Enum("none", "current", "stale")
        self.numbers = Enum("unset", "of this boot", "of another boot")
        self.timer = Bool               # will fire
        self.polls = Bool               # stats_poll_interval > 0
        self.vm_running = Bool(init=True)
        self.driver_ok = Bool

    # The queue.

    def receive(self):
        """virtio_balloon_receive_stats."""
        if self.queue.available > 0:
            if self.held != "none":
                self.queue.push()       # "should never happen if the driver follows the spec"
            self.queue.pop()
            self.held = "current"
            self.numbers = "of this boot"
        if self.polls and self.options.arms_timer:
            self.timer = True

    @process(daemon=True, fair="strong")
    async def kick(self):
        while True:
            await until(lambda: self.queue.available > 0 and self.vm_running, "receive_stats",
                        source=f"{FILE}:virtio_balloon_receive_stats")
            self.receive()

    @process(daemon=True, fair="weak")
    async def poll(self):
        """Without an element the timer is set again: the same as that it is due still."""
        while True:
            await until(lambda: self.timer and self.vm_running, "stats_poll_cb",
                        source=f"{FILE}:balloon_stats_poll_cb")
            if self.held != "none" or not self.options.polls_what_it_has:
                self.timer = False
                self.held = "none"
                self.queue.push()

    # Who else may come.

    @process(daemon=True)
    async def interval(self):
        """QOM: guest-stats-polling-interval. A new timer fires at once."""
        while True:
            await until(lambda: True, "set polling interval",
                        source=f"{FILE}:balloon_stats_set_poll_interval")
            self.polls = not self.polls
            if self.options.stops_timer:
                self.timer = self.polls
            else:
                self.timer = True

    @process(daemon=True)
    async def reset(self):
        """A reset of the whole machine."""
        while True:
            await until(lambda: self.vm_running, "reset",
                        source=f"{FILE}:virtio_balloon_device_reset")
            if self.options.reset_detaches:
                self.held = "none"
            elif self.held == "current":
                self.held = "stale"
            self.queue.clear()
            self.driver_ok = False
            if self.options.reset_clears:
                self.numbers = "unset"
            elif self.numbers == "of this boot":
                self.numbers = "of another boot"

    @process(daemon=True, fair="weak")
    async def migration(self):
        """The same machine somewhere else: the queue, and the management's timer, go along."""
        while True:
            await until(lambda: self.options.migrates and self.vm_running, "vm stops",
                        source="migration/migration.c:migration_completion")
            self.vm_running = False
            self.held = "none"
            self.numbers = "unset"
            await until(lambda: True, "vm runs on the destination",
                        source=f"{FILE}:virtio_balloon_set_status")
            self.vm_running = True
            self.timer = self.polls                 # virtio_balloon_post_load_device
            if self.options.rewinds:
                if self.driver_ok and self.queue.inuse > 0:
                    self.queue.inuse -= 1           # virtqueue_rewind
                    self.queue.available = min(self.queue.available + 1, 2)
                    self.receive()


class Driver(Component):
    """The guest's end."""

    def __init__(self, device):
        self.device = device
        self.queue = device.queue

    @process(daemon=True, fair="strong")
    async def probe(self):
        while True:
            await until(lambda: not self.device.driver_ok and self.device.vm_running, "probe",
                        source=f"{LINUX}:init_vqs")
            self.device.driver_ok = True
            self.queue.available = 1

    @process(daemon=True, fair="strong")
    async def answer(self):
        while True:
            await until(lambda: self.queue.used > 0 and self.device.driver_ok
                        and self.device.vm_running and self.queue.available < 2,
                        "stats_handle_request", source=f"{LINUX}:stats_handle_request")
            self.queue.used -= 1
            self.queue.available += 1
