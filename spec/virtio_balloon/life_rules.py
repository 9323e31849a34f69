"""The rules of a driver that comes and goes, and of its statistics."""
from checker import Component, implies, invariant, leads_to, sometimes, step_invariant


class LifeRules(Component):
    """S15, S27, EQ, and what has to happen in the end (L2 to L7)."""

    # S27

    def in_use(self):
        """Anything of the driver that a work, an interrupt or a notifier could still reach."""
        return (self.life.notifier or self.life.inode or self.life.config_enabled
                or self.host.inflate.exists or self.host.deflate.exists
                or not self.driver.size_work.idle())

    @invariant(when="lives")
    def removed_leaves_nothing(self):
        """S27: once struct virtio_balloon is freed, nothing leads to it any more."""
        return self.life.allocated or not self.in_use()

    @invariant(when="lives_with_stats")
    def removed_leaves_no_stats_work(self):
        """S27, for the statistics."""
        return self.life.allocated or self.stats.work.idle() and not self.stats.exists

    @invariant(when="lives")
    def removed_leaves_no_page(self):
        """S27: an empty balloon is all that may be freed."""
        return self.life.allocated or self.driver.num_pages == 0 and not any(
            self.pages.balloon_ref[p] for p in self.page)

    @invariant(when="strict_mount")
    def removed_leaves_no_mount(self):
        """S27: the pseudo file system is unmounted; v4.9 does not promise that."""
        return self.life.allocated or not self.life.mounted

    @invariant(when="lives")
    def no_request_on_a_deleted_queue(self):
        """S27: nobody is told anything through a queue that is no more."""
        return not self.host.inflate.used_deleted and not self.host.deflate.used_deleted

    @invariant(when="lives")
    def device_is_reset_before_its_queues_go(self):
        """S27: a device that still runs never has its queues taken away."""
        return not self.host.ready or self.host.inflate.exists and self.host.deflate.exists

    @invariant(when="lives_with_stats")
    def no_stats_on_a_deleted_queue(self):
        return not self.stats.used_deleted

    # S15

    @invariant(when="lives_with_stats")
    def one_stats_buffer(self):
        """S15: at most one buffer is on the statistics queue."""
        return self.stats.offered + self.stats.returned <= 1

    @invariant(when="strict_stats")
    def stats_buffer_is_initialised(self):
        """S15: the device reads no memory that was never written; v4.9 does not promise that."""
        return implies(self.stats.offered > 0, self.stats.initialised)

    @step_invariant(when="strict_kick")
    def stats_offered_after_driver_ok(self, before, after):
        """S15: no kick before DRIVER_OK; no version promises that."""
        return after.stats.offered <= before.stats.offered or before.host.ready

    # EQ

    @invariant(when="reads_actual")
    def actual_is_right_when_idle(self):
        """EQ: while nothing is to be done, the host knows the size of the balloon."""
        return implies(self.driver.size_work.idle() and not self.driver.balloon_lock.locked()
                       and not self.someone_will_tell(),
                       self.host.actual == self.driver.num_pages)

    def someone_will_tell(self):
        if self.oom is not None:
            if self.oom.notified:
                return True
        return not self.life.config_enabled

    # What has to happen in the end.

    @leads_to(when="must_progress")
    def size_work_comes_to_rest(self):
        """L2: with a stable target and enough memory, the work is done at some time."""
        return self.driver.size_work.pending, self.driver.size_work.idle()

    @leads_to(when="must_act")
    def target_is_acted_on(self):
        """L3: a size that differs makes the work run, whenever it was set.

        Also when the device was ready and its interrupts were not enabled yet. As near as whole
        pages of the guest come to it. Only where nobody takes pages out on OOM: these stay out
        until the next change.
        """
        runs = self.host.ready or self.life.config_enabled
        return (runs and self.driver.towards_target() != 0,
                not runs or self.driver.size_work.running
                or self.driver.towards_target() == 0)

    @leads_to(when="oom_must_progress")
    def oom_notifier_returns(self):
        """L4: out_of_memory does not wait for ever."""
        return self.oom.notified, not self.oom.notified

    @leads_to(when="must_go")
    def removal_ends(self):
        """L4, L5: a device that is to be removed is removed."""
        return self.life.removing, not self.life.removing

    @leads_to(when="stats_must_progress")
    def stats_are_answered(self):
        """L7: the host gets what it asks for, or there is nobody to ask."""
        return self.stats.asked, not self.stats.asked

    @sometimes(when="lives_and_inflates")
    def bound_and_inflated(self):
        return self.life.mounted and self.life.config_enabled and self.driver.num_pages > 0

    @sometimes(when="goes_inflated")
    def removed_while_inflated(self):
        return self.life.removing and self.driver.num_pages > 0

    @sometimes(when="lives_and_inflates")
    def target_set_before_probe(self):
        return not self.life.allocated and self.host.num_pages > 0

    @sometimes(when="lives_with_stats")
    def stats_asked_for(self):
        return self.stats.asked and self.stats.initialised
