"""The Linux driver of spec/virtio_balloon on a host that is QEMU, not the specification's."""
from types import SimpleNamespace

from checker import Bool, Component, Int, Map

from spec.virtio_balloon.host import Virtqueue
from spec.virtio_balloon.model import Balloon


class SharedRing(Virtqueue):
    """One queue, as both ends see it: the request is the driver's own array."""

    def __init__(self, options, page, slots, guest):
        super().__init__(options, slots)
        self.page = page
        self.slots = slots
        self.guest = guest
        self.left = Map(page, Bool)         # what the device has still to look at

    def named(self, p):
        return any(s < self.length and self.guest.driver.pfns[s] == p
                   for s in range(self.slots))

    def pop(self):
        self.state = "seen"
        for p in self.page:
            self.left[p] = self.named(p)

    def push(self):
        self.state = "used"


class GuestRam(Component):
    """What the driver takes for its host, and the device for guest memory.

    `stale`: a page was discarded while a container had it pinned, so that its devices have
    another frame than the guest's CPUs.
    """

    subpages = 1

    def __init__(self, options, host, listener):
        self.page = host.page
        self.host_page = host.page
        self.pages = host.pages
        self.slots, self.most, self.sizes = host.slots, host.most, host.sizes
        self.guest = host.guest
        self.listener = listener
        self.num_pages = Int(0, host.most)
        self.inflate = SharedRing(options, host.page, host.slots, host.guest)
        self.deflate = SharedRing(options, host.page, host.slots, host.guest)
        self.lost = Map(self.page, Bool)
        self.stale = Map(listener, self.page, Bool)
        # Who is registered has all RAM pinned; migrations rely on pages, too.
        self.others = SimpleNamespace(manager=None, migrating=())

    def is_ram(self, p):
        return True

    def discard(self, p, request):
        """ram_block_discard_range; in whose name is a matter of spec/qemu_balloon."""
        if self.pages.in_guests_hands(p):
            self.lost[p] = True
        for x in self.listener:
            self.stale[x, p] = self.others.manager.registered(x)
        for user in self.others.migrating:
            user.spoil()

    def unpin(self, x):
        for p in self.page:
            self.stale[x, p] = False

    def split(self, p):
        """The guest uses the page, and finds another frame there than some device."""
        return self.pages.in_guests_hands(p) and any(self.stale[x, p] for x in self.listener)


class Guest(Balloon):
    """The driver with all its fixes and rules. QEMU does not offer MUST_TELL_HOST."""

    fixed = True
    host_may_modify_everything = None       # the device decides that, in its own time

    def __init__(self, *, listener, **constants):
        self.listener = listener
        super().__init__(must_tell=False, **constants)

    def build(self, *sizes):
        super().build(*sizes)
        ram = GuestRam(self.options, self.host, self.listener)
        self.host = self.driver.host = self.management.host = ram
