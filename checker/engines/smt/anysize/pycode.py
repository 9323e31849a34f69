"""Expressions as Python source, for looking at many states quickly.

Candidates for lemmas are judged on thousands of reachable states; the interpreter would take
minutes for what compiled Python does in a second. Nothing that is proved depends on it.
"""
from __future__ import annotations

from checker.ir.nodes import Const, Expr, Field, Local, Op, Quantifier, Var
from checker.ir.system import System
from checker.types import Bool, Index, Int, Map, Range
from checker.values import domain

_BINARY = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "add": "+", "sub": "-", "mul": "*",
           "union": "|", "intersection": "&", "difference": "-", "subset": "<="}


class NoSource(Exception):
    """The expression has no translation here."""


def source(system: System, expr: Expr) -> str:
    """Python whose names are `state_`, the state, and the expression's free locals."""
    def sub(e: Expr) -> str:
        return source(system, e)

    match expr:
        case Const(value):
            return repr(value)
        case Var(name):
            return f"state_[{system.position[name]}]"
        case Local(name):
            return name
        case Field(record, name):
            return f"{sub(record)}[{record.type.position(name)}]"
        case Quantifier(kind, name, of, body):
            of = sized(system, of)
            values = f"range({of.size})" if isinstance(of, (Index, Range)) else repr(domain(of))
            if kind == "set":
                return f"frozenset({name} for {name} in {values} if {sub(body)})"
            return f"{kind}({sub(body)} for {name} in {values})"
        case Op("and" | "or", args):
            return "(" + f" {expr.op} ".join(map(sub, args)) + ")"
        case Op("get", (mapping, key)):
            return f"{sub(mapping)}[{_position(mapping.type, sub(key))}]"
        case Op(op, (a, b)) if op in _BINARY:
            return f"({sub(a)} {_BINARY[op]} {sub(b)})"
        case Op("not", (a,)):
            return f"(not {sub(a)})"
        case Op("implies", (a, b)):
            return f"(not {sub(a)} or {sub(b)})"
        case Op("ite", (c, a, b)):
            return f"({sub(a)} if {sub(c)} else {sub(b)})"
        case Op("is_none" | "is_free", (a,)):
            return f"({sub(a)} is None)"
        case Op("held_by", (lock, number)):
            return f"({sub(lock)} == {sub(number)})"
        case Op("contains", (members, element)):
            return f"({sub(element)} in {sub(members)})"
        case Op("set_len", (a,)):
            return f"len({sub(a)})"
        case Op("int" | "some", (a,)):
            return sub(a)
    raise NoSource(type(expr).__name__)


def _position(of: Map, key: str) -> str:
    match of.key:
        case Index() | Range() | Bool():
            return key
        case Int(lo, _):
            return key if lo == 0 else f"({key}) - {lo}"
    return f"{domain(of.key)!r}.index({key})"


def sized(system: System, of):
    """An Index with the number of elements that it has in `system`."""
    if not isinstance(of, Index):
        return of
    for variable in system.variables:
        found = _index_in(variable.type, of.name)
        if found is not None:
            return found
    for process in system.processes:
        if isinstance(process.domain, Index) and process.domain.name == of.name:
            return process.domain
    return of


def _index_in(of, name: str):
    if isinstance(of, Index):
        return of if of.name == name else None
    if isinstance(of, Map):
        return _index_in(of.key, name) or _index_in(of.value, name)
    inner = getattr(of, "of", None)
    return _index_in(inner, name) if inner is not None else None
