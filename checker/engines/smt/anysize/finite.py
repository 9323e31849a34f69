"""The family at small sizes: reachable states, lemmas that fail there, counterexamples.

What is false in a reachable state is no lemma, and what is not inductive at one size is not
inductive at every size: both are found much faster on a finite instance, where counts are exact.
"""
from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import z3

from checker.engines.interp.step import initial_states, steps
from checker.engines.smt.anysize.family import Family
from checker.engines.smt.encode import Encoding
from checker.engines.smt.solver import Solver, values
from checker.engines.smt.terms import Truth, disj, neg
from checker.ir.nodes import Expr
from checker.ir.system import State, System


@dataclass(frozen=True, slots=True)
class Sample:
    """The reachable states of one size; `complete` says that these are all."""

    system: System
    states: Sequence[State]
    complete: bool


def reachable(system: System, most: int) -> Sample:
    """The reachable states by the interpreter's steps, level by level, up to `most`."""
    seen = dict.fromkeys(initial_states(system))
    frontier = list(seen)
    while frontier and len(seen) <= most:
        following = []
        for state in frontier:
            for step in steps(system, state):
                if step.after is not None and step.after not in seen:
                    seen[step.after] = None
                    following.append(step.after)
            if len(seen) > most:
                break
        frontier = following
    return Sample(system, list(seen)[:most], complete=not frontier)


def sizes(family: Family, most: int) -> Iterator[dict[str, int]]:
    """The sizes up to `most` for each constant, small ones first."""
    every = itertools.product(range(1, most + 1), repeat=len(family.constants))
    for chosen in sorted(every, key=lambda each: (sum(each), max(each), each)):
        yield dict(zip(family.constants, chosen))


def inductive_at(system: System, candidates: Sequence[Expr], *, rlimit: int | None = None,
                 tell: Callable[[str], None] = lambda _: None) -> list[int]:
    """The numbers of the candidates that are inductive together at a fixed size: Houdini.

    Everything else fails at this size and so in general. Where the solver gives up, all that is
    left is kept: this is a filter, not a proof.
    """
    encoding = Encoding(system)
    solver = Solver(encoding.space.context, rlimit=rlimit)
    solver.add(encoding.well_formed)
    step = solver.literal(encoding.transition)
    before, after, _ = encoding.constants
    renamed = list(zip(before, after, strict=True))
    held: dict[int, Truth] = {}
    broken: dict[int, Truth] = {}
    for number, expr in enumerate(candidates):
        truth = encoding.holds(expr)
        later = truth if isinstance(truth, bool) else z3.substitute(truth, *renamed)
        held[number] = solver.literal(truth)
        broken[number] = solver.literal(neg(later))
    left = list(held)
    while True:
        goals = [broken[n] for n in left if broken[n] is not False]
        if not goals:
            return left
        some = solver.literal(disj(*goals))
        answer = solver.ask(step, *(held[n] for n in left), some)
        solver.retire(some)
        if answer.outcome != "sat":
            return left
        open_ = [n for n in left if broken[n] is not False]
        shown = values(answer.model, [broken[n] for n in open_])
        failed = {n for n, value in zip(open_, shown) if value}
        left = [n for n in left if n not in failed]
        tell(f"{len(left)} candidates left at a fixed size")

