from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.int1 = Int(0, 2, init=0)
        self.maybe2 = Maybe(self.group)
        self.bool3 = Bool
        self.lock4 = Lock
        self.map5 = Map(self.group, Wrapping(2))

    def pure7(self, a6):
        if any((True for q8 in (0, 2))):
            return implies(False, False)
        return all((a6 != 0 and 2 % a6 > 0 for q9 in MODE if a6 > a6))

    def plain11(self, a10):
        for i12 in range(2):
            c13 = fails('f')
        for i14 in (2, 0):
            self.int1 = max(0, min(-1 // -2, 2))
            for g15 in self.group:
                if True:
                    self.int1 += 0
        if self.pure7(1 + -1):
            for i16 in self.slot:
                if implies(False, True):
                    continue
                x17 = PAIR(left=i16, flag=a10 != i16)
        else:
            x18 = 'c' if all((False for q19 in range(1, 3) if a10 <= q19 for q20 in (0, 2) if q19 == 0 or q20 % q19 != 1)) else 'a' if True else 'c'
        return 'a' if self.bool3 else 'b'

    def plain23(self, a21, a22):
        if self.lock4.try_acquire():
            self.map5[a22] -= 1
            self.lock4.release()
        return abs(a21) % 2

    async def async25(self, a24):
        if 0 != self.int1 <= -1 // 2 % self.int1:
            x26 = a24
            while True:
                await step('s27')
                if self.lock4.try_acquire():
                    self.int1 -= 2
                    self.lock4.release()
        return 'b' if self.bool3 else 'c'

    @process(each='group')
    async def run0(self, me):
        await step('s28')
        x29 = me
        if True:
            x30: Maybe(self.slot) = 1 - 1
            self.int1 += 2
        await step('s31')
        for i32 in (2, 0):
            while any((True for q33 in range(1, 3))):
                await step('s34')
                if self.pure7(self.map5[x29]):
                    return
                c35 = pick((y for y in self.slot if y != i32 >= 3))
            if self.lock4.try_acquire():
                c36 = pick(('a', 'c'))
                self.lock4.release()
        self.bool3 = self.map5[x29] != 0 and self.map5[me] % self.map5[x29] > 0

    @process(times=2, daemon=True)
    async def run1(self):
        await step('s38')
        while True:
            if False:
                if self.bool3 or self.bool3:
                    break
            for i39 in ('b', 'a'):
                for i40 in range(2):
                    await step('s42')
                    x43: MODE = ('c' if self.bool3 else i39) if not True else i39 if True else 'b'
                while self.lock4.locked():
                    await step('s44')
                    self.int1 += 1
            assert self.lock4.locked()
            await step('s45')

    @invariant
    def property0(self):
        return ((self.bool3 if self.bool3 else False) if self.pure7(sum((self.int1 for q46 in MODE if not self.bool3))) else self.bool3) or self.pure7(a6=-1)
