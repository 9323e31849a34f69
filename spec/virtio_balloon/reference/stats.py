"""The statistics queue: the driver offers a buffer, the host hands it back when it wants news."""
from __future__ import annotations

import threading

from spec.virtio_balloon.reference.driver import VirtioBalloon
from spec.virtio_balloon.reference.work import Work

NUMBERS = b"statistics"
BUFFER = "vb->stats"
RING = "statistics queue"


class Stats:
    """Both ends of stats_vq. The one buffer is a part of struct virtio_balloon."""

    def __init__(self, driver: VirtioBalloon) -> None:
        self.driver = driver
        self.host, self.slab = driver.host, driver.slab
        self.options, self.switch = driver.options, driver.switch
        self.work = Work(driver.freezer)
        self.device_lock = threading.Lock()     # the device and the driver, each by itself
        self.exists = False
        self.used_deleted = False
        self.offered = 0                        # how often the buffer is in the device's hands
        self.returned = 0                       # and how often it came back
        self.asked = False

    def update_balloon_stats(self) -> None:
        self.slab.write(BUFFER, NUMBERS)

    def initialised(self) -> bool:
        """Whether the device would read numbers."""
        return BUFFER in self.slab.places and self.slab.read(BUFFER).startswith(NUMBERS)

    def init_vq(self) -> None:
        self.slab.kmalloc(RING)
        self.slab.write(RING, b"ring")
        self.exists = True

    def prime(self) -> None:
        """The first buffer, and a kick."""
        if self.options.inits_stats:
            self.update_balloon_stats()
        self._add()

    def _add(self) -> None:
        """virtqueue_add_outbuf: writes to the ring, whether it is there or not."""
        self.slab.write(RING, b"ring: statistics")
        with self.device_lock:
            self.offered += 1

    def reset(self) -> None:
        """The device forgets its buffers."""
        with self.device_lock:
            self.offered = self.returned = 0
            self.asked = False

    def del_vq(self) -> None:
        self.exists = False
        self.slab.kfree(RING)
        self.reset()

    # The host.

    def _hand_back(self) -> bool:
        with self.device_lock:
            if not self.offered or not self.host.ready:
                return False
            self.offered -= 1
            self.returned += 1
            self.asked = True
            return True

    def poll(self) -> None:
        """Ask for new numbers, again and again, and interrupt the guest for it."""
        while True:
            self.switch.until(self._hand_back, "stats poll")
            self.stats_request()

    # The driver.

    def stats_request(self) -> None:
        """The interrupt. One that comes too late finds no queue any more."""
        driver = self.driver
        self.switch.acquire(driver.stop_update_lock, "stop_update_lock")
        if self.asked and (not driver.stop_update or self.options.ignores_stop_update):
            self.work.queue()
        driver.stop_update_lock.release()

    def worker(self) -> None:
        """Run update_balloon_stats_func whenever it is queued."""
        while True:
            self.switch.until(self.work.claim, "update_balloon_stats_func")
            self.switch.at("update_balloon_stats")
            self.update_balloon_stats()
            self.switch.at("stats_handle_request")
            self.stats_handle_request()
            self.work.finish()

    def stats_handle_request(self) -> None:
        if not self.exists:
            self.used_deleted = True
            self.slab.write(RING, b"ring: used?")
            return
        with self.device_lock:
            got = self.returned > 0                 # virtqueue_get_buf
            if got:
                self.returned = 0 if self.options.forgets_stats else self.returned - 1
        if (got or self.options.offers_always) and not self.options.forgets_stats:
            self._add()
            self.asked = False
