"""Expressions as Python source, for looking at many states quickly.

Candidates for lemmas are judged on thousands of reachable states; the interpreter would take
minutes for what compiled Python does in a second. Nothing that is proved depends on it.
"""
from __future__ import annotations

from checker.engines.smt.anysize.family import Linear, int_type, range_type
from checker.ir.nodes import Const, Expr, Field, Local, Op, Quantifier, Var
from checker.ir.system import System
from checker.types import Bool, Index, Int, Map, Range, Type, bounds
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
            return repr(at_size(system, value))
        case Var(name):
            return f"state_[{system.position[name]}]"
        case Local(name):
            return name
        case Field(record, name):
            return f"{sub(record)}[{record.type.position(name)}]"
        case Quantifier(kind, name, of, body):
            values = _values(sized(system, of))
            if kind == "set":
                return f"frozenset({name} for {name} in {values} if {sub(body)})"
            return f"{kind}({sub(body)} for {name} in {values})"
        case Op("and" | "or", args):
            return "(" + f" {expr.op} ".join(map(sub, args)) + ")"
        case Op("get", (mapping, key)):
            return f"{sub(mapping)}[{_position(system, mapping.type, sub(key))}]"
        case Op(op, (a, b)) if op in _BINARY:
            return f"({sub(a)} {_BINARY[op]} {sub(b)})"
        case Op("not", (a,)):
            return f"(not {sub(a)})"
        case Op("implies", (a, b)):
            return f"(not {sub(a)} or {sub(b)})"
        case Op("ite", (c, a, b)):
            return f"({sub(a)} if {sub(c)} else {sub(b)})"
        case Op("min" | "max" as op, args):
            return f"{op}({', '.join(map(sub, args))})"
        case Op("is_none" | "is_free", (a,)):
            return f"({sub(a)} is None)"
        case Op("held_by", (lock, number)):
            return f"({sub(lock)} == {sub(number)})"
        case Op("contains", (members, element)):
            return f"({sub(element)} in {sub(members)})"
        case Op("set_len", (a,)):
            return f"len({sub(a)})"
        case Op("value", (a, lowest)):
            return f"({sub(lowest)} if {sub(a)} is None else {sub(a)})"
        case Op("int" | "some", (a,)):
            return sub(a)
    raise NoSource(type(expr).__name__)


def _values(of: Type) -> str:
    """The values of a scalar type, in order."""
    match of:
        case Index(_, size) | Range(size):
            return f"range({size})"
        case Int(lo, hi):
            return f"range({lo}, {hi} + 1)"
    return repr(domain(of))


def _position(system: System, of: Map, key: str) -> str:
    """Where a key stands in a map. Python would count a negative number from the end."""
    match of.key:
        case Index() | Bool():
            return key
        case Range() | Int():
            lo, hi = bounds(sized(system, of.key))
            if key.isidentifier():
                return key if lo == 0 else f"{key} - {lo}"
            return f"min(max({key}, {lo}), {hi}) - {lo}"
    return f"{domain(of.key)!r}.index({key})"


def at_size(system: System, value):
    """A number that depends on the sizes, as it is in `system`."""
    return value.at(system.constants) if isinstance(value, Linear) else value


def sized(system: System, of):
    """A type of the family's as it is in `system`."""
    match of:
        case Range(size):
            return range_type(at_size(system, size))
        case Int(lo, hi):
            return int_type(at_size(system, lo), at_size(system, hi))
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
