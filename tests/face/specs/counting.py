"""Threads that count under a lock, with rules and without."""
from checker import Component, Index, Int, Lock, invariant, process, sometimes, step, until


class Counting(Component):
    """Whoever holds the lock is inside; in the end everybody was."""

    instances = {"ci": {}, "unruled": dict(ruled=False), "alone": dict(threads=1)}

    def __init__(self, *, threads=2, ruled=True):
        self.thread = Index("thread", threads)
        self.lock = Lock
        self.inside = Int(0, threads)
        self.total = Int(0, threads)
        self.ruled = ruled
        self.threads = threads

    @process(each="thread")
    async def work(self, t):
        await until(lambda: self.total >= 0, "begin")
        async with self.lock:
            self.inside += 1
            await step("leave")
            self.inside -= 1
            if self.total < self.threads:
                self.total += 1

    @invariant
    def counted(self):
        return self.inside + self.total <= self.threads

    @invariant(when="ruled")
    def one_at_a_time(self):
        return self.inside <= 1

    @sometimes
    def everybody_was_inside(self):
        return self.total == self.threads
