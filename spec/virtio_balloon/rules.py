"""The rules, by what they say; S and L numbers are those of README.md's table."""
from checker import Component, implies, invariant, sometimes, step_invariant


class Rules(Component):
    """What holds of a guest with a balloon driver. The parts are made by `model.Balloon`."""

    # S11: whose page it is.

    @invariant
    def no_guest_page_lost(self):
        """S11: the host modifies no page while it is in the guest's hands."""
        return not any(self.host.lost[p] for p in self.page)

    # S23: what the host is told.

    def pending(self, queue):
        return queue.state == "added" or queue.state == "seen"

    def named(self, s):
        """Whether the slot names a page to which the balloon has a reference."""
        return any(self.driver.pfns[s] == p and self.pages.balloon_ref[p] for p in self.page)

    def names_pages_of_the_balloon(self, queue):
        return implies(self.pending(queue), all(
            s >= queue.length or self.named(s) for s in range(self.host.slots)))

    def times_named(self, p):
        return sum(s < self.driver.num_pfns and self.driver.pfns[s] == p
                   for s in range(self.host.slots))

    @invariant
    def inflate_names_pages_of_the_balloon(self):
        """S23: whatever the inflate queue names belongs to the balloon."""
        return self.names_pages_of_the_balloon(self.host.inflate)

    @invariant
    def deflate_names_pages_of_the_balloon(self):
        """S23: whatever the deflate queue names belongs to the balloon until it is acked."""
        return self.names_pages_of_the_balloon(self.host.deflate)

    @invariant
    def no_page_is_named_twice(self):
        """S23: a request has a page's numbers once."""
        return implies(self.pending(self.host.inflate) or self.pending(self.host.deflate),
                       all(self.times_named(p) == 0 or self.times_named(p) == self.per_page
                           for p in self.page))

    # S24: nothing is lost, nothing counted twice.

    def in_balloon(self, p):
        """In the list, or isolated and so in nobody's list."""
        return self.pages.listed[p] or self.pages.pg_isolated[p]

    def known(self, p):
        """Somebody still has the page in hand, who will enlist it or give it back."""
        return (self.in_balloon(p) or self.driver.pushed[p] or self.pages.migrate_ref[p]
                or self.times_named(p) > 0)

    @invariant
    def no_page_is_leaked(self):
        """S24: a page that the balloon has a reference to will be found again."""
        return all(not self.pages.balloon_ref[p] or self.known(p) for p in self.page)

    @invariant
    def no_free_page_in_balloon(self):
        """S24, S25: a page that was given to somebody else is in the balloon no more."""
        return all(not self.in_balloon(p) or self.pages.balloon_ref[p] for p in self.page)

    @invariant
    def pages_counted(self):
        """S24: num_pages counts the pages in the list and the isolated ones."""
        return self.driver.balloon_lock.locked() or self.driver.num_pages == self.per_page * (
            sum(self.pages.listed[p] for p in self.page) + self.pages.isolated_pages)

    @invariant
    def isolated_pages_counted(self):
        """S24: isolated_pages counts the isolated pages."""
        return self.driver.balloon_lock.locked() or self.pages.isolated_pages == sum(
            self.pages.pg_isolated[p] for p in self.page)

    # S25: the list and the types of its pages.

    @invariant
    def pages_in_the_list_have_their_type(self):
        """S25: whoever finds a page through the list finds the device through the page."""
        return self.pages.pages_lock.locked() or all(
            not self.pages.listed[p] or self.pages.balloon_type[p] and self.pages.private[p]
            for p in self.page)

    @step_invariant(when="strict")
    def type_cleared_under_pages_lock(self, before, after):
        """S25: what says that a page is the balloon's is taken away under pages_lock.

        v4.9 does not promise that: see README.md, "The type of the old page".
        """
        return before.pages.pages_lock.locked() or after.pages.pages_lock.locked() or all(
            (after.pages.balloon_type[p] or not before.pages.balloon_type[p])
            and (after.pages.private[p] or not before.pages.private[p]) for p in self.page)

    @invariant
    def no_free_page_has_the_balloons_type(self):
        """S25: a page that was given back leads nowhere, or it is a bad page to the allocator."""
        return all(self.pages.balloon_ref[p] or not self.pages.balloon_type[p]
                   for p in self.page)

    @invariant
    def no_walk_over_a_removed_entry(self):
        """S25: the list is walked under pages_lock."""
        return not self.pages.walked_off

    @invariant(when="compacts")
    def only_pages_of_the_balloon_are_followed(self):
        """S25: page->private is followed only where it leads to the device."""
        return not self.compaction.followed_nothing

    # S26

    @invariant
    def balloon_is_never_found_lost(self):
        """S26: no BUG() for a list that is empty although nothing is isolated."""
        return not self.pages.bug

    # S28

    @invariant
    def managed_pages_add_up(self):
        """S28: each zone is short of as many pages as the balloon has taken from it."""
        return self.driver.balloon_lock.locked() or self.driver.deflate_on_oom or all(
            self.pages.taken[z] == sum(self.pages.zone_of[p] == z and self.in_balloon(p)
                                       for p in self.page)
            for z in self.pages.zone)

    @invariant(when="can_oom")
    def oom_notifier_reports_pages(self):
        """S28: out_of_memory is told of as many pages as were freed."""
        return self.oom.freed == self.oom.really_freed

    # Nothing of this is for nothing.

    @sometimes(when="inflates")
    def everything_in_the_balloon(self):
        return self.driver.num_pages == self.host.most

    @sometimes(when="fills")
    def a_request_fills_the_array(self):
        """Many pages go with one request, which is what the array is for."""
        return self.host.inflate.length == self.host.slots

    @sometimes(when="inflates")
    def host_may_modify_everything(self):
        return all(self.host.may_modify[p] for p in self.page)

    @sometimes(when="compacts")
    def nothing_left_to_dequeue(self):
        return self.driver.num_pages > 0 and not any(self.pages.listed[p] for p in self.page)

    @sometimes(when="can_migrate")
    def migrates(self):
        return any(self.pages.pg_isolated[p] and self.pages.migrate_ref[q]
                   and self.pages.listed[q] for p in self.page for q in self.page)

    @sometimes(when="oom_frees")
    def freed_on_oom(self):
        return self.oom.really_freed > 0

    @sometimes(when="can_oom")
    def oom_waits_for_the_balloon(self):
        return self.oom.notified and self.driver.deflate_on_oom \
            and self.driver.balloon_lock.locked()
