"""One guest on one host: the parts, the threads, and what an observer sees."""
from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from spec.virtio_balloon.reference import hooks
from spec.virtio_balloon.reference.compaction import Compaction
from spec.virtio_balloon.reference.driver import Oom, VirtioBalloon
from spec.virtio_balloon.reference.hooks import Environment, Stopped, Switch
from spec.virtio_balloon.reference.host import Host
from spec.virtio_balloon.reference.memory import Ram
from spec.virtio_balloon.reference.options import Options
from spec.virtio_balloon.reference.pages import DATA, Allocator


class Machine:
    """`zones` says in which zone each page lies. Every keyword of `Options` is accepted."""

    def __init__(self, *, pages: int = 2, zones: Sequence[int] | None = None,
                 array: int | None = None, target: int = 0, oom: bool = True,
                 compaction: bool = True, at: Callable[[str], None] = hooks.at,
                 env: Environment | None = None, **constants: Any) -> None:
        self.options = Options(**constants)
        env = env or Environment()
        self.switch = Switch(at)
        self.ram = Ram(pages)
        self.allocator = Allocator(self.ram, list(zones or [0] * pages), env)
        self.host = Host(self.options, self.switch, env, self.allocator, target)
        slots = (array or pages) * self.options.per_page
        self.driver = VirtioBalloon(self.options, self.switch, env, self.allocator, self.host,
                                    slots)
        self.compaction = Compaction(self.driver)
        self.oom = Oom(self.driver)
        self.actors: dict[str, Callable[[], None]] = {
            "inflate queue": self.host.serve_inflate, "deflate queue": self.host.serve_deflate,
            "discard": self.host.discard, "management": self.host.change_size,
            "size worker": self.driver.size_worker}
        if compaction:
            self.actors["kcompactd"] = self.compaction.kcompactd
        if oom:
            self.actors["task"] = self.oom.task
        self.threads: dict[str, threading.Thread] = {}
        self.failures: dict[str, Exception] = {}

    # Threads that run freely.

    def start(self, *names: str) -> None:
        """Start the named actors, or all of them."""
        for name in names or self.actors:
            thread = threading.Thread(name=name, target=self._live, args=(name,), daemon=True)
            self.threads[name] = thread
            thread.start()

    def _live(self, name: str) -> None:
        try:
            self.actors[name]()
        except Stopped:
            pass
        except Exception as failure:
            self.failures[name] = failure

    def stop(self, patience: float = 5.0) -> None:
        """Switch off; every thread ends, wherever it waits."""
        self.switch.off.set()
        for thread in self.threads.values():
            thread.join(patience)
            assert not thread.is_alive(), thread.name

    # What can be seen.

    def lost(self) -> list[int]:
        """Pages in the guest's hands that no longer hold what it wrote to them."""
        return [page.number for page in self.allocator.pages
                if page.free() and self.ram.read(page.number, len(DATA)) != DATA]

    def observe(self) -> dict[str, Any]:
        """The state in plain values; call it only while every thread waits at a step."""
        driver, info, pages = self.driver, self.driver.info, self.allocator.pages
        return {
            "balloon_ref": [page.balloon_ref for page in pages],
            "migrate_ref": [page.migrate_ref for page in pages],
            "locked": [page.lock.locked() for page in pages],
            "isolated": [page.isolated for page in pages],
            "balloon_type": [page.balloon_type for page in pages],
            "private": [page.private is not None for page in pages],
            "listed": [page in info.pages for page in pages],
            "isolated_pages": info.isolated_pages,
            "walked_off": info.walked_off,
            "bug": info.bug,
            "managed": list(self.allocator.managed),
            "inflate": (self.host.inflate.state, self.host.inflate.length),
            "deflate": (self.host.deflate.state, self.host.deflate.length),
            "target": self.host.num_pages,
            "may_modify": [page.number in self.host.may_modify for page in pages],
            "lost": [page.number in self.allocator.lost for page in pages],
            "num_pages": driver.num_pages,
            "num_pfns": driver.num_pfns,
            "pfns": list(driver.pfns),
            "pushed": [page in driver.pushed for page in pages],
            "size_work": driver.size_work,
            "followed_nothing": self.compaction.followed_nothing,
            "freed": self.oom.freed,
            "really_freed": self.oom.really_freed,
            "notified": self.oom.notified,
        }

    def locks(self) -> dict[str, threading.Lock]:
        """The real locks, by name."""
        found = {"balloon_lock": self.driver.balloon_lock,
                 "pages_lock": self.driver.info.pages_lock,
                 "fs_lock": self.driver.fs_lock, "oom_lock": self.oom.oom_lock}
        return found | {f"lock of page {page.number}": page.lock for page in self.allocator.pages}

    def close(self) -> None:
        """Give the memory back; every thread has to have ended."""
        self.ram.close()
