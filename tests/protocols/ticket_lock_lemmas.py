"""Lemmas that prove TicketLock for every number of threads, written by hand.

They are read, not run; edit them, add to them.
"""


class TicketLock:
    proves = ("mutual_exclusion", "overflow")

    def inside_means_leaving(self):
        return all(self.inside[t] == (self.thread_of.at[t] == "leave") for t in self.thread)

    def tickets_are_drawn_in_order(self):
        return all(self.thread_of.at[t] == "draw" or self.ticket[t] < self.next
                   for t in self.thread)

    def inside_is_served(self):
        return all(self.thread_of.at[t] != "leave" or self.serving == self.ticket[t]
                   for t in self.thread)

    def tickets_differ(self):
        return all(self.thread_of.at[t] == "draw" or self.thread_of.at[u] == "draw"
                   or self.ticket[t] != self.ticket[u]
                   for t in self.thread for u in self.thread if t != u)

    def next_counts(self):
        return self.next == sum(self.thread_of.at[t] != "draw" for t in self.thread)
