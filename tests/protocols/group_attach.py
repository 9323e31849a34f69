"""Groups attach to a container: votes are taken before pages are pinned, given back after."""
from checker import (Bool, Component, Fault, Index, Int, Map, fails, invariant, pick, process,
                     step)


class GroupAttach(Component):
    """Votes inhibit the balloon, which would make mappings of pinned pages stale."""
    instances = {"small": dict(groups=2)}
    faults = [Fault("vote_after_attach", breaks="no_stale_mapping", vote="after attach")]

    def __init__(self, *, groups=2, pages=1, vote="before attach"):
        self.group = Index("group", groups)
        self.page = Index("page", pages)
        self.votes = Int(0, groups)
        self.holds = Map(self.group, Bool)
        self.pinned = Map(self.page, Bool)
        self.stale = Map(self.page, Bool)
        self.attached = Map(self.group, Bool)
        self.vote = vote

    def take(self, g):
        self.votes += 1
        self.holds[g] = True

    def drop(self, g):
        self.votes -= 1
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
            self.attached[g] = True
            for p in self.page:
                self.pinned[p] = True
            if self.vote == "after attach":
                await step("inhibit")
                self.take(g)
            await step("detach")
            self.attached[g] = False
            for p in self.page:
                self.pinned[p] = any(self.attached[h] for h in self.group)
            await step("release")
            self.drop(g)

    @process
    async def balloon(self):
        while True:
            await step("inflate")
            p = pick(self.page, "page")
            if self.votes == 0 and self.pinned[p]:
                self.stale[p] = True

    @invariant
    def no_stale_mapping(self):
        """A pinned page has the same frame for the CPU and for the IOMMU."""
        return not any(self.stale[p] for p in self.page)

    @invariant
    def votes_counted(self):
        return self.votes == sum(self.holds[g] for g in self.group)
