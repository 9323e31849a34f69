from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.lock1 = Lock
        self.set2 = Set(MODE, init=('a', 'c'))

    def pure4(self, a3):
        return (True if True else True) or (True or False)

    def pure7(self, a5, a6):
        return any((self.pure4(q8) for q8 in self.slot if (True if True else False)))

    def plain11(self, a9, a10):
        if all((any((True for q14 in self.group)) for q12 in self.group for q13 in self.slot)):
            for i15 in MODE:
                if self.lock1.try_acquire():
                    c18 = pick(self.slot)
                    self.lock1.release()
                self.set2.remove(i15)
        elif any((True for q21 in self.set2)):
            return
        x25 = 'a'

    @process(each='slot')
    async def run0(self, me):
        await step('s26')
        if self.lock1.locked():
            c27 = pick(('a', 'c'))
            async with self.lock1:
                if self.lock1.try_acquire():
                    await step('s29')
                    self.lock1.release()
        else:
            while True:
                await step('s30')
                x31: Maybe(self.group) = None
                if self.lock1.try_acquire():
                    if self.lock1.try_acquire():
                        await until(lambda: self.pure4(me), 'u32')
                    self.lock1.release()
        while self.lock1.locked():
            await step('s33')
            if True if False else True:
                return
            if self.pure4(me):
                return
        while 'a' in self.set2:
            await step('s34')
            while self.set2 == self.set2:
                await step('s35')
                self.set2.add('a')
                assert self.set2 >= self.set2 and self.lock1.locked()
        await step('s36')
        if (False if False else True) if False else me > 1:
            await until(lambda: 'a' not in self.set2, 'u37')
            x38: Maybe(self.slot) = 0
        c39 = maybe('m')

    @process
    async def run1(self):
        await step('s40')
        await step('s41')
        c42 = pick(MODE)
        await until(lambda: self.lock1.locked(), 'u43')

    @lemma
    def property0(self):
        return 2 != (3 * 2 if self.set2 < self.set2 else len(self.set2))

    @lemma
    def property1(self):
        return (sum((len(self.set2) for q44 in self.set2 for q45 in (0, 2))) % 3 if 3 != 0 else 1) < 2
