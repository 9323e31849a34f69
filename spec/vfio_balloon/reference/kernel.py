"""The kernel's side: drivers/vfio/vfio.c, vfio_iommu_type1.c and virt/kvm/vfio.c, 2018.

Requests are atomic and answer whether they succeeded. A request that only broken user space
makes is refused and noted in `errors`.
"""
from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, TypeVar

from spec.vfio_balloon.reference.memory import Memory

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(eq=False)
class KernelContainer:
    """What an open /dev/vfio/vfio leads to; it lives while it is open or has a group."""

    number: int
    open: bool = True
    iommu: bool = False                 # SET_IOMMU was done: the IOMMU driver is attached
    groups: set[int] = field(default_factory=set)
    maps: set[int] = field(default_factory=set)             # MAP_DMA, pinned or not
    registered: set[int] = field(default_factory=set)       # sPAPR v2 REGISTER_MEMORY

    @property
    def alive(self) -> bool:
        """Whether the kernel still has this object."""
        return self.open or bool(self.groups)


@dataclass(eq=False)
class KernelGroup:
    """One /dev/vfio/<number>; mediated devices have groups without an IOMMU of their own."""

    number: int
    mediated: bool = False
    open: bool = False
    container: KernelContainer | None = None


def atomic(method: F) -> F:
    """Run under the kernel's lock."""
    @functools.wraps(method)
    def locked(self: VfioKernel, *arguments: Any) -> Any:
        with self.lock:
            return method(self, *arguments)
    return locked                               # type: ignore[return-value]


class VfioKernel:
    """All VFIO groups and containers of a host, and the groups that KVM knows of."""

    def __init__(self, memory: Memory, groups: int, mediated: Collection[int],
                 errors: list[str]) -> None:
        self.lock = threading.RLock()
        self.memory = memory
        self.groups = [KernelGroup(number, number in mediated) for number in range(groups)]
        self.kvm: set[int] = set()
        self.errors = errors

    # Files.

    @atomic
    def open_group(self, number: int) -> bool:
        """vfio_group_fops_open: a group is opened once."""
        group = self.groups[number]
        if group.open:
            return False
        group.open = True
        return True

    @atomic
    def close_group(self, group: KernelGroup) -> None:
        """vfio_group_fops_release: a group that is still attached leaves its container."""
        if group.container is not None:
            self.detach(group)
        group.open = False

    @atomic
    def open_container(self, number: int) -> KernelContainer:
        """vfio_fops_open."""
        return KernelContainer(number)

    def never_opened(self, number: int) -> KernelContainer:
        """The kernel's nothing under a number that no container has had yet."""
        return KernelContainer(number, open=False)

    @atomic
    def close_container(self, container: KernelContainer) -> None:
        """vfio_fops_release: the container lives on while a group is attached."""
        if not container.open:
            self.errors.append("close of a closed container")
            return
        container.open = False
        self.repin(container)

    # Groups and their container.

    @atomic
    def set_container(self, group: KernelGroup, container: KernelContainer) -> bool:
        """VFIO_GROUP_SET_CONTAINER: may pin, where the container has an IOMMU and mappings.

        Follows vfio_iommu_type1_attach_group: the first group with an IOMMU of its own makes the
        kernel replay, and so pin, everything that was mapped for mediated devices.
        """
        if group.container is not None or not container.open:
            self.errors.append("SET_CONTAINER refused")
            return False
        group.container = container
        container.groups.add(group.number)
        self.repin(container)
        return True

    @atomic
    def unset_container(self, group: KernelGroup) -> bool:
        """VFIO_GROUP_UNSET_CONTAINER."""
        if group.container is None:
            self.errors.append("UNSET_CONTAINER refused")
            return False
        self.detach(group)
        return True

    def detach(self, group: KernelGroup) -> None:
        """__vfio_group_unset_container: with the last group the IOMMU and all mappings go."""
        container = group.container
        group.container = None
        container.groups.remove(group.number)
        if not container.groups:
            container.iommu = False
            container.maps.clear()
            container.registered.clear()
        self.repin(container)

    # Mappings.

    @atomic
    def set_iommu(self, container: KernelContainer) -> bool:
        """VFIO_SET_IOMMU."""
        if not container.groups or container.iommu:
            self.errors.append("SET_IOMMU refused")
            return False
        container.iommu = True
        return True

    @atomic
    def map_dma(self, container: KernelContainer, page: int) -> bool:
        """VFIO_IOMMU_MAP_DMA: pins, if any group of the container has an IOMMU."""
        if not container.iommu:
            self.errors.append("MAP_DMA without an IOMMU")
            return False
        container.maps.add(page)
        self.repin(container)
        return True

    @atomic
    def unmap_dma(self, container: KernelContainer, page: int) -> bool:
        """VFIO_IOMMU_UNMAP_DMA: unpins; EINVAL once the IOMMU is gone."""
        if not container.iommu:
            self.errors.append("UNMAP_DMA without an IOMMU")
            return False
        container.maps.discard(page)
        self.repin(container)
        return True

    @atomic
    def register_memory(self, container: KernelContainer, page: int) -> None:
        """VFIO_IOMMU_SPAPR_REGISTER_MEMORY: pins at once."""
        container.registered.add(page)
        self.repin(container)

    @atomic
    def unregister_memory(self, container: KernelContainer) -> None:
        """VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, of everything."""
        container.registered.clear()
        self.repin(container)

    def repin(self, container: KernelContainer) -> None:
        """Pin what the container must hold pinned, and nothing else.

        Pages are pinned as they are mapped now: one that was zapped before is faulted in, so
        only a zap after the pin does harm.
        """
        pins = set(container.registered)
        if any(not self.groups[number].mediated for number in container.groups):
            pins |= container.maps
        held = self.memory.pins_of(container.number)
        for page in sorted(held - pins):
            self.memory.unpin(container.number, page)
        for page in sorted(pins - held):
            self.memory.pin(container.number, page)

    # KVM's VFIO pseudo device.

    @atomic
    def kvm_add(self, group: KernelGroup) -> bool:
        """KVM_DEV_VFIO_GROUP_ADD."""
        if group.number in self.kvm:
            self.errors.append("KVM_DEV_VFIO_GROUP_ADD twice")
            return False
        self.kvm.add(group.number)
        return True

    @atomic
    def kvm_del(self, group: KernelGroup) -> bool:
        """KVM_DEV_VFIO_GROUP_DEL."""
        if group.number not in self.kvm:
            self.errors.append("KVM_DEV_VFIO_GROUP_DEL of a stranger")
            return False
        self.kvm.remove(group.number)
        return True
