"""Connect and disconnect as in QEMU's hw/vfio/common.c at c65ee433153b (v3.1), type1 and sPAPR.

The version reviewed in July 2018 is this code with vote="after_attach", and that of v6.1
(53d1b5fcfb40) with vote="by_type": the IOMMU's type decides which vote it is, so the group is
attached first.
"""
from checker import Bool, fails, pick, step

from spec.vfio_balloon.vfio import Vfio

CONNECT = "hw/vfio/common.c:vfio_connect_container"


class UpstreamVfio(Vfio):
    """One funnel of error labels; the listener is released before UNSET_CONTAINER."""

    def __init__(self, options, kernel, inhibitor):
        super().__init__(options, kernel, inhibitor)
        self.space = Bool               # the address space object exists

    async def connect(self, g):
        """Vote, then join a container or make one: nothing can pin before the vote.

        aff92b828647 (v5.1), where the vote may be refused, then keeps the address space.
        """
        await step("get space", source=CONNECT)
        self.space = True
        if self.options.vote == "before_attach" and self.options.per == "group":
            accepted = await self.vote(g, "inhibit")
            if self.options.refusable and not accepted:
                if self.options.refusal != "returns":
                    await self.put_space()
                return False
        c = await self.existing_container(g)
        if c is not None:
            return await self.join(g, c)
        c = await self.new_container(g)
        if self.failed[g] != "none":
            await self.connect_failed(g, c)
            return False
        return True

    async def put_space(self):
        await step("put space on error", source=CONNECT)
        self.space = self.any_linked()

    async def join(self, g, c):
        """Into a container that the kernel has accepted the group for."""
        if self.options.vote == "by_type":
            accepted = await self.vote(g, "inhibit existing")
            if not accepted:
                self.failed[g] = "refused"
                await step("UNSET_CONTAINER on refusal", source=CONNECT)
                self.kernel.unset_container(g)
                return False
        await step("link existing", source=CONNECT)
        self.member[g] = c
        if self.options.kvm_on_reuse:
            await step("KVM add existing", source=CONNECT)
            self.kernel.kvm_add(g)
        if self.late() and self.options.per == "group":
            await self.vote(g, "inhibit existing")
        return True

    def late(self):
        """Whether the vote comes when the group is attached and linked. Decided before checking."""
        return self.options.vote == "after_attach" or self.options.vote == "after_listener"

    async def new_container(self, g):
        """The second half of vfio_connect_container; `failed` tells the exit that it takes."""
        c = await self.open_container(g)
        if c is None:
            return None                                                     # U1
        await step("API version", source=CONNECT)
        if fails("api"):
            self.failed[g] = "api"                                          # U2
            return c
        await step("CHECK_EXTENSION", source=CONNECT)
        if fails("no_type1"):
            self.failed[g] = "no_type1"                                     # U11
            return c
        if self.options.vote == "before_attach" and self.options.per == "container":
            await self.vote_for(g, c, "inhibit")
        await step("SET_CONTAINER", source=CONNECT)
        if fails("set_container"):
            self.failed[g] = "set_container"                                # U3, U5
            return c
        self.kernel.set_container(g, c)
        await step("SET_IOMMU", source=CONNECT)
        if fails("set_iommu"):
            self.failed[g] = "set_iommu"                                    # U4, U6
            return c
        self.kernel.set_iommu(c)
        if self.options.vote == "by_type":
            accepted = await self.vote(g, "inhibit")
            if not accepted:
                self.failed[g] = "refused"
                return c
        if self.options.spapr:
            await self.set_up_spapr(g, c)
            if self.failed[g] != "none":
                return c
        await self.finish_container(g, c)
        return c

    async def finish_container(self, g, c):
        """KVM knows the group before the listener maps anything (8c37faa475f3)."""
        if not self.options.kvm_after_listener:
            await step("KVM add", source=CONNECT)
            self.kernel.kvm_add(g)
        if self.options.vote == "after_attach":
            await self.vote_for(g, c, "inhibit")
        await step("link", source=CONNECT)
        self.linked[c] = True
        self.member[g] = c
        mapped = await self.register_listener(c)
        if not mapped and not self.options.ignore_listener_error:
            self.failed[g] = "listener"                                     # U12
            return
        if self.options.kvm_after_listener:
            await step("KVM add", source=CONNECT)
            self.kernel.kvm_add(g)
        if self.options.vote == "after_listener":
            await self.vote_for(g, c, "inhibit")

    async def set_up_spapr(self, g, c):
        """The sPAPR branch; the v2 IOMMU pins all RAM here, through a listener of its own."""
        model = pick(("v2", "v1"), "spapr model")
        if model == "v1":
            await step("IOMMU_ENABLE", source=CONNECT)
            if fails("iommu_enable"):
                self.failed[g] = "iommu_enable"                             # U7
                return
            await step("TCE info", source=CONNECT)
            if fails("tce_info"):
                self.failed[g] = "tce_info"                                 # U9
            return
        await step("register prereg", source="memory.c:memory_listener_register")
        self.prereg[c] = True
        if fails("prereg"):
            hole = pick(self.page, "unmapped")
            for p in self.page:
                if p != hole:
                    self.kernel.registered[c, p] = True
            await self.drop_prereg(c, "prereg")
            self.failed[g] = "prereg"                                       # U8
            return
        for p in self.page:
            self.kernel.registered[c, p] = True
        await step("TCE info v2", source=CONNECT)
        if fails("tce_info"):
            await self.drop_prereg(c, "tce_info")
            self.failed[g] = "tce_info"                                     # U9
            return
        await step("remove default window", source="hw/vfio/spapr.c:vfio_spapr_remove_window")
        if fails("default_window"):
            if self.options.spapr_exit_unregisters:
                await self.drop_prereg(c, "default_window")
            self.failed[g] = "default_window"                               # U10

    async def drop_prereg(self, c, where):
        await step(f"unregister prereg on {where}", source="memory.c:memory_listener_unregister")
        self.drop_listeners(c, False)

    async def connect_failed(self, g, c):
        """The labels listener_release_exit to put_space_exit, entered where `failed` says.

        Where the vote is taken late, the exits before it have nothing to release. (The reviewed
        version's place of the release in this funnel is inferred.) In v6.1 the release has a
        label of its own, before the container is freed.
        """
        if self.failed[g] == "listener":
            await step("unlink on error", source=CONNECT)
            self.member[g] = None
            self.linked[c] = False
            if not self.options.kvm_after_listener:
                await step("KVM del on error", source=CONNECT)
                self.kernel.kvm_del(g)
            if not self.options.keep_listener:
                await step("unregister listener on error",
                           source="memory.c:memory_listener_unregister")
                self.drop_listeners(c, self.options.unmaps)
        if self.options.vote == "by_type" and self.vote_was_due(g):
            await self.withdraw_on_exit(g, c, "error", CONNECT)
        if c is not None and self.failed[g] != self.options.unclosed_exit:
            await step("close container on error", source=CONNECT)
            self.close_container(c)
        if self.options.vote != "by_type" and self.vote_was_due(g):
            await self.withdraw_on_exit(g, c, "error", CONNECT)
        await self.put_space()

    async def disconnect(self, g):
        """The last group unmaps everything before the kernel drops the domain (369686267a46)."""
        source = "hw/vfio/common.c:vfio_disconnect_container"
        c = self.member[g]
        if self.options.unset_first:
            await step("UNSET_CONTAINER", source=source)
            self.kernel.unset_container(g)
        await step("unlink", source=source)
        self.member[g] = None
        last = not any(self.member[h] == c for h in self.group)
        if last:
            await step("unregister listener", source="memory.c:memory_listener_unregister")
            self.drop_listeners(c, self.options.unmaps)
        if not self.options.unset_first:
            await step("UNSET_CONTAINER", source=source)
            self.kernel.unset_container(g)
        if last:
            await step("close container", source=source)
            self.close_container(c)
            await step("put space", source="hw/vfio/common.c:vfio_put_address_space")
            self.space = self.any_linked()
