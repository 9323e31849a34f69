from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.map1 = Map(self.slot, Int(0, 2))
        self.set2 = Set(self.slot)
        self.queue3 = Queue(self.slot, 2)
        self.lock4 = Lock

    def pure7(self, a5, a6):
        return sum((2 for q8 in self.group)) > self.map1[0] + self.map1[1]

    def pure11(self, a9, a10):
        return self.queue3.empty()

    async def async12(self):
        if not self.queue3.empty():
            assert self.queue3.peek() == self.queue3.peek()
        self.set2.add(1)
        return max(0, min(self.map1[0] if True else self.map1[0], 1))

    @process
    async def run0(self):
        await step('s13')
        for i14 in MODE:
            if self.set2 > self.set2 - self.set2:
                x15 = await self.queue3.get()
                if -1 != 3:
                    return
        self.set2.add(1)
        c16 = pick(('a', 'c'))

    @process(each='slot', daemon=True)
    async def run1(self, me):
        await step('s17')
        while True:
            if False:
                x18 = await self.async12()
            elif False:
                await until(lambda: 2 - self.map1[me] in self.set2, 'u19')
            async with self.lock4:
                for i20 in ('b', 'a'):
                    x21: Maybe(self.group) = None
                    if True:
                        break
            for i22 in MODE:
                x23: Set(self.slot) = {e24 for e24 in self.slot if all((False for q25 in MODE))}
            if sum((me for q26 in (0, 2))) in self.set2:
                continue
            await step('s27')

    @lemma
    def property0(self):
        return len(self.set2) in (0, 2)

    @invariant
    def property1(self):
        return (self.map1[1] // -2 // self.map1[1] if self.map1[1] != 0 else 1) < 2 if int(False) == 3 - -1 else self.map1[0] - 1 > (1 if True else self.map1[1])
