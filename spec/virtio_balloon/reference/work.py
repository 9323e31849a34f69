"""kernel/workqueue.c as the driver uses it, and the freezer that stops it for a while."""
from __future__ import annotations

import threading

from spec.virtio_balloon.reference.options import Options


class Freezer:
    """Tasks and works stand still while `frozen`. Who is under way is waited for."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.lock = threading.Lock()        # between those who start and who freezes them
        self.frozen = False
        self.tasks = 0                      # tasks that are under way
        self.works: list[Work] = []

    def enter(self) -> bool:
        """A task does something that freezing waits for; False where it is frozen."""
        with self.lock:
            if not self.frozen:
                self.tasks += 1
            return not self.frozen

    def leave(self) -> None:
        with self.lock:
            self.tasks -= 1

    def freeze(self) -> bool:
        """freeze_processes: whether everybody stands still now."""
        with self.lock:
            busy = self.options.freezes_tasks and self.tasks
            if not busy and not any(work.running for work in self.works):
                self.frozen = True
            return self.frozen


class Work:
    """struct work_struct on system_freezable_wq."""

    def __init__(self, freezer: Freezer) -> None:
        self.freezer = freezer
        self.lock = freezer.lock            # so that no work starts while it is cancelled
        self.pending = self.running = self.cancelled = False
        self.runs = 0
        freezer.works.append(self)

    def queue(self) -> None:
        """queue_work: nothing while the work is being cancelled."""
        with self.lock:
            self.pending = self.pending or not self.cancelled

    def claim(self) -> bool:
        """The worker takes the work, where there is something to do and nobody is frozen."""
        with self.lock:
            if not self.pending or self.freezer.frozen:
                return False
            self.pending, self.running = False, True
            self.runs += 1
            return True

    def finish(self) -> None:
        with self.lock:
            self.running = False

    def cancel(self) -> None:
        """The first half of cancel_work_sync; the second is to wait until it does not run."""
        with self.lock:
            self.pending, self.cancelled = False, True

    def flushed(self) -> bool:
        """Whether it has ended; from then on it can be queued again."""
        with self.lock:
            self.cancelled = self.running
            return not self.running

    def idle(self) -> bool:
        return not self.pending and not self.running
