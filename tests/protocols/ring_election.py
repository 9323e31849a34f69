"""Leader election in a ring (Chang and Roberts, 1979): the greatest number comes round.

As `toy_leader` in Ivy and `ring_leader_election` in mypyvy. Nodes have any numbers; where two are
alike nobody begins, which stands for the axiom of the originals that numbers are unique.
"""
from checker import (ANY, Bool, Component, Fault, Map, Range, Set, invariant, pick, process,
                     sometimes, until)


class RingElection(Component):
    """Nodes pass on numbers greater than their own; who gets its own back is the leader."""

    instances = {"small": dict(nodes=3, numbers=3), "ci": dict(nodes=4, numbers=4)}
    faults = [Fault("passes_on_all", breaks="one_leader", cite="seeded", greater_only=False,
                    instance="small"),
              Fault("numbers_alike", breaks="one_leader", cite="seeded", unique=False)]

    def __init__(self, *, nodes=3, numbers=3, greater_only=True, unique=True):
        self.node = Range(nodes)
        self.nodes = nodes
        self.number = Map(self.node, Range(numbers, init=ANY))
        self.inbox = Map(self.node, Set(Range(numbers)))
        self.leader = Map(self.node, Bool)
        self.greater_only = greater_only
        self.unique = unique

    def numbers_differ(self):
        return all(self.number[n] != self.number[m]
                   for n in self.node for m in self.node if n != m)

    @process(each="node", daemon=True)
    async def begin(self, n):
        while True:
            await until(lambda: self.numbers_differ() or not self.unique, "begin")
            self.inbox[(n + 1) % self.nodes].add(self.number[n])

    @process(each="node", daemon=True)
    async def receive(self, n):
        while True:
            await until(lambda: len(self.inbox[n]) > 0, "receive")
            m = pick(self.inbox[n], "number")
            self.inbox[n].discard(m)
            if m == self.number[n]:
                self.leader[n] = True
            elif m > self.number[n] or not self.greater_only:
                self.inbox[(n + 1) % self.nodes].add(m)

    @invariant
    def one_leader(self):
        return all(not (self.leader[n] and self.leader[m])
                   for n in self.node for m in self.node if n != m)

    @sometimes
    def elected(self):
        return any(self.leader[n] for n in self.node)
