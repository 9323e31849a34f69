"""Properties of steps that have nothing to say of a step that changes nothing.

With each variable after the step equal to the one before it, what a step invariant says has to be
true for reasons of logic alone: whatever the conditions in it are, and with no more known of them
than that equal things are equal and that nothing equals two constants. That is so of what is
usually said of steps, as `after.x >= before.x` or `after.on or not before.on`. Where it takes more
to see it, the answer is no, which is safe.
"""
from __future__ import annotations

from dataclasses import replace

from checker.ir.nodes import Const, Expr, Field, Op, Quantifier, Var
from checker.ir.system import Property
from checker.ir.walk import children
from checker.types import Bool

MOST_ATOMS = 12
"""Conditions that are tried true and false, all together; with more the answer is no."""

Assumed = dict[Expr, bool]


def steady(declared: Property) -> bool:
    """Whether a step invariant is true of every step that changes nothing it reads."""
    return _valid(_still(declared.expr), {})


def _still(expr: Expr) -> Expr:
    """The expression where the state after the step is the one before it."""
    match expr:
        case Var():
            return replace(expr, primed=False)
        case Op(_, args):
            return replace(expr, args=tuple(map(_still, args)))
        case Field(record):
            return replace(expr, record=_still(record))
        case Quantifier(_, _, _, body):
            return replace(expr, body=_still(body))
    return expr


def _negation(expr: Expr) -> Expr:
    return Op("not", (expr,), Bool())


def _valid(expr: Expr, assumed: Assumed) -> bool:
    """Whether the condition is true however the atoms in it turn out."""
    truth = _truth(expr, assumed)
    if truth is not None:
        return truth
    atom = _undecided(expr, assumed)
    return len(assumed) < MOST_ATOMS and atom is not None and all(
        _valid(expr, assumed | {atom: value}) for value in (True, False))


def _truth(expr: Expr, assumed: Assumed) -> bool | None:
    """What is known of a condition."""
    match expr:
        case Const(value):
            return bool(value)
        case Op("not", (inner,)):
            truth = _truth(inner, assumed)
            return None if truth is None else not truth
        case Op("and" | "or" as op, args):
            truths = {_truth(arg, assumed) for arg in args}
            if (op == "or") in truths:
                return op == "or"
            return None if None in truths else op == "and"
        case Op("implies", (first, then)):
            return _truth(Op("or", (_negation(first), then), Bool()), assumed)
        case Op("ne", args):
            return _truth(_negation(Op("eq", args, Bool())), assumed)
        case Op("lt", (one, other)):
            return _truth(_negation(Op("le", (other, one), Bool())), assumed)
    return _truth_of_atom(expr, assumed)


def _truth_of_atom(atom: Expr, assumed: Assumed) -> bool | None:
    if atom in assumed:
        return assumed[atom]
    match atom:
        case Op("eq" | "le", (one, other)) if one == other:
            return True
        case Op("eq", (one, other)) if _is_another_constant(one, other, assumed):
            return False
        case Quantifier("any" | "all" as kind, _, _, body):
            if _valid(body, assumed):              # no domain is empty
                return True
            return False if _valid(_negation(body), assumed) else None
    return None


def _is_another_constant(one: Expr, other: Expr, assumed: Assumed) -> bool:
    """Whether `one` is known to equal another constant than `other`."""
    if isinstance(one, Const):
        one, other = other, one
    if not isinstance(other, Const):
        return False
    equal = [atom.args for atom, value in assumed.items()
             if value and isinstance(atom, Op) and atom.op == "eq"]
    known = [const for args in equal for x, const in (args, args[::-1])
             if x == one and isinstance(const, Const)]
    return any(const != other for const in [*known, *([one] if isinstance(one, Const) else [])])


def _undecided(expr: Expr, assumed: Assumed) -> Expr | None:
    """An atom of the condition that nothing is known of."""
    match expr:
        case Op("not" | "and" | "or" | "implies"):
            found = (_undecided(child, assumed) for child in children(expr)
                     if _truth(child, assumed) is None)
            return next((atom for atom in found if atom is not None), None)
        case Op("ne", args):
            return Op("eq", args, Bool())
        case Op("lt", (one, other)):
            return Op("le", (other, one), Bool())
    return expr
