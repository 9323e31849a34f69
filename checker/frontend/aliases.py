"""Names for sets and records that are stored as a whole while the name may be in use.

A method's parameter stands for the set or record that it is given: what the method adds to it is
added there. In Python that is so until somebody stores another set in its place
(`self.members = ...`): from then on the parameter means the old one, which is no part of the state.
So where that can happen while the method runs, the spec is refused.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from checker.errors import Diagnostic, Label
from checker.ir.nodes import Const, Expr, Place
from checker.source import Loc
from checker.types import Record, Set

HINT = ("change it in place, let the method read it where it is, or pass a copy of a set: "
        "`... | set()`")


@dataclass
class Aliases:
    """Of one process: what it passes to methods that may wait, and what it stores as a whole."""

    several: bool = False               # whether more than one instance runs it
    passed: list[tuple[Place, Loc]] = field(default_factory=list)
    stored: list[tuple[Place, Loc]] = field(default_factory=list)


def is_replaced(stored: Place, named: Place) -> bool:
    """Whether storing at one place can put another object where a name points to.

    Anything stored above the place, or at it, does; what is stored inside of it does not.
    """
    return (isinstance(stored.type, (Set, Record)) and stored.name == named.name
            and stored.local == named.local and len(stored.path) <= len(named.path)
            and all(map(_may_be_same, stored.path, named.path)))


def _may_be_same(part: Expr | str, other: Expr | str) -> bool:
    """Two keys, of which constants can be told apart, or the names of two fields."""
    if isinstance(part, Const) and isinstance(other, Const):
        return part.value == other.value
    return not isinstance(part, str) or part == other


def replaced_meanwhile(every: Sequence[Aliases]) -> Iterator[Diagnostic]:
    """What one process passes and another, or another instance, may store meanwhile."""
    told = set()
    for mine in every:
        for place, loc in mine.passed:
            others = [where for theirs in every if theirs is not mine or mine.several
                      for stored, where in theirs.stored if is_replaced(stored, place)]
            if others and loc not in told:
                told.add(loc)
                yield Diagnostic(
                    "E101", f"a {place.type} is passed that may be replaced while the method runs",
                    (Label(loc), Label(others[0], "here")), HINT)
