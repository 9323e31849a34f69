"""drivers/virtio/virtio_balloon.c of v4.9, with the fixes and mistakes of `Options`."""
from __future__ import annotations

import threading
from typing import Any

from spec.hooks import Environment
from spec.virtio_balloon.reference.host import Host
from spec.virtio_balloon.reference.memory import Slab
from spec.virtio_balloon.reference.options import Options
from spec.virtio_balloon.reference.pages import Allocator, BalloonDevInfo, Bug, Page
from spec.virtio_balloon.reference.scheduler import Scheduler
from spec.virtio_balloon.reference.work import Freezer, Work


class VirtioBalloon:
    """struct virtio_balloon."""

    def __init__(self, options: Options, switch: Scheduler, env: Environment,
                 allocator: Allocator, host: Host, slots: int, slab: Slab) -> None:
        self.options = options
        self.switch = switch
        self.env = env
        self.allocator = allocator
        self.host = host
        self.slab = slab
        self.info = BalloonDevInfo(options, switch, env)
        self.balloon_lock = threading.Lock()
        self.stop_update_lock = threading.Lock()
        self.fs_lock = threading.Lock()
        self.actual_lock = threading.Lock()
        self.freezer = Freezer(options)
        self.size_work = Work(self.freezer)
        self.stop_update = False
        self.num_pages = 0
        self.num_pfns = 0
        self.pfns: list[int | None] = [None] * slots
        self.pushed: list[Page] = []
        self.compaction: Any = None
        host.interrupt = self.virtballoon_changed

    # The array, and the host that is told of it.

    def set_page_pfns(self, slot: int, page: Page) -> None:
        for i in range(self.options.per_page):
            self.pfns[slot + i] = page.number * self.options.per_page + i

    def forget_pfns(self) -> None:
        """What is in the array between requests is nobody's business."""
        if self.options.release == "locked":
            self.num_pfns = 0
            self.pfns[:] = [None] * len(self.pfns)

    def tell_host(self, name: str) -> None:
        """Send the array, and wait uninterruptibly for the answer."""
        queue = self.host.inflate if name == "inflate" else self.host.deflate
        self.switch.at(f"tell_host {name}")
        if queue.state != "empty":
            raise Bug(f"two requests are on the {queue.name}")
        queue.add(self.pfns, self.num_pfns)
        if self.options.waits:
            self.switch.until(lambda: queue.state == "used", f"{name} acked")
        queue.get_buf()

    def adjust_managed(self, page: Page, change: int) -> None:
        if not self.options.deflate_on_oom:
            self.allocator.adjust_managed_page_count(page, change)

    # Inflate.

    def alloc_page(self) -> Page | None:
        """Direct reclaim: may need locks of others, and compact."""
        self.switch.at("alloc_page")
        if self.options.fs_lock and self.env.pick("reclaim needs the fs lock", (False, True)):
            self.switch.acquire(self.fs_lock, "fs_lock")
            self.fs_lock.release()
        if self.options.direct_compaction and self.env.pick("direct compaction", (False, True)):
            self.compaction.compact()
        failure = "alloc_page" if self.options.alloc_fails else None
        page = self.allocator.alloc_page("balloon_ref", "allocated", failure)
        if page is not None:
            self.pushed.append(page)
        return page

    def fill_balloon(self, num: int) -> int:
        num = min(num, len(self.pfns))
        if self.options.allocates == "first":
            return self._fill_allocating_first(num)
        self.switch.acquire(self.balloon_lock, "balloon_lock")
        self.num_pfns = 0
        while self.num_pfns < num:
            page = self.alloc_page()
            if page is None:
                self.switch.at("msleep(200)")
                break
            self._enqueue(page)
            self.set_page_pfns(self.num_pfns, page)
            self.num_pages += self.options.per_page
            self.adjust_managed(page, -1)
            self.num_pfns += self.options.per_page
        return self._filled()

    def _fill_allocating_first(self, num: int) -> int:
        pushed = 0
        while pushed < num:
            if self.alloc_page() is None:
                self.switch.at("msleep(200)")
                break
            pushed += self.options.per_page
        self.switch.acquire(self.balloon_lock, "balloon_lock")
        self.num_pfns = 0
        while self.pushed:
            number = self.env.pick("popped", sorted(page.number for page in self.pushed))
            page = self.allocator.pages[number]
            self._enqueue(page)
            if self.options.stores == "after_increment":
                self.num_pfns += self.options.per_page
            self.set_page_pfns(self.num_pfns, page)
            if self.options.stores == "before_increment":
                self.num_pfns += self.options.per_page
            self.num_pages += self.options.per_page
            self.adjust_managed(page, -1)
        return self._filled()

    def _enqueue(self, page: Page) -> None:
        self.info.enqueue(page)
        self.pushed.remove(page)

    def _filled(self) -> int:
        filled = self.num_pfns
        if filled:
            self.tell_host("inflate")
        self.forget_pfns()
        self.balloon_lock.release()
        return filled

    # Deflate.

    def release_pages_balloon(self) -> None:
        for slot in range(0, self.num_pfns, self.options.per_page):
            pfn = self.pfns[slot]
            if pfn is None:
                raise Bug("the array names no page")
            page = self.allocator.pages[pfn // self.options.per_page]
            self.adjust_managed(page, 1)
            self.allocator.put_page(page)

    def leak_balloon(self, num: int) -> int:
        num = min(num, len(self.pfns))
        self.switch.acquire(self.balloon_lock, "balloon_lock")
        if self.options.clamps:
            num = min(num, self.num_pages)
        self.num_pfns = 0
        while self.num_pfns < num:
            page = self.info.balloon_page_dequeue()
            if page is None:
                break
            self.set_page_pfns(self.num_pfns, page)
            self.num_pages -= self.options.per_page
            self.num_pfns += self.options.per_page
        freed = self.num_pfns
        if self.options.tells == "after_release":
            self.release_pages_balloon()
        if freed:
            self.tell_host("deflate")
        if self.options.release == "locked":
            if self.options.tells == "before_release":
                self.release_pages_balloon()
            self.forget_pfns()
            self.balloon_lock.release()
        else:
            self.balloon_lock.release()
            self.switch.at("release_pages_balloon")
            self.release_pages_balloon()
        return freed

    # The size work.

    def virtballoon_changed(self) -> None:
        """The interrupt on a change of the configuration."""
        self.switch.acquire(self.stop_update_lock, "stop_update_lock")
        if not self.stop_update or self.options.ignores_stop_update:
            self.size_work.queue()
        self.stop_update_lock.release()

    def towards_target(self) -> int:
        target = self.host.num_pages
        if self.options.aligns:
            target = -(-target // self.options.per_page) * self.options.per_page
        return target - self.num_pages

    def size_worker(self) -> None:
        """Run update_balloon_size_func whenever it is queued."""
        while True:
            self.switch.until(self.size_work.claim, "update_balloon_size_func")
            diff = self.towards_target()
            if diff > 0:
                diff -= self.fill_balloon(diff)
            elif diff < 0:
                self.info.closing = self.options.bars_isolation
                diff += self.leak_balloon(-diff)
            self.update_balloon_size()
            if diff != 0:
                self.size_work.queue()
            else:
                self.info.closing = False
            self.size_work.finish()

    def update_balloon_size(self) -> None:
        """Tell the host; writing to the configuration of a device takes its time."""
        if self.options.locks_actual:
            self.switch.acquire(self.actual_lock, "update_balloon_size")
        else:
            self.switch.at("update_balloon_size")
        actual = self.num_pages
        if self.options.reads_actual:
            self.switch.at("virtio_cwrite actual")
        self.host.actual = actual
        if self.options.locks_actual:
            self.actual_lock.release()
