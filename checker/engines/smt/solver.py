"""Asking Z3: three answers, a budget for each question, and always the reason of an `unknown`.

NOTE(budgets). The usual budget is Z3's own count of its work (`rlimit`), because it is the same
on every machine and under every load; a wall-clock limit is for a person who waits.

NOTE(solver). The solver is `QF_FD`, Z3's finite-domain one: it takes Booleans and bit-vectors to
its incremental SAT solver and keeps what it learned from one question to the next. Bounded
search with z3 5.4, in seconds (QF_FD, QF_BV, the default solver): a protocol of 25 actions to
depth 22: 2.3, 2.1, 3.0; a lock passed among 8 processes until all paths end at depth 16: 2.0,
3.3, and no answer in 20.
"""
from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import z3

from checker.engines.smt.terms import Truth

LOGIC = "QF_FD"
SEED = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """`model` for sat, `reason` for unknown; `core`: the assumptions that unsat rests on."""

    outcome: Literal["sat", "unsat", "unknown"]
    model: z3.ModelRef | None = None
    reason: str = ""
    core: tuple[z3.BoolRef, ...] = ()


class Solver:
    """A Z3 solver with a budget for each question and a deadline for all of them."""

    def __init__(self, context: z3.Context, *, rlimit: int | None = None,
                 seconds: float | None = None, logic: str = LOGIC) -> None:
        self._context = context
        self._solver = z3.SolverFor(logic, context)
        self._solver.set("random_seed", SEED)
        self._rlimit = rlimit
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._seconds = seconds
        self._literals = 0
        self.questions = 0

    def add(self, part: Truth) -> None:
        if part is not True:
            self._solver.add(z3.BoolVal(part, self._context) if part is False else part)

    def literal(self, part: Truth) -> Truth:
        """A fresh literal that implies `part`, to suppose in questions until it is retired.

        What is known needs no literal and is returned as it is.
        """
        if isinstance(part, bool):
            return part
        self._literals += 1
        fresh = z3.Bool(f"suppose {self._literals}", self._context)
        self._solver.add(z3.Implies(fresh, part))
        return fresh

    def retire(self, supposed: Truth) -> None:
        """A literal will not be supposed again."""
        if not isinstance(supposed, bool):
            self._solver.add(z3.Not(supposed))

    def ask(self, *assumptions: Truth) -> Answer:
        """Whether everything added and the `assumptions` (literals) can hold together."""
        self.questions += 1
        if any(a is False for a in assumptions):
            return Answer("unsat")
        given = [a for a in assumptions if a is not True]
        limited = self._limit()
        if limited:
            return Answer("unknown", reason=limited)
        found = self._solver.check(*given)
        if found == z3.sat:
            return Answer("sat", self._solver.model())
        if found == z3.unsat:
            return Answer("unsat", core=tuple(self._solver.unsat_core()))
        return Answer("unknown", reason=self._reason())

    def _limit(self) -> str:
        """Set the budget of the next question; what is wrong where none is left."""
        if self._rlimit is not None:
            self._solver.set("rlimit", self._rlimit)
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                return f"out of time after {self._seconds:g} s"
            self._solver.set("timeout", max(1, int(left * 1000)))
        return ""

    def _reason(self) -> str:
        """Z3 says `canceled` both for a resource limit and for a deadline."""
        reason = self._solver.reason_unknown()
        if self._deadline is not None and time.monotonic() >= self._deadline - 0.001:
            return f"out of time after {self._seconds:g} s"
        if "canceled" in reason and self._rlimit is not None:
            return f"z3 gave up at its resource limit (rlimit {self._rlimit:,})"
        return f"z3: {reason}"


def values(model: z3.ModelRef, parts: Iterable[Truth]) -> list[bool]:
    """The value of each formula in a model."""
    return [part if isinstance(part, bool)
            else z3.is_true(model.eval(part, model_completion=True)) for part in parts]
