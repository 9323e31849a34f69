"""Lemmas that prove ShardedStore for every number of nodes, keys and values, by hand.

They are read, not run; edit them, add to them.
"""


def one_message(self):
    return all(self.moving[n, k] is None or self.moving[m, k] is None
               for k in self.key for n in self.node for m in self.node if n != m)


def here_or_on_its_way(self):
    return all(self.table[n, k] is None or self.moving[m, k] is None
               for k in self.key for n in self.node for m in self.node)


def assigned_once(self):
    return all(self.assign.at[k] != "assign"
               or self.table[n, k] is None and self.moving[n, k] is None
               for k in self.key for n in self.node)
