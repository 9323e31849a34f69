"""A lock that is handed from node to node, as `simple_decentralized_lock` in endive."""
from checker import (Bool, Component, Fault, Index, Map, invariant, pick, process, sometimes, step,
                     until)


class DecentralizedLock(Component):
    """Who has the lock may send it to another node; a message is taken once."""

    instances = {"small": dict(nodes=2), "ci": dict(nodes=3)}
    faults = [Fault("keeps_a_copy", breaks="one_holder", cite="seeded", hands_over=False)]

    def __init__(self, *, nodes=2, hands_over=True):
        self.node = Index("node", nodes)
        self.message = Map(self.node, self.node, Bool)
        self.has_lock = Map(self.node, Bool)
        self.started = Bool
        self.hands_over = hands_over

    @process
    async def start(self):
        await step("give the lock to one")
        n = pick(self.node, "first")
        self.has_lock[n] = True
        self.started = True

    @process(each="node", daemon=True)
    async def send(self, n):
        while True:
            await until(lambda: self.has_lock[n], "send")
            m = pick((m for m in self.node if m != n or self.has_lock[m]), "receiver")
            self.message[n, m] = True
            if self.hands_over:
                self.has_lock[n] = False

    @process(each="node", daemon=True)
    async def receive(self, n):
        while True:
            await until(lambda: any(self.message[m, n] for m in self.node), "receive")
            m = pick((m for m in self.node if self.message[m, n]), "sender")
            self.message[m, n] = False
            self.has_lock[n] = True

    @invariant
    def one_holder(self):
        return all(not (self.has_lock[n] and self.has_lock[m])
                   for n in self.node for m in self.node if n != m)

    @sometimes
    def somebody_holds(self):
        return any(self.has_lock[n] for n in self.node)
