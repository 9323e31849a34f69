"""A number that other tools have no room for."""
from checker import Component, Int, process, step


class Wide(Component):
    instances = {"wide": {}}

    def __init__(self):
        self.seconds = Int(0, 2 ** 40)

    @process(daemon=True)
    async def tick(self):
        while True:
            await step("tick")
            self.seconds = (self.seconds + 1) % 3
