"""The balloon's size: a target over QMP, a number in the configuration, the guest's answer."""
from types import SimpleNamespace

from checker import (Bool, Component, Int, invariant, leads_to, pick, process, sometimes,
                     step_invariant, until)

FILE = "hw/virtio/virtio-balloon.c"
LINUX = "drivers/virtio/virtio_balloon.c"


class Device(Component):
    """The configuration, and what management sees of it. Sizes are in pages."""

    def __init__(self, options):
        self.options = options
        most = options.board + options.dimm
        self.ram = Int(0, most, init=options.board)
        self.num_pages = Int(0, most)
        self.actual = Int(0, most)
        self.target = Int(0, most)              # the last one over QMP; 0: none yet
        self.interrupt = Bool
        self.changes = Int(0, options.changes, init=options.changes)

    def counted(self):
        """get_current_ram_size."""
        return self.ram if self.options.counts == "dimms" else self.options.board

    def notify(self):
        self.interrupt = self.options.notifies

    @process(daemon=True, fair="weak")
    async def balloon(self):
        """QMP: balloon. A target above what there is means all of it."""
        while True:
            await until(lambda: self.changes > 0, "QMP balloon",
                        source=f"{FILE}:virtio_balloon_to_target")
            self.changes -= 1
            target = pick(range(1, self.options.board + self.options.dimm + 1), "target")
            self.target = min(target, self.ram)
            self.num_pages = self.counted() - min(target, self.counted())
            self.notify()


class Dimm(Component):
    """A memory module that is plugged and, if the guest lets go of it, unplugged."""

    def __init__(self, options, device, guest):
        self.options = options
        self.device = device
        self.guest = guest

    @process(daemon=True)
    async def life(self):
        while True:
            await until(lambda: True, "plug", source="hw/mem/pc-dimm.c:pc_dimm_plug")
            self.device.ram += self.options.dimm
            if not self.options.unplugs:
                return
            await until(self.guest.spares, "unplug", source="hw/mem/pc-dimm.c:pc_dimm_unplug")
            self.device.ram -= self.options.dimm


class Guest(Component):
    """The driver's worker. The guest keeps one page for itself, whatever it is asked for."""

    def __init__(self, options, device):
        self.options = options
        self.device = device
        self.size = Int(0, options.board + options.dimm)

    def spares(self):
        """The module is empty, or what is in it has a place elsewhere."""
        return self.device.ram - self.size > self.options.dimm

    def wish(self):
        return min(self.device.num_pages, self.device.ram - 1)

    @process(daemon=True, fair="weak")
    async def worker(self):
        while True:
            await until(lambda: self.device.interrupt, "update_balloon_size_func",
                        source=f"{LINUX}:update_balloon_size_func")
            self.device.interrupt = False
            while self.size != self.wish():
                await until(lambda: True, "fill or leak", source=f"{LINUX}:fill_balloon")
                if self.size < self.wish():
                    self.size += 1
                elif self.size > self.wish():
                    self.size -= 1
            await until(lambda: True, "set_config actual",
                        source=f"{FILE}:virtio_balloon_set_config")
            self.device.actual = self.size


class Sizes(Component):
    """Management, device and guest. The constants, by what they are about:

      size        board: pages at first; dimm: pages of the module; changes: of the target
      situation   unplugs: the module can go, too
      mistakes    counts: "dimms" or "board"; notifies
      rules       live: liveness too
    """

    def __init__(self, *, board=2, dimm=2, changes=1, unplugs=False, counts="dimms",
                 notifies=True, live=False):
        self.options = SimpleNamespace(board=board, dimm=dimm, changes=changes, unplugs=unplugs,
                                       counts=counts, notifies=notifies)
        self.device = Device(self.options)
        self.guest = Guest(self.options, self.device)
        self.dimm = Dimm(self.options, self.device, self.guest)
        self.live = live

    @step_invariant
    def the_target_is_what_is_left(self, before, after):
        """S17: what management asks for is what the guest is asked to leave of its RAM."""
        return before.device.changes == after.device.changes \
            or after.device.ram - after.device.num_pages == after.device.target

    @invariant
    def the_target_fits_the_ram(self):
        """S17: the guest is never asked for as much as it has."""
        return self.device.num_pages < self.device.ram

    @invariant
    def the_answer_is_a_size(self):
        """S17: query-balloon subtracts `actual` from the RAM, without a look at the sign."""
        return self.device.actual <= self.device.ram

    @leads_to(when="live")
    def the_size_is_reached(self):
        """EQ, L3: some day the guest has given what it can, and has said so."""
        return self.device.num_pages != self.device.actual, \
            self.device.actual == self.guest.wish()

    @sometimes
    def a_module_is_plugged(self):
        return self.device.ram > self.options.board

    @sometimes
    def the_size_is_what_was_asked_for(self):
        return self.device.target > 0 and self.device.actual == self.device.num_pages
