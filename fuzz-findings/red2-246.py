from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Part(Component):

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.enum1 = MODE

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.map2 = Map(self.slot, Lock)
        self.parts = [Part(), Part()]

    def pure5(self, a3, a4):
        if a3 != a3:
            return a3 == 0 or a3 % a3 != 1
        return 0 * a3 >= 2 % -2

    def plain6(self):
        x7: Int(0, 2) = max(0, min(1, 2))

    async def async10(self, a8, a9):
        assert all((False if False else False for q11 in MODE))
        return self.parts[0].enum1 == 'a'

    @process(daemon=True)
    async def run0(self):
        await step('s12')
        while True:
            if False:
                continue
            async with self.map2[1]:
                async with self.map2[0]:
                    await until(lambda: 0 + 3 != int(True) == 0 * 0, 'u13')
                    await step('s14')
                for i15 in self.slot:
                    await step('s16')
            await until(lambda: 2 % -2 < (1 if False else 0), 'u17')
            c18 = pick(MODE)
            await step('s19')

    @process(each='slot', daemon=True)
    async def run1(self, me):
        await step('s20')
        await step('s21')
        assert self.pure5(me // 2, self.parts[0].enum1)
        while False and True:
            await step('s24')
            if (me // 0 if 0 != 0 else 1) < 2:
                x25 = self.parts[0].enum1
            else:
                x26 = await self.async10(me, a9=me if True else me)
            assert 2 <= me or (False if False else False)
        if True and maybe('b'):
            await until(lambda: me > me + me != 3 // 3, 'u27')
        x28 = 'c'
        c29 = pick((y for y in self.slot if 3 != 0 and 0 // 3 > 0))

    @lemma
    def property0(self):
        return 0 % 2 != 0 + 0 and (2 == 0 or (0 + 2) // 2 != 1)

    @invariant
    def property1(self):
        return max(2 % 3, abs(2)) < 0 % 3

    @invariant
    def property2(self):
        return 0 > (1 + 3) * 1
