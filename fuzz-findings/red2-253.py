from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Part(Component):

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.set1 = Set(self.slot, init=(0,))
        self.set3 = Set(MODE)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.range2 = Var(self.slot)
        self.part = Part()

    def pure5(self, a4):
        x6 = self.range2 in (0, 2)
        return (1 == 0 or -1 // 1 != 1) or (0 == 0 or 0 // 0 != 1)

    def pure9(self, a7, a8):
        return self.range2 > 3 and (True if True else False)

    def plain11(self, a10):
        c12 = fails('f')

    @process(times=2)
    async def run0(self):
        await step('s13')
        c14 = pick(self.part.set1)
        c15 = pick((y for y in self.slot if not False))

    @process(each='group')
    async def run1(self, me):
        await step('s16')
        await step('s17')
        await step('s18')
        self.part.set3.add('c')

    @invariant(each='slot')
    def property0(self, own):
        return (sum((len(self.part.set1) for q19 in self.group)) % self.range2 if self.range2 != 0 else 1) < 2

    @sometimes
    def property1(self):
        return self.pure9(max(-1, min(self.range2 + self.range2, 1)), self.range2) if False else (3 if False else self.range2) not in (0, 2)
