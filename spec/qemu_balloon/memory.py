"""Guest RAM on the host: who has each page, and what a discard does to it.

A balloon page has 4K. A host page has `subpages` of them, and is discarded whole. With `rom` the
guest's address space goes on behind its RAM: the last page is not RAM.
"""
from checker import ANY, Bool, Component, Enum, Map, Range


class Memory(Component):
    """`lost`: a page was discarded in the guest's hands, with what the guest had written there.

    `trespassed`: a page was discarded outside of the interval in which the specification allows
    it: between finding it in an inflate request and acknowledging that request.
    """

    def __init__(self, options, users):
        self.subpages = options.subpages
        self.ram = options.pages
        self.page = Range(options.pages + (1 if options.rom else 0))
        self.host_page = Range((self.page.size + self.subpages - 1) // self.subpages)
        self.users = users              # who has pages pinned, or relies on them otherwise
        self.owner = Map(self.page, Enum("guest", "inflating", "balloon", "deflating",
                                         "reporting"))
        self.lost = Map(self.page, Bool)
        self.trespassed = Bool
        if options.rom:
            self.rom_discarded = Bool
        self.present = Map(self.host_page, Bool(init=True))      # takes up memory of the host
        if options.reports:
            self.pattern = Bool(init=ANY)   # poison_val: free pages are expected to keep it
            self.pattern_lost = Bool        # one did not
        self.options = options

    def is_ram(self, p):
        return p < self.ram

    def use(self, p):
        """The guest has the page, and writes there at once."""
        self.owner[p] = "guest"
        self.present[p // self.subpages] = True

    def discard(self, h, request):
        """ram_block_discard_range of one host page. `request`: the queue in whose name."""
        for p in self.page:
            if p // self.subpages == h:
                if self.owner[p] == "guest":
                    self.lost[p] = True
                if request.state != "seen" or not request.names[p]:
                    self.trespassed = True
                if self.options.rom:
                    if p >= self.ram:
                        self.rom_discarded = True
                if self.options.reports:
                    if self.pattern and self.owner[p] == "reporting":
                        self.pattern_lost = True
        self.present[h] = False
        for user in self.users:
            user.spoil()
