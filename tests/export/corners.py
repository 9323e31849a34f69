"""Small systems for the corners of the translations: what a step may do without changing
anything, fairness that is served by it, deadlocks of locks, every type and every check."""
from checker import (ANY, Bool, Component, Enum, Index, Int, Lock, Map, Maybe, Queue, Range, Record,
                     Set, Var, Wrapping, eventually, invariant, leads_to, maybe, pick, process,
                     sometimes, step, step_invariant, until)

WHO, SLOT = Index("who", 2), Range(3)
Spare = Record(slot=SLOT, full=Bool)
Parcel = Record(who=WHO, last=Bool)


class Idle(Component):
    """A process that may step without getting anywhere, and be fair in doing so."""

    instances = {"weak": {}, "forced": dict(idles=False)}

    def __init__(self, *, idles=True):
        self.done = Bool
        self.rounds = Int(0, 2)
        self.idles = idles

    @process(fair="weak")
    async def worker(self):
        while True:
            await step("work")
            if self.done:
                return
            if not self.idles or maybe("go on"):
                self.done = True

    @process(daemon=True)
    async def other(self):
        while True:
            await step("turn")
            self.rounds = (self.rounds + 1) % 3

    @eventually
    def finishes(self):
        return self.done

    @leads_to
    def round_and_round(self):
        return self.rounds == 0, self.rounds == 2


class Strong(Component):
    """Able to step again and again, but not always: strong fairness decides."""

    instances = {"strong": {}}

    def __init__(self):
        self.open = Bool
        self.through = Bool

    @process(daemon=True, fair="weak")
    async def door(self):
        while True:
            await step("turn")
            self.open = not self.open

    @process(fair="strong")
    async def guest(self):
        await until(lambda: self.open, "pass")
        self.through = True

    @eventually
    def gets_through(self):
        return self.through


class Still(Component):
    """A step invariant that only a step without a change breaks."""

    instances = {"breaks": {}, "holds": dict(idles=False)}

    def __init__(self, *, idles=True):
        self.count = Int(0, 3)
        self.idles = idles

    @process(daemon=True)
    async def turn(self):
        while True:
            await step("turn")
            if not self.idles or maybe("turn"):
                self.count = (self.count + 1) % 4

    @step_invariant
    def moves(self, before, after):
        return before.count != after.count


class Crossed(Component):
    """Two locks taken in two orders: a deadlock although somebody else can step."""

    instances = {"crossed": {}, "same": dict(crossed=False), "left": dict(leaves=True)}

    def __init__(self, *, crossed=True, leaves=False):
        self.first = Lock
        self.second = Lock
        self.ticks = Int(0, 1)
        self.crossed = crossed
        self.leaves = leaves

    @process
    async def one(self):
        async with self.first:
            async with self.second:
                await step("one works")
                self.ticks = 0

    @process
    async def two(self):
        if self.crossed:
            async with self.second:
                async with self.first:
                    await step("two works")
                    self.ticks = 1
        else:
            await self.first.acquire()
            await step("two works")
            self.ticks = 1
            if not self.leaves:
                self.first.release()

    @process(daemon=True)
    async def tick(self):
        while True:
            await step("tick")
            self.ticks = 1 - self.ticks

    @sometimes
    def both_worked(self):
        return self.ticks == 1 and not self.first.locked()


class Zoo(Component):
    """Every type of the language, in the state and in locals, with checks that fail."""

    instances = {"all": {}, "careless": dict(careful=False)}

    def __init__(self, *, careful=True):
        self.who = WHO
        self.slot = SLOT
        self.level = Int(-2, 2, init=ANY)
        self.byte = Wrapping(2)
        self.colour = Enum("red", "green", "end", init="green")
        self.owner = Maybe(self.who)
        self.spare = Maybe(Spare)
        self.members = Set(self.slot)
        self.shape = Map(self.who, Record(colour=Enum("red", "green", "end"), size=Int(1, 3)))
        self.box = Queue(Parcel, 2)
        self.last = Var(self.slot)
        self.careful = careful

    @process(each="who")
    async def visit(self, w):
        await step("arrive")
        self.byte += 3
        self.owner = w
        self.box.put(self.shape_of(w))
        n = pick((s for s in self.slot if s not in self.members), "slot")
        self.members.add(n)
        await step("count")
        if not self.careful or self.level < 2:
            self.level += 1 + n // 2
        self.spare = Spare(slot=n, full=len(self.members) > 1)
        for v in self.who:
            self.shape[v].size = 3 if self.shape[v].size == 1 else 1
        kept = await self.box.get()
        if kept.last or self.owner == w:
            self.owner = None
            self.colour = "end"
        self.last = sum(1 for s in self.slot if s in self.members) - 1

    def shape_of(self, w):
        return Parcel(who=w, last=len(self.box) > 0)

    @invariant
    def nobody_is_green(self):
        return all(self.shape[w].colour == "red" for w in self.who)

    @sometimes
    def full(self):
        return self.spare is not None and self.spare.full and len(self.box) == 0
