"""The host's end: two queues, and a device that discards whatever it may."""
from __future__ import annotations

import threading
from collections.abc import Callable

from spec.hooks import Environment
from spec.virtio_balloon.reference.memory import Slab
from spec.virtio_balloon.reference.options import Options
from spec.virtio_balloon.reference.pages import Allocator
from spec.virtio_balloon.reference.scheduler import Scheduler


class Virtqueue:
    """Holds one request: the driver's own array, as far as `length`. Its ring is kernel memory."""

    def __init__(self, slab: Slab, name: str) -> None:
        self.slab = slab
        self.name = name
        self.exists = False
        self.used_deleted = False           # although it was not there
        self.state = "empty"
        self.length = 0
        self.request: list[int | None] = []

    def create(self) -> None:
        """find_vqs."""
        self.slab.kmalloc(self.name)
        self.slab.write(self.name, b"ring")
        self.exists = True

    def delete(self) -> None:
        """del_vqs."""
        self.exists = False
        self.slab.kfree(self.name)

    def add(self, request: list[int | None], length: int) -> None:
        """virtqueue_add_outbuf and virtqueue_kick. Nobody serves a ring that was deleted."""
        self.slab.write(self.name, b"ring: a request")
        if not self.exists:
            self.used_deleted = True
            return
        self.request, self.length = request, length
        self.state = "added"

    def get_buf(self) -> None:
        """virtqueue_get_buf, where there is something to get."""
        if self.state == "used":
            self.length = 0
            self.state = "empty"

    def named(self) -> list[int | None]:
        return list(self.request[:self.length])


class Host:
    """Serves the queues; sets the size that it wants."""

    def __init__(self, options: Options, switch: Scheduler, env: Environment,
                 allocator: Allocator, target: int, slab: Slab) -> None:
        self.options = options
        self.switch = switch
        self.env = env
        self.allocator = allocator
        self.inflate = Virtqueue(slab, "inflate queue")
        self.deflate = Virtqueue(slab, "deflate queue")
        self.ready = False                      # DRIVER_OK
        self.num_pages = target
        self.actual = 0
        self.left = max(options.changes, 1)     # how often it may still change its mind
        self.may_modify: set[int] = set()
        self.device_lock = threading.Lock()     # an ack and a discard do not overlap
        self.interrupt: Callable[[], None] = lambda: None

    def pages_of(self, queue: Virtqueue) -> set[int]:
        return {pfn // self.options.per_page for pfn in queue.named() if pfn is not None}

    def serve_inflate(self) -> None:
        """See requests and answer them."""
        while True:
            self.switch.until(lambda: self.inflate.state == "added", "see inflate")
            with self.device_lock:
                self.may_modify |= self.pages_of(self.inflate)
                if None in self.inflate.named():
                    numbers = [page.number for page in self.allocator.pages]
                    self.may_modify.add(self.env.pick("what the slot held", numbers))
                self.inflate.state = "seen"
            if self.options.silent:
                return
            self.switch.at("ack inflate")
            with self.device_lock:
                if not self.options.must_tell and not self.options.discards_after_ack:
                    self.may_modify -= self.pages_of(self.inflate)
                self.inflate.state = "used"

    def serve_deflate(self) -> None:
        """The same for the other queue."""
        while True:
            self.switch.until(lambda: self.deflate.state == "added", "see deflate")
            self.deflate.state = "seen"
            if self.options.silent:
                return
            self.switch.at("ack deflate")
            with self.device_lock:
                if not self.options.discards_after_ack:
                    self.may_modify -= self.pages_of(self.deflate)
                self.deflate.state = "used"

    def discard(self) -> None:
        """Discard pages that may be modified, one after the other."""
        while True:
            self.switch.until(lambda: bool(self.may_modify), "discard")
            with self.device_lock:
                candidates = sorted(self.may_modify)
                if candidates:
                    self.allocator.discard(self.env.pick("page", candidates))

    def reset(self) -> None:
        """The device forgets everything but the sizes."""
        with self.device_lock:
            self.ready = False
            self.may_modify.clear()

    def change_size(self) -> None:
        """QMP's balloon command, as often as it is allowed."""
        while True:
            self.switch.until(lambda: self.left > 0, "new size")
            if self.options.changes:
                self.left -= 1
                if self.env.pick("no change after all", (False, True)):
                    continue
            self.num_pages = self.env.pick("size", self.sizes())
            self.interrupt()

    def sizes(self) -> tuple[int, ...]:
        most = len(self.allocator.pages) * self.options.per_page
        return self.options.sizes or tuple(range(most + 1))
