from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Part(Component):

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.maybe2 = Maybe(self.group)
        self.record3 = PAIR

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.set1 = Set(self.slot)
        self.record4 = PAIR
        self.part = Part()

    def pure5(self):
        if self.set1 <= self.set1:
            return self.part.record3.left <= self.part.record3.left
        return 0 != 3 <= 2 // -2 % 3

    def pure8(self, a6, a7):
        x9 = self.part.record3.left >= self.record4.left
        if 0 != self.part.record3.left <= self.record4.left % self.part.record3.left:
            return self.part.record3.left > 0
        return int(self.part.record3.flag) <= max(a6, self.part.record3.left)

    def plain12(self, a10, a11):
        x13: self.group = (a10 if self.part.record3.flag else a10) if 0 != self.part.record3.left <= self.record4.left % self.part.record3.left else a10
        return self.pure5()

    def plain15(self, a14):
        x16: Maybe(self.slot) = None
        if (0 < -1 and self.part.maybe2 == self.part.maybe2) and maybe('b'):
            c17 = pick(('a', 'c'))
            self.set1.discard(sum((self.record4.flag for q18 in range(1, 3) for q19 in self.group)) % 2)
        for i21 in range(2):
            self.part.record3.flag = all((self.record4.left in (0, 2) for q23 in self.slot))

    async def async26(self, a24, a25):
        if maybe('b'):
            assert a25 + 3 < len(self.set1)
            self.part.record3.left = a25
        else:
            x28 = self.set1 & {a25}
        for i29 in ('b', 'a'):
            for i30 in self.slot:
                self.set1.add(self.record4.left)
                x31 = any((len(self.set1) not in self.set1 for q32 in self.set1 if (self.record4.flag if self.part.record3.flag else True)))
        return 0

    async def async35(self, a33, a34):
        c37 = maybe('m')
        x38 = self.set1 - (self.set1 & {self.part.record3.left})
        while (self.record4.left if True else a33) in self.set1:
            await step('s39')
            self.record4.flag = a34 != a34 if a33 <= self.part.record3.left else self.record4.left not in (0, 2)
        return 'b' if c37 else a34

    @process(each='group')
    async def run0(self, me):
        c41 = maybe('m')
        await step('s42')
        x43 = self.set1 | {self.part.record3.left}
        self.record4 = self.part.record3
        await step('s44')
        if self.pure8(1, me):
            await step('s45')
        else:
            for i46 in self.slot:
                await until(lambda: 1 > self.part.record3.left if (False if c41 else self.record4.flag) else self.record4.flag if c41 else c41, 'u47')
                c48 = pick((y for y in self.slot if self.pure8(0, me if c41 else me)))
        if self.part.record3 == self.record4:
            self.part.record3.flag = not self.part.record3.flag

    @process(each='slot')
    async def run1(self, me):
        await step('s49')
        await step('s50')
        self.record4.left += 1
        self.plain15(a14='b')

    @sometimes
    def property0(self):
        return implies(any((q51 != 'c' for q51 in MODE)), self.pure5())
