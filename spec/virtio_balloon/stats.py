"""The statistics queue: the driver offers one buffer, the device hands it back to ask for more."""
from checker import Bool, Component, Int, process, step, until

from spec.virtio_balloon.driver import FILE
from spec.virtio_balloon.work import Work


class Stats(Component):
    """Both ends of stats_vq, and update_balloon_stats_work."""

    def __init__(self, options, driver, freezer):
        self.options = options
        self.driver = driver
        self.host = driver.host
        self.work = Work(options, freezer)
        self.exists = Bool
        self.used_deleted = Bool            # although it does not exist
        self.offered = Int(0, 2)            # buffers in the device's hands
        self.returned = Int(0, 2)           # buffers that the device is done with
        self.initialised = Bool             # vb->stats has been written
        self.asked = Bool                   # the host asked and was not answered

    def prime(self):
        """init_vqs: the first buffer, and a kick."""
        self.exists = True
        if self.options.inits_stats:        # fc8653228c82
            self.initialised = True
        self.offered += 1

    def reset(self):
        self.offered = 0
        self.returned = 0
        self.asked = False

    @process(daemon=True, fair="weak")
    async def poll(self):
        """The host wants new numbers: it hands the buffer back, and interrupts."""
        while True:
            await until(lambda: self.offered > 0 and self.host.ready, "stats poll",
                        source="virtio specification, 5.5.6.3 Memory Statistics")
            self.offered -= 1
            self.returned += 1
            self.asked = True
            await self.driver.stop_update_lock.acquire(source=f"{FILE}:stats_request")
            if self.asked:                      # else the queue was deleted in the meantime
                if not self.driver.stop_update or self.options.ignores_stop_update:
                    self.work.queue_work()
            self.driver.stop_update_lock.release()

    @process(daemon=True, fair="weak")
    async def worker(self):
        while True:
            await until(lambda: self.work.can_run(), "update_balloon_stats_func",
                        source=f"{FILE}:update_balloon_stats_func")
            self.work.start()
            await step("update_balloon_stats", source=f"{FILE}:update_balloon_stats")
            self.initialised = True
            await step("stats_handle_request", source=f"{FILE}:stats_handle_request")
            if not self.exists:
                self.used_deleted = True
            elif self.options.forgets_stats:
                self.returned = 0
            elif self.returned > 0 or self.options.offers_always:
                if self.returned > 0:
                    self.returned -= 1
                self.offered += 1
                self.asked = False
            self.work.finish()
