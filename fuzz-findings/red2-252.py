from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Part(Component):

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.record2 = PAIR

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.map1 = Map(Bool, PAIR)
        self.wrapping3 = Wrapping(2, init=3)
        self.part = Part()

    def pure4(self):
        return True

    def plain5(self):
        for i6 in range(2):
            if i6 + self.wrapping3 <= self.wrapping3 - self.map1[True].left:
                if self.pure4():
                    return self.map1[True].left
                c7 = pick(MODE)
            else:
                x8 = self.part.record2.left >= self.map1[False].left <= self.wrapping3 and self.wrapping3 == i6
        for i9 in MODE:
            for i10 in range(1, 3):
                self.wrapping3 += 1
                x11 = self.part.record2.left != i10 if self.pure4() else i10 > self.map1[True].left
        x12 = 'a'
        return self.map1[True].left

    async def async13(self):
        x14 = 'b'
        if self.pure4():
            x17: Maybe(self.group) = None
            self.map1[False] = PAIR(left=self.map1[True].left, flag=self.part.record2.left > self.part.record2.left)
        elif self.part.record2.left < 2 < self.wrapping3 if (self.part.record2.flag if self.part.record2.flag else self.part.record2.flag) else self.part.record2.left < self.wrapping3 < self.wrapping3:
            await step('s18')
        else:
            self.plain5()
        await step('s19')
        return self.part.record2.flag or True

    @process(each='group')
    async def run0(self, me):
        c20 = maybe('m')
        await step('s21')
        assert self.part.record2.left == 0 or int(False) % self.part.record2.left != 1
        while self.pure4():
            await step('s23')
            x24: Maybe(self.slot) = self.map1[c20].left

    @process(times=2, daemon=True)
    async def run1(self):
        c25 = pick(self.group)
        await step('s26')
        c27 = maybe('m')
        await self.async13()

    @process(daemon=True)
    async def run2(self):
        await step('s28')
        while True:
            self.map1[True] = self.map1[True]
            await step('s29')
            await step('s30')
            await step('s31')

    @lemma
    def property0(self):
        return self.pure4()

    @invariant
    def property1(self):
        return self.pure4()

    @invariant
    def property2(self):
        return self.pure4()
