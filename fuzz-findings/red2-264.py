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
        self.queue2 = Queue(Bool, 2)
        self.enum3 = MODE
        self.parts = [Part(), Part()]

    def pure6(self, a4, a5):
        if self.parts[1].range1 > 2:
            return True and True
        return (True if False else False) if a5 >= a5 else any((True for q7 in MODE for q8 in MODE))

    def plain11(self, a9, a10):
        for i12 in range(2):
            for i13 in ('b', 'a'):
                if True:
                    break
        if maybe('b'):
            c14 = pick(('a', 'c'))
            for i15 in range(1, 3):
                if not self.queue2.empty():
                    assert self.queue2.peek() == self.queue2.peek()
        return self.enum3 if True else 'b'

    async def async19(self, a17, a18):
        if a18 != (a18 if True else a18):
            for g20 in self.group:
                self.parts[1].range1 = self.parts[1].range1
            while self.pure6(a18 if False else a18, -1 - a17):
                await step('s23')
                c24 = pick(self.group)
        else:
            for i26 in MODE:
                x27 = self.enum3
                if self.pure6(a18, sum((self.parts[1].range1 for q28 in self.group for q29 in self.slot))):
                    continue
        for i30 in range(2):
            if a17 >= i30 if self.pure6(a18, 2) else True and False:
                if not self.queue2.empty():
                    assert self.queue2.peek() == self.queue2.peek()
        self.parts[1].range1 += 2
        return 1

    @process(each='slot')
    async def run0(self, me):
        await step('s31')
        await step('s32')
        x33 = await self.queue2.get()
        for i34 in range(1, 3):
            if self.parts[1].range1 % 3 == 3 * self.parts[1].range1:
                if 2 > me:
                    break
                await step('s36')
            else:
                x37 = self.enum3
        assert self.queue2.peek() == self.queue2.peek()
        c39 = fails('f')
        if self.queue2.empty():
            while any((False for q40 in (0, 2))):
                await step('s41')
                if me != 1:
                    continue
            await until(lambda: -1 != 0 and self.parts[1].range1 % -1 > 0 if -1 != 0 and self.parts[1].range1 // -1 > 0 else -1 < 2, 'u42')
        else:
            while self.parts[1].range1 == 0 or -1 // self.parts[1].range1 != 1:
                await step('s43')
                x44 = {e45 for e45 in self.slot if me < e45} | {self.parts[1].range1}
                x48: Int(0, 2) = 2

    @invariant
    def property0(self):
        return (implies(False, False) if (True if False else True) else 0 not in (0, 2)) and (0 != 0 and -self.parts[1].range1 // 0 > 0)

    @invariant
    def property1(self):
        return self.enum3 == 'c'

    @lemma
    def property2(self):
        return self.parts[1].range1 != self.parts[1].range1 if any((self.parts[1].range1 >= self.parts[1].range1 for q49 in self.slot)) else self.parts[1].range1 >= len(self.queue2)
