"""The whole stack: a Linux guest on QEMU, its balloon, its devices, memory that comes and goes.

Nothing here is new but the wires between the parts: the driver is that of spec/virtio_balloon,
the balloon device that of spec/qemu_balloon, votes are those of spec/votes, containers and
virtio-mem those of spec/virtio_mem. README.md tells how far they go together.
"""
from types import SimpleNamespace

from checker import Component, invariant, leads_to, sometimes

from spec.qemu_balloon.device import Device
from spec.qemu_balloon.users import users_of
from spec.stack.faults import stack_faults
from spec.stack.guest import Guest
from spec.virtio_mem.model import Today
from spec.virtio_mem.vfio import Vfio


class StackVfio(Vfio):
    """A container that has all of the guest's RAM pinned, too."""

    leave = Vfio.unplug

    def __init__(self, options, manager, votes, bql, ram):
        super().__init__(options, manager, votes, bql)
        self.ram = ram

    async def unplug(self, x):
        await self.leave(x)
        self.ram.unpin(x)


class Stack(Component):
    """One guest. The constants, by what they are about:

      size          pages of RAM, array: how many of them a request names; changes: of the size
                    that the host wants (0: for ever); blocks of virtio-mem,
                    containers
      who is there  oom and compaction in the guest; migrations: "postcopy", "snapshot"
      failures      fails: allocations in the guest, mappings of vfio
      mistakes      locks, asks_votes, asks, answers_always (spec/qemu_balloon); vfio_votes,
                    granularity (spec/virtio_mem); release (spec/virtio_balloon)
      rules         live: liveness too
    """

    intended = {"device.region_ref": "drivers name RAM only; see spec/qemu_balloon"}
    instances = {
        "small": dict(pages=1),
        "ci": dict(migrations=("snapshot",)),
        "large": dict(pages=2, blocks=2, containers=2, compaction=True,
                      migrations=("postcopy", "snapshot")),
        "live": dict(pages=1, live=True),
        "compaction": dict(pages=2, compaction=True),
        "containers": dict(pages=1, containers=2),
    }
    faults = stack_faults()

    def __init__(self, *, pages=2, blocks=1, containers=1, oom=False, compaction=False,
                 migrations=(), fails=True, locks=True, asks_votes=True,
                 asks=("postcopy", "snapshot"), answers_always=True, vfio_votes=True,
                 granularity="block", release="locked", array=None, changes=0, live=False):
        memory = Today(blocks=blocks, sections=((0, blocks),) * containers, map_fails=fails,
                       vfio_votes=vfio_votes, granularity=granularity)
        self.guest = Guest(listener=memory.listener, pages=pages, sizes=(0, pages),
                           deflate_on_oom=oom, oom=oom, compaction=compaction,
                           alloc_fails=fails, release=release, array=array,
                           changes=changes)
        self.memory = memory
        self.migrations = users_of(migrations, None, self.memory.votes, self.memory.bql)
        self.postcopy = self.migrations.get("postcopy")
        self.snapshot = self.migrations.get("snapshot")
        self.migrating = tuple(self.migrations.values())
        self.migrates = bool(migrations)
        self.live = live
        self.connect(SimpleNamespace(
            subpages=1, reports=False, bitmap="none", locks=locks, checks_ram=True,
            drops_reference=True, answers_always=answers_always, asks_votes=asks_votes,
            discard_fails=False), asks)

    def connect(self, options, asks):
        """The wires: containers pin the guest's RAM, the device serves the driver's queues."""
        memory, ram = self.memory, self.guest.host
        ram.others.manager, ram.others.migrating = memory.manager, self.migrating
        memory.vfio = StackVfio(memory.options, memory.manager, memory.votes, memory.bql, ram)
        asked = tuple(user for user in self.migrating if user.name in asks)
        self.device = Device(options, ram, memory.votes, asked, memory.bql,
                             (ram.inflate, ram.deflate))

    @invariant
    def the_guest_and_its_devices_see_the_same_memory(self):
        """S2, of RAM: that of virtio-mem is a rule of `memory`."""
        return not any(self.guest.host.split(p) for p in self.guest.page)

    @invariant(when="migrates")
    def migrations_find_their_pages(self):
        """S13: no page is discarded during an incoming postcopy or a background snapshot."""
        return not any(m.damaged() for m in self.migrating)

    @leads_to(when="live")
    def inflate_is_answered(self):
        """Whoever keeps the device from discarding, it answers, and the driver goes on."""
        return self.guest.host.inflate.state == "added", self.guest.host.inflate.state == "empty"

    @leads_to(when="live")
    def deflate_is_answered(self):
        return self.guest.host.deflate.state == "added", self.guest.host.deflate.state == "empty"

    @sometimes
    def inflates_while_pinned(self):
        return self.guest.host.inflate.state == "used" and any(
            self.memory.vfio.attached[x] for x in self.memory.listener)

    @sometimes
    def balloon_beside_plugged_memory(self):
        """A page in the balloon, a block plugged, and a device that has the rest pinned."""
        return self.guest.driver.num_pages > 0 and any(
            self.memory.vfio.attached[x] for x in self.memory.listener) and any(
            self.memory.manager.plugged[b] for b in self.memory.block)
