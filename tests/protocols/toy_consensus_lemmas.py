"""Lemmas that prove ToyConsensus for every number of nodes, quorums and values, by hand.

They are read, not run; edit them, add to them.
"""


def a_quorum_voted(self):
    return all(not self.decided[v] or any(
        self.valid[q] and all(self.vote[n] == v or n not in self.member[q] for n in self.node)
        for q in self.quorum) for v in self.value)


def valid_quorums_meet(self):
    return all(not self.valid[q] or any(n in self.member[q] and n in self.member[r]
                                        for n in self.node)
               for q in self.quorum for r in self.quorum)
