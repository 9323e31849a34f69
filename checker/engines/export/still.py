"""What a step invariant says of a step that changes nothing."""
from __future__ import annotations

from checker.ir import build
from checker.ir.nodes import Expr, Field, Op, Quantifier, Var


def unprimed(expr: Expr) -> Expr:
    """What a step invariant says of a step that changes nothing; TRUE where one can see that."""
    match expr:
        case Var(name, of):
            return Var(name, of, loc=expr.loc)
        case Field(record, name, of):
            return Field(unprimed(record), name, of, loc=expr.loc)
        case Quantifier(kind, variable, over, body, of):
            return build.quantified(kind, variable, over, unprimed(body), of, loc=expr.loc)
        case Op(op, args, of):
            return _simplified(op, [unprimed(arg) for arg in args], expr)
    return expr


def _simplified(op: str, args: list[Expr], expr: Op) -> Expr:
    match op, args:
        case ("eq" | "le" | "subset", [a, b]) if a == b:
            return build.TRUE
        case ("ne" | "lt", [a, b]) if a == b:
            return build.FALSE
        case ("implies", [a, b]):
            return build.TRUE if a == b else _implied(a, b, expr)
        case ("and", _):
            return build.conjunction(args, loc=expr.loc)
        case ("or", _):
            if any(build.negation(a) in args for a in args):
                return build.TRUE
            return build.disjunction(args, loc=expr.loc)
        case ("not", [a]):
            return build.negation(a, loc=expr.loc)
        case ("ite", [test, a, b]):
            return build.conditional(test, a, b, expr.type, loc=expr.loc)
    return Op(op, tuple(args), expr.type, loc=expr.loc)


def _implied(a: Expr, b: Expr, expr: Op) -> Expr:
    """An implication; one whose antecedent contradicts itself is true."""
    parts = a.args if isinstance(a, Op) and a.op == "and" else (a,)
    if b in parts or any(build.negation(part) in parts for part in parts):
        return build.TRUE
    return build.implication(a, b, loc=expr.loc)
