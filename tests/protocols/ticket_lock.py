"""A ticket lock, as `ticket` in Ivy and endive; every thread takes one ticket."""
from checker import (Bool, Component, Fault, Index, Int, Map, invariant, process, sometimes,
                     step, until)


class TicketLock(Component):
    """Threads draw numbers and enter in their order."""

    instances = {"small": dict(threads=2), "ci": dict(threads=3)}
    faults = [Fault("barges", breaks="mutual_exclusion", cite="seeded", waits=False)]

    def __init__(self, *, threads=2, waits=True):
        self.thread = Index("thread", threads)
        self.next = Int(0, threads)
        self.serving = Int(0, threads)
        self.ticket = Map(self.thread, Int(0, threads))
        self.inside = Map(self.thread, Bool)
        self.waits = waits

    @process(each="thread")
    async def thread_of(self, t):
        await step("draw")
        self.ticket[t] = self.next
        self.next += 1
        if self.waits:
            await until(lambda: self.ticket[t] == self.serving, "enter")
        else:
            await until(lambda: self.ticket[t] >= self.serving, "enter")
        self.inside[t] = True
        await step("leave")
        self.inside[t] = False
        self.serving += 1

    @invariant
    def mutual_exclusion(self):
        return all(not (self.inside[t] and self.inside[u])
                   for t in self.thread for u in self.thread if t != u)

    @sometimes
    def two_wait(self):
        return self.next == self.serving + 2
