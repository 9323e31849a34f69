"""The host: RAM in blocks, and the IOMMU mappings by which containers pin it."""
from checker import Bool, Component, Map


class Host(Component):
    """A block has one frame for the CPU and, where it is mapped, one for a container's devices.

    All that matters is whether the two are the same: `stale` says that the block was discarded
    while it was mapped. vfio maps in pieces as large as a block, because the kernel does not
    split a mapping: `joined` says that a block shares the mapping of the block before it. With a
    vIOMMU the guest decides what is mapped; every block has at most one address there.
    """

    def __init__(self, options, listener, block):
        self.options = options
        self.listener, self.block = listener, block
        self.present = Map(block, Bool)                 # takes up memory of the host
        self.mapped = Map(listener, block, Bool)
        self.joined = Map(listener, block, Bool)
        self.stale = Map(listener, block, Bool)
        self.translated = Map(block, Bool)              # mapped through the vIOMMU
        self.translated_stale = Map(block, Bool)

    def pinned(self, b):
        return self.translated[b] or any(self.mapped[x, b] for x in self.listener)

    def split(self, b):
        """Frames of a block differ between the CPU and some device."""
        return self.translated_stale[b] or any(self.stale[x, b] for x in self.listener)

    def discard(self, b):
        """ram_block_discard_range: the block's frame goes; devices keep the one they have."""
        self.present[b] = False
        self.translated_stale[b] = self.translated[b]
        for x in self.listener:
            self.stale[x, b] = self.mapped[x, b]

    def full(self, x):
        """The kernel allows a container so many mappings (65535, unless told otherwise)."""
        if self.options.limit == 0:
            return False
        return sum(self.mapped[x, b] for b in self.block) >= self.options.limit

    def map_dma(self, x, b, joined):
        """VFIO_IOMMU_MAP_DMA, and pin. EEXIST where the block is mapped already."""
        if self.mapped[x, b] or self.full(x):
            return False
        self.mapped[x, b] = True
        self.joined[x, b] = joined
        self.present[b] = True
        return True

    def unmap_dma(self, x, first, last):
        """VFIO_IOMMU_UNMAP_DMA of the blocks from `first` up to `last`: one call.

        EINVAL, and nothing happens, where that would cut a mapping in two.
        """
        if not any((b == first or b == last) and self.joined[x, b] for b in self.block):
            for b in self.block:
                if first <= b and b < last:
                    self.mapped[x, b] = False
                    self.joined[x, b] = False
                    self.stale[x, b] = False

    def translate(self, b):
        """The vIOMMU's map notification."""
        self.translated[b] = True
        self.present[b] = True

    def untranslate(self, b):
        self.translated[b] = False
        self.translated_stale[b] = False
