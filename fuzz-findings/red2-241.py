from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.map1 = Map(self.slot, Int(-1, 1))
        self.queue2 = Queue(Bool, 1)
        self.map3 = Map(MODE, Queue(PAIR, 1))

    def pure6(self, a4, a5):
        x7 = False if True else True
        return a5 // 2 >= sum((self.map1[0] for q8 in (0, 2) if (False if False else x7)))

    async def async10(self, a9):
        await step('s11')
        self.queue2.put(2 == self.map1[0])
        for i12 in MODE:
            while True or True:
                await step('s13')
                await until(lambda: any((0 != self.map1[0] <= 1 % self.map1[0] for q14 in self.group)), 'u15')
        return max(0, min(sum((self.map1[0] for q16 in MODE if 3 < -1 for q17 in (0, 2))), 1))

    @process(each='slot')
    async def run0(self, me):
        await step('s18')
        if 0 != self.map1[me] <= (me - 3) % self.map1[me]:
            for i19 in range(2, 0, -1):
                x20 = all((True or True for q21 in range(1, 3)))
            await step('s22')
        elif True:
            x24: Maybe(self.slot) = None
        else:
            x25: Int(0, 2) = (sum((False for q26 in (0, 2))) + self.map1[1] % 3) % 3
        if (True if True else True) and self.pure6(me, me):
            c27 = pick((y for y in self.slot if 0 <= y))
            await step('s28')
        else:
            self.map1[me] += 1
        c29 = pick(self.slot)
        if not fails('b'):
            if not self.queue2.empty():
                x31 = self.queue2.get_nowait()
        elif not self.queue2.full():
            self.queue2.put((c29 % 2 if 2 != 0 else 1) < 2)

    @process(daemon=True)
    async def run1(self):
        await step('s32')
        while True:
            if not self.queue2.full():
                self.queue2.put((self.map1[1] // 1 if 1 != 0 else 1) < 2)
            for i33 in range(1, 3):
                x34 = await self.queue2.get()
            if not fails('b'):
                x36: Maybe(self.slot) = (3 + self.map1[0]) % 2
                await step('s37')
            else:
                while self.map1[0] in (0, 2):
                    await step('s38')
                    if self.map1[0] == self.map1[1]:
                        break
            x40 = await self.queue2.get()
            await step('s41')

    @lemma
    def property0(self):
        return self.queue2.empty() and (0 == 0 or len(self.queue2) % 0 != 1)
