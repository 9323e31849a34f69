"""Connect and disconnect as in qemu-kvm 1.5.3 with the RHEL 7.7 backport of c65ee433153b.

Type1 only, one global list of containers, and six error exits that clean up one by one.
"""
from __future__ import annotations

from spec.vfio_balloon.reference.vfio import Vfio, VFIOContainer, VFIOGroup


class Rhel77Vfio(Vfio):
    """Every error exit has its own release; UNSET_CONTAINER comes before the listener's end."""

    def vfio_connect_container(self, group: VFIOGroup) -> bool:
        """Follows hw/misc/vfio.c:vfio_connect_container of 1.5.3 with the backport."""
        options = self.options
        if options.vote == "before_attach" and options.per == "group":
            self.inhibit(group, "inhibit")
        container = self.existing_container(group)
        if container is not None:
            self.at("link existing")
            group.container = container
            container.groups.append(group)
            if options.vote != "before_attach" and options.per == "group":
                self.inhibit(group, "inhibit existing")
            return True
        container = self.open_container()
        if container is None:                                               # E1
            self.release_if_taken(group, container, "open")
            return False
        self.at("API version")
        if self.env.fails("api"):                                           # E2
            self.close_container(container, "close container on api")
            self.release_if_taken(group, container, "api")
            return False
        self.at("CHECK_EXTENSION")
        if self.env.fails("no_type1"):                                      # E6
            self.close_container(container, "close container on no_type1")
            self.release_if_taken(group, container, "no_type1")
            return False
        return self.set_up_type1(group, container)

    def set_up_type1(self, group: VFIOGroup, container: VFIOContainer) -> bool:
        """The type1 branch. Containers and groups are listed only after the listener's success.

        At E5 the listener goes without unmapping, and the group is still attached: the pages stay
        pinned, without a vote, until vfio_get_group closes the group.
        """
        voter = group if self.options.per == "group" else container
        if self.options.vote == "before_attach" and self.options.per == "container":
            self.inhibit(voter, "inhibit")
        self.at("SET_CONTAINER")
        if self.env.fails("set_container"):                                 # E3
            self.close_container(container, "close container on set_container")
            self.release_if_taken(group, container, "set_container")
            return False
        self.kernel.set_container(group.fd, container.fd)
        self.at("SET_IOMMU")
        if self.env.fails("set_iommu"):                                     # E4
            self.close_container(container, "close container on set_iommu")
            self.release_if_taken(group, container, "set_iommu")
            return False
        self.kernel.set_iommu(container.fd)
        if self.options.vote == "after_attach":
            self.inhibit(voter, "inhibit")
        if not self.register_listener(container):                           # E5
            self.unregister_listener(container, "unregister listener on listener")
            self.close_container(container, "close container on listener")
            self.release_if_taken(group, container, "listener")
            return False
        if self.options.vote == "after_listener":
            self.inhibit(voter, "inhibit")
        self.at("link")
        container.listed = True
        group.container = container
        container.groups.append(group)
        return True

    def release_if_taken(self, group: VFIOGroup, container: VFIOContainer | None,
                         exit: str) -> None:
        """The backport's qemu_balloon_inhibit(false) in front of each error return."""
        if self.vote_was_due(exit):
            voter = group if self.options.per == "group" else container
            self.uninhibit_on_exit(voter, exit, exit)

    def vfio_disconnect_container(self, group: VFIOGroup) -> None:
        """Follows hw/misc/vfio.c:vfio_disconnect_container of 1.5.3: UNSET_CONTAINER first.

        Nothing unmaps: the kernel drops all mappings with the last group. unmaps=True is this
        code with d25836cafd75 but without 369686267a46.
        """
        container = group.container
        self.at("UNSET_CONTAINER")
        self.kernel.unset_container(group.fd)
        self.at("unlink")
        container.groups.remove(group)
        group.container = None
        if not container.groups:
            self.unregister_listener(container, "unregister listener")
            self.close_container(container, "close container")
