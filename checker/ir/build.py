"""Smart constructors: IR expressions with the trivial cases folded away."""
from __future__ import annotations

from checker.ir.nodes import Const, Expr, Op, Quantifier
from checker.source import NOWHERE, Loc
from checker.types import Bool, Int, Type
from checker.values import domain

BOOL = Bool()
TRUE = Const(True, BOOL)
FALSE = Const(False, BOOL)


def boolean(value: bool) -> Const:
    return TRUE if value else FALSE


def number(value: int, *, loc: Loc = NOWHERE) -> Const:
    return Const(value, Int(value, value), loc=loc)


def is_constant(expr: Expr, value: object) -> bool:
    return isinstance(expr, Const) and expr.value is value


def negation(expr: Expr, *, loc: Loc = NOWHERE) -> Expr:
    match expr:
        case Const(value):
            return boolean(not value)
        case Op("not", (inner,)):
            return inner
        case Op("eq", args):
            return Op("ne", args, BOOL, loc=loc)
    return Op("not", (expr,), BOOL, loc=loc)


def conjunction(parts: list[Expr], *, loc: Loc = NOWHERE) -> Expr:
    return _connective("and", parts, neutral=True, loc=loc)


def disjunction(parts: list[Expr], *, loc: Loc = NOWHERE) -> Expr:
    return _connective("or", parts, neutral=False, loc=loc)


def _connective(op: str, parts: list[Expr], *, neutral: bool, loc: Loc) -> Expr:
    kept: list[Expr] = []
    for part in parts:
        if is_constant(part, not neutral):
            return boolean(not neutral)
        if not is_constant(part, neutral):
            kept.append(part)
    if len(kept) < 2:
        return kept[0] if kept else boolean(neutral)
    return Op(op, tuple(kept), BOOL, loc=loc)


def implication(antecedent: Expr, consequent: Expr, *, loc: Loc = NOWHERE) -> Expr:
    if is_constant(antecedent, True):
        return consequent
    if is_constant(antecedent, False) or is_constant(consequent, True):
        return TRUE
    return Op("implies", (antecedent, consequent), BOOL, loc=loc)


def conditional(test: Expr, then: Expr, otherwise: Expr, of: Type, *, loc: Loc = NOWHERE) -> Expr:
    if isinstance(test, Const):
        return then if test.value else otherwise
    if then == otherwise:
        return then
    if of == BOOL and is_constant(then, True):
        return disjunction([test, otherwise], loc=loc)
    if of == BOOL and is_constant(otherwise, False):
        return conjunction([test, then], loc=loc)
    if of == BOOL and is_constant(then, False):
        return conjunction([negation(test), otherwise], loc=loc)
    if of == BOOL and is_constant(otherwise, True):
        return implication(test, then, loc=loc)
    return Op("ite", (test, then, otherwise), of, loc=loc)


def quantified(kind: str, variable: str, over: Type, body: Expr, of: Type, *,
               loc: Loc = NOWHERE) -> Expr:
    """any, all, sum or set; a constant body needs no quantifier (domains are never empty)."""
    if isinstance(body, Const) and kind in ("any", "all"):
        return body
    if isinstance(body, Const) and kind == "sum":
        return number(body.value * len(domain(over)), loc=loc)
    return Quantifier(kind, variable, over, body, of, loc=loc)
