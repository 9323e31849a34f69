"""Transaction commit (tlaplus/Examples, transaction_commit/TCommit): 3^n + 2^n - 1 states."""
from checker import Component, Enum, Index, Map, invariant, process, sometimes, until


class TCommit(Component):
    """Resource managers agree to commit or to abort a transaction."""

    instances = {"small": dict(managers=3), "ci": dict(managers=5), "large": dict(managers=8)}

    def __init__(self, *, managers=3):
        self.rm = Index("rm", managers)
        self.state = Map(self.rm, Enum("working", "prepared", "committed", "aborted"))

    def can_commit(self):
        return all(self.state[r] in ("prepared", "committed") for r in self.rm)

    def not_committed(self):
        return all(self.state[r] != "committed" for r in self.rm)

    @process(each="rm", daemon=True)
    async def prepare(self, r):
        while True:
            await until(lambda: self.state[r] == "working")
            self.state[r] = "prepared"

    @process(each="rm", daemon=True)
    async def commit(self, r):
        while True:
            await until(lambda: self.state[r] == "prepared" and self.can_commit())
            self.state[r] = "committed"

    @process(each="rm", daemon=True)
    async def abort(self, r):
        while True:
            await until(lambda: self.state[r] in ("working", "prepared")
                        and self.not_committed())
            self.state[r] = "aborted"

    @invariant
    def consistent(self):
        """No manager aborts while another has committed."""
        return not (any(self.state[r] == "aborted" for r in self.rm)
                    and any(self.state[r] == "committed" for r in self.rm))

    @sometimes
    def all_committed(self):
        return all(self.state[r] == "committed" for r in self.rm)
