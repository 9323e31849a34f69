"""Specs that are not as they declare, one reason each."""
from checker import (Component, Fault, Int, Map, Range, invariant, process, sometimes, step,
                     until)


class Broken(Component):
    """The invariant fails and nobody said so."""

    instances = {"ci": {}}

    def __init__(self, *, most=2):
        self.n = Int(0, 5)
        self.turns = Range(3)
        self.most = most

    @process
    async def count(self):
        for _ in self.turns:
            await step("count")
            self.n += 1

    @invariant
    def low(self):
        return self.n <= self.most


class Harmless(Component):
    """One fault breaks nothing, the other one something else."""

    instances = {"ci": {}}
    faults = [Fault("idle", breaks="low", goal=2), Fault("other", breaks="low", goal=4)]

    def __init__(self, *, goal=3):
        self.n = Int(0, 3)
        self.goal = goal

    @process
    async def count(self):
        await step("begin")
        while self.n < self.goal:
            self.n += 1
            await step("count")

    @invariant
    def low(self):
        return self.n <= 3


class Vacuous(Component):
    """A step that is never taken, a state that is never reached."""

    instances = {"ci": {}}

    def __init__(self):
        self.n = Int(0, 3)

    @process(daemon=True)
    async def wait(self):
        await until(lambda: self.n == 3, "too late")
        self.n = 0

    @process
    async def count(self):
        await step("once")
        self.n += 1

    @sometimes
    def three(self):
        return self.n == 3


class Big(Component):
    """digits ** places states: as many as it takes."""

    instances = {"ci": dict(places=2), "huge": dict(places=12)}

    def __init__(self, *, places=2, digits=10):
        self.place = Range(places)
        self.digits = digits
        self.digit = Map(self.place, Int(0, digits - 1))

    @process(each="place")
    async def turn(self, p):
        while True:
            await step("turn")
            self.digit[p] = (self.digit[p] + 1) % self.digits

    @invariant
    def in_range(self):
        return all(self.digit[p] < self.digits for p in self.place)

    @sometimes
    def all_nine(self):
        return all(self.digit[p] == self.digits - 1 for p in self.place)


class Racy(Component):
    """Right as long as nobody is interrupted between reading and writing."""

    instances = {"ci": {}}

    def __init__(self):
        self.thread = Range(2)
        self.n = Int(0, 2)
        self.added = Int(0, 2)

    @process(each="thread")
    async def add(self, t):
        await step("add")
        seen = self.n
        self.n = seen + 1
        self.added += 1

    @invariant
    def counted(self):
        return self.added < 2 or self.n == 2
