"""Leader election in a ring (Chang and Roberts, 1979): the greatest number comes round.

The order of the numbers and the ring are arithmetic over a Range, so this has no any-size proof
here; it is explored at fixed sizes.
"""
from checker import Bool, Component, Map, Range, Set, invariant, pick, process, sometimes, until


class RingElection(Component):
    """Nodes pass on numbers greater than their own; who gets its own back is the leader."""

    instances = {"small": dict(nodes=3), "ci": dict(nodes=4)}

    def __init__(self, *, nodes=3):
        self.node = Range(nodes)
        self.nodes = nodes
        self.inbox = Map(self.node, Set(self.node))
        self.leader = Map(self.node, Bool)

    @process(each="node", daemon=True)
    async def begin(self, n):
        while True:
            await until(lambda: n not in self.inbox[(n + 1) % self.nodes], "begin")
            self.inbox[(n + 1) % self.nodes].add(n)

    @process(each="node", daemon=True)
    async def receive(self, n):
        while True:
            await until(lambda: len(self.inbox[n]) > 0, "receive")
            m = pick(self.inbox[n], "number")
            self.inbox[n].discard(m)
            if m == n:
                self.leader[n] = True
            elif m > n:
                self.inbox[(n + 1) % self.nodes].add(m)

    @invariant
    def one_leader(self):
        return all(not (self.leader[n] and self.leader[m])
                   for n in self.node for m in self.node if n != m)

    @sometimes
    def elected(self):
        return any(self.leader[n] for n in self.node)
