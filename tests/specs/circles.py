"""Nodes that count in circles: as many states as there can be, and all nodes alike or none."""
from checker import Component, Index, Int, Map, Var, process, sometimes, step


class Circles(Component):
    """Made for symmetry: nearly n! states in an orbit. With a leader, which is always the same
    node, two nodes are not alike; where each node also follows one, a state says so of pairs."""

    instances = {"small": dict(nodes=3, modulus=4), "large": dict(nodes=4, modulus=40),
                 "led": dict(nodes=2, modulus=4000, leader=True),
                 "following": dict(nodes=2, modulus=4000, leader=True, following=True)}

    def __init__(self, *, nodes=3, modulus=4, leader=False, following=False):
        self.node = Index("node", nodes)
        self.modulus = modulus
        self.count = Map(self.node, Int(0, modulus - 1))
        self.with_leader, self.following = leader, following
        if leader:
            self.leader = Var(self.node)
        if following:
            self.follows = Map(self.node, self.node)

    @process(each="node", daemon=True)
    async def circle(self, n):
        while True:
            await step("count")
            self.count[n] = (self.count[n] + 1) % self.modulus

    @sometimes(when="with_leader")
    def leader_ahead(self):
        return self.count[self.leader] == 3

    @sometimes(when="following")
    def behind(self):
        return any(self.count[self.follows[n]] == 3 and self.count[n] == 2 for n in self.node)

    @sometimes
    def together(self):
        return all(self.count[n] == 3 for n in self.node)
