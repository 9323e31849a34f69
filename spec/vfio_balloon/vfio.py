"""hw/vfio/common.c: groups and devices, the same in every version.

How a group is connected to a container and disconnected from it is in `upstream` and `rhel77`.
"""
from checker import Bool, Component, Int, Map, Maybe, fails, pick, process, step

from spec.vfio_balloon.components import EXIT


class Vfio(Component):
    """The lists of groups and containers of one QEMU with one address space."""

    file = "hw/vfio/common.c"
    realize = "hw/vfio/pci.c:vfio_realize"
    finalize = "hw/vfio/pci.c:vfio_instance_finalize"
    put_device = "hw/vfio/common.c:vfio_put_base_device"

    def __init__(self, options, kernel, inhibitor):
        group, container = kernel.group, kernel.container
        self.group, self.container, self.page = group, container, kernel.page
        self.options = options
        self.kernel = kernel
        self.inhibitor = inhibitor
        self.listed = Map(group, Bool)                  # in the global list of groups
        self.member = Map(group, Maybe(container))      # in this container's list
        self.holds = Map(group, Bool)                   # took a vote, did not give it back
        self.allowed = Map(group, Bool)                 # balloon_allowed: has opted in
        self.devices = Map(group, Int(0, options.devices))      # how many are in its list
        self.failed = Map(group, EXIT)                  # the error exit that it is on
        self.linked = Map(container, Bool)              # in the address space's list
        self.listener = Map(container, Bool)
        self.prereg = Map(container, Bool)              # sPAPR v2's own listener
        self.container_holds = Map(container, Bool)     # per="container": the vote is its

    # Groups.

    async def get_group(self, g):
        """Find the group, or open it and connect it to a container; whether there is one now."""
        source = f"{self.file}:vfio_get_group"
        await step("open group", source=source)
        if self.listed[g]:
            return True                                 # a second device: no second vote
        if fails("open_group") or self.kernel.group_open[g]:
            return False
        self.kernel.group_open[g] = True
        connected = await self.connect(g)
        if not connected:
            await step("close group on error", source=source)
            self.free_group(g)
            return False
        await step("list group", source=source)
        self.listed[g] = True
        if self.options.kvm_in_get_group and (          # 8c37faa475f3 moved it
                self.options.kvm_on_reuse or self.alone(g)):
            await step("KVM add", source=source)
            self.kernel.kvm_add(g)
        return True

    def alone(self, g):
        """Whether the group has its container for itself."""
        return not any(self.member[h] == self.member[g] and h != g for h in self.group)

    async def put_group(self, g):
        """The last device has gone: every release gives the vote back before it unmaps."""
        source = f"{self.file}:vfio_put_group"
        if self.devices[g] > 0:
            return
        by_container = self.last_of_voting_container(g)
        c = self.member[g]
        if self.options.release == "before_unmap":
            await self.give_back(g, c, by_container)
        await step("KVM del", source=source)
        self.kernel.kvm_del(g)
        await self.disconnect(g)
        if self.options.release == "after_unmap":
            await self.give_back(g, c, by_container)
        await step("close group", source=source)
        self.listed[g] = False
        self.free_group(g)

    def free_group(self, g):
        self.kernel.close_group(g)
        self.member[g] = None
        self.holds[g] = False
        self.allowed[g] = False
        self.failed[g] = "none"

    # Votes.

    def last_of_voting_container(self, g):
        """Whether the group's container has a vote, and goes with the group."""
        if self.options.per == "group":
            return False
        return self.alone(g) and any(self.member[g] == c and self.container_holds[c]
                                     for c in self.container)

    async def give_back(self, g, c, by_container):
        """vfio_put_group's release: the group's vote, unless it has opted in."""
        source = f"{self.file}:vfio_put_group"
        if self.options.per == "group":
            if not self.allowed[g]:
                await self.inhibitor.withdraw("uninhibit", source)
                self.holds[g] = False
        elif by_container:
            await self.inhibitor.withdraw("uninhibit", source)
            self.container_holds[c] = False

    async def vote(self, g, label):
        """The group's vote; whether it was accepted. Before aff92b828647 none is refused."""
        source = f"{self.file}:vfio_connect_container"
        if not self.options.refusable:
            await self.inhibitor.vote(label, source)
            self.holds[g] = True
            return True
        await step(label, source=source)
        if fails("refused"):                # somebody requires discards: see spec/votes
            return self.options.refusal == "ignored"
        self.inhibitor.votes = min(self.inhibitor.votes + 1, self.inhibitor.most)
        self.holds[g] = True
        return True

    async def vote_for(self, g, c, label):
        """A vote for the group, or for its container with the rejected per="container"."""
        await self.inhibitor.vote(label, f"{self.file}:vfio_connect_container")
        if self.options.per == "group":
            self.holds[g] = True
        else:
            self.container_holds[c] = True

    async def withdraw_on_exit(self, g, c, where, source):
        """The release on an error exit, where two of the faults live."""
        if self.failed[g] != self.options.leak_exit and where != self.options.leak_exit:
            await self.inhibitor.withdraw(f"uninhibit on {where}", source)
            self.forget_vote(g, c)
        twice = self.options.double_release_exit
        if twice != "none" and where in ("error", twice):
            if self.failed[g] == twice:
                await self.inhibitor.withdraw(f"uninhibit again on {where}", source)
                self.forget_vote(g, c)

    def forget_vote(self, g, c):
        if self.options.per == "group":
            self.holds[g] = False
        else:
            self.container_holds[c] = False

    def vote_was_due(self, g):
        """Whether this version has voted before the exit that the group is on."""
        if self.options.vote == "before_attach":
            return self.options.per == "group" or not (
                self.failed[g] == "open" or self.failed[g] == "api"
                or self.failed[g] == "no_type1")
        if self.options.vote == "by_type":
            return not (self.failed[g] == "open" or self.failed[g] == "api"
                        or self.failed[g] == "no_type1" or self.failed[g] == "set_container"
                        or self.failed[g] == "set_iommu" or self.failed[g] == "refused")
        return self.options.vote == "after_attach" and self.failed[g] == "listener"

    # Containers.

    async def existing_container(self, g):
        """SET_CONTAINER with each container that exists; the kernel says which one it accepts."""
        await step("SET_CONTAINER existing", source=f"{self.file}:vfio_connect_container")
        if any(self.linked[c] for c in self.container):
            if not fails("existing container"):
                c = pick((c for c in self.container if self.linked[c]), "existing container")
                if self.kernel.set_container(g, c):
                    return c
        return None

    def unused(self, c):
        """Nothing speaks of the container any more, so that its number is free."""
        return not (self.kernel.alive(c) or self.linked[c] or self.listener[c] or self.prereg[c]
                    or any(self.member[g] == c for g in self.group))

    async def open_container(self, g):
        await step("open container", source=f"{self.file}:vfio_connect_container")
        if fails("open") or not any(self.unused(c) for c in self.container):
            self.failed[g] = "open"
            return None
        c = pick((c for c in self.container if self.unused(c)), "new container")
        self.kernel.open[c] = True
        return c

    async def register_listener(self, c):
        """memory_listener_register: map every page; a failure leaves one page unmapped."""
        await step("register listener", source="memory.c:memory_listener_register")
        self.listener[c] = True
        if fails("listener"):
            hole = pick(self.page, "unmapped")
            for p in self.page:
                if p != hole:
                    self.kernel.map_dma(c, p)
            return False
        for p in self.page:
            self.kernel.map_dma(c, p)
        return True

    def drop_listeners(self, c, unmaps):
        """vfio_listener_release; since d25836cafd75 unregistering unmaps."""
        if unmaps and self.listener[c]:
            for p in self.page:
                self.kernel.unmap_dma(c, p)
        self.listener[c] = False
        if self.prereg[c]:
            for p in self.page:
                self.kernel.registered[c, p] = False
            self.prereg[c] = False
        self.kernel.let_go(c)

    def close_container(self, c):
        self.linked[c] = False
        self.kernel.close_container(c)

    def any_linked(self):
        return any(self.linked[c] for c in self.container)


class Device(Component):
    """hw/vfio/pci.c: one device of each group, plugged and unplugged over and over."""

    def __init__(self, options, vfio, bql, disagrees=False):
        self.options = options
        self.group = vfio.group
        self.vfio = vfio
        self.bql = bql
        self.disagrees = disagrees              # with the group's other device, on opting in
        self.fd = Map(self.group, Bool)
        self.plugged = Map(self.group, Bool)    # in its group's list

    def willing(self, g):
        """Whether this device opts in to ballooning (238e91728503)."""
        kind = self.vfio.kernel.kind[g]
        if self.disagrees:
            return kind == "mediated"
        return kind == "opted_in"

    @process(each="group", fair="strong")
    async def life(self, g):
        while True:
            if self.options.bql:
                await self.bql.take("BQL plug", self.vfio.realize)
            found = await self.vfio.get_group(g)
            plugged = False
            if found:
                plugged = await self.get_device(g)
                if not plugged and not self.options.keeps_group:
                    await self.vfio.put_group(g)
            if self.options.bql:
                self.bql.give()
            if plugged:
                if self.options.bql:
                    await self.bql.take("BQL unplug", self.vfio.finalize)
                await self.put_device(g)
                await self.vfio.put_group(g)
                if self.options.bql:
                    self.bql.give()

    async def get_device(self, g):
        """Open the device; the first one decides whether its group opts in.

        238e91728503 forgets the open file where the devices of a group disagree.
        """
        source = f"{self.vfio.file}:vfio_get_device"
        await step("GET_DEVICE_FD", source=source)
        if fails("device_fd"):
            return False
        self.fd[g] = True
        if self.options.mixed and self.willing(g) != self.vfio.allowed[g]:
            if self.vfio.devices[g] > 0:
                if self.options.closes_device_fd:
                    self.fd[g] = False
                return False
            if not self.vfio.allowed[g] and not self.pinned_ahead(g):
                await self.opt_in(g, source)
        await step("add device", source=source)
        self.plugged[g] = True
        self.vfio.devices[g] += 1
        return True

    def pinned_ahead(self, g):
        """Opting in is refused where all RAM is pinned already, whatever the device does."""
        return self.options.spapr_keeps_votes and self.vfio.prereg[self.vfio.member[g]]

    async def opt_in(self, g, source):
        """Withdraw the vote of the group (of its container, with the rejected per="container")."""
        if self.options.per == "group":
            await self.vfio.inhibitor.withdraw("opt in", source)
            self.vfio.holds[g] = False
        else:
            c = self.vfio.member[g]
            if self.vfio.container_holds[c]:
                await self.vfio.inhibitor.withdraw("opt in", source)
                self.vfio.container_holds[c] = False
        self.vfio.allowed[g] = True

    async def put_device(self, g):
        await step("remove device", source=self.vfio.put_device)
        if not self.fd[g]:
            self.vfio.kernel.refused = True         # EBADF
        self.plugged[g] = False
        self.fd[g] = False
        self.vfio.devices[g] -= 1
