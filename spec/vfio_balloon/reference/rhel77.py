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
            if self.options.kvm_before_listener:
                self.add_to_kvm(group)
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
            return self.leave(group, container, "api")
        self.at("CHECK_EXTENSION")
        if self.env.fails("no_type1"):                                      # E6
            return self.leave(group, container, "no_type1")
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
            return self.leave(group, container, "set_container")
        self.kernel.set_container(group.fd, container.fd)
        self.at("SET_IOMMU")
        if self.env.fails("set_iommu"):                                     # E4
            return self.leave(group, container, "set_iommu")
        self.kernel.set_iommu(container.fd)
        if self.options.vote == "after_attach":
            self.inhibit(voter, "inhibit")
        if self.options.kvm_before_listener:
            self.add_to_kvm(group)
        if not self.register_listener(container) and not self.options.ignore_listener_error:  # E5
            if self.options.kvm_before_listener:
                self.kernel.kvm_del(group.fd)
            if not self.options.keep_listener:
                self.unregister_listener(container, "unregister listener on listener",
                                         unmaps=self.options.listener_exit_unmaps)
            return self.leave(group, container, "listener")
        if self.options.vote == "after_listener":
            self.inhibit(voter, "inhibit")
        self.at("link")
        container.listed = True
        group.container = container
        container.groups.append(group)
        return True

    def leave(self, group: VFIOGroup, container: VFIOContainer, exit: str) -> bool:
        """What all error exits but the first do: free and close, give the vote back, return."""
        if self.options.unclosed_exit != exit:
            self.close_container(container, f"close container on {exit}")
        self.release_if_taken(group, container, exit)
        return False

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
