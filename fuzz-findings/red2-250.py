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
        self.wrapping1 = Wrapping(2, init=ANY)
        self.set3 = Set(self.group, init=ANY)
        self.set4 = Set(self.group, init=ANY)
        self.range5 = Var(self.slot)
        self.parts = [Part(), Part()]

    def plain6(self):
        x7: Maybe(self.slot) = 1
        return 'b' if True else 'c'

    def plain9(self, a8):
        x10: Maybe(self.group) = None
        for g11 in self.set3:
            self.set4.discard(g11)
            if all((True for q12 in self.slot)):
                self.set4.discard(g11)
        return self.parts[1].record2.flag if False else self.parts[1].record2.flag

    async def async15(self, a13, a14):
        c16 = pick(MODE)
        if self.range5 - self.parts[1].record2.left == self.range5 * self.parts[1].record2.left:
            if True:
                return 'b'
            self.wrapping1 = self.wrapping1
        else:
            x17: Maybe(self.group) = None
        if sum((self.parts[1].record2.flag for q18 in self.set3)) <= (self.wrapping1 if False else a13):
            self.range5 -= 1
        elif self.set3 != self.set4:
            return 'a'
        return a14

    @process
    async def run0(self):
        await step('s19')
        c20 = pick(self.slot)
        while 1 > self.parts[1].record2.left:
            await step('s21')
            c22 = pick(('a', 'c'))
            if implies(2 >= -1, True and True):
                x23 = self.plain6()
                await until(lambda: any((0 != self.parts[1].record2.left for q24 in self.group for q25 in range(1, 3) if self.wrapping1 > self.parts[1].record2.left)), 'u26')
        c27 = pick(self.set3)
        await step('s30')
        assert c20 < c20 * 1 == (2 if True else self.parts[1].record2.left)

    @step_invariant
    def property0(self, before, after):
        return any((before.range5 == 0 or before.parts[1].record2.left % before.range5 != 1 for q31 in MODE)) if before.parts[1].record2.left != after.range5 else (after.wrapping1 if False else 1) > before.wrapping1 % 3

    @step_invariant
    def property1(self, before, after):
        return all((before.parts[1].record2.flag if (q32 if True else q32) not in before.set3 else after.parts[1].record2.left != 0 and after.wrapping1 // after.parts[1].record2.left > 0 for q32 in before.set4 if (False if False else False)))

    @invariant(each='group')
    def property2(self, own):
        return any((implies(self.parts[1].record2.flag, self.parts[1].record2.flag) or (False and self.parts[1].record2.flag) for q33 in self.set4))
