"""Lemmas for proofs of every size: read, not run; edit them, add to them."""


class Telling:
    """Proved for every number of pages, threads, slots."""

    FILLING = ("balloon_page_enqueue", "tell_host inflate", "inflate acked")
    LEAKING = ("balloon_page_dequeue", "tell_host deflate", "deflate acked")
    NO_INFLATE = ("balloon_page_enqueue", "tell_host inflate", "balloon_page_dequeue",
                  "tell_host deflate", "deflate acked", "put_page")
    NO_DEFLATE = ("balloon_page_enqueue", "tell_host inflate", "inflate acked",
                  "balloon_page_dequeue", "tell_host deflate", "put_page")
    MOVING = ("balloon_page_insert", "inflate acked", "balloon_page_delete", "deflate acked")
    MOVED = ("inflate acked", "balloon_page_delete", "deflate acked")
    ATTEMPTS = ("unmap_and_move", "virtballoon_migratepage", "balloon_page_insert",
                "putback_movable_page")
    WITH_NEW = ("virtballoon_migratepage", "balloon_page_insert", "inflate acked",
                "balloon_page_delete", "deflate acked")

    # Who has the array, and what the queues have.

    def size_work_lock(self):
        return self.size_work.at == "mutex_lock" or self.balloon_lock.holder == self.size_work

    def migration_lock(self):
        return all(self.compacts.at[t] not in MOVING
                   or self.balloon_lock.holder == self.compacts[t] for t in self.thread)

    def nothing_is_told_without_the_lock(self):
        return self.balloon_lock.locked() or (
            self.num_pfns == 0 and self.inflate.state == "empty"
            and self.deflate.state == "empty")

    def size_work_inflates(self):
        return self.size_work.at not in NO_INFLATE or self.inflate.state == "empty"

    def size_work_deflates(self):
        return self.size_work.at not in NO_DEFLATE or self.deflate.state == "empty"

    def migration_inflates(self):
        return all(self.inflate.state == "empty" for t in self.thread if self.compacts.at[t]
                   in ("balloon_page_insert", "balloon_page_delete", "deflate acked"))

    def migration_deflates(self):
        return all(self.deflate.state == "empty" for t in self.thread if self.compacts.at[t]
                   in ("balloon_page_insert", "balloon_page_delete", "inflate acked"))

    def one_queue_at_a_time(self):
        return self.inflate.state == "empty" or self.deflate.state == "empty"

    def deflate_length(self):
        return self.deflate.state == "empty" or self.deflate.length == self.num_pfns

    def inflate_is_being_served(self):
        return self.serve_inflate.at != "ack inflate" or self.inflate.state == "seen"

    def deflate_is_being_served(self):
        return self.serve_deflate.at != "ack deflate" or self.deflate.state == "seen"

    # The array.

    def room_for_one_more(self):
        return (self.size_work.at not in ("balloon_page_enqueue", "balloon_page_dequeue")
                or self.num_pfns < slots)

    def one_more_to_put(self):
        return (self.size_work.at != "put_page"
                or self.size_work.release_pages_balloon.s < self.num_pfns)

    def array_is_filled(self):
        return all(self.pfns[i] is not None for i in range(slots) if i < self.num_pfns)

    def no_page_twice(self):
        return all(self.pfns[i] != p or self.pfns[j] != p
                   for i in range(slots) for j in range(slots) for p in self.page
                   if i < j and j < self.num_pfns)

    def inflating_with_the_new_page(self):
        return all(self.num_pfns == 1 and self.pfns[0] == p
                   for t in self.thread for p in self.page
                   if self.compacts.at[t] == "inflate acked"
                   and self.compacts.migrate_pages.n[t] == p)

    def deflating_the_old_page(self):
        return all(self.num_pfns == 1 and self.pfns[0] == p
                   for t in self.thread for p in self.page
                   if self.compacts.at[t] in ("balloon_page_delete", "deflate acked")
                   and self.compacts.p[t] == p)

    # Whose page it is.

    def named_pages_are_the_balloons(self):
        return all(self.balloon_ref[p] for i in range(slots) for p in self.page
                   if i < self.num_pfns and self.pfns[i] == p
                   and self.size_work.at != "put_page")

    def pages_still_to_be_put_are_the_balloons(self):
        return all(self.balloon_ref[p] for i in range(slots) for p in self.page
                   if i < self.num_pfns and self.pfns[i] == p and self.size_work.at == "put_page"
                   and self.size_work.release_pages_balloon.s <= i)

    def leaked_pages_are_in_no_list(self):
        return all(not self.listed[p] and not self.isolated[p]
                   for i in range(slots) for p in self.page
                   if i < self.num_pfns and self.pfns[i] == p
                   and (self.size_work.at in LEAKING or self.size_work.at == "put_page"
                        and self.size_work.release_pages_balloon.s <= i))

    def every_page_is_in_some_hands(self):
        return all(self.listed[p] or self.isolated[p]
                   or any(self.compacts.at[t] in MOVED and self.compacts.p[t] == p
                          or self.compacts.at[t] == "balloon_page_insert"
                          and self.compacts.migrate_pages.n[t] == p for t in self.thread)
                   for p in self.page if self.balloon_ref[p]
                   and self.size_work.at not in LEAKING and self.size_work.at != "put_page")

    def every_page_is_in_some_hands_or_named(self):
        return all(self.listed[p] or self.isolated[p]
                   or any(i < self.num_pfns and self.pfns[i] == p for i in range(slots))
                   for p in self.page if self.balloon_ref[p] and self.size_work.at in LEAKING)

    def every_page_is_in_some_hands_or_to_be_put(self):
        return all(self.listed[p] or self.isolated[p]
                   or any(i < self.num_pfns and self.pfns[i] == p
                          and self.size_work.release_pages_balloon.s <= i for i in range(slots))
                   for p in self.page if self.balloon_ref[p] and self.size_work.at == "put_page")

    def the_host_may_modify_pages_of_the_balloon(self):
        return all(self.balloon_ref[p] for p in self.page if self.may_modify[p])

    def not_after_the_ack(self):
        return all(not self.may_modify[p] for i in range(slots) for p in self.page
                   if i < self.num_pfns and self.pfns[i] == p and self.deflate.state == "used")

    def not_when_it_is_put(self):
        return all(not self.may_modify[p] for i in range(slots) for p in self.page
                   if i < self.num_pfns and self.pfns[i] == p and self.size_work.at == "put_page"
                   and self.size_work.release_pages_balloon.s <= i)

    def listed_or_isolated(self):
        return all(not self.listed[p] or not self.isolated[p] for p in self.page)

    # What a thread that compacts has in hand.

    def old_page_is_held(self):
        return all(self.migrate_ref[p] for t in self.thread for p in self.page
                   if self.compacts.at[t] != "scan" and self.compacts.p[t] == p)

    def new_page_is_held(self):
        return all(self.migrate_ref[p] for t in self.thread for p in self.page
                   if self.compacts.at[t] in WITH_NEW
                   and self.compacts.migrate_pages.n[t] == p)

    def old_pages_differ(self):
        return all(self.compacts.p[t] != p or self.compacts.p[u] != p
                   for t in self.thread for u in self.thread for p in self.page
                   if t != u and self.compacts.at[t] != "scan" and self.compacts.at[u] != "scan")

    def new_pages_differ(self):
        return all(self.compacts.migrate_pages.n[t] != p or self.compacts.migrate_pages.n[u] != p
                   for t in self.thread for u in self.thread for p in self.page
                   if t != u and self.compacts.at[t] in WITH_NEW
                   and self.compacts.at[u] in WITH_NEW)

    def new_pages_are_no_old_ones(self):
        return all(self.compacts.p[t] != p or self.compacts.migrate_pages.n[u] != p
                   for t in self.thread for u in self.thread for p in self.page
                   if self.compacts.at[t] != "scan" and self.compacts.at[u] in WITH_NEW)

    def old_page_is_isolated(self):
        return all(self.isolated[p] for t in self.thread for p in self.page
                   if self.compacts.at[t] in ATTEMPTS and self.compacts.p[t] == p)

    def old_page_was_isolated(self):
        return all(self.balloon_ref[p] and not self.listed[p] and not self.isolated[p]
                   for t in self.thread for p in self.page
                   if self.compacts.at[t] in MOVED and self.compacts.p[t] == p)

    def new_page_is_the_guests(self):
        return all(not self.balloon_ref[p] for t in self.thread for p in self.page
                   if self.compacts.at[t] == "virtballoon_migratepage"
                   and self.compacts.migrate_pages.n[t] == p)

    def new_page_is_the_balloons(self):
        return all(self.balloon_ref[p] and not self.listed[p] and not self.isolated[p]
                   for t in self.thread for p in self.page
                   if self.compacts.at[t] == "balloon_page_insert"
                   and self.compacts.migrate_pages.n[t] == p)

    # Counts.

    def listed_pages_count(self):
        return self.num_pages == self.isolated_pages + sum(self.listed[p] for p in self.page)

    def isolated_pages_count(self):
        return self.isolated_pages == sum(self.isolated[p] for p in self.page)

    def no_more_than_there_are(self):
        return self.num_pages == sum(self.listed[p] or self.isolated[p] for p in self.page)
