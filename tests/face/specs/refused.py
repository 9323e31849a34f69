"""A spec that does not compile, in two places."""
from checker import Component, Int, invariant, process, step


class Refused(Component):
    """Uses what is not part of the language."""

    instances = {"ci": {}}

    def __init__(self, *, n=2):
        assert n < 5, "n is too large"
        self.n = Int(0, n)

    @process
    async def run(self):
        await step("go")
        try:
            self.n += 1
        except ValueError:
            pass

    @invariant
    def fine(self):
        return self.m == 0
