"""The lock server of Verdi and Ivy: request, grant, hold, unlock, all by messages.

As `lockserv` in mypyvy and endive: one lock, messages are sets of senders or receivers.
"""
from checker import Bool, Component, Index, Map, invariant, process, sometimes, until


class LockServer(Component):
    """Clients ask a server for its lock; nobody but the holder gives it back."""

    instances = {"small": dict(nodes=2), "ci": dict(nodes=3)}

    def __init__(self, *, nodes=2):
        self.node = Index("node", nodes)
        self.requested = Map(self.node, Bool)
        self.granted = Map(self.node, Bool)
        self.released = Map(self.node, Bool)
        self.holds = Map(self.node, Bool)
        self.server_holds = Bool(init=True)

    @process(each="node", daemon=True)
    async def ask(self, n):
        while True:
            await until(lambda: not self.requested[n], "ask")
            self.requested[n] = True

    @process(each="node", daemon=True)
    async def grant(self, n):
        while True:
            await until(lambda: self.requested[n] and self.server_holds, "grant")
            self.server_holds = False
            self.requested[n] = False
            self.granted[n] = True

    @process(each="node", daemon=True)
    async def take(self, n):
        while True:
            await until(lambda: self.granted[n], "take")
            self.granted[n] = False
            self.holds[n] = True

    @process(each="node", daemon=True)
    async def release(self, n):
        while True:
            await until(lambda: self.holds[n], "release")
            self.holds[n] = False
            self.released[n] = True

    @process(each="node", daemon=True)
    async def get_back(self, n):
        while True:
            await until(lambda: self.released[n], "get back")
            self.released[n] = False
            self.server_holds = True

    @invariant
    def mutual_exclusion(self):
        return all(not (self.holds[n] and self.holds[m])
                   for n in self.node for m in self.node if n != m)

    @sometimes
    def somebody_holds(self):
        return any(self.holds[n] for n in self.node)
