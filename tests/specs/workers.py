"""Threads that prepare something each by itself, then add it to a sum under a lock."""
from checker import (Component, Index, Int, Lock, Map, invariant, pick, process, sometimes,
                     step)


class Workers(Component):
    """Made for partial order: what a thread does by itself concerns nobody else."""

    instances = {"small": dict(threads=2), "ci": dict(threads=4), "large": dict(threads=6)}

    def __init__(self, *, threads=2):
        self.thread = Index("thread", threads)
        self.most = 2 * threads
        self.prepared = Map(self.thread, Int(0, 2))
        self.total = Int(0, self.most)
        self.seen = Int(0, self.most)
        self.lock = Lock

    @process(each="thread")
    async def worker(self, t):
        await step("begin")
        self.prepared[t] = 1
        await step("choose")
        self.prepared[t] = pick((1, 2), "how much")
        await step("take")
        mine = self.prepared[t]
        async with self.lock:
            before = self.seen
            await step("add")
            self.seen = before + mine
            await step("publish")
            self.total = self.seen

    @invariant
    def bounded(self):
        return self.total <= self.most

    @sometimes
    def as_much_as_can_be(self):
        return self.total == self.most
