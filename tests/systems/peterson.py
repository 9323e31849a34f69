"""Peterson's lock for two processes, at the granularity of tlaplus/Examples
(locks_auxiliary_vars/Peterson): 42 states, 77 generated."""
from checker import (Bool, Component, Map, Range, Var, invariant, leads_to, process, sometimes,
                     step, until)


class Peterson(Component):
    """Each process says that it wants to enter, then gives way to the other."""

    instances = {"small": {}}

    def __init__(self, *, fair=True):
        self.proc = Range(2)
        self.wants = Map(self.proc, Bool)
        self.turn = Var(self.proc)
        self.inside = Map(self.proc, Bool)

    @process(each="proc", fair="weak")
    async def lock(self, i):
        while True:
            await step("think")
            await step("want")
            self.wants[i] = True
            await step("give way")
            self.turn = 1 - i
            await until(lambda: not self.wants[1 - i] or self.turn == i, "enter")
            self.inside[i] = True
            await step("critical section")
            await step("leave")
            self.inside[i] = False
            self.wants[i] = False

    @invariant
    def mutual_exclusion(self):
        return not (self.inside[0] and self.inside[1])

    @sometimes
    def somebody_enters(self):
        return self.inside[0] or self.inside[1]

    @leads_to(each="proc")
    def served(self, i):
        """Who wants to enter will enter."""
        return self.wants[i], self.inside[i]
