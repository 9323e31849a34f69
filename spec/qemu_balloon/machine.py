"""QEMU with a balloon device and a guest, and the rules about what may be discarded."""
from types import SimpleNamespace

from checker import Component, invariant, leads_to, sometimes

from spec.qemu_balloon.device import Device, ReportQueue
from spec.qemu_balloon.guest import Guest, HastyGuest, Reports, Resets
from spec.qemu_balloon.memory import Memory
from spec.qemu_balloon.users import users_of
from spec.vfio_balloon.components import BigLock
from spec.votes.counters import FourCounters, OneSided


class Machine(Component):
    """One QEMU with one balloon device, and a guest. The constants, by what they are about:

      size          pages: balloon pages of guest RAM; subpages: of them in a host page; rom: the
                    guest may also name a page that is not RAM
      who is there  users: who relies on pages, of "vfio", "postcopy", "snapshot"; resets,
                    reports; guest: "waits", "early" or "silent" (see guest.py)
      failures      discard_fails
      versions      bitmap, bits, deflates (see device.py), drops_reference
      mistakes      reset_forgets, locks, asks_votes, asks: migrations that the device asks
                    about, checks_ram, answers_always, reports_ask, asks_poison
      rules         gives_back: what is in the balloon has to be the host's; live: liveness too
    """

    version = dict(bitmap="element", bits="one", deflates="nothing", drops_reference=True,
                   counters="four")

    def __init__(self, *, pages=2, subpages=1, rom=False, users=("vfio",), resets=True,
                 reports=False, guest="silent", discard_fails=False,
                 bitmap=None, bits=None, deflates=None, drops_reference=None,
                 reset_forgets=False, locks=True, asks_votes=True,
                 asks=("postcopy", "snapshot"), checks_ram=True, answers_always=True,
                 reports_ask=True, asks_poison=True, gives_back=False, live=False):
        chosen = dict(bitmap=bitmap, bits=bits, deflates=deflates,
                      drops_reference=drops_reference)
        self.options = SimpleNamespace(
            pages=pages, subpages=subpages, rom=rom, reports=reports, guest=guest,
            discard_fails=discard_fails, reset_forgets=reset_forgets, locks=locks,
            asks_votes=asks_votes, checks_ram=checks_ram, answers_always=answers_always,
            reports_ask=reports_ask, asks_poison=asks_poison,
            # What the components of other protocols want to know.
            groups=1, bql=True, iommu="type1", mistake="none", vfio_is_refused=False,
            postcopy_votes="one_vote",
            **{name: self.version[name] if value is None else value
               for name, value in chosen.items()})
        self.bql = BigLock()
        one_sided = self.version["counters"] == "one"
        # One vote more than there are honest ones.
        self.votes = OneSided(len(users) + 1, 0, "exact") if one_sided \
            else FourCounters(len(users) + 1, 0, "exact")
        found = users_of(users, self.options, self.votes, self.bql)
        self.vfio = found.get("vfio")
        self.postcopy = found.get("postcopy")
        self.snapshot = found.get("snapshot")
        self.users = tuple(found.values())
        self.migrating = tuple(user for name, user in found.items() if name != "vfio")
        asked = tuple(user for user in self.migrating if user.name in asks and not one_sided)
        self.memory = Memory(self.options, self.users)
        self.device = Device(self.options, self.memory, self.votes, asked, self.bql)
        guests = Guest if guest == "waits" else HastyGuest
        self.guest = guests(self.options, self.memory, self.device, self.bql)
        self.report_queue = ReportQueue(self.options, self.device) if reports else None
        self.reports = Reports(self.guest) if reports else None
        self.resets = Resets(self.guest, self.bql) if resets else None
        self.choose_rules(gives_back, live)

    def choose_rules(self, gives_back, live):
        """The constants that rules name with `when=`."""
        self.remembers = self.device.bitmap is not None
        self.has_rom = self.options.rom
        self.pins = self.vfio is not None
        self.migrates = bool(self.migrating)
        self.has_reports = self.options.reports
        self.hasty = self.options.guest != "waits"
        self.gives_back = gives_back
        self.live = live

    # S11: what may be discarded, and when.

    @invariant
    def guests_pages_keep_their_content(self):
        """S11: no page is discarded while the guest has its data there."""
        return not any(self.memory.lost[p] for p in self.memory.page)

    @invariant
    def discards_keep_to_their_request(self):
        """S11: a page is discarded between finding it in a request and the answer to that."""
        return not self.memory.trespassed

    @invariant(when="remembers")
    def bitmap_goes_with_its_request(self):
        """S12: with the answer all that is known of a request is forgotten."""
        return self.device.inflate.state == "seen" or self.device.bitmap.base is None

    @invariant(when="remembers")
    def bitmap_is_written_inside(self):
        return not self.device.bitmap.overrun

    @invariant(when="has_rom")
    def only_ram_is_discarded(self):
        """S14: whatever number the guest names."""
        return not self.memory.rom_discarded

    @invariant(when="has_reports")
    def reported_pages_keep_their_pattern(self):
        """S12: a reported page that the guest expects to keep its pattern is never discarded."""
        return not self.memory.pattern_lost

    # S2, S13: who else has the page.

    @invariant(when="pins")
    def devices_find_the_guests_pages(self):
        """S2: no page is discarded behind the back of a device that has it pinned."""
        return not self.vfio.damaged()

    @invariant(when="migrates")
    def migrations_find_their_pages(self):
        """S13: no page is discarded during an incoming postcopy or a background snapshot."""
        return not any(m.damaged() for m in self.migrating)

    # What is left behind.

    @invariant
    def references_are_dropped(self):
        """L5: between requests the device holds no memory region, which could not be removed."""
        return not self.device.region_ref or any(r.state == "seen" for r in self.device.rings)

    @invariant(when="gives_back")
    def the_host_gets_what_is_in_the_balloon(self):
        """What a balloon is for: once acknowledged, pages take up no memory of the host."""
        return not any(self.memory.present[h] and all(
            p // self.memory.subpages != h or self.memory.owner[p] == "balloon"
            for p in self.memory.page) for h in self.memory.host_page)

    @leads_to(when="live")
    def inflate_is_answered(self):
        return self.device.inflate.state == "added", self.device.inflate.state == "empty"

    @leads_to(when="live")
    def deflate_is_answered(self):
        return self.device.deflate.state == "added", self.device.deflate.state == "empty"

    # Nothing of this is for nothing.

    @sometimes
    def everything_in_the_balloon(self):
        return all(self.memory.owner[p] == "balloon" for p in self.memory.page
                   if self.memory.is_ram(p))

    @sometimes
    def a_request_names_everything(self):
        return all(self.device.inflate.names[p] for p in self.memory.page) \
            and self.device.inflate.state == "seen"

    @sometimes
    def a_deflate_names_everything(self):
        return all(self.device.deflate.names[p] for p in self.memory.page
                   if self.memory.is_ram(p)) and self.device.deflate.state == "seen"

    @sometimes
    def a_host_page_is_given_back(self):
        return not all(self.memory.present[h] for h in self.memory.host_page)

    @sometimes(when="hasty")
    def a_page_is_used_while_its_deflate_waits(self):
        return any(self.device.deflate.names[p] and self.memory.owner[p] == "guest"
                   for p in self.memory.page)

    @sometimes(when="remembers")
    def part_of_a_host_page_is_remembered(self):
        return not self.device.bitmap.empty() and not self.device.bitmap.full()

    @sometimes(when="pins")
    def inflates_while_pinned(self):
        return self.device.inflate.state == "seen" and self.vfio.relies()
