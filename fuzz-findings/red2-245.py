from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.wrapping1 = Wrapping(2)
        self.map2 = Map(Bool, Lock)
        self.int3 = Int(0, 2)

    def pure4(self):
        if 1 > 3:
            return 2 == self.wrapping1
        return 3 + -1 in (0, 2)

    def pure5(self):
        return all((not True for q6 in self.group for q7 in self.slot if self.wrapping1 == 0 or q7 % self.wrapping1 != 1))

    async def async10(self, a8, a9):
        while a9 >= a9:
            await step('s11')
            if sum((self.int3 for q12 in MODE)) < self.int3 + 1:
                await step('s13')
                x15 = {e16 for e16 in self.slot if True and False} | {e18 for e18 in self.slot if False}
        if max(2, a9) >= self.wrapping1:
            if self.pure4():
                await until(lambda: False and True if a9 == 0 or self.wrapping1 // a9 != 1 else False and True, 'u20')
        else:
            async with self.map2[True]:
                await until(lambda: self.wrapping1 <= -1 + self.int3, 'u21')
        x22 = PAIR(left=a9, flag=-1 > a9)

    async def async24(self, a23):
        if self.wrapping1 == self.int3 == 3 if self.int3 == 0 or 3 % self.int3 != 1 else (a23 % 3 if 3 != 0 else 1) < 2:
            for i25 in ('b', 'a'):
                await until(lambda: a23 + a23 not in (0, 2), 'u26')
                c27 = pick(MODE)
            if self.wrapping1 - a23 != a23 % 3:
                if a23 >= self.wrapping1:
                    return
        if False:
            for g29 in self.group:
                self.int3 += 0
                if a23 == 0 or a23 // a23 != 1:
                    self.int3 += 0
            x31: Maybe(self.group) = None
        else:
            x32 = PAIR(left=self.wrapping1 + self.wrapping1, flag=self.int3 == 0 or 3 // self.int3 != 1)
        for i33 in (2, 0):
            if 1 not in (0, 2) if a23 <= 2 else all((False for q34 in range(1, 3))):
                await until(lambda: sum((i33 for q35 in self.slot)) != sum((False for q36 in (0, 2) if self.wrapping1 != q36 for q37 in self.slot)), 'u38')
                self.wrapping1 += 2

    @process
    async def run0(self):
        await step('s42')
        while False if True else True:
            await step('s43')
            while (self.int3 // self.wrapping1 if self.wrapping1 != 0 else 1) < 2:
                await step('s44')
                await until(lambda: self.wrapping1 == 0 or sum((False for q45 in self.group)) // self.wrapping1 != 1, 'u46')
                await step('s47')
        while self.pure5():
            await step('s48')
            for g49 in self.group:
                if implies(True, True):
                    self.int3 += 1
        c50 = pick((y for y in self.slot if self.int3 == 0 or self.int3 // self.int3 != 1))
        c51 = pick((y for y in self.slot if self.pure4()))
        await self.async24(a23=self.int3)
        x52 = PAIR(left=sum((True for q53 in range(1, 3))) % 2, flag=c51 in (0, 2))

    @process(each='group')
    async def run1(self, me):
        await step('s54')
        while -1 >= self.wrapping1:
            await step('s55')
            if True if False else False:
                break
            c56 = pick(self.group)
        await until(lambda: self.pure5(), 'u57')

    @invariant
    def property0(self):
        return 0 != self.int3 <= 2 // self.int3
