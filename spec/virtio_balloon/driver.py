"""drivers/virtio/virtio_balloon.c: the balloon's size, up and down.

Numbers are those of the driver: 4K "balloon pages", of which a page of the guest has `per_page`.
"""
from types import SimpleNamespace

from checker import (ANY, Bool, Component, Int, Lock, Map, Maybe, Range, fails, maybe, pick,
                     process, step, until)

from spec.virtio_balloon.work import Work

FILE = "drivers/virtio/virtio_balloon.c"


class Driver(Component):
    """struct virtio_balloon, and everything that runs with its balloon_lock held.

    `pfns` is the one array that all requests share. What it holds after a request is never read,
    so it is forgotten then (but where a fault reads it nevertheless); None is a slot that nobody
    has written.
    """

    def __init__(self, options, pages, host, freezer):
        self.options = options
        self.per_page = options.per_page
        self.pages = pages
        self.page = pages.page
        self.host = host
        self.slots = host.slots
        self.balloon_lock = Lock
        self.inside = Bool          # for an observer: somebody has taken it and not given it back
        self.num_pages = Int(0, host.most)
        self.num_pfns = Int(0, host.slots)
        self.pfns = Map(Range(host.slots), Maybe(self.page))
        self.pushed = Map(self.page, Bool)      # in fill_balloon's hands, not yet in the list
        self.deflate_on_oom = Bool(init=ANY if options.deflate_on_oom is None
                                   else options.deflate_on_oom)
        self.size_work = Work(options, freezer)
        self.stop_update_lock = Lock
        self.stop_update = Bool
        if options.fs_lock:
            self.fs_lock = Lock                 # any lock that memory reclaim may need
        self.mm = SimpleNamespace(compaction=None)      # what an allocation may run into

    # The array, and the host that is told of it.

    def set_page_pfns(self, slot, p):
        for i in range(self.per_page):
            self.pfns[slot + i] = p

    def forget_pfns(self):
        if self.options.release == "locked":
            self.num_pfns = 0
            for s in range(self.slots):
                self.pfns[s] = None

    def enter(self):
        assert not self.inside, "two are inside balloon_lock"
        self.inside = True

    def unlock(self):
        self.inside = False
        self.balloon_lock.release()

    async def tell_inflate(self):
        await step("tell_host inflate", source=f"{FILE}:tell_host")
        assert self.host.inflate.state == "empty", "two requests are on the inflate queue"
        self.host.inflate.add(self.num_pfns)
        if self.options.waits:
            await until(lambda: self.host.inflate.state == "used", "inflate acked",
                        source=f"{FILE}:tell_host")
        self.host.inflate.get_buf()

    async def tell_deflate(self):
        await step("tell_host deflate", source=f"{FILE}:tell_host")
        assert self.host.deflate.state == "empty", "two requests are on the deflate queue"
        self.host.deflate.add(self.num_pfns)
        if self.options.waits:
            await until(lambda: self.host.deflate.state == "used", "deflate acked",
                        source=f"{FILE}:tell_host")
        self.host.deflate.get_buf()

    def taken_from_the_zone(self, p, count):
        """adjust_managed_page_count, but not for pages that the guest can get back on OOM."""
        if not self.deflate_on_oom:
            self.pages.adjust_managed_page_count(p, count)

    # Inflate.

    async def alloc_page(self):
        """alloc_page with direct reclaim: it may have to wait for locks of others, and compact."""
        await step("alloc_page", source="mm/balloon_compaction.c:balloon_page_enqueue")
        if self.options.fs_lock:
            if maybe("reclaim needs the fs lock"):
                await self.fs_lock.acquire(source="mm/vmscan.c:shrink_slab")
                self.fs_lock.release()
        if self.options.direct_compaction:
            if maybe("direct compaction"):
                await self.mm.compaction.compact()
        if not self.pages.any_free():
            return None
        if self.options.alloc_fails:
            if fails("alloc_page"):
                return None
        p = pick((q for q in self.page if self.pages.in_guests_hands(q)), "allocated")
        self.pages.balloon_ref[p] = True
        self.pushed[p] = True
        return p

    async def enqueue(self, p):
        await self.pages.enqueue(p)
        self.pushed[p] = False

    async def fill_balloon(self, num):
        if self.options.allocates == "locked":
            return await self.fill_balloon_locked(num)
        return await self.fill_balloon_allocating_first(num)

    async def fill_balloon_locked(self, num):
        """v4.9: pages are allocated with balloon_lock held."""
        num = min(num, self.slots)
        await self.balloon_lock.acquire(source=f"{FILE}:fill_balloon")
        self.enter()
        self.num_pfns = 0
        while self.num_pfns < num:
            p = await self.alloc_page()
            if p is None:
                await step("msleep(200)", source=f"{FILE}:fill_balloon")
                break
            await self.enqueue(p)
            self.set_page_pfns(self.num_pfns, p)
            self.num_pages += self.per_page
            self.taken_from_the_zone(p, 1)
            self.num_pfns += self.per_page
        filled = self.num_pfns
        if self.num_pfns != 0:
            await self.tell_inflate()
        self.forget_pfns()
        self.unlock()
        return filled

    async def fill_balloon_allocating_first(self, num):
        """Since c7cdff0e8647: allocate, then lock, then enqueue."""
        num = min(num, self.slots)
        pushed: Int(0, self.slots) = 0
        while pushed < num:
            p = await self.alloc_page()
            if p is None:
                await step("msleep(200)", source=f"{FILE}:fill_balloon")
                break
            pushed += self.per_page
        await self.balloon_lock.acquire(source=f"{FILE}:fill_balloon")
        self.enter()
        self.num_pfns = 0
        while any(self.pushed[q] for q in self.page):
            p = pick((q for q in self.page if self.pushed[q]), "popped")
            await self.enqueue(p)
            if self.options.stores == "after_increment":
                self.num_pfns += self.per_page
            self.set_page_pfns(self.num_pfns, p)
            if self.options.stores == "before_increment":
                self.num_pfns += self.per_page
            self.num_pages += self.per_page
            self.taken_from_the_zone(p, 1)
        filled = self.num_pfns
        if self.num_pfns != 0:
            await self.tell_inflate()
        self.forget_pfns()
        self.unlock()
        return filled

    # Deflate.

    def release_pages_balloon(self):
        for s in range(self.slots):
            if s < self.num_pfns and s % self.per_page == 0:
                p = self.pfns[s]
                assert p is not None, "the array names no page"
                self.taken_from_the_zone(p, -1)
                self.pages.put_page(p)

    async def leak_balloon(self, num):
        num = min(num, self.slots)
        await self.balloon_lock.acquire(source=f"{FILE}:leak_balloon")
        self.enter()
        if self.options.clamps:                     # 37cf99e08c6f
            num = min(num, self.num_pages)
        self.num_pfns = 0
        while self.num_pfns < num:
            p = await self.pages.dequeue()
            if p is None:
                break
            self.set_page_pfns(self.num_pfns, p)
            self.num_pages -= self.per_page
            self.num_pfns += self.per_page
        freed = self.num_pfns
        if self.options.tells == "after_release":
            self.release_pages_balloon()
        if self.num_pfns != 0:
            await self.tell_deflate()
        if self.options.release == "locked":
            if self.options.tells == "before_release":
                self.release_pages_balloon()
            self.forget_pfns()
            self.unlock()
        else:
            self.unlock()
            await step("release_pages_balloon", source=f"{FILE}:leak_balloon")
            self.release_pages_balloon()
        return freed

    # The size work.

    async def virtballoon_changed(self):
        """The interrupt on a change of the configuration."""
        await self.stop_update_lock.acquire(source=f"{FILE}:virtballoon_changed")
        if not self.stop_update or self.options.ignores_stop_update:
            self.size_work.queue_work()
        self.stop_update_lock.release()

    def towards_target(self):
        if self.options.aligns:                         # 07622bd41563
            return (self.host.num_pages + self.per_page - 1) // self.per_page * self.per_page \
                - self.num_pages
        return self.host.num_pages - self.num_pages

    @process(daemon=True, fair="weak")
    async def size_worker(self):
        while True:
            await until(lambda: self.size_work.can_run(), "update_balloon_size_func",
                        source=f"{FILE}:update_balloon_size_func")
            self.size_work.start()
            diff = self.towards_target()
            more = False
            if diff > 0:
                filled = await self.fill_balloon(diff)
                more = filled != diff
            elif diff < 0:
                freed = await self.leak_balloon(-diff)
                more = freed != -diff
            await self.update_balloon_size()
            if more:
                self.size_work.queue_work()
            self.size_work.finish()

    async def update_balloon_size(self):
        """Read num_pages without the lock; writing it to the device takes its time."""
        await step("update_balloon_size", source=f"{FILE}:update_balloon_size")
        if self.options.reads_actual:
            actual = self.num_pages
            await step("virtio_cwrite actual", source=f"{FILE}:update_balloon_size")
            self.host.actual = actual
