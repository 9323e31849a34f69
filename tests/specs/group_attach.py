from checker import *


class Inhibitor(Component):
    def __init__(self, most):
        self.votes = Int(0, most)

    def vote(self):
        self.votes += 1

    def withdraw(self):
        self.votes -= 1


class GroupAttach(Component):
    """Demo."""
    instances = {"small": dict(groups=2)}
    faults = [Fault("vote_after_attach", breaks="no_stale_mapping", vote="after attach")]

    def __init__(self, *, groups=2, pages=1, vote="before attach"):
        self.group = Index("group", groups)
        self.page = Index("page", pages)
        self.inhibitor = Inhibitor(groups)
        self.bql = Lock
        self.holds = Map(self.group, Bool)
        self.pinned = Map(self.page, Bool)
        self.stale = Map(self.page, Bool)
        self.vote = vote

    def take(self, g):
        self.inhibitor.vote()
        self.holds[g] = True

    def drop(self, g):
        self.inhibitor.withdraw()
        self.holds[g] = False

    @process(each="group")
    async def attach(self, g):
        while True:
            if self.vote == "before attach":
                await step("inhibit")
                self.take(g)
            await step("SET_CONTAINER")
            if fails("SET_CONTAINER"):
                if self.vote == "before attach":
                    await step("uninhibit")
                    self.drop(g)
                continue
            for p in self.page:
                self.pinned[p] = True
            if self.vote == "after attach":
                await step("inhibit")
                self.take(g)
            await step("detach")
            for p in self.page:
                self.pinned[p] = any(self.holds[h] for h in self.group if h != g)
            await step("release")
            self.drop(g)

    @process
    async def balloon(self):
        while True:
            await step("inflate")
            p = pick(self.page, "page")
            if self.inhibitor.votes == 0 and self.pinned[p]:
                self.stale[p] = True

    @invariant
    def no_stale_mapping(self):
        """A pinned page has the same frame for the CPU and for the IOMMU."""
        return not any(self.stale[p] for p in self.page)

    @invariant
    def votes_counted(self):
        return self.inhibitor.votes == sum(self.holds[g] for g in self.group)

    @sometimes
    def everybody_attached(self):
        return all(self.holds[g] for g in self.group)
