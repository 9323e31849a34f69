"""A lamp that goes on and off for ever, and somebody who waits for a question that nobody asks."""
from checker import Bool, Component, eventually, process, step, until


class Lamp(Component):
    instances = {"small": {}}

    def __init__(self):
        self.lit = Bool
        self.asked = Bool

    @process(daemon=True, fair="weak")
    async def lamp(self):
        while True:
            await step("on")
            self.lit = True
            await step("off")
            self.lit = False

    @process(daemon=True, fair="weak")
    async def answer(self):
        await until(lambda: self.asked, "answer")
        self.asked = False

    @eventually
    def somebody_asks(self):
        return self.asked
