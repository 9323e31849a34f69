"""Two threads that take two locks in opposite order, and count what they did."""
from checker import Component, Int, Lock, fails, invariant, process, step


class Toy(Component):
    instances = {"small": {}}

    def __init__(self):
        self.a = Lock
        self.b = Lock
        self.count = Int(0, 2)

    @process
    async def left(self):
        await step("begin left")
        async with self.a:
            async with self.b:
                await step("count left")
                if not fails("left"):
                    self.count += 1

    @process
    async def right(self):
        await step("begin right")
        async with self.b:
            async with self.a:
                await step("count right")
                self.count += 1

    @invariant
    def never_two(self):
        return self.count < 2
