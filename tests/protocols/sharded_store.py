"""A sharded key-value store, as `sharded_kv` in Ivy, IC3PO and mypyvy.

Every key belongs to at most one node; resharding sends a key and its value to another one.
"""
from checker import (Bool, Component, Fault, Index, Map, Maybe, invariant, pick, process,
                     sometimes, step, until)


class ShardedStore(Component):
    """Nodes keep values for the keys that they own."""

    instances = {"small": dict(nodes=2, keys=1, values=2), "ci": dict(nodes=2, keys=2, values=2)}
    faults = [Fault("keeps_a_copy", breaks="one_owner", cite="seeded", forgets=False)]

    def __init__(self, *, nodes=2, keys=1, values=2, forgets=True):
        self.node = Index("node", nodes)
        self.key = Index("key", keys)
        self.value = Index("value", values)
        self.table = Map(self.node, self.key, Maybe(self.value))
        self.moving = Map(self.node, self.key, Maybe(self.value))     # the message to a node
        self.assigned = Map(self.key, Bool)
        self.forgets = forgets

    @process(each="key")
    async def assign(self, k):
        await step("assign")
        n = pick(self.node, "owner")
        v = pick(self.value, "value")
        self.table[n, k] = v
        self.assigned[k] = True

    @process(each="key", daemon=True)
    async def reshard(self, k):
        while True:
            await until(lambda: any(self.table[n, k] is not None for n in self.node), "reshard")
            n = pick((n for n in self.node if self.table[n, k] is not None), "from")
            m = pick(self.node, "to")
            self.moving[m, k] = self.table[n, k]
            if self.forgets:
                self.table[n, k] = None

    @process(each="key", daemon=True)
    async def receive(self, k):
        while True:
            await until(lambda: any(self.moving[n, k] is not None for n in self.node), "receive")
            n = pick((n for n in self.node if self.moving[n, k] is not None), "at")
            self.table[n, k] = self.moving[n, k]
            self.moving[n, k] = None

    @process(each="key", daemon=True)
    async def put(self, k):
        while True:
            await until(lambda: any(self.table[n, k] is not None for n in self.node), "put")
            n = pick((n for n in self.node if self.table[n, k] is not None), "at")
            v = pick(self.value, "value")
            self.table[n, k] = v

    @invariant
    def one_owner(self):
        return all(self.table[n, k] is None or self.table[m, k] is None
                   for k in self.key for n in self.node for m in self.node if n != m)

    @sometimes
    def on_its_way(self):
        return any(self.moving[n, k] is not None for n in self.node for k in self.key)
