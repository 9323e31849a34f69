"""The jugs of Die Hard (tlaplus/Examples, DieHard): four gallons are reached in six steps."""
from checker import Component, Int, invariant, process, step


class DieHard(Component):
    """A jug of three gallons, one of five; nobody has a measure."""

    instances = {"small": {}}

    def __init__(self):
        self.small = Int(0, 3)
        self.big = Int(0, 5)

    @process(daemon=True)
    async def fill_small(self):
        while True:
            await step("fill small")
            self.small = 3

    @process(daemon=True)
    async def fill_big(self):
        while True:
            await step("fill big")
            self.big = 5

    @process(daemon=True)
    async def empty_small(self):
        while True:
            await step("empty small")
            self.small = 0

    @process(daemon=True)
    async def empty_big(self):
        while True:
            await step("empty big")
            self.big = 0

    @process(daemon=True)
    async def small_to_big(self):
        while True:
            await step("small to big")
            poured = min(self.small, 5 - self.big)
            self.small -= poured
            self.big += poured

    @process(daemon=True)
    async def big_to_small(self):
        while True:
            await step("big to small")
            poured = min(self.big, 3 - self.small)
            self.big -= poured
            self.small += poured

    @invariant
    def not_solved(self):
        """Violated on purpose: the counterexample is the solution."""
        return self.big != 4
