"""A simple resource allocator (tlaplus/Examples, allocator/SimpleAllocator).

(2^C + C*2^(C-1))^R states: (2, 2) 64, (3, 2) 400, (3, 3) 8000.
"""
from checker import Component, Index, Map, Set, invariant, pick, process, sometimes, until


class SimpleAllocator(Component):
    """Clients ask for sets of resources, get them one set at a time, and give them back."""

    instances = {"small": dict(clients=2, resources=2), "ci": dict(clients=3, resources=2),
                 "large": dict(clients=3, resources=3)}

    def __init__(self, *, clients=2, resources=2):
        self.client = Index("client", clients)
        self.resource = Index("resource", resources)
        self.unsatisfied = Map(self.client, Set(self.resource))
        self.allocated = Map(self.client, Set(self.resource))

    def idle(self, c):
        return len(self.unsatisfied[c]) == 0 and len(self.allocated[c]) == 0

    def available(self, r):
        return not any(r in self.allocated[c] for c in self.client)

    @process(each="client", daemon=True)
    async def request(self, c):
        """Ask for any set that is not empty, one resource a step once asking has begun."""
        while True:
            await until(lambda: len(self.allocated[c]) == 0)
            r = pick(self.resource, "resource")
            self.unsatisfied[c].add(r)

    @process(each="client", daemon=True)
    async def allocate(self, c):
        while True:
            await until(lambda: any(r in self.unsatisfied[c] and self.available(r)
                                    for r in self.resource))
            r = pick((r for r in self.resource
                      if r in self.unsatisfied[c] and self.available(r)), "resource")
            self.allocated[c].add(r)
            self.unsatisfied[c].discard(r)

    @process(each="client", daemon=True)
    async def give_back(self, c):
        while True:
            await until(lambda: len(self.allocated[c]) > 0)
            r = pick(self.allocated[c], "resource")
            self.allocated[c].discard(r)

    @invariant
    def exclusive(self):
        """No resource is held by two clients."""
        return all(not (r in self.allocated[c] and r in self.allocated[d])
                   for r in self.resource for c in self.client for d in self.client if c != d)

    @sometimes
    def shared_out(self):
        return all(len(self.allocated[c]) > 0 for c in self.client)
