from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.enum1 = MODE
        self.lock2 = Lock
        self.wrapping3 = Wrapping(2, init=ANY)
        self.maybe4 = Maybe(self.slot)
        self.queue5 = Queue(Bool, 2)

    def pure6(self):
        return (False if False else True) if implies(False, False) else True if True else False

    def pure7(self):
        return self.lock2.locked() if (False if True else True) else True

    def plain10(self, a8, a9):
        c13 = pick(MODE)
        for i14 in (2, 0):
            for i16 in MODE:
                c13 = 'c'
            if self.lock2.locked():
                continue
        return a9 != 0 and self.wrapping3 % a9 > 0

    def plain17(self):
        c18 = pick(self.group)
        if self.lock2.try_acquire():
            c19 = pick(MODE)
            self.lock2.release()
        return max(0, min(self.wrapping3 * 1, 1))

    async def async22(self, a20, a21):
        x23 = await self.queue5.get()
        return 'b' if False else self.enum1

    @process(each='slot')
    async def run0(self, me):
        await step('s24')
        for i25 in MODE:
            if implies(0 != me <= me % me, all((True for q26 in (0, 2)))):
                c27 = fails('f')
            async with self.lock2:
                x28 = await self.queue5.get()
                if self.lock2.try_acquire():
                    await step('s29')
                    self.lock2.release()
        async with self.lock2:
            c30 = pick(MODE)

    @process(each='slot')
    async def run1(self, me):
        c31 = pick(('a', 'c'))
        await step('s32')
        if maybe('b'):
            if self.pure6():
                return
        else:
            await step('s34')
        for g36 in self.group:
            x37 = g36
        if 1 == 0 or sum((self.wrapping3 for q38 in self.group if (me // self.wrapping3 if self.wrapping3 != 0 else 1) < 2)) % 1 != 1:
            c39 = maybe('m')
        elif not self.queue5.empty():
            assert self.queue5.peek() == self.queue5.peek()
        if 0 != me <= self.wrapping3 % me:
            x41 = PAIR(left=me, flag=self.queue5.empty())
            c42 = fails('f')
        else:
            await step('s44')

    @sometimes
    def property0(self):
        return (self.maybe4 if self.maybe4 is not None else sum((q45 for q45 in range(1, 3)))) != len(self.queue5)

    @lemma
    def property1(self):
        return True
