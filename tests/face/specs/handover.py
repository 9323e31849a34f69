"""A sender hands items to a receiver through a slot; small, and as it should be."""
from checker import (Bool, Component, Fault, Index, Int, Maybe, Var, eventually, fails, invariant,
                     lemma, pick, process, sometimes, step, step_invariant, until)


class Handover(Component):
    """A slot for one item, a sender, and receivers that compete for it."""

    instances = {"small": dict(receivers=1), "ci": dict(receivers=2), "large": dict(receivers=3)}
    faults = [
        Fault("overwrite", breaks="nothing_lost", wait=False, cite="written down once too often"),
        Fault("two_takes", breaks=("nothing_lost", "overflow"), instance="small", take=2),
        Fault("lossy", breaks="arrives", finding=True, lossy=True),
    ]

    def __init__(self, *, receivers=2, items=2, wait=True, take=1, lossy=False):
        self.receiver = Index("receiver", receivers)
        self.full = Bool
        self.sent = Int(0, items)
        self.taken = Int(0, items)
        self.last = Var(Maybe(self.receiver))
        self.items = items
        self.wait = wait
        self.take = take
        self.lossy = lossy

    @process(fair="weak")
    async def send(self):
        await step("begin")
        while self.sent < self.items:
            if self.wait:
                await until(lambda: not self.full, "slot is free", source="ring.c:put")
            else:
                await step("slot is free", source="ring.c:put")
            self.sent += 1
            if self.lossy and fails("send"):
                return
            self.full = True

    @process(fair="weak", daemon=True)
    async def receive(self):
        while True:
            await until(lambda: self.full, "item is there")
            self.last = pick(self.receiver, "by")
            self.full = False
            self.taken += self.take

    @invariant
    def nothing_lost(self):
        """What was sent was taken, or is in the slot."""
        return self.lossy or self.sent == self.taken + (1 if self.full else 0)

    @lemma
    def no_more_taken_than_sent(self):
        return self.take > 1 or self.taken <= self.sent

    @step_invariant
    def never_untaken(self, before, after):
        return before.taken <= after.taken

    @sometimes
    def somebody_received(self):
        return self.last is not None

    @eventually
    def arrives(self):
        """Everything arrives in the end."""
        return not self.wait or self.take > 1 or self.taken == self.items
