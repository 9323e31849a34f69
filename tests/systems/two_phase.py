"""Two-phase commit (tlaplus/Examples, transaction_commit/TwoPhase): 6^n + 4^n + 2^n states."""
from checker import Bool, Component, Enum, Index, Map, Set, invariant, process, sometimes, until


class TwoPhase(Component):
    """A transaction manager collects `prepared` messages, then tells everybody the decision.

    Messages are a growing set, as in the original: `prepared` holds the managers that sent
    theirs; `commit` and `abort` are sent to all at once.
    """

    instances = {"small": dict(managers=2), "ci": dict(managers=5), "large": dict(managers=8)}

    def __init__(self, *, managers=2):
        self.rm = Index("rm", managers)
        self.state = Map(self.rm, Enum("working", "prepared", "committed", "aborted"))
        self.decision = Enum("init", "committed", "aborted")
        self.heard = Set(self.rm)
        self.sent_prepared = Set(self.rm)
        self.sent_commit = Bool
        self.sent_abort = Bool

    @process(each="rm", daemon=True)
    async def tm_receive_prepared(self, r):
        while True:
            await until(lambda: self.decision == "init" and r in self.sent_prepared)
            self.heard.add(r)

    @process(daemon=True)
    async def tm_commit(self):
        while True:
            await until(lambda: self.decision == "init"
                        and all(r in self.heard for r in self.rm))
            self.decision = "committed"
            self.sent_commit = True

    @process(daemon=True)
    async def tm_abort(self):
        while True:
            await until(lambda: self.decision == "init")
            self.decision = "aborted"
            self.sent_abort = True

    @process(each="rm", daemon=True)
    async def rm_prepare(self, r):
        while True:
            await until(lambda: self.state[r] == "working")
            self.state[r] = "prepared"
            self.sent_prepared.add(r)

    @process(each="rm", daemon=True)
    async def rm_choose_to_abort(self, r):
        while True:
            await until(lambda: self.state[r] == "working")
            self.state[r] = "aborted"

    @process(each="rm", daemon=True)
    async def rm_receive_commit(self, r):
        while True:
            await until(lambda: self.sent_commit)
            self.state[r] = "committed"

    @process(each="rm", daemon=True)
    async def rm_receive_abort(self, r):
        while True:
            await until(lambda: self.sent_abort)
            self.state[r] = "aborted"

    @invariant
    def consistent(self):
        """No manager aborts while another has committed."""
        return not (any(self.state[r] == "aborted" for r in self.rm)
                    and any(self.state[r] == "committed" for r in self.rm))

    @sometimes
    def all_committed(self):
        return all(self.state[r] == "committed" for r in self.rm)
