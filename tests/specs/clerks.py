"""Clerks that draft a letter at their own desks, then send it through the one post office."""
from checker import Component, Index, Int, Map, invariant, maybe, pick, process, sometimes, step


class Clerks(Component):
    """Made for merging: of four steps, three concern the clerk's own desk."""

    instances = {"small": dict(clerks=2), "ci": dict(clerks=4), "large": dict(clerks=6)}

    def __init__(self, *, clerks=2):
        self.clerk = Index("clerk", clerks)
        self.most = 3 * clerks
        self.draft = Map(self.clerk, Int(0, 3))
        self.sent = Int(0, self.most)

    @process(each="clerk")
    async def write(self, c):
        await step("think")
        self.draft[c] = pick((1, 2), "how much")
        await step("read again")
        extra = maybe("an afterthought")
        await step("correct")
        self.draft[c] += int(extra)
        await step("send")
        self.sent += self.draft[c]

    @invariant
    def bounded(self):
        return self.sent <= self.most

    @sometimes
    def as_much_as_can_be(self):
        return self.sent == self.most
