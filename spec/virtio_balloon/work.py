"""kernel/workqueue.c: a work that is queued, runs, and can be cancelled; and the freezer."""
from checker import Bool, Component

CANCEL = "kernel/workqueue.c:cancel_work_sync"


class Freezer(Component):
    """kernel/power/process.c: user tasks, freezable threads and system_freezable_wq stand still."""

    def __init__(self, options):
        if options.life:
            self.frozen = Bool


class Work(Component):
    """A work of system_freezable_wq. While it is being cancelled, queueing it does nothing."""

    def __init__(self, options, freezer):
        self.options = options
        self.freezer = freezer
        self.pending = Bool
        if options.life:
            self.running = Bool
            self.cancelled = Bool

    def queue_work(self):
        if self.options.life:
            self.pending = self.pending or not self.cancelled
        else:
            self.pending = True

    def can_run(self):
        if self.options.life:
            return self.pending and not self.freezer.frozen
        return self.pending

    def start(self):
        self.pending = False
        if self.options.life:
            self.running = True

    def finish(self):
        if self.options.life:
            self.running = False

    def idle(self):
        if self.options.life:
            return not self.pending and not self.running
        return not self.pending
