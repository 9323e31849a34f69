"""A proof for every size with the lemmas that are kept beside a spec, as it came out this time."""
from __future__ import annotations

from dataclasses import dataclass

from checker.errors import EXIT_DIFFERS, EXIT_OK, EXIT_UNKNOWN
from checker.ir.system import IMPLICIT
from checker.source import NOWHERE, Loc


@dataclass(frozen=True, slots=True)
class Problem:
    """What the proof fails on: a lemma or a property, why, where, and what to do about it."""

    name: str
    message: str
    loc: Loc = NOWHERE
    hint: str = ""


@dataclass(frozen=True, slots=True)
class KeptProof:
    """What the kept lemmas prove of one instance, for every number of `sizes`.

    `proved` are properties; `problems` is what was proved when the lemmas were kept, and is not
    now. `reason` says why nothing is known, where that is so.
    """

    instance: str | None
    sizes: str = ""
    lemmas: int = 0
    proved: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    assumptions: tuple[str, ...] = ()
    reason: str = ""

    @property
    def coverage(self) -> str:
        """What is said of a property that is proved."""
        return f"proved for every number of {self.sizes}"

    @property
    def named(self) -> tuple[list[str], str]:
        """The declared properties that are proved, and how many implicit ones."""
        declared = [name for name in self.proved if name not in IMPLICIT]
        count = len(self.proved) - len(declared)
        return declared, f"{count} implicit propert{'y' if count == 1 else 'ies'}"

    @property
    def status(self) -> int:
        """The exit status that this alone would lead to."""
        if self.problems:
            return EXIT_DIFFERS
        return EXIT_UNKNOWN if self.reason else EXIT_OK
