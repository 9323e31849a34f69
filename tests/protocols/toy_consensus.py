"""Toy consensus: nodes vote once, a value is decided when a quorum voted for it.

As `toy_consensus_forall` in Ivy, IC3PO and endive. Quorums are sets of nodes, arbitrary ones; only
a quorum that meets every other counts, which stands for the axiom of the originals.
"""
from checker import (ANY, Bool, Component, Fault, Index, Map, Maybe, Set, invariant, pick,
                     process, sometimes, until)


class ToyConsensus(Component):
    """At most one value is decided."""

    instances = {"small": dict(nodes=2, quorums=2, values=2)}
    faults = [Fault("votes_again", breaks="one_decision", cite="seeded", votes_once=False)]

    def __init__(self, *, nodes=2, quorums=2, values=2, votes_once=True):
        self.node = Index("node", nodes)
        self.quorum = Index("quorum", quorums)
        self.value = Index("value", values)
        self.member = Map(self.quorum, Set(self.node, init=ANY))
        self.valid = Map(self.quorum, Bool)
        self.vote = Map(self.node, Maybe(self.value))
        self.decided = Map(self.value, Bool)
        self.votes_once = votes_once

    def meets_all(self, q):
        return all(any(n in self.member[q] and n in self.member[r] for n in self.node)
                   for r in self.quorum)

    def all_voted(self, q, v):
        return all(self.vote[n] == v for n in self.node if n in self.member[q])

    @process(each="quorum")
    async def validate(self, q):
        await until(lambda: self.meets_all(q), "validate")
        self.valid[q] = True

    @process(each="node", daemon=True)
    async def cast(self, n):
        while True:
            await until(lambda: self.vote[n] is None or not self.votes_once, "cast")
            v = pick(self.value, "value")
            self.vote[n] = v

    @process(each="value", daemon=True)
    async def decide(self, v):
        while True:
            await until(lambda: any(self.valid[q] and self.all_voted(q, v)
                                    for q in self.quorum), "decide")
            self.decided[v] = True

    @invariant
    def one_decision(self):
        return all(not (self.decided[v] and self.decided[w])
                   for v in self.value for w in self.value if v != w)

    @sometimes
    def something_decided(self):
        return any(self.decided[v] for v in self.value)
