"""The printed form of a system: stable, complete, without positions; and its digest.

Two systems with the same printed form behave alike, so the form is what golden tests hold and
what a recorded trace is tied to. It leaves out what does not bear on behaviour: positions, docs,
constants (the system has them built in) and intentions.

Locals carry a `%` and primed variables a `'`, so that no two names can be confused; parentheses
stand only where the structure would otherwise be another one.
"""
from __future__ import annotations

import hashlib
import json
from typing import assert_never

from checker.ir.nodes import (Assign, Branch, Check, Choose, Const, Expr, Field, Finish, ForEach,
                              Goto, Local, Location, Me, Op, Place, Quantifier, Statement,
                              Terminator, Var, When, Yield)
from checker.ir.ops import OPERATORS
from checker.ir.system import Process, Property, System
from checker.text import Writer
from checker.types import (Enum, Index, Lock, Map, Maybe, Queue, Record, Set, Type)
from checker.values import Value, domain, ordinal

DIGEST_SHOWN = 16
"""How many digits of a digest a person gets to see."""

# How tightly an operator binds, then how tightly each argument has to bind to go without
# parentheses; the last number serves all further arguments. The levels are Python's.
_LOOSE, _IMPLIES, _OR, _AND, _NOT, _COMPARE, _BITOR, _BITAND, _SUM, _PRODUCT, _SIGN, _ATOM = \
    range(12)
_LEVELS: dict[str, tuple[int, ...]] = {
    "not": (_NOT, _NOT),
    "and": (_AND, _NOT),
    "or": (_OR, _AND),
    "implies": (_IMPLIES, _OR, _IMPLIES),
    "ite": (_ATOM, _OR),
    **dict.fromkeys(("eq", "ne", "lt", "le", "subset", "contains"), (_COMPARE, _BITOR)),
    **dict.fromkeys(("is_none", "is_free", "held_by"), (_COMPARE, _BITOR)),
    **dict.fromkeys(("with", "union"), (_BITOR, _BITOR, _BITAND)),
    "intersection": (_BITAND, _BITAND, _SUM),
    **dict.fromkeys(("add", "sub", "without", "difference"), (_SUM, _SUM, _PRODUCT)),
    **dict.fromkeys(("mul", "floordiv", "mod"), (_PRODUCT, _PRODUCT, _SIGN)),
    "neg": (_SIGN, _SIGN),
    "get": (_ATOM, _ATOM, _LOOSE),
    **dict.fromkeys(("value", "head", "pop", "push"), (_ATOM, _ATOM, _LOOSE)),
    **dict.fromkeys(("min", "max", "int", "some", "set_len", "queue_len"), (_ATOM, _LOOSE)),
    "record": (_ATOM, _LOOSE),
    "free": (_ATOM, _ATOM),
    "held": (_SIGN, _ATOM),
}
assert set(_LEVELS) == set(OPERATORS), set(_LEVELS) ^ set(OPERATORS)


def digest(system: System) -> str:
    """The SHA-256 of the printed form, in hex."""
    return hashlib.sha256(show_system(system).encode()).hexdigest()


# ── types and values ─────────────────────────────────────────────────────────────────────────

def show_type(of: Type) -> str:
    """A type, the names of its enums quoted."""
    match of:
        case Enum(members):
            return f"Enum({', '.join(json.dumps(member) for member in members)})"
        case Maybe(inner):
            return f"Maybe({show_type(inner)})"
        case Set(inner):
            return f"Set({show_type(inner)})"
        case Map(key, value):
            return f"Map({show_type(key)}, {show_type(value)})"
        case Record(fields):
            return f"Record({', '.join(f'{name}={show_type(t)}' for name, t in fields)})"
        case Queue(inner, capacity):
            return f"Queue({show_type(inner)}, {capacity})"
    return str(of)


def show_value(of: Type, value: Value) -> str:
    """A value; unlike `values.show`, an enum's name is quoted and a map of one value is short."""
    match of:
        case Enum():
            return json.dumps(value)
        case Index(name, _):
            return f"{name}{value}"
        case Maybe(inner):
            return "None" if value is None else f"some({show_value(inner, value)})"
        case Set(inner):
            elements = sorted(value, key=lambda e: ordinal(inner, e))
            return "{" + ", ".join(show_value(inner, e) for e in elements) + "}"
        case Map(key, inner):
            if len(set(value)) == 1:
                return f"{{all: {show_value(inner, value[0])}}}"
            pairs = zip(domain(key), value)
            return "{" + ", ".join(f"{show_value(key, k)}: {show_value(inner, v)}"
                                   for k, v in pairs) + "}"
        case Record(fields):
            pairs = zip(fields, value)
            return "(" + ", ".join(f"{n}={show_value(t, v)}" for (n, t), v in pairs) + ")"
        case Queue(inner, _):
            return "[" + ", ".join(show_value(inner, v) for v in value) + "]"
        case Lock():
            return "free" if value is None else f"held by {value}"
    return str(value)


# ── expressions ──────────────────────────────────────────────────────────────────────────────

def show_expr(expr: Expr) -> str:
    """An expression with as few parentheses as its structure allows."""
    return _shown(expr, _LOOSE)


def _shown(expr: Expr, needed: int) -> str:
    text, level = _text_and_level(expr)
    return text if level >= needed else f"({text})"


def _text_and_level(expr: Expr) -> tuple[str, int]:
    match expr:
        case Const(value, of):
            text = show_value(of, value)
            return text, _SIGN if text.startswith(("-", "held")) else _ATOM
        case Var(name, _, primed):
            return name + "'" * primed, _ATOM
        case Local(name):
            return "%" + name, _ATOM
        case Me():
            return "me", _ATOM
        case Field(record, name):
            return f"{_shown(record, _ATOM)}.{name}", _ATOM
        case Op():
            return _operator(expr), _LEVELS[expr.op][0]
        case Quantifier(kind, variable, of, body):
            inside, over = show_expr(body), f"for %{variable} in {show_type(of)}"
            if kind == "set":
                return f"{{%{variable} {over} if {inside}}}", _ATOM
            return f"{kind}({inside} {over})", _ATOM
        case _:
            assert_never(expr)


def _operator(expr: Op) -> str:
    levels = _LEVELS[expr.op][1:]
    args = [_shown(arg, levels[min(i, len(levels) - 1)]) for i, arg in enumerate(expr.args)]
    row = OPERATORS[expr.op]
    if expr.op == "record":
        assert isinstance(expr.type, Record)
        return "(" + ", ".join(f"{n}={a}" for (n, _), a in zip(expr.type.fields, args)) + ")"
    return row.shown.join(args) if row.arity < 0 else row.shown.format(*args)


def show_place(place: Place) -> str:
    text = "%" * place.local + place.name
    for key in place.path:
        text += f".{key}" if isinstance(key, str) else f"[{show_expr(key)}]"
    return text


# ── statements ───────────────────────────────────────────────────────────────────────────────

def show_statement(statement: Statement) -> str:
    """A statement, over several lines where others are nested in it."""
    write = Writer()
    _statement(write, statement)
    return write.text().rstrip("\n")


def _statement(write: Writer, statement: Statement) -> None:
    match statement:
        case Assign(place, value):
            write(f"{show_place(place)} := {show_expr(value)}")
        case Choose(variable, of, where, name, kind):
            write(f"%{variable} := {kind} {json.dumps(name)} in {show_type(of)} "
                  f"where {show_expr(where)}")
        case Check(condition, kind, message):
            write(f"check {show_expr(condition)} else {kind} {json.dumps(message)}")
        case When(condition, then, otherwise):
            write(f"if {show_expr(condition)}")
            _nested(write, then)
            if otherwise:
                write("else")
                _nested(write, otherwise)
        case ForEach(variable, of, body):
            write(f"for %{variable} in {show_type(of)}")
            _nested(write, body)
        case _:
            assert_never(statement)


def _nested(write: Writer, statements: tuple[Statement, ...]) -> None:
    with write.indent():
        for statement in statements:
            _statement(write, statement)


def show_terminator(terminator: Terminator) -> str:
    match terminator:
        case Goto(target):
            return f"goto {target}"
        case Branch(condition, then, otherwise):
            return f"goto {then} if {show_expr(condition)} else {otherwise}"
        case Yield(location):
            return f"yield {location}"
        case Finish():
            return "finish"
        case _:
            assert_never(terminator)


# ── systems ──────────────────────────────────────────────────────────────────────────────────

def show_system(system: System) -> str:
    """The whole system, as text that ends with a line break."""
    write = Writer()
    write(f"system {system.name}")
    for name, size in sorted(_indices(system)):
        write(f"index {name} of {size}")
    write()
    for variable in system.variables:
        initial = " | ".join(show_value(variable.type, v) for v in variable.initial)
        write(f"var {variable.name}: {show_type(variable.type)} = {initial}")
    for process in system.processes:
        write()
        _process(write, process)
    write()
    for declared in system.properties:
        _property(write, declared)
    return write.text()


def _indices(system: System) -> set[tuple[str, int]]:
    """Name and size of every Index in the state or run over by a process."""
    def within(of: Type) -> set[tuple[str, int]]:
        match of:
            case Index(name, size):
                return {(name, size)}
            case Maybe(inner) | Set(inner) | Queue(inner, _):
                return within(inner)
            case Map(key, value):
                return within(key) | within(value)
            case Record(fields):
                return set().union(*(within(field_type) for _, field_type in fields))
        return set()

    types = [variable.type for variable in system.variables]
    types += [process.domain for process in system.processes if process.domain is not None]
    return set().union(*(within(of) for of in types))


def _process(write: Writer, process: Process) -> None:
    over = "" if process.domain is None else f"(%{process.parameter}: {show_type(process.domain)})"
    fair = f" {process.fair}ly fair" if process.fair else ""
    write(f"process {process.name}{over}{fair}{' daemon' * process.daemon}")
    with write.indent():
        for local, of in process.locals.items():
            write(f"local %{local}: {show_type(of)}")
        write(f"start at {process.start}")
        for location in process.locations.values():
            _location(write, location)
        for number in sorted(process.blocks):
            block = process.blocks[number]
            write(f"block {number}")
            _nested(write, block.statements)
            with write.indent():
                write(show_terminator(block.terminator))


def _location(write: Writer, location: Location) -> None:
    words = [f"location {location.name} {location.kind} {json.dumps(location.label)}"]
    if location.provenance:
        words.append(f"from {json.dumps(location.provenance)}")
    if location.live:
        words.append("keeps " + ", ".join(f"%{name}" for name in location.live))
    if location.lock is not None:
        words.append(f"on {show_place(location.lock)}")
    write("; ".join(words))
    with write.indent():
        write(f"when {show_expr(location.guard)} goto {location.entry}")


def _property(write: Writer, declared: Property) -> None:
    target = "" if declared.target is None else f" ~> {show_expr(declared.target)}"
    write(f"{declared.kind} {declared.name}: {show_expr(declared.expr)}{target}")
    with write.indent():
        for antecedent in declared.antecedents:
            write(f"antecedent {show_expr(antecedent)}")
