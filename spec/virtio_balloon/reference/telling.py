"""What the host is told, and when a page changes hands: the steps of telling.py as a program.

The host, the queues, the pages and their memory are those of the other files here. A section
under pages_lock is one step, so that lock is left out, as are page locks.
"""
from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from spec.hooks import Environment, at as no_hook
from spec.virtio_balloon.reference.host import Host
from spec.virtio_balloon.reference.memory import Ram, Slab
from spec.virtio_balloon.reference.options import Options
from spec.virtio_balloon.reference.pages import Allocator, Page
from spec.virtio_balloon.reference.scheduler import Scheduler


class Telling:
    """A guest, its host, the size work, and `threads` that compact memory."""

    def __init__(self, *, pages: int = 2, slots: int = 1, threads: int = 1,
                 must_tell: bool = True, tells: str = "before_release", goes_on: bool = False,
                 uncounts: bool = True, tests_again: bool = True, puts_old: bool = True,
                 at: Callable[[str], None] = no_hook, env: Environment | None = None) -> None:
        self.tells, self.uncounts, self.tests_again = tells, uncounts, tests_again
        self.puts_old = puts_old
        self.env = env or Environment()
        self.switch = Scheduler(at)
        self.ram, self.slab = Ram(pages), Slab()
        self.allocator = Allocator(self.ram, [0] * pages, self.env)
        options = Options(must_tell=must_tell, discards_after_ack=goes_on)
        self.host = Host(options, self.switch, self.env, self.allocator, 0, self.slab)
        self.inflate, self.deflate = self.host.inflate, self.host.deflate
        self.inflate.create()
        self.deflate.create()
        self.balloon_lock = threading.Lock()
        self.holder: str | None = None
        self.pages: list[Page] = []             # the list
        self.isolated_pages = 0
        self.num_pages = self.num_pfns = 0
        self.pfns: list[int | None] = [None] * slots
        self.actors = {"serve_inflate": self.host.serve_inflate,
                       "serve_deflate": self.host.serve_deflate, "size_work": self.size_work}
        self.actors |= {f"compacts {t}": self.compacts for t in range(threads)}

    def unlock(self) -> None:
        self.holder = None
        self.balloon_lock.release()

    # The size work.

    def size_work(self) -> None:
        while True:
            self.switch.acquire(self.balloon_lock, "mutex_lock")
            self.holder = threading.current_thread().name
            if self.env.pick("inflate", (False, True)):
                self.fill_balloon()
            else:
                self.leak_balloon()
            self.num_pfns = 0
            self.unlock()

    def store(self, page: Page) -> None:
        self.pfns[self.num_pfns] = page.number
        self.num_pfns += 1

    def fill_balloon(self) -> None:
        while self.num_pfns < len(self.pfns):
            self.switch.at("balloon_page_enqueue")
            page = self.allocator.alloc_page("balloon_ref", "allocated", "alloc_page")
            if page is None:
                break
            self.pages.append(page)
            self.store(page)
            self.num_pages += 1
        if self.num_pfns:
            self.switch.at("tell_host inflate")
            self.tell("inflate")

    def leak_balloon(self) -> None:
        while self.num_pfns < len(self.pfns):
            self.switch.at("balloon_page_dequeue")
            if not self.pages or self.env.pick("enough", (False, True)):
                break
            listed = sorted(page.number for page in self.pages)
            page = self.allocator.pages[self.env.pick("dequeued", listed)]
            self.pages.remove(page)
            self.store(page)
            self.num_pages -= 1
        if self.tells == "after_release":
            self.release_pages_balloon()
        if self.num_pfns:
            self.switch.at("tell_host deflate")
            self.tell("deflate")
        if self.tells == "before_release":
            self.release_pages_balloon()

    def release_pages_balloon(self) -> None:
        for slot in range(self.num_pfns):
            self.switch.at("put_page")
            self.allocator.put_page(self.allocator.pages[self.pfns[slot]])

    def tell(self, name: str) -> None:
        """Send the array, and wait for the answer."""
        queue = self.inflate if name == "inflate" else self.deflate
        queue.add(self.pfns, self.num_pfns)
        self.switch.until(lambda: queue.state == "used", f"{name} acked")
        queue.get_buf()

    # Compaction.

    def candidates(self) -> list[int]:
        return sorted(page.number for page in self.pages if not page.migrate_ref)

    def compacts(self) -> None:
        while True:
            self.switch.until(lambda: bool(self.candidates()), "scan")
            page = self.allocator.pages[self.env.pick("old", self.candidates())]
            page.migrate_ref = True
            self.switch.at("isolate_movable_page")
            if page in self.pages or not self.tests_again:
                if page in self.pages:
                    self.pages.remove(page)
                self.isolated_pages += 1
                page.isolated = True
                self.migrate_pages(page)
            self.allocator.put_page(page, "migrate_ref")

    def migrate_pages(self, page: Page) -> None:
        while True:
            self.switch.at("unmap_and_move")
            new = self.allocator.alloc_page("migrate_ref", "new", "new page")
            if new is None:
                break
            self.switch.at("virtballoon_migratepage")
            migrated = self.balloon_lock.acquire(blocking=False)
            if migrated:
                self.holder = threading.current_thread().name
                self.move(new, page)
                self.unlock()
            self.allocator.put_page(new, "migrate_ref")
            if migrated:
                return
        self.switch.at("putback_movable_page")
        if page not in self.pages:
            self.pages.append(page)
        self.isolated_pages -= 1
        page.isolated = False

    def move(self, new: Page, page: Page) -> None:
        """Inflate with the new page, then deflate the old one."""
        new.balloon_ref = True
        self.switch.at("balloon_page_insert")
        self.pages.append(new)
        page.isolated = False
        if self.uncounts:
            self.isolated_pages -= 1
        self.num_pfns = 1
        self.pfns[0] = new.number
        self.tell("inflate")
        self.pfns[0] = page.number
        self.switch.at("balloon_page_delete")
        self.tell("deflate")
        self.num_pfns = 0
        if self.puts_old:
            self.allocator.put_page(page)

    # What can be seen.

    def observe(self) -> dict[str, Any]:
        """The model's variables; call it only while every thread waits at a step."""
        pages = self.allocator.pages
        found = {f"{name}.{part}": getattr(queue, part) for name, queue in (
            ("inflate", self.inflate), ("deflate", self.deflate)) for part in ("state", "length")}
        return found | {
            "num_pages": self.num_pages, "num_pfns": self.num_pfns, "pfns": tuple(self.pfns),
            "balloon_ref": tuple(page.balloon_ref for page in pages),
            "migrate_ref": tuple(page.migrate_ref for page in pages),
            "isolated": tuple(page.isolated for page in pages),
            "listed": tuple(page in self.pages for page in pages),
            "isolated_pages": self.isolated_pages,
            "may_modify": tuple(page.number in self.host.may_modify for page in pages)}

    def close(self) -> None:
        self.ram.close()
        self.slab.close()
