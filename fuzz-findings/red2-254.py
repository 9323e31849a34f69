from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.maybe1 = Maybe(self.slot)
        self.map2 = Map(Bool, MODE)
        self.map3 = Map(Bool, Int(-1, 1))
        self.maybe4 = Maybe(self.slot, init=1)
        self.set5 = Set(self.group, init=(0, 1))

    def plain7(self, a6):
        for i8 in MODE:
            c9 = pick(self.slot)
        for i12 in range(2):
            assert all((self.map3[False] <= i12 for q13 in range(1, 3) if True for q14 in self.set5))
            x15 = 'c'
        for g16 in self.group:
            if not False:
                self.set5.discard(g16)
        return self.map2[True] if True else 'c'

    async def async17(self):
        if maybe('b'):
            for g18 in self.group:
                self.set5.add(g18)
                self.set5.discard(g18)
        if (1 % 2 // self.map3[True] if self.map3[True] != 0 else 1) < 2 and maybe('b'):
            if self.map3[False] != 0 and (self.map3[True] + self.map3[False]) // self.map3[False] > 0:
                self.map2[False] = 'b'
                self.set5 = self.set5 | {e20 for e20 in self.set5 if all((True for q21 in self.group))}
            while self.map3[True] <= 3:
                await step('s22')
                await step('s23')
        else:
            await step('s24')
        return max(0, min(self.map3[False] % 3, 1))

    @process(each='group', daemon=True)
    async def run0(self, me):
        await step('s25')
        if (self.map3[True] if False else self.map3[False]) <= 0 // 2:
            if (self.maybe1 if self.maybe1 is not None else 2) <= self.map3[True] + self.map3[True] and maybe('b'):
                x26 = me if (False if False else False) else me
                self.set5.add(x26)
            else:
                x27: Int(0, 2) = 2
            if False:
                self.maybe4 = max(0, min(self.map3[True], 1))
        self.set5.discard(me)
        while self.map3[True] >= 1:
            await step('s28')
            x29: Maybe(self.group) = None
            if self.map3[True] < self.map3[True]:
                continue
        c31 = maybe('m')
        if me in self.set5:
            c32 = pick(self.group)
            x33 = me

    @process(each='slot')
    async def run1(self, me):
        await step('s34')
        for i35 in MODE:
            self.map3[False] -= 1
        if self.set5 > {e36 for e36 in self.group if 0 != 3 <= 1 % 3}:
            await step('s37')
            if self.set5 >= self.set5:
                return
        elif self.set5 >= self.set5:
            return

    @process(times=2)
    async def run2(self):
        await step('s38')
        for g39 in self.group:
            if any((False for q40 in (0, 2) if not True)):
                self.set5.add(g39)
            if True if False else True:
                self.set5.add(g39)
        self.set5 = self.set5 | {e41 for e41 in self.group if self.maybe1 is None}
        if False:
            await step('s43')
            await step('s44')
        else:
            while not False:
                await step('s45')
                await until(lambda: 2 % 3 not in (0, 2), 'u46')
                c47 = pick(self.group)
        await until(lambda: self.set5 > {e48 for e48 in self.group if all((True for q49 in self.set5))}, 'u50')

    @step_invariant
    def property0(self, before, after):
        return 0 != 1 <= after.map3[False] // 1 and (after.map3[True] != 0 and -before.map3[False] % after.map3[True] > 0)
