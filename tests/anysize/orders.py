"""One of everything that an ordered set of any size can be used for, for the translation."""
from checker import (Bool, Component, Index, Int, Lock, Map, Maybe, Range, Record, Set, invariant,
                     maybe, pick, process, step, until)


class Orders(Component):
    """A row of slots with a cursor, shifted, counted and cleared; workers in a row of their own."""

    def __init__(self, *, slots=2, things=2):
        self.slot = Range(slots)
        self.thing = Index("thing", things)
        self.slots = slots
        self.row = Map(self.slot, Maybe(self.thing))
        self.filled = Int(0, slots)
        self.marked = Map(self.slot, Bool)
        self.beside = Map(Int(1, slots), Record(here=Bool, up=Maybe(self.slot)))
        self.chosen = Set(self.slot)
        self.lock = Lock
        self.last = Maybe(self.slot)
        self.full = Bool
        self.hand = Int(0, slots - 1)

    @process(daemon=True)
    async def fills(self):
        while True:
            await until(lambda: self.filled < self.slots, "fill")
            self.row[self.filled] = pick(self.thing, "thing")
            self.last = self.filled
            self.beside[self.filled + 1].up = self.filled
            self.filled += 1
            self.full = all(self.row[s] is not None for s in self.slot)

    @process(daemon=True)
    async def shifts(self):
        """Everything one place down; then what is marked is cleared from some place on."""
        while True:
            await until(lambda: self.filled > 0 and not self.lock.locked(), "shift")
            self.lock.try_acquire()
            for s in self.slot:
                if s == self.slots - 1:
                    self.row[s] = None
                else:
                    self.row[s] = self.row[s + 1]
            self.filled -= 1
            self.full = False
            await step("clear")
            start = pick(self.slot, "start")
            for s in range(1, self.slots):
                if self.marked[s] and s >= start:
                    self.marked[s] = False
                    self.chosen.add(s)
            for s in range(1, self.slots + 1):
                self.beside[s].here = s <= self.filled and not self.beside[s].here
            self.lock.release()

    @process(each="slot", daemon=True)
    async def marks(self, s):
        while True:
            await until(lambda: not self.lock.locked(), "look")
            self.lock.try_acquire()
            count: Int(0, self.slots) = s
            while count < self.slots:
                await step("mark")
                self.marked[s] = not any(self.marked[q] for q in self.slot if q < s)
                if maybe("choose"):
                    self.chosen.add(s)
                    self.marked[0] = True
                count += 1
            self.last = min(s, max(self.filled - 1, 0))
            self.lock.release()

    @process(daemon=True)
    async def turns(self):
        """Once round, either way."""
        while True:
            await step("turn")
            if maybe("back"):
                self.hand = (self.hand - 1) % self.slots
            else:
                self.hand = (self.hand + 1) % self.slots

    @invariant
    def counted(self):
        return self.filled == sum(self.row[s] is not None for s in self.slot) and len(
            self.chosen) <= self.slots

    @invariant
    def filled_from_below(self):
        return all(self.row[s] is not None for s in self.slot if s < self.filled)

    @invariant
    def marked_upwards(self):
        return sum(self.marked[s] for s in self.slot) <= self.slots
