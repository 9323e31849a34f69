"""hw/vfio/common.c: groups and devices, the same in every version but for the named differences.

Connecting a group to a container and disconnecting it is in `upstream` and `rhel77`.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from spec.hooks import Environment
from spec.vfio_balloon.reference.balloon import Bql, Inhibitor
from spec.vfio_balloon.reference.kernel import KernelContainer, KernelGroup, VfioKernel
from spec.vfio_balloon.reference.options import Options


@dataclass(eq=False)
class VFIODevice:
    """One assigned device; `balloon_allowed` is its opt-in to ballooning (238e91728503)."""

    number: int
    group_number: int
    balloon_allowed: bool = False
    fd_open: bool = False
    group: VFIOGroup | None = None


@dataclass(eq=False)
class VFIOContainer:
    """The DMA context of an address space, for one or more groups."""

    number: int
    fd: KernelContainer
    groups: list[VFIOGroup] = field(default_factory=list)
    listed: bool = False                # in the address space's list
    listener: bool = False              # its memory listener is registered
    prereg: bool = False                # sPAPR v2: its preregistration listener is registered
    freed: bool = False
    holds_vote: bool = False            # only with per="container"


@dataclass(eq=False)
class VFIOGroup:
    """An IOMMU group that QEMU has opened."""

    number: int
    fd: KernelGroup
    container: VFIOContainer | None = None
    devices: list[VFIODevice] = field(default_factory=list)
    balloon_allowed: bool = False
    listed: bool = False                # in the global list of groups
    holds_vote: bool = False            # for the observer: took a vote and did not give it back


class Vfio:
    """The group and container lists of one QEMU process with one address space."""

    def __init__(self, options: Options, at: Callable[[str], None], env: Environment, bql: Bql,
                 inhibitor: Inhibitor, kernel: VfioKernel, containers: int) -> None:
        self.options = options
        self.at = at
        self.env = env
        self.bql = bql
        self.inhibitor = inhibitor
        self.kernel = kernel
        self.space = False                                      # the address space object exists
        self.groups: list[VFIOGroup] = []                       # opened, listed or not yet
        self.containers: list[VFIOContainer] = []               # everything ever allocated
        self.container_numbers = range(containers)

    # What a device does.

    def vfio_realize(self, device: VFIODevice) -> bool:
        """hw/vfio/pci.c:vfio_realize, hot-plug: get the group, then the device in it."""
        with self.bql("BQL plug"):
            group = self.vfio_get_group(device.group_number)
            if group is None:
                return False
            if not self.vfio_get_device(group, device):
                if not self.options.keeps_group:
                    self.vfio_put_group(group)
                return False
            return True

    def vfio_instance_finalize(self, device: VFIODevice) -> None:
        """hw/vfio/pci.c:vfio_instance_finalize, unplug: the device, then maybe its group."""
        with self.bql("BQL unplug"):
            group = self.vfio_put_base_device(device)
            self.vfio_put_group(group)

    # Groups and devices.

    def vfio_get_group(self, number: int) -> VFIOGroup | None:
        """Find the group or open it (with GET_STATUS) and connect it to a container.

        Finding and opening are one step: the kernel opens a group only once, so that nothing
        new can be seen between them.
        """
        self.at("open group")
        for group in self.groups:
            if group.listed and group.number == number:
                return group                    # a second device: no second vote
        if self.env.fails("open_group") or not self.kernel.open_group(number):
            return None
        group = VFIOGroup(number, self.kernel.groups[number])
        self.groups.append(group)
        if not self.vfio_connect_container(group):
            self.at("close group on error")
            self.free_group(group)
            return None
        self.at("list group")
        group.listed = True
        # 8c37faa475f3 moved it before the listener.
        if self.options.version == "rhel77" and not self.options.kvm_before_listener and (
                self.options.kvm_on_reuse or group.container.groups == [group]):
            self.add_to_kvm(group)
        return group

    def add_to_kvm(self, group: VFIOGroup) -> None:
        self.at("KVM add")
        self.kernel.kvm_add(group.fd)

    def vfio_put_group(self, group: VFIOGroup) -> None:
        """The last device of the group has gone.

        The vote is given back before the unmap, in every release: pinned pages without a vote,
        for which only the big lock makes up. release="after_unmap" is the order without that.
        """
        if group.devices:
            return
        early = self.options.release == "before_unmap"
        voter = self.voter_of_last_release(group)
        if early and voter is not None:
            self.uninhibit(voter, "uninhibit")
        self.at("KVM del")
        self.kernel.kvm_del(group.fd)
        self.vfio_disconnect_container(group)
        if not early and voter is not None:
            self.uninhibit(voter, "uninhibit")
        self.at("close group")
        group.listed = False
        self.free_group(group)

    def vfio_get_device(self, group: VFIOGroup, device: VFIODevice) -> bool:
        """Open the device (with GET_INFO); the first one decides whether its group opts in.

        Follows 238e91728503, which forgets the open file descriptor where devices disagree
        (8709b3954d41 closes it) and never takes back the vote of a group that had opted in.
        """
        self.at("GET_DEVICE_FD")
        if self.env.fails("device_fd"):
            return False
        device.fd_open = True
        if device.balloon_allowed != group.balloon_allowed:
            if group.devices:
                device.fd_open = not self.options.closes_device_fd
                return False
            if not group.balloon_allowed and not self.pinned_ahead(group):
                voter = group if self.options.per == "group" else group.container
                if voter.holds_vote:
                    self.uninhibit(voter, "opt in")
                group.balloon_allowed = True
        self.at("add device")
        group.devices.append(device)
        device.group = group
        return True

    def pinned_ahead(self, group: VFIOGroup) -> bool:
        """Whether opting in is refused: the pages are pinned already, whatever the device does."""
        return self.options.spapr_keeps_votes and group.container.prereg

    def vfio_put_base_device(self, device: VFIODevice) -> VFIOGroup:
        """Unlink the device and close it."""
        self.at("remove device")
        group = device.group
        group.devices.remove(device)
        device.group = None
        device.fd_open = False
        return group

    # The versions differ here.

    def vfio_connect_container(self, group: VFIOGroup) -> bool:
        """Join a container of the address space or make a new one."""
        raise NotImplementedError

    def vfio_disconnect_container(self, group: VFIOGroup) -> None:
        """Leave the container; the last group takes it down."""
        raise NotImplementedError

    # Votes.

    def inhibit(self, voter: VFIOGroup | VFIOContainer, label: str) -> bool:
        """Take the vote of a group (or of a container, the rejected design), if that is allowed.

        Since aff92b828647 a vote is refused where somebody requires discards.
        """
        if self.options.refusable:
            if not self.inhibitor.ram_block_discard_disable(label, self.env):
                return self.options.refusal == "ignored"
        else:
            self.inhibitor.qemu_balloon_inhibit(True, label)
        voter.holds_vote = True
        return True

    def uninhibit(self, voter: VFIOGroup | VFIOContainer, label: str) -> None:
        """Give a vote back."""
        self.inhibitor.qemu_balloon_inhibit(False, label)
        voter.holds_vote = False

    def uninhibit_on_exit(self, voter: VFIOGroup | VFIOContainer, exit: str, where: str) -> None:
        """The release on an error exit, where two of the faults live."""
        if self.options.leak_exit != exit:
            self.uninhibit(voter, f"uninhibit on {where}")
        if self.options.double_release_exit == exit:
            self.uninhibit(voter, f"uninhibit again on {where}")

    def vote_was_due(self, failed: str) -> bool:
        """Whether this version votes before the exit `failed`."""
        if self.options.vote == "before_attach":
            return self.options.per == "group" or failed not in ("open", "api", "no_type1")
        if self.options.vote == "by_type":
            return failed not in ("open", "api", "no_type1", "set_container", "set_iommu",
                                  "refused")
        return self.options.vote == "after_attach" and failed == "listener"

    def voter_of_last_release(self, group: VFIOGroup) -> VFIOGroup | VFIOContainer | None:
        """Whose vote vfio_put_group gives back: none where the group has opted in."""
        if self.options.per == "group":
            return None if group.balloon_allowed else group
        container = group.container
        last = container.groups == [group]
        return container if last and container.holds_vote else None

    # Shared by both versions of connect and disconnect.

    def existing_container(self, group: VFIOGroup) -> VFIOContainer | None:
        """The loop of SET_CONTAINER over the containers that exist.

        One step: a refusal changes nothing, and which container accepts the group is up to the
        kernel (compatible IOMMUs), hence a choice. None: no container accepts it.
        """
        self.at("SET_CONTAINER existing")
        listed = {container.number: container
                  for container in self.containers if container.listed}
        number = self.env.pick("existing container", [*sorted(listed), None])
        if number is not None and self.kernel.set_container(group.fd, listed[number].fd):
            return listed[number]
        return None

    def open_container(self) -> VFIOContainer | None:
        """Open /dev/vfio/vfio; the number of the container stands for its file descriptor."""
        self.at("open container")
        if self.env.fails("open"):
            return None
        free = [number for number in self.container_numbers if not self.number_in_use(number)]
        if not free:
            return None
        number = self.env.pick("new container", free)
        container = VFIOContainer(number, self.kernel.open_container(number))
        self.containers.append(container)
        return container

    def number_in_use(self, number: int) -> bool:
        """Whether anything still speaks of the container, be it a dangling listener."""
        return any(container.number == number
                   and (container.fd.alive or container.listed or container.listener
                        or container.prereg or any(group.container is container
                                                   for group in self.groups))
                   for container in self.containers)

    def register_listener(self, container: VFIOContainer) -> bool:
        """memory_listener_register: map every page; a failure leaves one page unmapped.

        vfio_listener_region_add keeps only the first error and goes on with the next section.
        """
        self.at("register listener")
        container.listener = True
        failed = self.env.fails("listener")
        unmapped = self.env.pick("unmapped", self.kernel.memory.pages) if failed else None
        for page in self.kernel.memory.pages:
            if page != unmapped:
                self.kernel.map_dma(container.fd, page)
        return not failed

    def unregister_listener(self, container: VFIOContainer, label: str,
                            unmaps: bool = False) -> None:
        """vfio_listener_release; since d25836cafd75 memory_listener_unregister unmaps."""
        self.at(label)
        if (unmaps or self.options.unmaps) and container.listener:
            for page in self.kernel.memory.pages:
                self.kernel.unmap_dma(container.fd, page)
        container.listener = False
        if container.prereg:
            self.kernel.unregister_memory(container.fd)
            container.prereg = False

    def close_container(self, container: VFIOContainer, label: str) -> None:
        """Unlist and free the container object, and close its file descriptor."""
        self.at(label)
        container.listed = False
        container.freed = True
        self.kernel.close_container(container.fd)

    def free_group(self, group: VFIOGroup) -> None:
        """Close the group's file descriptor and free the group object."""
        self.kernel.close_group(group.fd)
        self.groups.remove(group)

    def any_container(self) -> bool:
        """Whether the address space has a container."""
        return any(container.listed for container in self.containers)
