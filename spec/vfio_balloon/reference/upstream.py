"""Connect and disconnect as in QEMU's hw/vfio/common.c at c65ee433153b (v3.1), type1 and sPAPR.

The version reviewed in July 2018 is this code with vote="after_attach", and that of v6.1
(53d1b5fcfb40) with vote="by_type": the IOMMU's type decides which vote it is, so the group is
attached first.
"""
from __future__ import annotations

from spec.vfio_balloon.reference.vfio import Vfio, VFIOContainer, VFIOGroup


class UpstreamVfio(Vfio):
    """One funnel of error labels; the listener is released before UNSET_CONTAINER."""

    def vfio_connect_container(self, group: VFIOGroup) -> bool:
        """Vote, then join a container or make one: votes come before anything can pin.

        Follows hw/vfio/common.c:vfio_connect_container. Where the group joins a container whose
        groups so far had no IOMMU of their own, SET_CONTAINER itself pins what is mapped.
        aff92b828647 (v5.1), where the vote may be refused, then keeps the address space.
        """
        options = self.options
        self.at("get space")
        self.space = True
        if options.vote == "before_attach" and options.per == "group":
            if not self.inhibit(group, "inhibit"):
                if options.refusal != "returns":
                    self.put_space()
                return False
        container = self.existing_container(group)
        if container is not None:
            return self.join(group, container)
        container, failed = self.new_container(group)
        if failed is not None:
            self.connect_failed(group, container, failed)
        return failed is None

    def put_space(self) -> None:
        self.at("put space on error")
        self.space = self.any_container()

    def join(self, group: VFIOGroup, container: VFIOContainer) -> bool:
        """Link the group to the container that the kernel has accepted it for."""
        options = self.options
        if options.vote == "by_type" and not self.inhibit(group, "inhibit existing"):
            self.at("UNSET_CONTAINER on refusal")
            self.kernel.unset_container(group.fd)
            return False
        self.at("link existing")
        group.container = container
        container.groups.append(group)
        if options.kvm_on_reuse:
            self.at("KVM add existing")
            self.kernel.kvm_add(group.fd)
        if options.vote in ("after_attach", "after_listener") and options.per == "group":
            self.inhibit(group, "inhibit existing")
        return True

    def new_container(self, group: VFIOGroup) -> tuple[VFIOContainer | None, str | None]:
        """The second half of vfio_connect_container: the container, and the exit that it took."""
        container = self.open_container()
        if container is None:
            return None, "open"                                             # U1
        self.at("API version")
        if self.env.fails("api"):
            return container, "api"                                         # U2
        self.at("CHECK_EXTENSION")
        if self.env.fails("no_type1"):
            return container, "no_type1"                                    # U11
        voter = group if self.options.per == "group" else container
        if self.options.vote == "before_attach" and self.options.per == "container":
            self.inhibit(voter, "inhibit")
        self.at("SET_CONTAINER")
        if self.env.fails("set_container"):
            return container, "set_container"                               # U3, U5
        self.kernel.set_container(group.fd, container.fd)
        self.at("SET_IOMMU")
        if self.env.fails("set_iommu"):
            return container, "set_iommu"                                   # U4, U6
        self.kernel.set_iommu(container.fd)
        if self.options.vote == "by_type" and not self.inhibit(voter, "inhibit"):
            return container, "refused"
        if self.options.spapr:
            failed = self.set_up_spapr(container)
            if failed is not None:
                return container, failed
        if not self.options.kvm_after_listener:
            self.at("KVM add")
            self.kernel.kvm_add(group.fd)
        if self.options.vote == "after_attach":
            self.inhibit(voter, "inhibit")
        self.at("link")
        container.listed = True
        group.container = container
        container.groups.append(group)
        if not self.register_listener(container) and not self.options.ignore_listener_error:
            return container, "listener"                                    # U12
        if self.options.kvm_after_listener:
            self.at("KVM add")
            self.kernel.kvm_add(group.fd)
        if self.options.vote == "after_listener":
            self.inhibit(voter, "inhibit")
        return container, None

    def set_up_spapr(self, container: VFIOContainer) -> str | None:
        """The sPAPR branch; the v2 IOMMU pins all RAM here, through a listener of its own.

        The last exit forgets that listener: it stays registered with a container that is freed.
        """
        if self.env.pick("spapr model", ("v2", "v1")) == "v1":
            self.at("IOMMU_ENABLE")
            if self.env.fails("iommu_enable"):
                return "iommu_enable"                                       # U7
            self.at("TCE info")
            return "tce_info" if self.env.fails("tce_info") else None       # U9
        self.at("register prereg")
        container.prereg = True
        failed = self.env.fails("prereg")
        unmapped = self.env.pick("unmapped", self.kernel.memory.pages) if failed else None
        for page in self.kernel.memory.pages:
            if page != unmapped:
                self.kernel.register_memory(container.fd, page)
        if failed:
            self.unregister_listener(container, "unregister prereg on prereg")
            return "prereg"                                                 # U8
        self.at("TCE info v2")
        if self.env.fails("tce_info"):
            self.unregister_listener(container, "unregister prereg on tce_info")
            return "tce_info"                                               # U9
        self.at("remove default window")
        if self.env.fails("default_window"):
            if self.options.spapr_exit_unregisters:
                self.unregister_listener(container, "unregister prereg on default_window")
            return "default_window"                                         # U10
        return None

    def connect_failed(self, group: VFIOGroup, container: VFIOContainer | None,
                       failed: str) -> None:
        """The labels listener_release_exit to put_space_exit, entered where `failed` says.

        c65ee433153b releases the vote last but one. Where the vote is taken late, the exits
        before it have nothing to release. (The reviewed version's place of the release in this
        funnel is inferred: the text of that patch was not found.) In v6.1 the release has a label
        of its own, before the container is freed.
        """
        voter = group if self.options.per == "group" else container
        if failed == "listener":
            self.at("unlink on error")
            container.groups.remove(group)
            container.listed = False
            if not self.options.kvm_after_listener:
                self.at("KVM del on error")
                self.kernel.kvm_del(group.fd)
            if not self.options.keep_listener:
                self.unregister_listener(container, "unregister listener on error")
        releases_first = self.options.vote == "by_type"
        if releases_first and self.vote_was_due(failed):
            self.uninhibit_on_exit(voter, failed, "error")
        if container is not None and self.options.unclosed_exit != failed:
            self.close_container(container, "close container on error")
        if not releases_first and self.vote_was_due(failed):
            self.uninhibit_on_exit(voter, failed, "error")
        self.put_space()

    def vfio_disconnect_container(self, group: VFIOGroup) -> None:
        """Unlink the group; the last one unmaps everything before the kernel drops the domain.

        Follows hw/vfio/common.c:vfio_disconnect_container since 369686267a46; with unset_first,
        as it was before: the unmaps find no IOMMU any more.
        """
        container = group.container
        if self.options.unset_first:
            self.at("UNSET_CONTAINER")
            self.kernel.unset_container(group.fd)
        self.at("unlink")
        container.groups.remove(group)
        group.container = None
        last = not container.groups
        if last:
            self.unregister_listener(container, "unregister listener")
        if not self.options.unset_first:
            self.at("UNSET_CONTAINER")
            self.kernel.unset_container(group.fd)
        if last:
            self.close_container(container, "close container")
            self.at("put space")
            self.space = self.any_container()
