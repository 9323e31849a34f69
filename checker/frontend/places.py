"""Places: the assignable parts of the state and of locals, and the expressions that read them."""
from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from checker.frontend.static import Result
from checker.ir.nodes import (
    Assign,
    Const,
    Expr,
    Field,
    Local,
    Me,
    Op,
    Place,
    Statement,
    Var,
)
from checker.ir.walk import statement_expressions, subexpressions
from checker.types import Type

if TYPE_CHECKING:
    from checker.frontend.statements import Statements


def place_of_value(value: Result) -> Place | None:
    """The place that a state-reading expression stands for: an alias passed to a method."""
    match value:
        case Var(name, of, False):
            return Place(name, (), of, of, loc=value.loc)
        case Local(name, of):
            return Place(name, (), of, of, local=True, loc=value.loc)
        case Op("get", (mapping, key)):
            outer = place_of_value(mapping)
            return outer and extended(outer, key, value.type)
        case Field(record, name):
            outer = place_of_value(record)
            return outer and extended(outer, name, value.type)
    return None


def value_of_place(place: Place) -> Expr:
    """The expression that reads a place."""
    expr: Expr = (Local if place.local else Var)(place.name, place.root, loc=place.loc)
    for part in place.path:
        if isinstance(part, str):
            expr = Field(expr, part, expr.type.field_type(part), loc=place.loc)
        else:
            expr = Op("get", (expr, part), expr.type.value, loc=place.loc)
    return expr


def keep(t: Statements, value: Expr, node: ast.AST) -> Expr:
    """The value that an expression has now, whatever becomes of the state."""
    if isinstance(value, (Const, Me, Local)):
        return value
    temporary = t.temporary(value.type, "kept")
    t.emit(Assign(temporary, value, loc=t.loc(node)))
    return Local(temporary.name, value.type, loc=t.loc(node))


def kept_place(t: Statements, place: Place, node: ast.AST) -> Place:
    """The part of the state that a place names now, whatever becomes of its keys."""
    path = tuple(part if isinstance(part, str) else keep(t, part, node) for part in place.path)
    return replace(place, path=path)


def extended(place: Place, part: Expr | str, of: Type) -> Place:
    return Place(place.name, (*place.path, part), of, place.root, place.local, loc=place.loc)


def is_result(local: Local) -> bool:
    """Whether a local is a temporary or a method's result, which no name of the source means."""
    return "'" in local.name or local.name.endswith(".return")


def touches_shared(statement: Statement) -> bool:
    if isinstance(statement, Assign) and not statement.place.local:
        return True
    return any(reads_shared(expr) for expr in statement_expressions(statement)) or any(
        touches_shared(inner) for inner in (*getattr(statement, "then", ()),
                                            *getattr(statement, "otherwise", ()),
                                            *getattr(statement, "body", ())))


def reads_shared(expr: Expr) -> bool:
    return any(isinstance(part, Var) for part in subexpressions(expr))
