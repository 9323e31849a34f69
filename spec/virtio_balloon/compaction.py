"""Memory compaction as the balloon meets it: isolate, migrate or put back.

Follows mm/compaction.c, mm/migrate.c and mm/balloon_compaction.c of v4.9. The driver's part is
virtballoon_migratepage.
"""
from checker import Bool, Component, fails, pick, process, step, until

from spec.virtio_balloon.driver import FILE
from spec.virtio_balloon.pages import FILE as PAGES

SCAN = "mm/compaction.c:isolate_migratepages_block"


class Compaction(Component):
    """One thread that compacts memory: kcompactd, or anybody whose allocation needs it."""

    def __init__(self, options, driver):
        self.options = options
        self.driver = driver
        self.pages = driver.pages
        self.page = driver.page
        # A struct page was used that is another's, or its private where it led nowhere.
        self.followed_nothing = Bool

    def worth_a_try(self, p):
        return self.pages.balloon_type[p] and not self.pages.pg_isolated[p] \
            and not self.pages.migrate_ref[p]

    @process(daemon=True, fair="weak")
    async def kcompactd(self):
        while True:
            await until(lambda: any(self.worth_a_try(q) for q in self.page), "scan", source=SCAN)
            await self.compact()

    async def compact(self):
        """One page that looks like a balloon page, found without any lock."""
        if any(self.worth_a_try(q) for q in self.page):
            p = pick((q for q in self.page if self.worth_a_try(q)), "old page")
            self.pages.migrate_ref[p] = True        # get_page_unless_zero
            isolated = await self.isolate_movable_page(p)
            if isolated:
                await self.migrate_pages(p)
            assert not self.pages.pg_isolated[p], "an isolated page is migrated or put back"
            assert not self.pages.pg_locked[p].locked() or self.others_lock(), \
                "a page stays locked"
            self.pages.migrate_ref[p] = False

    def others_lock(self):
        """Only a dequeue locks pages that somebody else may compact, and it has pages_lock."""
        return self.options.walk == "unlocked" or self.pages.pages_lock.locked()

    async def isolate_movable_page(self, p):
        """Whether the page is isolated. Its type is tested again under the page's lock."""
        await step("isolate_movable_page", source="mm/migrate.c:isolate_movable_page")
        if self.options.type_test == "unlocked":
            if not self.pages.balloon_type[p]:
                return False
            await step("balloon_page_device", source="mm/balloon_compaction.c:balloon_page_isolate")
            if not self.pages.private[p]:
                self.followed_nothing = True
                return False
        if self.pages.in_guests_hands(p):
            self.followed_nothing = True            # without a reference it may be anything
        if not self.pages.pg_locked[p].try_acquire():
            return False
        if not self.pages.balloon_type[p] or self.pages.pg_isolated[p]:
            self.pages.pg_locked[p].release()
            return False
        await self.pages.pages_lock.acquire(source=f"{PAGES}:balloon_page_isolate")
        self.pages.held()
        self.pages.listed[p] = False
        self.pages.isolated_pages += 1
        self.pages.pages_lock.release()
        # PG_isolated is set after the callback; the page's lock hides the moment in between.
        self.pages.pg_isolated[p] = True
        self.pages.pg_locked[p].release()
        return True

    async def migrate_pages(self, p):
        """mm/migrate.c:migrate_pages, with as many attempts as it likes."""
        migrated = False
        while not migrated:
            await step("unmap_and_move", source="mm/migrate.c:unmap_and_move")
            if not self.pages.any_free() or fails("new page"):
                break
            n = pick((q for q in self.page if self.pages.in_guests_hands(q)), "new page")
            self.pages.migrate_ref[n] = True
            await self.pages.pg_locked[p].acquire(source="mm/migrate.c:__unmap_and_move")
            self.pages.pg_locked[n].try_acquire()
            migrated = await self.virtballoon_migratepage(n, p)
            if migrated:
                self.pages.pg_isolated[p] = False
            self.pages.pg_locked[n].release()
            self.pages.pg_locked[p].release()
            self.pages.migrate_ref[n] = False
        if not migrated:
            await self.putback_movable_page(p)

    async def putback_movable_page(self, p):
        await self.pages.pg_locked[p].acquire(source="mm/migrate.c:putback_movable_pages")
        await self.pages.pages_lock.acquire(source=f"{PAGES}:balloon_page_putback")
        self.pages.held()
        self.pages.listed[p] = True
        self.pages.isolated_pages -= 1
        self.pages.pages_lock.release()
        self.pages.pg_isolated[p] = False
        self.pages.pg_locked[p].release()

    async def virtballoon_migratepage(self, n, p):
        """Inflate with the new page, then deflate the old one. Both pages are locked.

        The lock is only tried: leak_balloon holds it and tries page locks, and fill_balloon may
        be the one that compacts.
        """
        driver = self.driver
        pages = self.pages
        if self.options.migrate_lock == "mutex_lock":
            await driver.balloon_lock.acquire(source=f"{FILE}:virtballoon_migratepage")
            driver.enter()
        else:
            await step("virtballoon_migratepage", source=f"{FILE}:virtballoon_migratepage")
            if not driver.balloon_lock.try_acquire():
                assert driver.inside, "balloon_lock is held, and nobody is inside"
                return False                        # -EAGAIN
            driver.enter()
        pages.balloon_ref[n] = True
        if self.options.recounts:                   # 63341ab03706
            if pages.zone_of[n] != pages.zone_of[p]:
                driver.taken_from_the_zone(p, -1)
                driver.taken_from_the_zone(n, 1)
        await pages.pages_lock.acquire(source=f"{FILE}:virtballoon_migratepage")
        pages.balloon_page_insert(n)
        if self.options.uncounts:
            pages.isolated_pages -= 1
        pages.pages_lock.release()
        driver.num_pfns = driver.per_page
        driver.set_page_pfns(0, n)
        await driver.tell_inflate()
        await self.delete(p)
        driver.num_pfns = driver.per_page
        driver.set_page_pfns(0, p)
        await driver.tell_deflate()
        driver.forget_pfns()
        driver.unlock()
        # In the same step as the unlock: nobody else can tell when the old page is put.
        pages.put_page(p)
        return True

    async def delete(self, p):
        """balloon_page_delete of the old page, which is in no list as it is isolated."""
        if self.options.deletes == "unlocked":
            await step("balloon_page_delete of the old page: type",
                       source=f"{FILE}:virtballoon_migratepage")
        else:
            # 89da619bc18d
            await self.pages.pages_lock.acquire(source=f"{PAGES}:balloon_page_delete")
        self.pages.balloon_type[p] = False
        await step("balloon_page_delete of the old page: private",
                   source=f"{FILE}:virtballoon_migratepage")
        self.pages.private[p] = False
        if self.options.deletes == "locked":
            self.pages.pages_lock.release()
