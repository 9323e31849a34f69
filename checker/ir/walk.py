"""Walking the IR: parts of nodes, folds, names that occur, and what a step reads and writes.

Whatever needs to know the shape of every node asks here, so a new node is added in one place.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, assert_never

from checker.ir.nodes import (Assign, Block, Branch, Check, Choose, Const, Expr, Field, Finish,
                              ForEach, Goto, Local, Me, Op, Place, Quantifier, Statement,
                              Terminator, Var, When, Yield)
from checker.ir.system import Process

T = TypeVar("T")


# ── expressions ──────────────────────────────────────────────────────────────────────────────

def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly below."""
    match expr:
        case Const() | Var() | Local() | Me():
            return ()
        case Op(_, args):
            return args
        case Field(record):
            return (record,)
        case Quantifier():
            return (expr.body,)
        case _:
            assert_never(expr)


def fold(expr: Expr, combine: Callable[[Expr, tuple[T, ...]], T]) -> T:
    """`combine(node, results of its children)`, from the leaves up."""
    return combine(expr, tuple(fold(child, combine) for child in children(expr)))


def subexpressions(expr: Expr) -> Iterator[Expr]:
    """The expression and everything below it, from the top down and from left to right."""
    yield expr
    for child in children(expr):
        yield from subexpressions(child)


def state_variables(expr: Expr) -> frozenset[str]:
    """The names of the state variables that occur."""
    return frozenset(e.name for e in subexpressions(expr) if isinstance(e, Var))


def key_paths(name: str, expr: Expr) -> Iterator[tuple[Expr, ...]]:
    """The keys of every read of the variable or local `name` in an expression, outermost first."""
    keys: tuple[Expr, ...] = ()
    inner = expr
    while isinstance(inner, Op) and inner.op == "get":
        inner, key = inner.args
        keys = (key, *keys)
        yield from key_paths(name, key)
    if isinstance(inner, (Var, Local)):
        if inner.name == name:
            yield keys
        return
    for child in children(inner):
        yield from key_paths(name, child)


def free_locals(expr: Expr) -> frozenset[str]:
    """The names of the locals that occur and that no quantifier inside binds."""
    match expr:
        case Local(name):
            return frozenset((name,))
        case Const() | Var() | Me():
            return frozenset()
        case Quantifier():
            return free_locals(expr.body) - {expr.variable}
        case Op(_, args):
            return frozenset().union(*map(free_locals, args))
        case Field(record):
            return free_locals(record)
        case _:
            assert_never(expr)


def substitute(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    """`expr` with the free locals named in `values` replaced; what is put in has none itself."""
    match expr:
        case Local(name):
            return values.get(name, expr)
        case Op(_, args):
            return replace(expr, args=tuple(substitute(arg, values) for arg in args))
        case Field(record):
            return replace(expr, record=substitute(record, values))
        case Quantifier(_, variable, _, body):
            inner = {name: value for name, value in values.items() if name != variable}
            return replace(expr, body=substitute(body, inner))
    return expr


# ── statements and blocks ────────────────────────────────────────────────────────────────────

def place_keys(place: Place) -> tuple[Expr, ...]:
    """The map keys in the path of a place."""
    return tuple(key for key in place.path if not isinstance(key, str))


def place_value(place: Place) -> Expr:
    """The expression that reads what a place holds."""
    kind = Local if place.local else Var
    expr: Expr = kind(place.name, place.root, loc=place.loc)
    for key in place.path:
        of = expr.type
        if isinstance(key, str):
            expr = Field(expr, key, of.field_type(key), loc=place.loc)
        else:
            expr = Op("get", (expr, key), of.value, loc=place.loc)
    return expr


def statement_expressions(statement: Statement) -> tuple[Expr, ...]:
    """The expressions of a statement itself, without those of nested statements."""
    match statement:
        case Assign(place, value):
            return (*place_keys(place), value)
        case Choose():
            return (statement.where,)
        case Check(condition) | When(condition):
            return (condition,)
        case ForEach():
            return ()
        case _:
            assert_never(statement)


def all_statements(statements: Iterable[Statement]) -> Iterator[Statement]:
    """The statements and everything nested in them, in order."""
    for statement in statements:
        yield statement
        match statement:
            case When(_, then, otherwise):
                yield from all_statements((*then, *otherwise))
            case ForEach():
                yield from all_statements(statement.body)


def targets(terminator: Terminator) -> tuple[int, ...]:
    """The blocks that may follow in the same step."""
    match terminator:
        case Goto(target):
            return (target,)
        case Branch(_, then, otherwise):
            return (then, otherwise)
        case Yield() | Finish():
            return ()
        case _:
            assert_never(terminator)


def block_expressions(block: Block) -> Iterator[Expr]:
    """Every expression of a block, at the top of its statements and in its terminator."""
    for statement in all_statements(block.statements):
        yield from statement_expressions(statement)
    if isinstance(block.terminator, Branch):
        yield block.terminator.condition


def blocks_from(process: Process, entry: int) -> list[int]:
    """The blocks that one step starting at `entry` may run, in the order of their discovery."""
    found, pending = [], [entry]
    while pending:
        number = pending.pop()
        if number not in found:
            found.append(number)
            pending.extend(reversed(targets(process.blocks[number].terminator)))
    return found


# ── read and write sets ──────────────────────────────────────────────────────────────────────

@dataclass(frozen=True, slots=True)
class Access:
    """The state variables that a piece of code may read and may write.

    The process's own location and persistent locals, which every step touches, are left out.
    Writing a part of a variable is a write of it and no read.
    """

    reads: frozenset[str]
    writes: frozenset[str]


def block_access(block: Block) -> Access:
    reads = (state_variables(expr) for expr in block_expressions(block))
    writes = (s.place.name for s in all_statements(block.statements)
              if isinstance(s, Assign) and not s.place.local)
    return Access(frozenset().union(*reads), frozenset(writes))


def start_access(process: Process) -> Access:
    """What the process may read and write before its first await."""
    return _union(block_access(process.blocks[n]) for n in blocks_from(process, process.start))


def step_access(process: Process, location: str) -> Access:
    """What a step from the location may read, its guard included, and write."""
    at = process.locations[location]
    guard = Access(state_variables(at.guard), frozenset())
    blocks = (block_access(process.blocks[n]) for n in blocks_from(process, at.entry))
    return _union((guard, *blocks))


def _union(parts: Iterable[Access]) -> Access:
    reads, writes = frozenset[str](), frozenset[str]()
    for part in parts:
        reads, writes = reads | part.reads, writes | part.writes
    return Access(reads, writes)
