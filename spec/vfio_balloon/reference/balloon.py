"""The balloon inhibitor, the balloon device that asks it, and postcopy, its other voter."""
from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from spec.hooks import Environment
from spec.vfio_balloon.reference.memory import Memory
from spec.vfio_balloon.reference.options import Options

Bql = Callable[[str], AbstractContextManager[None]]


class Inhibitor:
    """balloon.c at 01ccbec7bdf6: a counter of votes; pages may be zapped only while it is zero.

    Its readers take no lock. `errors` has what an assertion of QEMU would have stopped at.
    """

    def __init__(self, options: Options, at: Callable[[str], None], errors: list[str]) -> None:
        self.votes = 0
        self.counter = options.counter
        self.at = at
        self.errors = errors
        self._indivisible = threading.Lock()

    def qemu_balloon_inhibit(self, state: bool, label: str) -> None:
        """balloon.c:qemu_balloon_inhibit. The step is called `label` at each of its callers."""
        change = 1 if state else -1
        self.at(label)
        if self.counter == "boolean":           # 371ff5a3f04c: an assignment, last caller wins
            self.votes = int(state)
        elif self.counter == "nonatomic":       # the series' first version
            loaded = self.votes
            self.at(label + ": store")
            self.votes = loaded + change
        else:
            with self._indivisible:
                self.votes += change
        if self.votes < 0:
            self.errors.append("inhibitor below zero")

    def ram_block_discard_disable(self, label: str, env: Environment) -> bool:
        """What became of it by v6.1: False where the vote is refused, as discards are required."""
        self.at(label)
        if env.fails("refused"):
            return False
        with self._indivisible:
            self.votes += 1
        return True

    def qemu_balloon_is_inhibited(self) -> bool:
        """balloon.c:qemu_balloon_is_inhibited: a plain read."""
        return self.votes > 0


class Balloon:
    """hw/virtio/virtio-balloon.c in August 2018, as far as host memory is concerned."""

    def __init__(self, options: Options, at: Callable[[str], None], env: Environment,
                 bql: Bql, inhibitor: Inhibitor, memory: Memory) -> None:
        self.zap = options.zap
        self.locks = options.balloon_bql
        self.at = at
        self.env = env
        self.bql = bql
        self.inhibitor = inhibitor
        self.memory = memory

    def virtio_balloon_handle_output(self) -> None:
        """Inflate by one page. The request is acknowledged even where nothing is zapped.

        The check and the madvise are two steps without a lock of their own: only the big lock,
        which every voter but postcopy's cleanup holds too, keeps them together.
        """
        with self.bql("BQL balloon") if self.locks else nullcontext():
            self.at("check inhibited")
            page = self.env.pick("page", self.memory.pages)
            if not self.inhibitor.qemu_balloon_is_inhibited():
                if self.zap == "two_steps":
                    self.at("zap")
                self.memory.zap(page)

    def guest_touch(self) -> None:
        """A vCPU writes to a page, after a deflate say: a page that was zapped is faulted in."""
        self.at("guest touch")
        page = self.env.pick("page", self.memory.pages)
        self.memory.cpu_write(page, b"guest")


class Postcopy:
    """migration/postcopy-ram.c: an incoming migration inhibits the balloon while it listens."""

    def __init__(self, options: Options, at: Callable[[str], None], env: Environment,
                 bql: Bql, inhibitor: Inhibitor) -> None:
        self.one_vote = options.postcopy == "one_vote"
        self.at = at
        self.env = env
        self.bql = bql
        self.inhibitor = inhibitor
        self.inhibited = False          # postcopy's own last state, since 154304cd6e99
        self.holds_vote = False         # for the observer: its votes that are not given back

    def postcopy_balloon_inhibit(self, state: bool, label: str) -> None:
        """One vote however often it is called; called "raw" before 154304cd6e99."""
        if self.one_vote and state == self.inhibited:
            return
        self.inhibitor.qemu_balloon_inhibit(state, label)
        self.inhibited = state
        self.holds_vote = state

    def incoming_migration(self) -> None:
        """A migration reaches ADVISE and maybe LISTEN; both end in the same cleanup.

        postcopy_ram_enable_notify runs under the big lock. postcopy_ram_incoming_cleanup runs in
        the listen thread, which does not hold it: why the counter has to be atomic.
        """
        self.at("postcopy advise")
        if self.env.pick("listen", (True, False)):
            with self.bql("BQL listen"):
                self.postcopy_balloon_inhibit(True, "postcopy inhibit")
        self.postcopy_balloon_inhibit(False, "postcopy uninhibit")
