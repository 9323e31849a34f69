"""Devices see exactly the plugged blocks of a virtio-mem device, through every plug and unplug.

Three versions: `V1`, the series of November 2020 (RamDiscardMgr); `Merged`, what became of it in
QEMU v6.1 (RamDiscardManager), with two mistakes that were mended in 2022; and `Today`. README.md
tells what is modelled, what is not, and what was found.
"""
from types import SimpleNamespace

from checker import (Component, Range, implies, invariant, leads_to, sometimes, step_invariant)

from spec.vfio_balloon.components import BigLock
from spec.virtio_mem.device import Device, Loading, Migration, Resizing
from spec.virtio_mem.faults import everywhere, merged_only, today_only, v1_only
from spec.virtio_mem.host import Host
from spec.virtio_mem.manager import Manager
from spec.virtio_mem.vfio import Balloon, Vfio, Viommu
from spec.votes.counters import FourCounters


class Machine(Component):
    """One QEMU with one virtio-mem device. The constants, by what they are about:

      size          blocks; sections: the blocks that each listener sees, as (first, last);
                    block_size; limit: mappings that a container may have, 0: enough
      who is there  resizes, migrates, balloon, viommu; incoming: the guest comes by migration
      failures      map_fails; registration_fails: in the replay when a listener comes, too
      versions      replays: "register" or "listener" tells a new listener what is populated;
                    unregister, index, rollback, restores, sanity
      mistakes      granularity, tells, maps, discards, device_reset, post_load, vfio_votes,
                    discards_after_failed_plug, changes_while_migrating, waits_for_migration,
                    asks_populated; sane: the guest keeps its promise
      rules         live: check liveness too
    """

    version = dict(unregister="unmaps", index="right", rollback="own section",
                   restores="virtio-mem first", sanity="warns")

    def __init__(self, *, blocks=2, sections=((0, 2), (0, 2)), block_size=2, limit=0,
                 resizes=False, migrates=False, balloon=False, viommu=False, incoming=False,
                 map_fails=True, registration_fails=False, unregister=None, index=None,
                 rollback=None, restores=None, sanity=None, granularity="block",
                 tells="everything", maps="populated", discards="coordinated",
                 device_reset="keeps", post_load="replays", vfio_votes=True,
                 discards_after_failed_plug=True, changes_while_migrating=False,
                 waits_for_migration=False, asks_populated=True, sane=True, live=False):
        chosen = dict(unregister=unregister, index=index, rollback=rollback, restores=restores,
                      sanity=sanity)
        self.options = SimpleNamespace(
            live=live, block_size=block_size, limit=limit, viommu=viommu, incoming=incoming,
            map_fails=map_fails, registration_fails=registration_fails,
            granularity=granularity, tells=tells, maps=maps, discards=discards,
            device_reset=device_reset, post_load=post_load, vfio_votes=vfio_votes,
            discards_after_failed_plug=discards_after_failed_plug,
            changes_while_migrating=changes_while_migrating,
            waits_for_migration=waits_for_migration, asks_populated=asks_populated, sane=sane,
            **{name: self.version[name] if value is None else value
               for name, value in chosen.items()})
        self.live = live
        self.limited = limit > 0
        self.translates = viommu
        self.migrates = migrates
        self.resizes = resizes
        self.balloons = balloon
        self.arrives = incoming and viommu
        self.block = Range(blocks)
        self.listener = Range(len(sections))
        self.bql = BigLock()
        # One vote more than there are honest ones; the vIOMMU's container has one too.
        self.votes = FourCounters(len(sections) + 3, 0, "exact")
        self.host = Host(self.options, self.listener, self.block)
        self.manager = Manager(self.options, self.host, sections)
        self.migration = Migration(self.options, self.block, self.bql) \
            if migrates or incoming else None
        self.device = Device(self.options, self.manager, self.host, self.votes, self.bql,
                             self.migration)
        self.loading = Loading(self.options, self.device) if incoming else None
        self.resizing = Resizing(self.device, self.bql) if resizes else None
        self.vfio = Vfio(self.options, self.manager, self.votes, self.bql)
        self.viommu = Viommu(self.options, self.device, self.votes) if viommu else None
        self.balloon = Balloon(self.device, self.votes) if balloon else None

    def quiet(self):
        """Nobody is inside the big lock, so that no operation is half done."""
        return self.bql.free()

    # S2: no damage.

    @invariant
    def devices_see_the_guests_memory(self):
        """S2: a block that the guest uses has the same frames for its CPUs and for its devices."""
        return not any(self.device.owns[b] and self.host.split(b) for b in self.block)

    # S10, S19: exactly the plugged blocks are mapped.

    @invariant
    def plugged_blocks_are_mapped(self):
        """S10: a listener has mapped every plugged block of its section."""
        return implies(self.quiet(), all(
            not self.manager.registered(x) or not self.manager.sees(x, b)
            or not self.manager.plugged[b] or self.host.mapped[x, b]
            for x in self.listener for b in self.block))

    @invariant
    def no_discarded_block_is_pinned(self):
        """S19: no container has an unplugged block pinned."""
        return implies(self.quiet(), not any(not self.manager.plugged[b] and self.host.pinned(b)
                                             for b in self.block))

    @invariant
    def no_container_maps_after_it_left(self):
        return implies(self.quiet(), all(
            self.vfio.attached[x] or not any(self.host.mapped[x, b] for b in self.block)
            for x in self.listener))

    @invariant
    def unplugged_blocks_take_no_memory(self):
        """What virtio-mem is for: the host has the memory of blocks that are not plugged."""
        return implies(self.quiet(), not any(not self.manager.plugged[b] and self.host.present[b]
                                             for b in self.block))

    # S3: votes, whose own rules are in spec/votes.

    @invariant
    def votes_counted(self):
        """S3: each container and the device have one vote."""
        behind = 1 if self.viommu is not None and self.viommu.attached else 0
        discards = self.votes.coordinated.count + self.votes.required.count
        return implies(self.quiet(), discards == (1 if self.device.realized else 0)
                       and self.votes.uncoordinated.count == behind + sum(
                           self.vfio.attached[x] for x in self.listener))

    # S18: plugging is all or nothing.

    @invariant
    def failed_requests_leave_nothing(self):
        """S18: where a request fails, no listener is left with what it was to map for it."""
        failed = self.device.answer == "busy" or self.device.answer == "nack" \
            or self.device.answer == "error"
        return implies(failed, not any(self.host.mapped[x, b] and not self.manager.plugged[b]
                                       for x in self.listener for b in self.block))

    # S20: who unplugs.

    @step_invariant
    def unplugged_on_request_only(self, before, after):
        """S20: blocks are unplugged because the guest asks for it, or the system is reset."""
        return all(not before.manager.plugged[b] or after.manager.plugged[b]
                   or before.device.task == "unplug" or before.device.task == "unplug_all"
                   or before.device.task == "reset" or before.device.task == "load"
                   for b in self.block)

    @step_invariant(when="migrates")
    def nothing_changes_during_migration(self, before, after):
        return not before.migration.running or not after.migration.running or all(
            before.manager.plugged[b] == after.manager.plugged[b] for b in self.block)

    @step_invariant(when="translates")
    def only_populated_blocks_are_translated(self, before, after):
        """vfio maps for the vIOMMU what is plugged, and refuses the rest."""
        return all(before.host.translated[b] or not after.host.translated[b]
                   or before.manager.plugged[b] for b in self.block)

    @invariant(when="arrives")
    def viommu_mappings_survive_migration(self):
        """S21: what the guest had mapped in its vIOMMU, devices reach after the load, too."""
        return not self.loading.lost

    @invariant(when="limited")
    def enough_mappings_for_every_plug(self):
        return not self.manager.short

    # L5, L10.

    @leads_to(when="live", each="listener")
    def gone_means_unmapped(self, x):
        """L5: a device that is unplugged lets go of all memory."""
        return self.vfio.leaving[x], not any(self.host.mapped[x, b] for b in self.block)

    @leads_to(when="live")
    def requests_are_answered(self):
        """L10."""
        return self.device.task == "plug", self.device.answer != "none"

    # Nothing of this is for nothing.

    @sometimes
    def a_listener_beside_virtio_mem(self):
        """What the series is for."""
        return self.device.realized and any(self.vfio.attached[x] for x in self.listener)

    @sometimes(when="not limited")
    def everybody_listens(self):
        return all(self.vfio.attached[x] for x in self.listener)

    @sometimes(when="not limited")
    def everything_plugged_and_mapped(self):
        return all(self.manager.plugged[b] and self.host.pinned(b) for b in self.block)

    @sometimes
    def plugged_under_a_listener(self):
        """A plug succeeds while a device is there that has to map for it."""
        return self.device.task == "plug" and self.device.answer == "ack" and any(
            self.host.mapped[x, b] for x in self.listener for b in self.block)

    @sometimes
    def a_reset_finds_plugged_blocks(self):
        return self.device.task == "reset" and any(self.manager.plugged[b] for b in self.block)

    @sometimes
    def answer_busy(self):
        return self.device.answer == "busy"

    @sometimes
    def answer_error(self):
        return self.device.answer == "error"

    @sometimes(when="resizes")
    def answer_nack(self):
        return self.device.answer == "nack"

    @sometimes(when="translates")
    def device_behind_the_viommu_reaches_a_block(self):
        return any(self.host.translated[b] for b in self.block)

    @sometimes(when="balloons")
    def balloon_zaps(self):
        return self.balloon.zapping


class V1(Machine):
    """The series of November 2020, as its cover letter describes it.

    Listeners replay and unmap by themselves, vIOMMUs are restored whenever, and nobody counts
    mappings.
    """

    version = {**Machine.version, "unregister": "listener unmaps", "restores": "vIOMMU first"}
    instances = {
        "small": dict(blocks=2, sections=((0, 2), (1, 2))),
        "live": dict(blocks=2, sections=((0, 2), (1, 2)), live=True),
        "ci": dict(blocks=3, sections=((0, 3), (1, 3)), migrates=True, resizes=True,
                   balloon=True),
        "large": dict(blocks=4, sections=((0, 4), (2, 4), (1, 3)), migrates=True, resizes=True,
                      balloon=True),
        "viommu": dict(blocks=2, sections=((0, 2),), viommu=True, migrates=True),
        "incoming": dict(blocks=2, sections=((0, 2), (1, 2)), incoming=True),
    }
    faults = [*everywhere(), *v1_only()]


class Merged(Machine):
    """QEMU v6.1, where the manager clips to each listener's section, and counts mappings.

    All listeners see the whole region here; where they do not, see the findings.
    """

    version = {**Machine.version, "index": "wrong", "rollback": "failed section"}
    instances = {
        "small": dict(blocks=2, sections=((0, 2), (0, 2))),
        "live": dict(blocks=2, sections=((0, 2), (0, 2)), live=True),
        "ci": dict(blocks=3, sections=((0, 3), (0, 3)), migrates=True, resizes=True,
                   balloon=True),
        "large": dict(blocks=4, sections=((0, 4), (0, 4), (0, 4)), migrates=True, resizes=True,
                      balloon=True),
        "viommu": dict(blocks=2, sections=((0, 2),), viommu=True, migrates=True),
        "incoming": dict(blocks=2, sections=((0, 2), (0, 2)), viommu=True, incoming=True),
    }
    faults = [*everywhere(), *merged_only()]


class Today(Machine):
    """QEMU with the fixes of 2022, and since 2025 with a check of the mapping limit."""

    version = {**Machine.version, "sanity": "refuses"}
    instances = {
        "small": dict(blocks=2, sections=((0, 2), (1, 2))),
        "live": dict(blocks=2, sections=((0, 2), (1, 2)), live=True),
        "ci": dict(blocks=3, sections=((0, 3), (1, 3)), migrates=True, resizes=True,
                   balloon=True),
        "large": dict(blocks=4, sections=((0, 4), (2, 4), (1, 3)), migrates=True, resizes=True,
                      balloon=True),
        "viommu": dict(blocks=2, sections=((0, 2),), viommu=True, migrates=True),
        "incoming": dict(blocks=2, sections=((0, 2), (1, 2)), viommu=True, incoming=True),
        "limited": dict(blocks=3, sections=((0, 3), (1, 3)), limit=2),
    }
    faults = [*everywhere(), *today_only()]


SPECS = {spec.__name__: spec for spec in (V1, Merged, Today)}
