"""balloon.c and softmmu/physmem.c: how votes were counted, by version.

Votes are "disable", "uncoordinated", "require" and "coordinated"; versions that do not know the
finer kinds count them with the coarser one. A release never fails and never asks whether there
was a vote.
"""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

At = Callable[[str], None]
COARSE = {"disable": "disable", "uncoordinated": "disable",
          "require": "require", "coordinated": "require"}


class Inhibitor:
    """One side only: a bool (371ff5a3f04c), a counter (01ccbec7bdf6), or one without atomics."""

    def __init__(self, at: At, arithmetic: str = "exact", **_: object) -> None:
        self.at = at
        self.arithmetic = arithmetic
        self.votes = 0
        self._indivisible = threading.Lock()

    def take(self, kind: str, label: str) -> bool:
        self._change(1, label)
        return True

    def give(self, kind: str, label: str) -> None:
        self._change(-1, label)

    def _change(self, by: int, label: str) -> None:
        self.at(label)
        if self.arithmetic == "boolean":
            self.votes = int(by > 0)
        elif self.arithmetic == "nonatomic":
            loaded = self.votes
            self.at(f"{label}: store")
            self.votes = loaded + by
        else:
            with self._indivisible:
                self.votes += by

    def ask(self, label: str) -> bool:
        self.at(label)
        return self.votes > 0

    def is_required(self) -> bool:
        return False

    def observe(self) -> dict[str, int]:
        return {"votes.inhibitor.votes": self.votes}


class Signed:
    """d24f31db3bcb: positive is disabled, negative required; a loop around compare-and-swap."""

    def __init__(self, at: At, arithmetic: str = "exact", **_: object) -> None:
        self.at = at
        self.compares = arithmetic == "exact"
        self.balance = 0
        self._indivisible = threading.Lock()

    def take(self, kind: str, label: str) -> bool:
        sign = 1 if COARSE[kind] == "disable" else -1
        while True:
            self.at(label)
            old = self.balance
            if old * sign < 0:
                return False
            self.at(f"{label}: swap")
            with self._indivisible:
                if not self.compares or self.balance == old:
                    self.balance = old + sign
                    return True

    def give(self, kind: str, label: str) -> None:
        self.at(label)
        with self._indivisible:
            self.balance -= 1 if COARSE[kind] == "disable" else -1

    def ask(self, label: str) -> bool:
        self.at(label)
        return self.balance > 0

    def is_required(self) -> bool:
        return self.balance < 0

    def observe(self) -> dict[str, int]:
        return {"votes.balance": self.balance}


class Counters:
    """98da491dff55 and, with `split`, 7e6d32ebf790: counters and a mutex.

    `bits` makes them wrap around, as C's unsigned counters do at 32.
    """

    NAMES = {"disable": "disabled", "uncoordinated": "uncoordinated",
             "require": "required", "coordinated": "coordinated"}

    def __init__(self, at: At, arithmetic: str = "exact", *, split: bool = True, bits: int = 0,
                 matrix: str = "exact") -> None:
        self.at = at
        self.locks = arithmetic == "exact"
        self.split = split
        self.bits = bits
        self.forgets = matrix
        self.mutex = threading.Lock()
        self.count = {kind: 0 for kind in (COARSE if split else ("disable", "require"))}

    @contextmanager
    def _locked(self, label: str) -> Iterator[None]:
        self.at(label)
        if not self.locks:
            yield
            return
        with self.mutex:
            yield

    def _kind(self, kind: str) -> str:
        return kind if self.split else COARSE[kind]

    def refused(self, kind: str) -> bool:
        """The table of who excludes whom."""
        excludes = {"disable": ("require", "coordinated"), "uncoordinated": ("require",),
                    "require": ("disable", "uncoordinated"), "coordinated": ("disable",)}[kind]
        if (self.forgets, kind) == ("coordinated", "disable"):
            excludes = ("require",)
        if (self.forgets, kind) == ("uncoordinated", "uncoordinated"):
            excludes = ()
        return any(self.count.get(other, 0) > 0 for other in excludes)

    def _add(self, kind: str, by: int) -> None:
        value = self.count[kind] + by
        self.count[kind] = value % 2 ** self.bits if self.bits else value

    def take(self, kind: str, label: str) -> bool:
        kind = self._kind(kind)
        with self._locked(label):
            if self.refused(kind):
                return False
            self.at(f"{label}: count")
            self._add(kind, 1)
            return True

    def give(self, kind: str, label: str) -> None:
        with self._locked(label):
            self._add(self._kind(kind), -1)

    def ask(self, label: str) -> bool:
        """ram_block_discard_is_disabled: a load for each counter, no lock."""
        self.at(label)
        if self.count["disable"] > 0:
            return True
        if not self.split:
            return False
        self.at(f"{label}: second load")
        return self.count["uncoordinated"] > 0

    def is_required(self) -> bool:
        return self.count["require"] > 0 or self.count.get("coordinated", 0) > 0

    def observe(self) -> dict[str, int]:
        return {f"votes.{self.NAMES[kind]}.count": value for kind, value in self.count.items()}
