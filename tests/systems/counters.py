"""Counters that go round on their own: modulus ** n states, n steps from each."""
from checker import Component, Int, Map, Range, process, sometimes, step


class Counters(Component):
    """The plainest large system there is; for counts, and for speed."""

    instances = {"small": dict(counters=4, modulus=4), "large": dict(counters=8, modulus=6),
                 "billion": dict(counters=9, modulus=10)}

    def __init__(self, *, counters=4, modulus=4):
        self.slot = Range(counters)
        self.counter = Map(self.slot, Int(0, modulus - 1))
        self.modulus = modulus

    @process(each="slot", daemon=True)
    async def count(self, i):
        while True:
            await step("tick")
            self.counter[i] = (self.counter[i] + 1) % self.modulus

    @sometimes
    def all_at_the_top(self):
        return all(self.counter[i] == self.modulus - 1 for i in self.slot)
