"""A spec whose lemma has to be found, or is kept: for the proofs of every size."""

TOKENS = '''
"""Tokens: how many are given away is counted."""
from checker import Bool, Component, Index, Int, Map, invariant, process, sometimes, step


class Tokens(Component):
    instances = {"ci": dict(clients=2), "other": dict(clients=3, spare=1)}

    def __init__(self, clients=2, wrong=False, spare=0):
        self.client = Index("client", clients)
        self.taken = Int(0, clients + spare)
        self.has = Map(self.client, Bool)
        self.wrong = wrong

    @process(each="client")
    async def work(self, c):
        while True:
            await step("take")
            self.taken += 1
            self.has[c] = True
            await step("give back")
            self.taken -= 1
            self.has[c] = self.wrong

    @invariant
    def counted(self):
        return self.taken == sum(self.has[c] for c in self.client)

    @invariant
    def never_negative(self):
        return self.taken >= 0

    @sometimes
    def all_taken(self):
        return all(self.has[c] for c in self.client)
'''
