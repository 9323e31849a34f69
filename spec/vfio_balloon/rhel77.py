"""Connect and disconnect as in qemu-kvm 1.5.3 with the RHEL 7.7 backport of c65ee433153b.

Type1 only, one global list of containers, and six error exits that clean up one by one.
"""
from checker import fails, step

from spec.vfio_balloon.vfio import Vfio

CONNECT = "hw/misc/vfio.c:vfio_connect_container"


class Rhel77Vfio(Vfio):
    """Every error exit has its own release; UNSET_CONTAINER comes before the listener's end."""

    file = "hw/misc/vfio.c"
    realize = "hw/misc/vfio.c:vfio_initfn"
    finalize = "hw/misc/vfio.c:vfio_exitfn"
    put_device = "hw/misc/vfio.c:vfio_put_device"

    async def connect(self, g):
        if self.options.vote == "before_attach" and self.options.per == "group":
            await self.vote(g, "inhibit")
        c = await self.existing_container(g)
        if c is not None:
            await step("link existing", source=CONNECT)
            self.member[g] = c
            if self.options.vote != "before_attach" and self.options.per == "group":
                await self.vote(g, "inhibit existing")
            return True
        c = await self.open_container(g)
        if c is None:                                                       # E1
            if self.options.vote == "before_attach" and self.options.per == "group":
                await self.withdraw_on_exit(g, c, "open", CONNECT)
            return False
        await step("API version", source=CONNECT)
        if fails("api"):
            await self.leave(g, c, "api")                                    # E2
            return False
        await step("CHECK_EXTENSION", source=CONNECT)
        if fails("no_type1"):
            await self.leave(g, c, "no_type1")                               # E6
            return False
        await self.set_up_type1(g, c)
        return self.failed[g] == "none"

    async def set_up_type1(self, g, c):
        """The type1 branch. Container and group are listed only after the listener's success.

        At E5 the listener goes without unmapping, and the group is still attached: the pages stay
        pinned, without a vote, until vfio_get_group closes the group.
        """
        if self.options.vote == "before_attach" and self.options.per == "container":
            await self.vote_for(g, c, "inhibit")
        await step("SET_CONTAINER", source=CONNECT)
        if fails("set_container"):
            await self.leave(g, c, "set_container")                          # E3
            return
        self.kernel.set_container(g, c)
        await step("SET_IOMMU", source=CONNECT)
        if fails("set_iommu"):
            await self.leave(g, c, "set_iommu")                              # E4
            return
        self.kernel.set_iommu(c)
        if self.options.vote == "after_attach":
            await self.vote_for(g, c, "inhibit")
        mapped = await self.register_listener(c)
        if not mapped and not self.options.ignore_listener_error:
            if not self.options.keep_listener:
                await step("unregister listener on listener", source=CONNECT)
                self.drop_listeners(c, self.options.unmaps or self.options.listener_exit_unmaps)
            await self.leave(g, c, "listener")                               # E5
            return
        if self.options.vote == "after_listener":
            await self.vote_for(g, c, "inhibit")
        await step("link", source=CONNECT)
        self.linked[c] = True
        self.member[g] = c

    async def leave(self, g, c, where):
        """Free and close the container, give the vote back, return."""
        self.failed[g] = where
        if self.options.unclosed_exit != where:
            await step(f"close container on {where}", source=CONNECT)
            self.close_container(c)
        if self.vote_was_due(g):
            await self.withdraw_on_exit(g, c, where, CONNECT)

    async def disconnect(self, g):
        """Nothing unmaps: the kernel drops all mappings with the last group."""
        source = "hw/misc/vfio.c:vfio_disconnect_container"
        c = self.member[g]
        await step("UNSET_CONTAINER", source=source)
        self.kernel.unset_container(g)
        await step("unlink", source=source)
        self.member[g] = None
        if not any(self.member[h] == c for h in self.group):
            await step("unregister listener", source="memory.c:memory_listener_unregister")
            self.drop_listeners(c, self.options.unmaps)
            await step("close container", source=source)
            self.close_container(c)
