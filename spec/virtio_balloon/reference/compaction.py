"""Compaction: mm/compaction.c and mm/migrate.c of v4.9, and virtballoon_migratepage."""
from __future__ import annotations

from spec.virtio_balloon.reference.driver import VirtioBalloon
from spec.virtio_balloon.reference.pages import Page


class Compaction:
    """What kcompactd does, and whoever compacts because its allocation needs it."""

    def __init__(self, driver: VirtioBalloon) -> None:
        self.driver = driver
        self.info = driver.info
        self.allocator = driver.allocator
        self.options, self.switch, self.env = driver.options, driver.switch, driver.env
        self.followed_nothing = False
        driver.compaction = self

    def candidates(self) -> list[int]:
        return [page.number for page in self.allocator.pages
                if page.balloon_type and not page.isolated and not page.migrate_ref]

    def kcompactd(self) -> None:
        """Compact whenever a page looks like a balloon page."""
        while True:
            self.switch.until(lambda: bool(self.candidates()), "scan")
            self.compact()

    def compact(self) -> None:
        """One page, found without any lock."""
        found = self.candidates()
        if not found:
            return
        page = self.allocator.pages[self.env.pick("old page", found)]
        page.migrate_ref = True                     # get_page_unless_zero
        if self.isolate_movable_page(page):
            self.migrate_pages(page)
        self.allocator.put_page(page, "migrate_ref")

    def isolate_movable_page(self, page: Page) -> bool:
        self.switch.at("isolate_movable_page")
        if self.options.type_test == "unlocked":
            if not page.balloon_type:
                return False
            self.switch.at("balloon_page_device")
            if page.private is None:
                self.followed_nothing = True
                return False
        if not page.lock.acquire(blocking=False):
            return False
        if not page.balloon_type or page.isolated:
            page.lock.release()
            return False
        self.switch.acquire(self.info.pages_lock, "pages_lock")
        if self.info.closing:
            self.info.pages_lock.release()
            page.lock.release()
            return False
        if page in self.info.pages:
            self.info.pages.remove(page)
        self.info.isolated_pages += 1
        self.info.pages_lock.release()
        page.isolated = True
        page.lock.release()
        return True

    def migrate_pages(self, page: Page) -> None:
        """As many attempts as there are new pages to try it with; then put the page back."""
        while True:
            self.switch.at("unmap_and_move")
            new = self.allocator.alloc_page("migrate_ref", "new page", "new page")
            if new is None:
                break
            self.switch.acquire(page.lock, "lock_page")
            new.lock.acquire(blocking=False)
            migrated = self.virtballoon_migratepage(new, page)
            if migrated:
                page.isolated = False
            new.lock.release()
            page.lock.release()
            self.allocator.put_page(new, "migrate_ref")
            if migrated:
                return
        self.switch.acquire(page.lock, "lock_page")
        self.switch.acquire(self.info.pages_lock, "pages_lock")     # balloon_page_putback
        self.info.list_add(page)
        self.info.isolated_pages -= 1
        self.info.pages_lock.release()
        page.isolated = False
        page.lock.release()

    def virtballoon_migratepage(self, new: Page, page: Page) -> bool:
        """Inflate with `new`, then deflate `page`. Both are locked."""
        driver = self.driver
        if self.options.migrate_lock == "mutex_lock":
            self.switch.acquire(driver.balloon_lock, "balloon_lock")
        else:
            self.switch.at("virtballoon_migratepage")
            if not driver.balloon_lock.acquire(blocking=False):
                return False
        new.balloon_ref = True
        if self.options.recounts and new.zone != page.zone:
            driver.adjust_managed(page, 1)
            driver.adjust_managed(new, -1)
        self.switch.acquire(self.info.pages_lock, "pages_lock")
        self.info.balloon_page_insert(new)
        if self.options.uncounts:
            self.info.isolated_pages -= 1
        self.info.pages_lock.release()
        self._tell_of(new, "inflate")
        self._delete(page)
        self._tell_of(page, "deflate")
        driver.forget_pfns()
        driver.balloon_lock.release()
        self.allocator.put_page(page)
        return True

    def _tell_of(self, page: Page, queue: str) -> None:
        self.driver.num_pfns = self.options.per_page
        self.driver.set_page_pfns(0, page)
        self.driver.tell_host(queue)

    def _delete(self, page: Page) -> None:
        """balloon_page_delete of the old page."""
        if self.options.deletes == "locked":
            self.switch.acquire(self.info.pages_lock, "pages_lock")
        else:
            self.switch.at("balloon_page_delete of the old page: type")
        self.info.clear_type(page)
        self.switch.at("balloon_page_delete of the old page: private")
        page.private = None
        if self.options.deletes == "locked":
            self.info.pages_lock.release()
