from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Part(Component):

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.range1 = Var(self.slot)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.record2 = PAIR
        self.lock3 = Lock
        self.part = Part()

    def pure5(self, a4):
        return all((0 != self.part.range1 <= self.record2.left % self.part.range1 for q6 in self.group))

    def plain7(self):
        if self.lock3.try_acquire():
            if self.lock3.try_acquire():
                x8 = ('b' if True else 'c') if -1 >= 2 else 'b' if True else 'b'
                self.lock3.release()
            self.lock3.release()
        return False and True

    async def async9(self):
        await until(lambda: self.pure5(1), 'u10')
        if self.lock3.try_acquire():
            await step('s11')
        return implies(False, True)

    @process
    async def run0(self):
        await step('s12')
        async with self.lock3:
            while all((False for q13 in (0, 2))):
                await step('s14')
                x15: Maybe(self.group) = None
            for i16 in range(2, 0, -1):
                await step('s17')
                if self.record2.left not in (0, 2):
                    return
        await step('s18')

    @process
    async def run1(self):
        await step('s19')
        await until(lambda: (-1 if False else self.part.range1) < self.record2.left % -2, 'u20')
        if not False if implies(True, False) else self.lock3.locked():
            assert 0 != self.record2.left <= 3 // self.record2.left
        else:
            await step('s21')
        await step('s22')
        x23: Int(0, 2) = sum((self.lock3.locked() for q24 in range(1, 3)))
        if any((True if self.record2.flag else True for q26 in range(1, 3))) and maybe('b'):
            if self.lock3.try_acquire():
                await step('s27')
                self.lock3.release()

    @sometimes
    def property0(self):
        return self.pure5(self.record2.left)

    @step_invariant
    def property1(self, before, after):
        return 2 == 0 or before.part.range1 // 2 != 1

    @sometimes
    def property2(self):
        return all((sum((False for q30 in MODE)) != self.part.range1 % 3 for q28 in MODE for q29 in MODE))
