from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.int1 = Int(-1, 1, init=0)
        self.int2 = Int(0, 2)
        self.int3 = Int(-1, 1)
        self.enum4 = Var(MODE, init='b')

    async def async5(self):
        x6 = self.enum4
        return 1

    async def async8(self, a7):
        if self.int3 == sum((self.int2 for q9 in (0, 2))) != 1 % self.int1:
            await step('s10')
            if 0 != -1 <= (self.int2 if False else 1) % -1:
                c11 = fails('f')
        for i12 in range(2):
            while all((True for q13 in self.slot if q13 != 1)):
                await step('s14')
                x16 = await self.async5()
                x19 = await self.async5()
            for g20 in self.group:
                self.int2 += 0
        return (self.int1 if True else self.int3) % 2

    @process(times=2)
    async def run0(self):
        await step('s21')
        if self.int2 * self.int1 != self.int2 * self.int3:
            for g22 in self.group:
                x23: Maybe(self.group) = g22 if False else g22
        else:
            await step('s24')
        self.int3 -= 1
        c25 = pick(('a', 'c'))
        while not True:
            await step('s26')
            x27: PAIR = PAIR(left=max(0, min(sum((True for q28 in range(1, 3))), 1)), flag=False)
        assert self.int2 // 3 != self.int1 // 2

    @process(each='slot', daemon=True)
    async def run1(self, me):
        await step('s29')
        while False:
            await step('s30')
            if 0 != self.int1 <= abs(self.int3) % self.int1:
                await step('s31')
                if 0 < 2:
                    return
        if maybe('b'):
            c32 = pick((y for y in self.slot if True))

    @invariant
    def property0(self):
        return self.int2 > -1

    @step_invariant
    def property1(self, before, after):
        return implies((after.int2 if True else after.int2) >= sum((before.int2 for q33 in self.group if all((False for q34 in self.slot)))), int(False) not in (0, 2))

    @sometimes
    def property2(self):
        return False
