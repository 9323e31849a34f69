"""struct page, the page allocator, and mm/balloon_compaction.c of v4.9."""
from __future__ import annotations

import threading
from dataclasses import dataclass, field

from spec.hooks import Environment
from spec.virtio_balloon.reference.memory import Ram
from spec.virtio_balloon.reference.options import Options
from spec.virtio_balloon.reference.scheduler import Scheduler

DATA = b"guest"     # what the guest writes to a page that becomes its own


class Bug(Exception):
    """BUG(): the kernel stops here."""


@dataclass(eq=False)
class Page:
    """struct page. `private` is the device that the page leads to."""

    number: int
    zone: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    balloon_ref: bool = False
    migrate_ref: bool = False
    balloon_type: bool = False
    private: object | None = None
    isolated: bool = False

    def free(self) -> bool:
        return not self.balloon_ref and not self.migrate_ref


class Allocator:
    """alloc_page and put_page, over all pages of the guest."""

    def __init__(self, ram: Ram, zones: list[int], env: Environment) -> None:
        self.ram = ram
        self.env = env
        self.pages = [Page(number, zone) for number, zone in enumerate(zones)]
        self.managed = [zones.count(zone) for zone in range(max(zones) + 1)]
        self.zone_lock = threading.Lock()
        self.lost: set[int] = set()         # pages that were discarded in the guest's hands
        for page in self.pages:
            ram.write(page.number, DATA)

    def alloc_page(self, ref: str, name: str, failure: str | None) -> Page | None:
        """A free page, with the reference `ref` taken; None where there is none."""
        with self.zone_lock:
            free = [page.number for page in self.pages if page.free()]
            if not free or failure is not None and self.env.fails(failure):
                return None
            page = self.pages[self.env.pick(name, free)]
            setattr(page, ref, True)
            return page

    def put_page(self, page: Page, ref: str = "balloon_ref") -> None:
        """Drop a reference. With the last one the page is the guest's, which writes to it."""
        with self.zone_lock:
            if not getattr(page, ref):
                raise Bug(f"put_page of page {page.number}, which is not the balloon's")
            setattr(page, ref, False)
            if page.free():
                self.ram.write(page.number, DATA)

    def discard(self, number: int) -> None:
        """The host discards: what the guest had there is lost."""
        with self.zone_lock:
            self.ram.discard(number)
            if self.pages[number].free():
                self.lost.add(number)

    def adjust_managed_page_count(self, page: Page, change: int) -> None:
        with self.zone_lock:
            self.managed[page.zone] += change


class BalloonDevInfo:
    """struct balloon_dev_info: the list of ballooned pages and its lock."""

    def __init__(self, options: Options, switch: Scheduler, env: Environment) -> None:
        self.options = options
        self.switch = switch
        self.env = env
        self.pages_lock = threading.Lock()
        self.pages: list[Page] = []
        self.isolated_pages = 0
        self.closing = False                # pages are wanted back; nothing is isolated any more
        self.walked_off = False
        self.bug = False
        self.unguarded: list[str] = []      # types that were cleared without pages_lock

    def balloon_page_insert(self, page: Page) -> None:
        page.balloon_type = True
        page.private = self
        self.list_add(page)

    def list_add(self, page: Page) -> None:
        """list_add. Of an entry that is in the list already it would be the end of the list."""
        if page not in self.pages:
            self.pages.insert(0, page)

    def clear_type(self, page: Page) -> None:
        if not self.pages_lock.locked():
            self.unguarded.append(f"page {page.number}: its type is cleared without pages_lock")
        page.balloon_type = False

    def enqueue(self, page: Page) -> None:
        self.switch.acquire(self.pages_lock, "pages_lock")
        if not page.lock.acquire(blocking=False):
            raise Bug("BUG_ON(!trylock_page(page))")
        self.balloon_page_insert(page)
        page.lock.release()
        self.pages_lock.release()

    def balloon_page_dequeue(self) -> Page | None:
        """A page that was in the list and can be locked."""
        page = self._walk_unlocked() if self.options.walk == "unlocked" else self._walk()
        if page is None:
            self.switch.acquire(self.pages_lock, "pages_lock")
            self.bug = self.bug or not self.pages and not self.isolated_pages
            self.pages_lock.release()
            return None
        self.switch.at("balloon_page_delete")
        page.private = None
        self.pages.remove(page)
        if self.options.dequeue_locks:
            page.lock.release()
        self.pages_lock.release()
        return page

    def _walk(self) -> Page | None:
        self.switch.acquire(self.pages_lock, "pages_lock")
        usable = list(self.pages)
        if self.options.dequeue_locks:
            usable = [page for page in usable if not page.isolated and not page.lock.locked()]
        if not usable:
            self.pages_lock.release()
            return None
        page = self._picked("dequeued", usable)
        if self.options.dequeue_locks:
            page.lock.acquire()
        self.clear_type(page)
        return page

    def _walk_unlocked(self) -> Page | None:
        self.switch.at("list_for_each_entry_safe")
        usable = list(self.pages)
        if not usable:
            return None
        page = self._picked("cursor", usable)
        self.switch.at("trylock_page of the cursor")
        if page not in self.pages:
            self.walked_off = True
            return None
        if page.isolated or not page.lock.acquire(blocking=False):
            return None
        self.switch.acquire(self.pages_lock, "pages_lock")
        self.clear_type(page)
        return page

    def _picked(self, name: str, usable: list[Page]) -> Page:
        number = self.env.pick(name, sorted(page.number for page in usable))
        return next(page for page in usable if page.number == number)
