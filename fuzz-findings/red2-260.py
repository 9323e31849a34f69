from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Part(Component):

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.queue1 = Queue(self.slot, 2)
        self.int2 = Int(-1, 1)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.lock3 = Lock
        self.parts = [Part(), Part()]

    async def async6(self, a4, a5):
        if any((all((False for q8 in self.group if a4.empty())) for q7 in (0, 2))):
            if 1 != 0 and (self.parts[0].int2 if True else a5) % 1 > 0:
                if not self.parts[0].queue1.full():
                    self.parts[0].queue1.put(1)
                if not self.parts[0].queue1.empty():
                    assert self.parts[0].queue1.peek() == self.parts[0].queue1.peek()
            else:
                await until(lambda: True, 'u9')
            c10 = pick(MODE)
        else:
            c11 = pick(MODE)
        if self.parts[0].int2 >= self.parts[0].int2 != self.parts[0].int2 or (True if False else False):
            for i12 in MODE:
                await until(lambda: False, 'u15')
            async with self.lock3:
                if self.lock3.try_acquire():
                    if 3 == a5:
                        return 0
                    self.lock3.release()
                x17 = await self.parts[0].queue1.get()
        else:
            async with self.lock3:
                if self.lock3.locked():
                    return 1
                await until(lambda: (a5 % -2 % 0 if 0 != 0 else 1) < 2, 'u19')
        if self.lock3.try_acquire():
            await until(lambda: all((False for q23 in range(1, 3))) if all((True for q22 in MODE)) else self.parts[0].queue1.empty(), 'u24')
            self.lock3.release()
        return 0

    @process(each='group', daemon=True)
    async def run0(self, me):
        await step('s25')
        x26 = self.parts[0].queue1.get_nowait()
        c27 = pick(('a', 'c'))
        await step('s28')
        if c27 != c27 if True else any((True for q29 in self.slot)):
            await step('s30')
        await until(lambda: 3 == 0 or x26 % 3 != 1 if True else x26 > x26, 'u31')

    @process(times=2)
    async def run1(self):
        await step('s32')
        for i33 in range(2, 0, -1):
            c34 = fails('f')
        x37 = await self.async6(self.parts[0].queue1, -1)
        if (self.parts[0].int2 % -2 // -1 if -1 != 0 else 1) < 2:
            assert 2 - self.parts[0].int2 <= sum((True for q38 in (0, 2)))

    @process(each='group')
    async def run2(self, me):
        await step('s39')
        await until(lambda: len(self.parts[0].queue1) == self.parts[0].int2 != self.parts[0].int2 % -2, 'u41')
        if maybe('b'):
            c43 = pick(self.slot)
            if maybe('b'):
                c44 = fails('f')
            elif not self.parts[0].queue1.empty():
                assert self.parts[0].queue1.peek() == self.parts[0].queue1.peek()
        self.parts[0].queue1.put(max(0, min(self.parts[0].int2 + self.parts[0].int2, 1)))
        x46 = any((self.parts[0].int2 > self.parts[0].int2 for q47 in MODE))
        for i49 in (2, 0):
            while False or True:
                await step('s50')
                await until(lambda: self.lock3.locked() if all((False for q51 in MODE if q51 != q51 for q52 in (0, 2) if (False if False else x46))) else True if True else True, 'u53')
                await step('s55')
            if any((self.lock3.locked() for q56 in (0, 2))):
                await until(lambda: False, 'u57')
        for i58 in (2, 0):
            x60 = await self.parts[0].queue1.get()

    @step_invariant
    def property0(self, before, after):
        return False if not before.lock3.locked() else any((any((True for q62 in range(1, 3))) for q61 in range(1, 3)))

    @lemma
    def property1(self):
        return (2 * self.parts[0].int2 if 0 != self.parts[0].int2 <= 1 % self.parts[0].int2 else int(True)) <= -(self.parts[0].int2 * self.parts[0].int2) <= 1 + -1 * self.parts[0].int2

    @invariant
    def property2(self):
        return self.parts[0].int2 + self.parts[0].int2 > (len(self.parts[0].queue1) if 0 < 2 <= self.parts[0].int2 else self.parts[0].int2 - self.parts[0].int2)
