from checker import *
MODE = Enum('a', 'b', 'c')
PAIR = Record(left=Range(2), flag=Bool)

class Fuzzed(Component):
    instances = {'small': {}}

    def __init__(self):
        self.group = Index('group', 2)
        self.slot = Range(2)
        self.range1 = Var(self.slot)
        self.map2 = Map(MODE, PAIR)

    def plain3(self):
        if self.map2['b'].left == 0 or int(True) // self.map2['b'].left != 1:
            if int(self.map2['b'].flag) not in (0, 2):
                self.map2['b'].left += 1
            else:
                self.map2['b'].flag = self.range1 < self.map2['a'].left or False
            if self.map2['a'].flag:
                self.map2['b'].left -= 1
                self.map2['b'].flag = -1 >= sum((self.map2['b'].left for q4 in MODE for q5 in (0, 2))) != self.range1 % self.range1
            else:
                c6 = pick(self.slot)

    async def async8(self, a7):
        self.plain3()
        return 'c'

    @process(times=2)
    async def run0(self):
        await step('s9')
        await step('s10')
        c11 = pick(self.slot)
        await step('s12')

    @invariant
    def property0(self):
        return 0 == 0 or 3 % 0 != 1

    @invariant
    def property1(self):
        return 2 * self.map2['b'].left + int(True) <= sum((abs(self.map2['a'].left) for q13 in range(1, 3)))

    @invariant(each='group')
    def property2(self, own):
        return sum((self.map2['a'].flag for q14 in self.slot if -1 != 0 and self.range1 // -1 > 0)) // 3 != sum((False if False else True for q15 in MODE))
