from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.range1 = Var(self.slot)
        self.queue2 = Queue(self.slot, 1)
        self.queue3 = Queue(Bool, 1)
        self.set4 = Set(self.group, init=(0, 1))

    def plain7(self, a5, a6):
        if self.set4 == {e8 for e8 in self.set4 if a6 == 0 or a6 // a6 != 1}:
            self.queue2.put(a5)
            if 0 != self.range1 <= (a5 + a6) // self.range1:
                self.set4 = self.set4 & self.set4 - self.set4
                x9: Int(0, 2) = int(a6 <= 2)
        return 'b' if True else 'c'

    def plain11(self, a10):
        if not self.queue3.full():
            self.queue3.put(True and True)
        return 'a'

    async def async14(self, a12, a13):
        for i15 in MODE:
            while 0 != 0 <= 2 % 0:
                await step('s16')
                if self.range1 == self.range1:
                    return i15
        return 'a' if False else 'b'

    @process(each='slot')
    async def run0(self, me):
        await step('s17')
        if not self.queue3.empty():
            assert self.queue3.peek() == self.queue3.peek()
        x18: Maybe(self.slot) = sum((self.range1 for q19 in self.set4 if self.queue3.empty() for q20 in self.set4)) % 2

    @lemma
    def property0(self):
        return self.queue3.empty()
