"""Who relies on pages staying where they are: the components of spec/votes, by their names."""
from checker import Bool

from spec.vfio_balloon.components import Postcopy
from spec.votes.migration import BackgroundSnapshot, IncomingPostcopy
from spec.votes.users import Vfio


class VotingPostcopy(Postcopy):
    """Postcopy as it was until 2020: a vote of its own, given back without the big lock."""

    name = "postcopy"

    def __init__(self, options, votes, bql):
        super().__init__(options, votes.inhibitor, bql)
        self.stale = Bool

    def spoil(self):
        self.stale = self.stale or self.holds

    def damaged(self):
        return self.stale


def users_of(names, options, votes, bql):
    """Everybody named: a dictionary of components."""
    postcopy = IncomingPostcopy if votes.split else VotingPostcopy
    kinds = {"vfio": Vfio, "postcopy": postcopy, "snapshot": BackgroundSnapshot}
    unknown = set(names) - set(kinds)
    assert not unknown, f"nobody is called {sorted(unknown)}"
    return {name: kinds[name](options, votes, bql) for name in names}
