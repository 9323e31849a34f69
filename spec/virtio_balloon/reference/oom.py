"""mm/oom_kill.c up to the driver's notifier, and the chain on which it is."""
from __future__ import annotations

import threading
from collections.abc import Callable

from spec.virtio_balloon.reference.driver import VirtioBalloon
from spec.virtio_balloon.reference.scheduler import Scheduler


class NotifierChain:
    """oom_notify_list: at most one callback, and a semaphore for those who run it and change it.

    A writer that waits keeps new readers out.
    """

    def __init__(self, switch: Scheduler) -> None:
        self.switch = switch
        self.guard = threading.Lock()       # of the semaphore itself
        self.readers = 0
        self.writer = False
        self.contended = False              # whether there are readers at all
        self.callback: Callable[[], None] | None = None

    def down_read(self) -> bool:
        """Whether it could be taken."""
        with self.guard:
            if not self.writer:
                self.readers += 1
            return not self.writer

    def up_read(self) -> None:
        with self.guard:
            self.readers -= 1

    def register(self, callback: Callable[[], None]) -> None:
        self.callback = callback

    def unregister(self) -> None:
        """blocking_notifier_chain_unregister: waits for a callback that runs."""
        if self.contended:
            self.switch.at("down_write")
            with self.guard:
                self.writer = True
            self.switch.until(lambda: not self.readers, "unregister_oom_notifier")
        else:
            self.switch.at("unregister_oom_notifier")
        self.callback = None
        self.writer = False


class Oom:
    """A task whose allocations fail, maybe while it holds a lock of the file system."""

    def __init__(self, driver: VirtioBalloon, chain: NotifierChain) -> None:
        self.driver = driver
        self.chain = chain
        self.options, self.switch, self.env = driver.options, driver.switch, driver.env
        self.oom_lock = threading.Lock()
        self.notified = False
        self.freed = self.really_freed = 0

    def task(self) -> None:
        """Run out of memory, again and again."""
        while True:
            self.switch.at("__alloc_pages_slowpath")
            if self.options.fs_lock and self.env.pick("within the file system", (False, True)):
                self.switch.acquire(self.driver.fs_lock, "fs_lock")
                self.out_of_memory()
                self.driver.fs_lock.release()
            else:
                self.out_of_memory()

    def out_of_memory(self) -> None:
        """Ask the chain for memory. A task that is frozen asks for nothing."""
        self.switch.at("__alloc_pages_may_oom")
        if not self.driver.freezer.enter():
            return
        self.oom_lock.acquire(blocking=False)       # there is but one task
        if not self.chain.down_read():
            self.switch.until(self.chain.down_read, "down_read")
        if self.chain.callback is not None:
            self.notified = True
            self.chain.callback()
            self.notified = False
        self.chain.up_read()
        self.freed = self.really_freed = 0
        self.oom_lock.release()
        self.driver.freezer.leave()

    def virtballoon_oom_notify(self) -> None:
        """The driver's callback."""
        if not self.options.deflate_on_oom:
            return
        freed = self.driver.leak_balloon(len(self.driver.pfns))
        self.driver.update_balloon_size()
        self.really_freed = freed // self.options.per_page
        self.freed = self.really_freed if self.options.oom_counts == "pages" else freed
        self.switch.at("notifier_call_chain returns")
