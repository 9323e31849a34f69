"""A reusable barrier (tlaplus/Examples, barriers/Barrier): 2^n states."""
from checker import Component, Enum, Index, Map, invariant, process, sometimes, until


class Barrier(Component):
    """Processes arrive one by one and leave all at once when everybody waits."""

    instances = {"small": dict(processes=3), "large": dict(processes=16)}

    def __init__(self, *, processes=3):
        self.proc = Index("proc", processes)
        self.at = Map(self.proc, Enum("outside", "waiting"))

    @process(each="proc", daemon=True)
    async def arrive(self, p):
        while True:
            await until(lambda: self.at[p] == "outside")
            self.at[p] = "waiting"

    @process(daemon=True)
    async def leave(self):
        while True:
            await until(lambda: all(self.at[p] == "waiting" for p in self.proc))
            for p in self.proc:
                self.at[p] = "outside"

    @sometimes
    def everybody_waits(self):
        return all(self.at[p] == "waiting" for p in self.proc)

    @invariant
    def somebody_is_somewhere(self):
        """Everybody is either outside or waiting; true by typing, kept from the original."""
        return all(self.at[p] in ("outside", "waiting") for p in self.proc)
