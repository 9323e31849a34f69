from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.maybe1 = Maybe(self.slot, init=ANY)
        self.map2 = Map(Bool, Set(self.group))

    def pure4(self, a3):
        x5 = 3 != a3
        return False if all((True for q6 in self.slot)) else a3 == a3

    def pure7(self):
        return any((False if False else True for q8 in (0, 2) if any((True for q9 in self.slot))))

    def plain10(self):
        if 3 != 0 and (3 + 0) % 3 > 0:
            if self.map2[True] != self.map2[True] | self.map2[False]:
                c14 = pick(self.group)
            else:
                assert False if implies(True, False) else self.map2[True] < self.map2[True]
        elif not fails('b'):
            if self.map2[False] == self.map2[False]:
                return 0 > 2
        return self.pure4(a3=self.maybe1)

    async def async15(self):
        while 2 < 0:
            await step('s16')
            x17 = ('c' if True else 'c') if (False if False else False) else 'c'
        return self.pure4(a3=2)

    async def async18(self):
        c19 = pick(('a', 'c'))
        assert self.pure4(self.maybe1 if self.maybe1 is not None else 2)

    @process(times=2)
    async def run0(self):
        await step('s20')
        c21 = fails('f')
        while c21 and True:
            await step('s22')
            for i23 in (2, 0):
                x24 = PAIR(left=max(0, min(i23 * i23, 1)), flag=self.map2[True] >= self.map2[False])
                x25: Maybe(self.group) = None
            await step('s26')
        await until(lambda: self.pure4(self.maybe1 if self.maybe1 is not None else 2), 'u27')
        c29 = pick((y for y in self.slot if 0 < y))
        for i30 in ('b', 'a'):
            assert all((2 != 0 and c29 // 2 > 0 for q31 in self.group))
            for i32 in MODE:
                await step('s33')
                await step('s34')

    @process(times=2, daemon=True)
    async def run1(self):
        await step('s35')
        while True:
            if self.pure4(a3=max(0, min(self.maybe1 if self.maybe1 is not None else 2, 2))):
                continue
            await step('s36')
            await step('s37')

    @invariant
    def property0(self):
        return (1 if False else 1) // 3 <= 0

    @step_invariant
    def property1(self, before, after):
        return before.map2[True] == {e38 for e38 in self.group if True and False}
