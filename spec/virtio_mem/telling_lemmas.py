"""Lemmas for proofs of every size: read, not run; edit them, add to them."""


class Telling:
    """Proved for every number of blocks, listeners."""

    PLUGGING = ("tell of a plug", "map block", "unmap on error", "tell of a failure",
                "plug: set bits")
    UNPLUGGING = ("tell of an unplug", "unplug: clear bits")

    # Who is inside the big lock.

    def requests_lock(self):
        return self.requests.at == "BQL request" or self.bql.lock.holder == self.requests

    def replays_lock(self):
        return all(self.life.at[x] != "replay block" or self.bql.lock.holder == self.life[x]
                   for x in range(listeners))

    # Listeners come and go.

    def replay_is_in_the_section(self):
        return all(self.life.at[x] != "replay block" or self.listed[x]
                   and self.first[x] <= self.life.b[x] and self.life.b[x] < self.last[x]
                   for x in range(listeners))

    # A block that is mapped and not plugged is one of a request to plug it.

    def mapped_is_plugged(self):
        return all(self.plugged[b] or self.requests.at in PLUGGING
                   and self.requests.first <= b and b < self.requests.last
                   for x in range(listeners) for b in range(blocks) if self.mapped[x, b])

    def none_of_the_request_is_plugged(self):
        return all(self.requests.at not in PLUGGING or not self.plugged[b]
                   for b in range(blocks)
                   if self.requests.first <= b and b < self.requests.last)

    def told_so_far(self):
        return all(self.plugged[b] or self.requests.at != "tell of a plug"
                   or x < self.requests.notify_populate.x
                   for x in range(listeners) for b in range(blocks) if self.mapped[x, b])

    def mapped_so_far(self):
        return all(self.plugged[b] or self.requests.at not in ("map block", "unmap on error")
                   or x < self.requests.notify_populate.x
                   or x == self.requests.notify_populate.x and self.requests.populate.first <= b
                   and b < self.requests.populate.b
                   for x in range(listeners) for b in range(blocks) if self.mapped[x, b])

    def nobody_has_failed_yet(self):
        return (self.requests.at not in ("tell of a plug", "map block", "unmap on error")
                or self.requests.notify_populate.bad is None)

    def still_to_be_undone(self):
        return all(self.plugged[b] or self.requests.at != "tell of a failure"
                   or self.requests.notify_populate.x <= x
                   and x < self.requests.notify_populate.bad
                   for x in range(listeners) for b in range(blocks) if self.mapped[x, b])

    # A block that is plugged is mapped by those who see it, or about to be, or not any more.

    def plugged_is_mapped(self):
        return all(self.mapped[x, b] or self.life.at[x] == "replay block" and self.life.b[x] <= b
                   or self.requests.at in UNPLUGGING and self.requests.first <= b
                   and b < self.requests.last
                   for x in range(listeners) for b in range(blocks)
                   if self.listed[x] and self.first[x] <= b and b < self.last[x]
                   and self.plugged[b])

    def told_have_mapped(self):
        return all(self.mapped[x, b] or self.requests.at not in ("tell of a plug", "map block")
                   or x >= self.requests.notify_populate.x
                   for x in range(listeners) for b in range(blocks)
                   if self.listed[x] and self.first[x] <= b and b < self.last[x]
                   and self.requests.first <= b and b < self.requests.last)

    def this_one_has_mapped(self):
        return all(self.mapped[self.requests.notify_populate.x, b]
                   or self.requests.at != "map block" or self.requests.populate.b <= b
                   for b in range(blocks) if self.requests.populate.first <= b)

    def all_have_mapped(self):
        return all(self.mapped[x, b] or self.requests.at != "plug: set bits"
                   for x in range(listeners) for b in range(blocks)
                   if self.listed[x] and self.first[x] <= b and b < self.last[x]
                   and self.requests.first <= b and b < self.requests.last)

    def populates_the_section(self):
        return all(self.requests.at not in ("map block", "unmap on error") or self.listed[x]
                   and self.requests.populate.first == max(self.requests.first, self.first[x])
                   and self.requests.populate.first <= self.requests.populate.b
                   and self.requests.populate.b < min(self.requests.last, self.last[x])
                   for x in range(listeners) if x == self.requests.notify_populate.x)

    def up_to_the_end_of_the_section(self):
        return all(self.requests.at != "map block"
                   or self.requests.populate.last == min(self.requests.last, self.last[x])
                   for x in range(listeners) if x == self.requests.notify_populate.x)

    # A block that is about to be unplugged is not mapped any more.

    def told_have_unmapped(self):
        return all(not self.mapped[x, b] or self.requests.at != "tell of an unplug"
                   or self.requests.notify_discard.x <= x
                   for x in range(listeners) for b in range(blocks)
                   if self.requests.first <= b and b < self.requests.last)

    def all_have_unmapped(self):
        return all(not self.mapped[x, b] or self.requests.at != "unplug: clear bits"
                   for x in range(listeners) for b in range(blocks)
                   if self.requests.first <= b and b < self.requests.last)
