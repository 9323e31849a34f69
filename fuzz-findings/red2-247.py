from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.set1 = Set(self.slot)
        self.lock2 = Lock
        self.set3 = Set(self.group, init=(1,))
        self.set4 = Set(self.slot)

    def pure6(self, a5):
        x7 = False or True
        if not True:
            return self.set3 <= self.set3
        return any((any((True for q9 in (0, 2) for q10 in (0, 2))) for q8 in (0, 2)))

    def pure12(self, a11):
        return all((self.pure6(a5=a11) for q13 in MODE))

    def plain16(self, a14, a15):
        c17 = pick(MODE)
        x18: Maybe(self.group) = None
        return a14 < a14

    async def async19(self):
        if False and True if 3 in (0, 2) else any((False for q20 in self.slot for q21 in self.set3)):
            if sum((3 for q22 in self.set4)) not in (0, 2):
                await step('s23')
                c24 = pick(('a', 'c'))
            elif False:
                return
        else:
            async with self.lock2:
                if self.pure6(0):
                    return
                if self.plain16(0, False):
                    x25: Maybe(self.slot) = max(0, min(-1 * 1, 1))

    @process
    async def run0(self):
        await step('s26')
        while False or True:
            await step('s27')
            for i28 in range(1, 3):
                self.set4.remove(max(0, min(0, 1)))
            assert implies(any((False for q29 in (0, 2))), self.set1 == self.set4)
        assert self.set4 <= {e30 for e30 in self.slot if e30 > e30}
        await step('s31')
        x32: PAIR = PAIR(left=len(self.set3) % 2, flag=any((True for q33 in range(1, 3) for q34 in self.set4 if False)))
        while self.set4 > self.set4:
            await step('s35')
            x36 = {e37 for e37 in self.slot if not True}
            if self.set1 >= self.set4 & {x32.left} and maybe('b'):
                await until(lambda: x32.left // 2 not in (0, 2), 'u38')
        async with self.lock2:
            x39 = 'c'
            if 2 != 0 and x32.left // -2 // 2 > 0:
                c40 = pick(self.set1)
                await step('s41')
            else:
                x42 = self.set1 - (self.set4 | {x32.left})

    @lemma(each='group')
    def property0(self, own):
        return implies(0 * 3 > 0 - -1, implies(-1 != 0 and -1 // -1 > 0, self.set3 <= self.set3))
