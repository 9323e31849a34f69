"""Mutual exclusion by asking everybody, as `Ricart-Agrawala` in endive."""
from checker import Bool, Component, Fault, Index, Map, invariant, pick, process, sometimes, until


class RicartAgrawala(Component):
    """A node enters when all others have replied; who holds does not reply."""

    instances = {"small": dict(nodes=2), "ci": dict(nodes=3)}
    faults = [Fault("replies_to_all", breaks="mutual_exclusion", cite="seeded", polite=False)]

    def __init__(self, *, nodes=2, polite=True):
        self.node = Index("node", nodes)
        self.requested = Map(self.node, self.node, Bool)
        self.replied = Map(self.node, self.node, Bool)
        self.holds = Map(self.node, Bool)
        self.polite = polite

    @process(each="node", daemon=True)
    async def request(self, n):
        while True:
            await until(lambda: any(not self.requested[n, m] for m in self.node), "request")
            m = pick((m for m in self.node if not self.requested[n, m]), "of")
            self.requested[n, m] = True

    @process(each="node", daemon=True)
    async def reply(self, n):
        while True:
            await until(lambda: any(self.may_reply(n, m) for m in self.node), "reply")
            m = pick((m for m in self.node if self.may_reply(n, m)), "to")
            self.requested[m, n] = False
            self.replied[n, m] = True

    def may_reply(self, n, m):
        return n != m and self.requested[m, n] and (
            not self.polite or not self.replied[m, n] and not self.holds[n])

    @process(each="node", daemon=True)
    async def enter(self, n):
        while True:
            await until(lambda: all(self.replied[m, n] for m in self.node if m != n), "enter")
            self.holds[n] = True

    @process(each="node", daemon=True)
    async def leave(self, n):
        while True:
            await until(lambda: self.holds[n], "leave")
            self.holds[n] = False
            for m in self.node:
                self.replied[m, n] = False

    @invariant
    def mutual_exclusion(self):
        return all(not (self.holds[n] and self.holds[m])
                   for n in self.node for m in self.node if n != m)

    @sometimes
    def somebody_holds(self):
        return any(self.holds[n] for n in self.node)
