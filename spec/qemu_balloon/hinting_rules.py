"""A migration with free page hinting, and its rules."""
from types import SimpleNamespace

from checker import Component, invariant, leads_to, sometimes, step_invariant

from spec.qemu_balloon.hinting import Device, Guest, Migration, Ram


class Hints(Component):
    """One migration of one guest. The constants, by what they are about:

      size        pages; slots of the queue; syncs: how often hinting starts anew, at most
      situation   shrinks: the guest takes hinted pages back when memory is short
      versions    checks_requested, start_locks, cleanup, hints_before_postcopy
      mistakes    stops_before_sync, stop_locks
      rules       strict: also those that the first version does not keep; live: liveness too
    """

    version = dict(checks_requested=True, start_locks=True, cleanup="done",
                   hints_before_postcopy=False)

    def __init__(self, *, pages=1, slots=3, syncs=2, shrinks=True,
                 checks_requested=None, start_locks=None, cleanup=None,
                 hints_before_postcopy=None, stops_before_sync=True, stop_locks=True,
                 strict=False, live=False):
        chosen = dict(checks_requested=checks_requested, start_locks=start_locks,
                      cleanup=cleanup, hints_before_postcopy=hints_before_postcopy)
        self.options = SimpleNamespace(
            pages=pages, slots=slots, syncs=syncs, shrinks=shrinks,
            stops_before_sync=stops_before_sync, stop_locks=stop_locks,
            **{name: self.version[name] if value is None else value
               for name, value in chosen.items()})
        self.ram = Ram(self.options)
        self.device = Device(self.options, self.ram)
        self.migration = Migration(self.options, self.ram, self.device)
        self.guest = Guest(self.options, self.ram, self.device)
        self.strict = strict
        self.live = live

    @invariant(when="strict")
    def migrated_pages_arrive(self):
        """When the guest runs on the destination alone, what it has in use is there."""
        return self.ram.phase != "completed" or all(
            self.ram.state[p] != "used" or self.ram.sent[p] for p in self.ram.page)

    @step_invariant(when="strict")
    def hinting_starts_on_request_only(self, before, after):
        """S16: and not again because the answer to a request that was withdrawn comes late."""
        return after.device.status != "start" or before.device.status == "start" \
            or before.device.status == "requested"

    @step_invariant(when="strict")
    def status_changes_under_its_lock(self, before, after):
        """S16: nobody changes it while the handler of the queue has an element in its hands."""
        return before.device.status == after.device.status \
            or not before.device.free_page_lock.locked()

    @invariant(when="strict")
    def the_guest_is_told_of_the_end(self):
        """L8: whatever becomes of the migration, the guest learns that its pages are its own."""
        over = self.ram.phase == "completed" or self.ram.phase == "cancelled"
        return not over or self.device.cmd_id == 0 or self.device.status == "done"

    @invariant(when="strict")
    def postcopy_faults_are_resolved(self):
        """L9: no virtual processor waits for a page that the source does not send."""
        return not self.guest.hangs

    @invariant
    def nobody_handles_hints_while_the_guest_stands_still(self):
        """The machine's state is being sent then, the device's with it."""
        return self.ram.runs() or not self.device.free_page_lock.locked()

    @leads_to(when="live")
    def hinted_pages_come_back(self):
        """L8: the guest's own memory is its own again in the end."""
        return any(self.ram.state[p] == "hinted" for p in self.ram.page), \
            not any(self.ram.state[p] == "hinted" for p in self.ram.page)

    @sometimes
    def pages_are_sent_while_the_guest_runs(self):
        return self.ram.phase == "precopy" and any(self.ram.sent[p] for p in self.ram.page)

    @sometimes
    def hints_start_anew(self):
        """After a synchronisation, with a new command id."""
        return self.device.cmd_id > 1 and self.device.status == "start"

    @sometimes
    def postcopy_follows(self):
        return self.ram.phase == "postcopy"

    @sometimes
    def a_hint_saves_a_page(self):
        return self.ram.phase == "completed" and not all(
            self.ram.sent[p] for p in self.ram.page)

    @sometimes
    def completes(self):
        return self.ram.phase == "completed"

    @sometimes
    def is_cancelled(self):
        return self.ram.phase == "cancelled"
