"""One guest on one host: the parts, the threads, and what an observer sees."""
from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from spec.hooks import Environment, at as no_hook
from spec.virtio_balloon.reference.compaction import Compaction
from spec.virtio_balloon.reference.driver import VirtioBalloon
from spec.virtio_balloon.reference.host import Host
from spec.virtio_balloon.reference.life import Life
from spec.virtio_balloon.reference.memory import Ram, Slab
from spec.virtio_balloon.reference.oom import NotifierChain, Oom
from spec.virtio_balloon.reference.options import Options
from spec.virtio_balloon.reference.pages import DATA, Allocator
from spec.virtio_balloon.reference.scheduler import Scheduler
from spec.virtio_balloon.reference.stats import Stats
from spec.virtio_balloon.reference.switch import Stopped
from spec.virtio_balloon.reference.work import Work


class Machine:
    """`zones` says in which zone each page lies. Every keyword of `Options` is accepted.

    With `life` the machine begins before probe; else the driver is bound, and stays so.
    """

    def __init__(self, *, pages: int = 2, zones: Sequence[int] | None = None,
                 array: int | None = None, target: int = 0, oom: bool = True,
                 compaction: bool = True, life: bool = False, stats: bool = False,
                 at: Callable[[str], None] = no_hook, env: Environment | None = None,
                 **constants: Any) -> None:
        self.options = Options(**constants)
        env = env or Environment()
        self.switch = Scheduler(at)
        self.ram = Ram(pages)
        self.slab = Slab()
        self.allocator = Allocator(self.ram, list(zones or [0] * pages), env)
        self.host = Host(self.options, self.switch, env, self.allocator, target, self.slab)
        slots = (array or pages) * self.options.per_page
        self.driver = VirtioBalloon(self.options, self.switch, env, self.allocator, self.host,
                                    slots, self.slab)
        self.compaction = Compaction(self.driver)
        self.chain = NotifierChain(self.switch)
        self.oom = Oom(self.driver, self.chain)
        self.stats = Stats(self.driver) if stats else None
        self.life = Life(self.driver, self.stats, self.oom, self.chain)
        self.threads: dict[str, threading.Thread] = {}
        self.failures: dict[str, Exception] = {}
        self.actors = self._actors(oom, compaction, life)
        if not life:
            self.life.bind()

    def _actors(self, oom: bool, compaction: bool, life: bool) -> dict[str, Callable[[], None]]:
        """What each thread runs."""
        found: dict[str, Callable[[], None]] = {
            "inflate queue": self.host.serve_inflate, "deflate queue": self.host.serve_deflate,
            "discard": self.host.discard, "management": self.host.change_size,
            "size worker": self.driver.size_worker}
        if compaction:
            found["kcompactd"] = self.compaction.kcompactd
        if oom:
            found["task"] = self.oom.task
            self.chain.contended = True
        if self.stats is not None:
            found |= {"stats queue": self.stats.poll, "stats worker": self.stats.worker}
        if life:
            self.host.interrupt = self.life.virtio_config_changed
            found |= {"administrator": self.life.administrator, "core": self.life.core}
        return found

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
            if not self.switch.off.is_set():        # else its lock was taken away from it
                self.failures[name] = failure
        finally:
            self.switch.wake_up()

    def stop(self, patience: float = 20.0) -> None:
        """Switch off; every thread ends, wherever it waits."""
        left = self.switch.turn_off(self.threads, self.locks(), patience)
        assert not left, left

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
            "size_work": driver.size_work.pending,
            "followed_nothing": self.compaction.followed_nothing,
            "freed": self.oom.freed,
            "really_freed": self.oom.really_freed,
            "notified": self.oom.notified,
        }

    def observe_life(self) -> dict[str, Any]:
        """The same for what comes and goes."""
        host, life = self.host, self.life
        found = {
            "ready": host.ready, "actual": host.actual, "left": host.left,
            "queues": [(queue.exists, queue.used_deleted)
                       for queue in (host.inflate, host.deflate)],
            "frozen": self.driver.freezer.frozen,
            "size_work": _state(self.driver.size_work),
            "stop_update": self.driver.stop_update,
            "wanted": life.wanted,
            "allocated": life.allocated(),
            "notifier": self.chain.callback is not None,
            "unregistering": self.chain.writer,
            "mounted": life.fs.mounted(),
            "inode": life.inode is not None,
            "config_enabled": life.config_enabled,
            "change_pending": life.change_pending,
            "removing": life.removing,
        }
        if self.stats is not None:
            found["stats_work"] = _state(self.stats.work)
            found["stats"] = {name: getattr(self.stats, name) for name in (
                "exists", "used_deleted", "offered", "returned", "asked")}
            found["stats"]["initialised"] = self.stats.initialised()
        return found

    def locks(self) -> dict[str, threading.Lock]:
        """The real locks, by name."""
        found = {"balloon_lock": self.driver.balloon_lock,
                 "pages_lock": self.driver.info.pages_lock,
                 "fs_lock": self.driver.fs_lock, "oom_lock": self.oom.oom_lock,
                 "stop_update_lock": self.driver.stop_update_lock,
                 "config_lock": self.life.config_lock, "actual_lock": self.driver.actual_lock}
        return found | {f"lock of page {page.number}": page.lock for page in self.allocator.pages}

    def close(self) -> None:
        """Give the memory back; every thread has to have ended."""
        self.ram.close()
        self.slab.close()


def _state(work: Work) -> tuple[bool, bool, bool]:
    return work.pending, work.running, work.cancelled
