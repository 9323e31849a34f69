"""Lemmas that prove RingElection for every number of nodes and of numbers, written by hand.

They are read, not run; edit them, add to them.
"""


class RingElection:
    def a_leader_has_the_greatest_number(self):
        return all(not self.leader[n] or self.number[m] < self.number[n]
                   for n in range(nodes) for m in range(nodes) if n != m)

    def a_number_passed_smaller_ones(self):
        """Those between the node `p` that it is of and the node `a` where it is, round the ring."""
        return all(self.number[p] not in self.inbox[a] or self.number[q] < self.number[p]
                   for p in range(nodes) for q in range(nodes) for a in range(nodes)
                   if p < q and q < a or a <= p and p < q or q < a and a <= p)
