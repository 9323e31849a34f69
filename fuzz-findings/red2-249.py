from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.enum1 = Var(MODE, init=ANY)
        self.lock2 = Lock
        self.index3 = Var(self.group)

    def plain4(self):
        if any((all((True for q7 in range(1, 3) for q8 in (0, 2))) for q5 in (0, 2) if all((True for q6 in MODE)))):
            x9: Maybe(self.slot) = None
        c11 = pick(self.group)
        return max(0, min(0 + 3, 1))

    async def async14(self, a12, a13):
        while True if False else True:
            await step('s15')
            while False:
                await step('s16')
                await until(lambda: 0 != a13 <= min(3, a13) % a13, 'u17')
                c18 = maybe('m')
            if max(a12, 3) == sum((a12 for q19 in (0, 2) if 2 == 0 or a13 // 2 != 1 for q20 in range(1, 3) if self.lock2.locked())) == 1 - 1:
                assert (a12 if True else a12) != a13
            else:
                await until(lambda: (a13 if False else 1) == a13 // -2, 'u26')
        for i27 in range(2):
            if i27 != 0 and a12 // i27 > 0 if not True else a13 in (0, 2):
                if self.lock2.try_acquire():
                    if self.lock2.try_acquire():
                        x32: Int(0, 2) = 1
                        self.lock2.release()
                    self.lock2.release()
            x33 = PAIR(left=i27, flag=a12 != i27)

    @process(each='group')
    async def run0(self, me):
        await step('s34')
        if self.lock2.locked():
            x35 = self.enum1
            c36 = pick((y for y in self.slot if all((False for q37 in MODE if 0 != y <= y % y))))
        else:
            x38 = self.enum1 if 0 >= 2 else self.enum1 if False else self.enum1
        for i39 in range(2, 0, -1):
            if any((True for q40 in (0, 2))):
                return
            async with self.lock2:
                x42: Int(0, 2) = 2

    @process
    async def run1(self):
        await step('s43')
        await step('s44')
        x45 = self.plain4()
        for g46 in self.group:
            x47: Maybe(self.group) = self.index3 if False else self.index3
            x49 = PAIR(left=1, flag=x45 <= -1)
        if self.index3 == self.index3:
            await step('s50')
            await step('s51')
        elif all((True for q52 in range(1, 3))):
            return
        while x45 >= x45 == x45:
            await step('s53')
            await step('s54')
        x55: Maybe(self.group) = None

    @step_invariant
    def property0(self, before, after):
        return all((any((q57 != 3 for q58 in self.group)) for q56 in self.slot if (True if False else True) for q57 in self.slot))

    @invariant
    def property1(self):
        return False
