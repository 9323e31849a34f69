from checker import *
PAIR = Record

class Fuzzed(Component):

    def __init__(self):
        self.slot = Range(2)

    @process(each='slot')
    async def run1(self, me):
        pass
