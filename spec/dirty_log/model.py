"""What a device wrote is sent again, also where its mapping goes while the migration runs.

Three times in QEMU's history: `Legacy`, the first dirty log of 2020 (type1); `Iommufd`, where the
IOMMU's page table has dirty bits, of 2024; and `Today`, since January 2026, with each of the three
who may keep the log. README.md tells what is modelled, what is not, and what was found.
"""
from types import SimpleNamespace

from checker import Component, Range, implies, invariant, sometimes, step_invariant

from spec.dirty_log.faults import (iommufd_findings, legacy_findings, today_faults,
                                   today_findings)
from spec.dirty_log.memory import Container, Ram
from spec.dirty_log.migration import Migration
from spec.dirty_log.vfio import Device, Guest, Vfio
from spec.vfio_balloon.components import BigLock


ASKS = {"type1": "with the unmap", "iommufd": "before", "device": "after"}
"""When each log is to be asked: with the unmap, as long as there are entries, or at last."""


class Machine(Component):
    """One guest with one assigned device, and one migration. The constants, by their topic:

      size       pages; blocks: how many of them are virtio-mem's; rounds: synchronisations
                 before the guest stops
      situation  domain: where the device is first; switches: the guest moves it between domains;
                 sane: the device is quiet where the guest unmaps; query_fails
      versions   tracker: who keeps the log; asks: when, in an unmap; region_del, whole: whether
                 unmapping all of memory, or all translations, knows what to mark
      mistakes   discard_knows (False: one of today), failure, unmaps_anyway, stops_device, covers
    """

    version = dict(tracker="iommufd", asks="as it should", region_del="makes an entry",
                   whole="each mapping")

    def __init__(self, *, pages=2, blocks=0, rounds=1, domain="translated", switches=False,
                 sane=True, query_fails=False, tracker=None, asks=None, region_del=None,
                 whole=None, discard_knows=False, failure="fails the migration",
                 unmaps_anyway=True, stops_device=True, covers="everything"):
        chosen = dict(tracker=tracker, asks=asks, region_del=region_del, whole=whole)
        chosen = {name: self.version[name] if value is None else value
                  for name, value in chosen.items()}
        if chosen["asks"] == "as it should":
            chosen["asks"] = ASKS[chosen["tracker"]]
        self.options = options = SimpleNamespace(
            blocks=blocks, rounds=rounds, domain=domain, switches=switches, sane=sane,
            query_fails=query_fails, discard_knows=discard_knows, failure=failure,
            unmaps_anyway=unmaps_anyway, stops_device=stops_device, covers=covers, **chosen)
        self.switches = switches
        self.remaps = switches or domain == "translated"
        self.can_fail = query_fails and failure == "fails the migration"
        self.page = Range(pages)
        self.bql = BigLock()
        self.ram = Ram(self.page)
        self.container = Container(options, self.page, self.ram)
        self.vfio = Vfio(options, self.container)
        self.guest = Guest(options, self.vfio, self.bql) if self.remaps else None
        self.device = Device(options, self.container, self.guest)
        self.migration = Migration(options, self.vfio, self.bql)

    def quiet(self):
        """Nobody is inside the big lock, so that no operation is half done."""
        return self.bql.free()

    def logging(self):
        """The log is kept, and nothing has gone wrong that will fail the migration."""
        return self.ram.tracking() and not self.vfio.error

    @invariant
    def unmapped_pages_are_in_the_dirty_log(self):
        """S22: what a device wrote before an unmap is in the dirty log after it."""
        return implies(self.quiet() and self.logging(), all(
            self.container.mapped[p] or self.ram.arrived[p] or self.ram.dirty[p]
            for p in self.page))

    @step_invariant
    def writes_are_logged(self, before, after):
        """What a device writes over what was sent is in its log, or in the migration's."""
        return all(not before.ram.arrived[p] or after.ram.arrived[p] or after.ram.dirty[p]
                   or after.container.written[p] for p in self.page)

    @invariant
    def migrated_pages_arrive(self):
        """When the guest goes on, it finds in memory what its device has put there."""
        return implies(self.ram.phase == "completed",
                       all(self.ram.arrived[p] for p in self.page))

    @invariant(when="remaps")
    def what_the_guest_unmaps_is_unmapped(self):
        """And what it maps is mapped."""
        return implies(self.quiet(), all(self.container.mapped[p] == self.guest.reaches[p]
                                         for p in self.page))

    # Nothing of this is for nothing.

    @sometimes
    def completes(self):
        return self.ram.phase == "completed"

    @sometimes(when="can_fail")
    def fails(self):
        return self.ram.phase == "failed"

    @sometimes
    def a_page_is_written_again(self):
        """After it was sent: only the log knows."""
        return self.ram.tracking() and any(
            self.container.written[p] and not self.ram.dirty[p] for p in self.page)

    @sometimes(when="remaps")
    def unmaps_what_was_written(self):
        """What S22 is about: sent, written again, not asked for since, and now to go."""
        return self.ram.phase == "precopy" and any(
            not self.guest.reaches[p] and self.container.mapped[p] and self.container.written[p]
            and not self.ram.dirty[p] for p in self.page)

    @sometimes(when="switches")
    def is_passed_through(self):
        """While the log is kept."""
        return self.ram.phase == "precopy" and self.guest.domain == "passthrough"

    @sometimes(when="switches")
    def leaves_its_domain(self):
        """While the log is kept."""
        return self.ram.phase == "precopy" and self.guest.domain == "blocked"


class Legacy(Machine):
    """9e7b0442f23a, v5.2: with a vIOMMU, what is unmapped comes with a bitmap."""

    version = {**Machine.version, "tracker": "type1", "region_del": "passes none"}
    instances = {
        "small": dict(),
        "ci": dict(pages=3, rounds=2),
        "large": dict(pages=4, rounds=3),
    }
    faults = legacy_findings()


class Iommufd(Machine):
    """Since v9.1, 2024: dirty bits in the IOMMU's page table, asked for by synchronisations only.

    Migration with a vIOMMU was blocked then, but for devices whose domain is passthrough.
    """

    version = {**Machine.version, "asks": "never", "region_del": "passes none",
               "whole": "one call"}
    instances = {
        "small": dict(domain="passthrough"),
        "ci": dict(pages=3, rounds=2, domain="passthrough"),
        "large": dict(pages=4, rounds=3, domain="passthrough"),
    }
    faults = iommufd_findings()


class Today(Machine):
    """Since January 2026: whoever unmaps says where the pages are, and the log is asked in time."""

    instances = {
        "small": dict(switches=True),
        "ci": dict(pages=3, switches=True, query_fails=True),
        "type1": dict(switches=True, tracker="type1"),
        "device": dict(switches=True, tracker="device", query_fails=True),
        "large": dict(pages=4, rounds=2, switches=True, query_fails=True),
    }
    faults = [*today_faults(), *today_findings()]


SPECS = {spec.__name__: spec for spec in (Legacy, Iommufd, Today)}
