from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.set1 = Set(self.group)
        self.int2 = Int(-1, 1)
        self.int3 = Int(-1, 1, init=-1)
        self.map4 = Map(self.slot, self.slot)
        self.lock5 = Lock

    def pure7(self, a6):
        return self.set1 > self.set1 if self.lock5.locked() else not False

    @process(each='slot')
    async def run0(self, me):
        await step('s8')
        await until(lambda: (True if True else True) and any((False for q9 in self.slot)), 'u10')
        self.map4[me] += 1
        c11 = fails('f')
        while self.lock5.locked():
            await step('s12')
            await until(lambda: self.pure7(self.lock5.locked()), 'u13')
            while self.set1 >= self.set1:
                await step('s14')
                await until(lambda: all((self.map4[0] > 0 for q15 in (0, 2))), 'u16')
                await step('s17')
        c18 = pick(('a', 'c'))
        await step('s19')

    @process(times=2)
    async def run1(self):
        await step('s20')
        while 2 <= self.int2:
            await step('s21')
            c22 = fails('f')
            if all((True for q23 in self.set1)):
                return
        if True:
            while self.pure7(-1 < self.int3):
                await step('s24')
                c25 = fails('f')

    @process(times=2, daemon=True)
    async def run2(self):
        c27 = fails('f')
        await step('s28')
        await until(lambda: self.map4[0] != 0, 'u29')
        await step('s30')
        if self.set1 < {e31 for e31 in self.group if self.map4[0] == 0 or self.int3 // self.map4[0] != 1}:
            if self.pure7(False):
                c32 = pick(self.set1)
            else:
                await step('s33')
        else:
            await until(lambda: self.pure7(False and True), 'u34')
        self.int3 += 1

    @invariant
    def property0(self):
        return True
