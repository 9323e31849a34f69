"""What of a counterexample to induction makes it one.

A model gives every part of the state before a step a value, nearly all of them at random. Which of
them matter is asked back: with the same action and the same choices, which values alone leave the
step no way but to break the claim? An unsatisfiable core answers (Chockler et al., "Incremental
formal verification of hardware", FMCAD 2011, generalise counterexamples so). If the claim is true
of every reachable state, no state with these values is reachable: so whatever lemma is missing, it
can be said in terms of them.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence

import z3

from checker.engines.smt.encode import Action, Encoding, constants_of
from checker.engines.smt.shape import Symbolic, cells, raw, unchanged_term
from checker.engines.smt.solver import Answer, Solver
from checker.engines.smt.terms import Num, Truth, conj, neg
from checker.types import Map, Type
from checker.values import Value, domain

Cell = tuple[Value, ...]
"""A part of the state: a variable's name and the keys on the way."""
Fixed = tuple[Cell, z3.BoolRef]


class Lifting:
    """Questions about the models of one size; `step` is the literal of a transition."""

    def __init__(self, encoding: Encoding, solver: Solver, step: Truth) -> None:
        self.encoding, self.solver, self.step = encoding, solver, step
        system = encoding.system
        self._named = [(cell, constant) for variable, symbolic in zip(system.variables,
                                                                      encoding.before)
                       for cell, constant in _named((variable.name,), variable.type, symbolic)]
        self._literals: dict[tuple[int, str], z3.BoolRef] = {}

    def matters(self, answer: Answer, kept: Truth, check: Truth | None) -> frozenset[Cell]:
        """The parts of the state before whose values make the step of a model break a claim.

        `kept` says that the state after satisfies the claim; or `check`, that some step fails it.
        """
        model = answer.model
        _, _, step = self.encoding.constants
        chosen = [self._fixed(constant, model) for constant in step]
        values = [(cell, self._fixed(constant, model)) for cell, constant in self._named]
        if check is not None:
            return frozenset(self._least([self.solver.literal(neg(check)), *chosen], values))
        possible = conj(*(part for action in self._taken(answer)
                          for part in (action.enabled, action.effect.valid,
                                       neg(action.effect.fails))))
        enabling = self._least([self.solver.literal(neg(possible)), *chosen], values)
        breaking = self._least([self.solver.literal(kept), self.step, *chosen], values)
        return frozenset(enabling | breaking)

    def reads(self, answer: Answer, claim: Truth, check: Truth | None) -> frozenset[Cell]:
        """The parts that the step of a model, or the claim, looks at."""
        parts = [claim] if check is None else [check]
        for action in self._taken(answer) if check is None else ():
            parts += [action.enabled, action.effect.valid, action.effect.fails]
            for value, new in zip(self.encoding.before, action.effect.after, strict=True):
                parts += [cell.term if isinstance(cell, Num) else cell
                          for old, cell in zip(cells(value), cells(new), strict=True)
                          if not unchanged_term(cell, old)]
        used = {constant.get_id() for part in parts if isinstance(part, z3.ExprRef)
                for constant in constants_of(part)}
        return frozenset(cell for cell, constant in self._named if constant.get_id() in used)

    def _taken(self, answer: Answer) -> list[Action]:
        return [action for action in self.encoding.actions
                if z3.is_true(answer.model.eval(action.selector, model_completion=True))]

    def _fixed(self, constant: z3.ExprRef, model: z3.ModelRef) -> z3.BoolRef:
        """The literal that a constant has its value in the model."""
        value = model.eval(constant, model_completion=True)
        key = (constant.get_id(), str(value))
        if key not in self._literals:
            self._literals[key] = self.solver.literal(constant == value)
        return self._literals[key]

    def _least(self, given: Sequence[Truth], values: list[Fixed]) -> set[Cell]:
        """The cells of a minimal core; all of them where there is none."""
        left = self._core(given, values)
        if left is None:
            return {cell for cell, _ in values}
        for one in list(left):
            if one in left:
                left = self._core(given, [each for each in left if each is not one]) or left
        return {cell for cell, _ in left}

    def _core(self, given: Sequence[Truth], values: list[Fixed]) -> list[Fixed] | None:
        answer = self.solver.ask(*given, *(literal for _, literal in values))
        if answer.outcome != "unsat":
            return None
        used = {literal.get_id() for literal in answer.core}
        return [each for each in values if each[1].get_id() in used]


def _named(cell: Cell, of: Type, symbolic: Symbolic) -> Iterator[tuple[Cell, z3.ExprRef]]:
    """The Z3 constants of a value, each with the part of the state that it is of."""
    if isinstance(of, Map):
        for key, part in zip(domain(of.key), symbolic, strict=True):
            yield from _named((*cell, key), of.value, part)
    else:
        yield from ((cell, constant) for each in cells(symbolic)
                    if (constant := raw(each)) is not None)
