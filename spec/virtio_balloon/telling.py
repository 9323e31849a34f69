"""What the host is told, and when a page changes hands: a driver's core, proved for every size.

The rest of this folder explores a few pages with every actor there is. Here are those parts on
which MUST_TELL_HOST and the migration of pages rest, written so that their sizes are nothing but
bounds: the size work, any number of threads that compact memory, and both sides of the queues.
README.md says what differs.
"""
from types import SimpleNamespace

from checker import (ANY, Bool, Component, Fault, Index, Int, Lock, Map, Maybe, Range, fails,
                     implies, invariant, maybe, pick, process, sometimes, step, until)

from spec.virtio_balloon.compaction import SCAN
from spec.virtio_balloon.driver import FILE
from spec.virtio_balloon.host import SOURCE, Virtqueue
from spec.virtio_balloon.pages import FILE as PAGES


class Telling(Component):
    """A guest of `pages` pages, an array of `slots` page numbers, and `threads` that compact.

    A section of code under the pages_lock, a spinlock, is one step. `tells`: whether the host is
    told before the pages are put; `goes_on`: whether the host modifies pages after its ack;
    `uncounts`: whether a migrated page is counted as isolated no more; `tests_again`: whether
    compaction looks once more, under the locks, that it has found a page of the balloon;
    `puts_old`: whether the balloon's reference to a migrated page is dropped.
    """

    instances = {"small": dict(pages=2, slots=1, threads=1),
                 "ci": dict(pages=3, slots=2, threads=2)}

    def __init__(self, *, pages=2, slots=1, threads=1, tells="before_release", goes_on=False,
                 uncounts=True, tests_again=True, puts_old=True):
        self.page = Index("page", pages)
        self.thread = Index("thread", threads)
        self.slot = Range(slots)
        self.slots = slots
        self.tells, self.goes_on, self.uncounts = tells, goes_on, uncounts
        self.tests_again, self.puts_old = tests_again, puts_old
        # struct virtio_balloon
        self.balloon_lock = Lock
        self.num_pages = Int(0, pages)
        self.num_pfns = Int(0, slots)
        self.pfns = Map(self.slot, Maybe(self.page))
        # struct page, and the balloon's list of pages
        self.balloon_ref = Map(self.page, Bool)
        self.migrate_ref = Map(self.page, Bool)
        self.isolated = Map(self.page, Bool)        # and not replaced by a new page yet
        self.listed = Map(self.page, Bool)
        self.isolated_pages = Int(0, pages)
        # the host
        options = SimpleNamespace(life=False)
        self.inflate = Virtqueue(options, slots)
        self.deflate = Virtqueue(options, slots)
        self.must_tell = Bool(init=ANY)
        self.may_modify = Map(self.page, Bool)

    def in_guests_hands(self, p):
        return not self.balloon_ref[p] and not self.migrate_ref[p]

    def any_free(self):
        return any(self.in_guests_hands(p) for p in self.page)

    # The host: it may modify what an inflate request names, until it acks the deflate request.

    def names(self, queue, p):
        """Whether the request in the queue names the page."""
        return any(s < queue.length and self.pfns[s] == p for s in self.slot)

    @process(daemon=True)
    async def serve_inflate(self):
        while True:
            await until(lambda: self.inflate.state == "added", "see inflate", source=SOURCE)
            self.inflate.state = "seen"
            for p in self.page:
                self.may_modify[p] = self.may_modify[p] or self.names(self.inflate, p)
            await step("ack inflate", source=SOURCE)
            if not self.must_tell and not self.goes_on:
                for p in self.page:
                    self.may_modify[p] = self.may_modify[p] and not self.names(self.inflate, p)
            self.inflate.state = "used"

    @process(daemon=True)
    async def serve_deflate(self):
        while True:
            await until(lambda: self.deflate.state == "added", "see deflate", source=SOURCE)
            self.deflate.state = "seen"
            await step("ack deflate", source=SOURCE)
            if not self.goes_on:
                for p in self.page:
                    self.may_modify[p] = self.may_modify[p] and not self.names(self.deflate, p)
            self.deflate.state = "used"

    async def tell_inflate(self):
        self.inflate.add(self.num_pfns)
        await until(lambda: self.inflate.state == "used", "inflate acked",
                    source=f"{FILE}:tell_host")
        self.inflate.get_buf()

    async def tell_deflate(self):
        self.deflate.add(self.num_pfns)
        await until(lambda: self.deflate.state == "used", "deflate acked",
                    source=f"{FILE}:tell_host")
        self.deflate.get_buf()

    # The size work.

    @process(daemon=True)
    async def size_work(self):
        while True:
            await until(lambda: not self.balloon_lock.locked(), "mutex_lock",
                        source=f"{FILE}:update_balloon_size_func")
            self.balloon_lock.try_acquire()
            if maybe("inflate"):
                await self.fill_balloon()
            else:
                await self.leak_balloon()
            self.num_pfns = 0
            self.balloon_lock.release()

    def store(self, p):
        """The next page number of the request."""
        self.pfns[self.num_pfns] = p
        self.num_pfns += 1

    async def fill_balloon(self):
        while self.num_pfns < self.slots:
            await step("balloon_page_enqueue", source=f"{PAGES}:balloon_page_enqueue")
            if not self.any_free() or fails("alloc_page"):
                break
            p = pick((q for q in self.page if self.in_guests_hands(q)), "allocated")
            self.balloon_ref[p] = True
            self.listed[p] = True
            self.store(p)
            self.num_pages += 1
        if self.num_pfns != 0:
            await step("tell_host inflate", source=f"{FILE}:tell_host")
            await self.tell_inflate()

    async def leak_balloon(self):
        while self.num_pfns < self.slots:
            await step("balloon_page_dequeue", source=f"{PAGES}:balloon_page_dequeue")
            if not any(self.listed[q] for q in self.page) or maybe("enough"):
                break
            p = pick((q for q in self.page if self.listed[q]), "dequeued")
            self.listed[p] = False
            self.store(p)
            self.num_pages -= 1
        if self.tells == "after_release":
            await self.release_pages_balloon()
        if self.num_pfns != 0:
            await step("tell_host deflate", source=f"{FILE}:tell_host")
            await self.tell_deflate()
        if self.tells == "before_release":
            await self.release_pages_balloon()

    async def release_pages_balloon(self):
        s: Int(0, self.slots) = 0
        while s < self.num_pfns:
            await step("put_page", source=f"{FILE}:release_pages_balloon")
            self.put_page(self.pfns[s])
            s += 1

    def put_page(self, p):
        """Drop the balloon's reference. A second time it would be somebody else's."""
        assert self.balloon_ref[p], "put_page of a page that is not the balloon's"
        self.balloon_ref[p] = False

    # Compaction.

    @process(each="thread", daemon=True)
    async def compacts(self, t):
        while True:
            await until(lambda: any(self.listed[q] and not self.migrate_ref[q]
                                    for q in self.page), "scan", source=SCAN)
            p = pick((q for q in self.page if self.listed[q] and not self.migrate_ref[q]), "old")
            self.migrate_ref[p] = True              # get_page_unless_zero
            await step("isolate_movable_page", source=f"{PAGES}:balloon_page_isolate")
            if self.listed[p] or not self.tests_again:
                self.listed[p] = False
                self.isolated_pages += 1
                self.isolated[p] = True
                await self.migrate_pages(p)
            self.migrate_ref[p] = False

    async def migrate_pages(self, p):
        """Attempts until one succeeds or there is no page for it; then p is put back."""
        migrated = False
        while not migrated:
            await step("unmap_and_move", source="mm/migrate.c:unmap_and_move")
            if not self.any_free() or fails("new page"):
                break
            n = pick((q for q in self.page if self.in_guests_hands(q)), "new")
            self.migrate_ref[n] = True
            await step("virtballoon_migratepage", source=f"{FILE}:virtballoon_migratepage")
            if self.balloon_lock.try_acquire():
                await self.move(n, p)
                self.balloon_lock.release()
                migrated = True
            self.migrate_ref[n] = False
        if not migrated:
            await step("putback_movable_page", source=f"{PAGES}:balloon_page_putback")
            self.listed[p] = True
            self.isolated_pages -= 1
            self.isolated[p] = False

    async def move(self, n, p):
        """Inflate with the new page, then deflate the old one."""
        self.balloon_ref[n] = True
        await step("balloon_page_insert", source=f"{FILE}:virtballoon_migratepage")
        self.listed[n] = True
        self.isolated[p] = False
        if self.uncounts:
            self.isolated_pages -= 1
        self.num_pfns = 1
        self.pfns[0] = n
        await self.tell_inflate()
        self.pfns[0] = p
        await step("balloon_page_delete", source=f"{FILE}:virtballoon_migratepage")
        await self.tell_deflate()
        self.num_pfns = 0
        if self.puts_old:
            self.put_page(p)

    # The rules, as in rules.py.

    @invariant
    def no_page_is_the_guests_and_the_hosts(self):
        """S11: the host may modify no page that is in the guest's hands."""
        return not any(self.may_modify[p] and self.in_guests_hands(p) for p in self.page)

    def pending(self, queue):
        return queue.state == "added" or queue.state == "seen"

    @invariant
    def requests_name_pages_of_the_balloon(self):
        """S23: whatever a queue names belongs to the balloon, until it is acked."""
        return all(self.balloon_ref[p] for p in self.page
                   if self.pending(self.inflate) and self.names(self.inflate, p)
                   or self.pending(self.deflate) and self.names(self.deflate, p))

    @invariant
    def no_page_is_named_twice(self):
        """S23: a request names a page once."""
        return implies(self.pending(self.inflate) or self.pending(self.deflate), all(
            self.pfns[s] != self.pfns[q] for s in self.slot for q in self.slot
            if s < q and q < self.num_pfns))

    @invariant
    def no_page_is_leaked(self):
        """S24: a page that the balloon has a reference to will be found again."""
        return all(self.listed[p] or self.isolated[p] or self.migrate_ref[p]
                   or any(s < self.num_pfns and self.pfns[s] == p for s in self.slot)
                   for p in self.page if self.balloon_ref[p])

    @invariant
    def no_free_page_in_balloon(self):
        """S24, S25: a page that was given to somebody else is in the balloon no more."""
        return all(self.balloon_ref[p] for p in self.page if self.listed[p] or self.isolated[p])

    @invariant
    def pages_counted(self):
        """S24: num_pages counts the pages in the list and the isolated ones."""
        return self.balloon_lock.locked() or self.num_pages == self.isolated_pages + sum(
            self.listed[p] for p in self.page)

    @invariant
    def isolated_pages_counted(self):
        """S24: isolated_pages counts the isolated pages."""
        return self.balloon_lock.locked() or self.isolated_pages == sum(
            self.isolated[p] for p in self.page)

    @sometimes
    def everything_in_the_balloon(self):
        return all(self.listed[p] and self.may_modify[p] for p in self.page)

    @sometimes
    def migrates(self):
        return any(self.balloon_ref[p] and self.migrate_ref[q] and self.listed[q] and not
                   self.listed[p] for p in self.page for q in self.page)

    faults = [
        Fault("release_before_telling", tells="after_release",
              breaks=("no_page_is_the_guests_and_the_hosts",
                      "requests_name_pages_of_the_balloon"),
              cite="bf50e69f63d2, 2011: the comment on VIRTIO_BALLOON_F_MUST_TELL_HOST"),
        Fault("host_goes_on_after_the_ack", goes_on=True,
              breaks="no_page_is_the_guests_and_the_hosts",
              cite="1b47b37c33ec, QEMU: a page freed after its buffer was acknowledged"),
        Fault("migrated_page_stays_isolated", uncounts=False,
              breaks=("isolated_pages_counted", "pages_counted", "overflow"),
              cite="e22504296d4f, 2012: virtio_balloon: introduce migration primitives"),
        Fault("type_is_not_tested_again", tests_again=False,
              breaks=("overflow", "no_page_is_named_twice", "pages_counted", "assertion",
                      "requests_name_pages_of_the_balloon", "no_free_page_in_balloon"),
              cite="d6d86c0a7f8d, 2014: the first test takes no lock"),
        Fault("migrated_page_is_not_put", puts_old=False, breaks="no_page_is_leaked",
              cite="seeded: the last line of virtballoon_migratepage, d6d86c0a7f8d"),
    ]
