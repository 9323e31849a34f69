"""How votes are counted: a bool, a counter, one signed counter, two and four counters.

A vote has a kind. "disable": no page may be discarded. "uncoordinated": only whoever tells the
RamDiscardManager may discard. "require": somebody will discard. "coordinated": somebody will, and
tells. Versions that do not know the finer kinds count them with the coarser one.

`take` answers whether the vote was accepted. `give` never fails and never asks whether there was
a vote to give back: no version has handles for the owners of votes.
"""
from checker import Bool, Component, Int, Lock, Wrapping, step, until

from spec.vfio_balloon.components import Inhibitor

KINDS = ("disable", "uncoordinated", "require", "coordinated")


class Count(Component):
    """One counter: an integer, or an unsigned number of `bits` bits that wraps around in silence.

    The integer stays at -1 and at `most`, one more than honest users can hold: where it gets
    there, `votes_counted` is violated already, and the search stays finite.
    """

    def __init__(self, most: int, bits: int):
        self.count = Wrapping(bits) if bits else Int(-1, most, init=0)
        self.wraps = bits > 0
        self.most = most
        self.bottom = 2 ** bits - 1 if bits else -1     # where one release too many leads

    def up(self):
        if self.wraps:
            self.count += 1
        else:
            self.count = min(self.count + 1, self.most)

    def down(self):
        if self.wraps:
            self.count -= 1
        else:
            self.count = max(self.count - 1, -1)

    def positive(self):
        return self.count > 0


class OneSided(Component):
    """balloon.c: until 2020 pages could be inhibited from being discarded, and no more.

    371ff5a3f04c has a bool, where the last caller wins; 01ccbec7bdf6 an atomic counter.
    """

    kinds = ("disable",)
    split = False

    def __init__(self, most, bits, arithmetic):
        self.inhibitor = Inhibitor(most, arithmetic)

    async def take(self, kind, label, source):
        await self.inhibitor.vote(label, source)
        return True

    async def give(self, kind, label, source):
        await self.inhibitor.withdraw(label, source)

    def is_disabled(self):
        return self.inhibitor.inhibited()

    def is_required(self):
        return False

    async def ask(self, label, source):
        """qemu_balloon_is_inhibited: a plain read."""
        await step(label, source=source)
        return self.inhibitor.inhibited()


class Signed(Component):
    """softmmu/physmem.c at d24f31db3bcb: one signed number, positive disabled, negative required.

    Taking is a loop around compare-and-swap; giving back is one atomic addition. With
    arithmetic="store" the swap does not compare.
    """

    kinds = ("disable", "require")
    split = False

    def __init__(self, most, bits, arithmetic):
        self.balance = Int(-most, most, init=0)
        self.most = most
        self.compares = arithmetic == "exact"

    async def take(self, kind, label, source):
        while True:
            await step(label, source=source)
            seen = self.balance
            if kind == "disable" or kind == "uncoordinated":
                if seen < 0:
                    return False
            elif seen > 0:
                return False
            await step(f"{label}: swap", source=source)
            if not self.compares or self.balance == seen:
                if kind == "disable" or kind == "uncoordinated":
                    self.balance = min(seen + 1, self.most)
                else:
                    self.balance = max(seen - 1, -self.most)
                return True

    async def give(self, kind, label, source):
        await step(label, source=source)
        if kind == "disable" or kind == "uncoordinated":
            self.balance = max(self.balance - 1, -self.most)
        else:
            self.balance = min(self.balance + 1, self.most)

    def is_disabled(self):
        return self.balance > 0

    def is_required(self):
        return self.balance < 0

    async def ask(self, label, source):
        await step(label, source=source)
        return self.balance > 0


class WithMutex(Component):
    """What the versions with counters and a mutex share; they differ in who refuses whom.

    With arithmetic="unlocked" the same steps are taken without the mutex.
    """

    def __init__(self, most, bits, arithmetic):
        self.disabled = Count(most, bits)
        self.required = Count(most, bits)
        self.mutex = Lock
        self.locks = arithmetic == "exact"

    async def enter(self, label, source):
        if self.locks:
            await until(lambda: not self.mutex.locked(), label, source=source)
            self.mutex.try_acquire()
        else:
            await step(label, source=source)

    def leave(self):
        if self.locks:
            self.mutex.release()

    async def take(self, kind, label, source):
        await self.enter(label, source)
        if self.refused(kind):
            self.leave()
            return False
        await step(f"{label}: count", source=source)
        self.up(kind)
        self.leave()
        return True

    async def give(self, kind, label, source):
        await self.enter(label, source)
        self.down(kind)
        self.leave()


class TwoCounters(WithMutex):
    """softmmu/physmem.c at 98da491dff55: a counter for either side."""

    kinds = ("disable", "require")
    split = False

    def refused(self, kind):
        if kind == "disable" or kind == "uncoordinated":
            return self.required.positive()
        return self.disabled.positive()

    def up(self, kind):
        if kind == "disable" or kind == "uncoordinated":
            self.disabled.up()
        else:
            self.required.up()

    def down(self, kind):
        if kind == "disable" or kind == "uncoordinated":
            self.disabled.down()
        else:
            self.required.down()

    def is_disabled(self):
        return self.disabled.positive()

    def is_required(self):
        return self.required.positive()

    async def ask(self, label, source):
        """ram_block_discard_is_disabled: no lock."""
        await step(label, source=source)
        return self.is_disabled()


class FourCounters(WithMutex):
    """softmmu/physmem.c since 7e6d32ebf790: each side has its uncoordinated or coordinated twin.

    matrix names a refusal that is forgotten: "coordinated", a coordinated discard is one too;
    "uncoordinated", whoever follows coordinated discards can not follow others.

    With `asked`, a rule wants that an answer was true at some moment of the question, and two
    variables are there for it. `free_seen`: at some moment since the first load nothing was
    disabled. `torn`: there was no such moment, and the answer was that nothing is disabled.
    """

    kinds = KINDS
    split = True

    def __init__(self, most, bits, arithmetic, matrix="exact", asked=False):
        super().__init__(most, bits, arithmetic)
        self.uncoordinated = Count(most, bits)
        self.coordinated = Count(most, bits)
        self.forgets = matrix
        self.asked = asked
        if asked:
            self.free_seen = Bool
            self.torn = Bool

    def refused(self, kind):
        if kind == "disable":
            if self.forgets == "coordinated":
                return self.required.positive()
            return self.required.positive() or self.coordinated.positive()
        if kind == "uncoordinated":
            if self.forgets == "uncoordinated":
                return False
            return self.required.positive()
        if kind == "require":
            return self.disabled.positive() or self.uncoordinated.positive()
        return self.disabled.positive()

    def up(self, kind):
        if kind == "disable":
            self.disabled.up()
        elif kind == "uncoordinated":
            self.uncoordinated.up()
        elif kind == "require":
            self.required.up()
        else:
            self.coordinated.up()

    def down(self, kind):
        if kind == "disable":
            self.disabled.down()
        elif kind == "uncoordinated":
            self.uncoordinated.down()
        elif kind == "require":
            self.required.down()
        else:
            self.coordinated.down()
        if self.asked:
            self.free_seen = self.free_seen or not self.is_disabled()

    def is_disabled(self):
        return self.disabled.positive() or self.uncoordinated.positive()

    def is_required(self):
        return self.required.positive() or self.coordinated.positive()

    async def ask(self, label, source):
        """ram_block_discard_is_disabled: two loads, no lock."""
        await step(label, source=source)
        if self.asked:
            self.free_seen = not self.is_disabled()
        if self.disabled.positive():
            return True
        await step(f"{label}: second load", source=source)
        disabled = self.uncoordinated.positive()
        if self.asked:
            self.torn = self.torn or not disabled and not self.free_seen
            self.free_seen = False
        return disabled
