"""Guest memory on both machines, the mappings of an assigned device, and who logs its writes."""
from checker import Bool, Component, Enum, Map


class Ram(Component):
    """`dirty`: the migration's bitmap; `arrived`: the destination has what is in the page."""

    def __init__(self, page):
        self.page = page
        self.dirty = Map(page, Bool)
        self.arrived = Map(page, Bool)
        self.phase = Enum("none", "precopy", "stopped", "completed", "failed")

    def runs(self):
        """The guest runs, here."""
        return self.phase == "none" or self.phase == "precopy"

    def tracking(self):
        return self.phase == "precopy" or self.phase == "stopped"

    def send(self, p):
        self.dirty[p] = False
        self.arrived[p] = True


class Container(Component):
    """What the device can reach, and the log that is kept of its writes: `written`.

      "type1"    the kernel does not see DMA: whatever is pinned counts as written, all the time
      "iommufd"  dirty bits in the IOMMU's page table; they go with the entry
      "device"   the device itself keeps the log, by address; a mapping may go, the log stays
    """

    def __init__(self, options, page, ram):
        self.tracker = options.tracker
        self.page = page
        self.ram = ram
        inside = options.domain == "passthrough"
        self.mapped = Map(page, Bool(init=inside))
        self.written = Map(page, Bool(init=inside and options.tracker == "type1"))
        self.covers = options.covers
        if options.covers == "start":           # the ranges that the device was told
            self.covered = Map(page, Bool)

    def map(self, p):
        """VFIO_IOMMU_MAP_DMA, or IOMMU_IOAS_MAP."""
        self.mapped[p] = True
        if self.tracker == "type1":
            self.written[p] = True

    def unmap(self, first, last):
        """VFIO_IOMMU_UNMAP_DMA, or IOMMU_IOAS_UNMAP, of all that is mapped there."""
        for p in self.page:
            if first <= p and p < last:
                self.mapped[p] = False
                if self.tracker != "device":
                    self.written[p] = False

    def write(self, p):
        """DMA."""
        self.ram.arrived[p] = False
        if self.ram.tracking() and self.sees(p):
            self.written[p] = True

    def start(self):
        """VFIO_IOMMU_DIRTY_PAGES START, IOMMU_HWPT_SET_DIRTY_TRACKING, or DMA logging."""
        if self.covers == "start":
            for p in self.page:
                self.covered[p] = self.mapped[p]

    def sees(self, p):
        if self.covers == "start":
            return self.covered[p]
        return True

    def report(self, first, last):
        """What was written since it was asked for; it becomes dirty."""
        for p in self.page:
            if first <= p and p < last and self.written[p]:
                self.ram.dirty[p] = True
                self.written[p] = self.tracker == "type1" and self.mapped[p]
