"""Which `Index` types of a system are scalarsets: permuting their elements changes nothing.

A permutation of an Index acts on a state by renaming its elements wherever they occur: as keys,
as values, as members of sets, as the instances of a process, as the holders of locks. Where every
expression of the system commutes with that, a step of a state becomes a step of the permuted
state, and a property holds in both or in neither. So a search need only visit one state of each
orbit (Ip and Dill, Better Verification Through Symmetry, 1996).

NOTE(unsymmetric beginnings). The initial states need not be symmetric. A state whose orbit holds
a reachable state has successors whose orbits hold its successors, so the search visits exactly
the orbits of reachable states, wherever it began.

NOTE(dead locals). A local that is dead has its type's lowest value, which is no element that the
system chose: permuting leaves it alone. The same goes for the value that `value` of None and
`head` of an empty queue have: a `Check` has made sure that nobody comes to see it.

NOTE(loops). That the order of a loop over an Index does not matter is a rule of the IR
(`ForEach`), and kept by the front end.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from checker.ir.nodes import Const, Expr, Me, Op
from checker.ir.system import System
from checker.ir.walk import block_expressions, children, place_value
from checker.source import Loc
from checker.types import Index, Lock, Map, Maybe, Queue, Record, Set, Type, parts
from checker.values import Value, show

COMMUTING = frozenset("""
    eq ne ite get some is_none value contains with without union intersection difference subset
    set_len record queue_len head push pop
""".split())
"""The operators that treat all elements of an Index alike."""


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """Why the elements of `index` are not interchangeable: `what`, and where it is written."""

    index: Index
    what: str
    loc: Loc

    def __str__(self) -> str:
        place = f" ({self.loc})" if self.loc.line else ""
        return f"{self.index}: {self.what}{place}"


@dataclass(frozen=True, slots=True)
class Symmetry:
    """The scalarsets with more than one element, and what keeps the others from being some."""

    scalarsets: tuple[Index, ...]
    broken: tuple[Asymmetry, ...]


def symmetry(system: System) -> Symmetry:
    """What may be permuted. One reason is given for each Index that may not."""
    found = {index: None for index in _indices(system) if index.size > 1}
    broken: dict[Index, Asymmetry] = {}
    for where, loc, expr in _expressions(system):
        for asymmetry in _asymmetries(expr, where, tuple(found)):
            if not asymmetry.loc.line:
                asymmetry = replace(asymmetry, loc=loc)
            broken.setdefault(asymmetry.index, asymmetry)
    return Symmetry(tuple(index for index in found if index not in broken),
                    tuple(broken.values()))


def mentions(of: Type, indices: tuple[Index, ...]) -> bool:
    """Whether a value of the type has to do with elements of one of the indices. A lock has,
    with those whose elements are instances: that is not asked here."""
    return any(part in indices for part in parts(of))


def _indices(system: System) -> Iterator[Index]:
    """Every Index of the system's state and processes, repeats included."""
    for variable in system.variables:
        yield from (part for part in parts(variable.type) if isinstance(part, Index))
    for process in system.processes:
        if isinstance(process.domain, Index):
            yield process.domain


def _expressions(system: System) -> Iterator[tuple[str, Loc, Expr]]:
    """Every expression whose value means something, and whom it belongs to."""
    for process in system.processes:
        where = f"the process `{process.name}`"
        for location in process.locations.values():
            yield where, location.loc, location.guard
            if location.lock is not None:
                yield where, location.loc, place_value(location.lock)
        for block in process.blocks.values():
            for expr in block_expressions(block):
                yield where, process.loc, expr
    for declared in system.properties:
        where = f"the property `{declared.name}`"
        target = () if declared.target is None else (declared.target,)
        for expr in (declared.expr, *target, *declared.antecedents):
            yield where, declared.loc, expr


def _asymmetries(expr: Expr, where: str, indices: tuple[Index, ...]) -> Iterator[Asymmetry]:
    """What in the expression would notice a permutation."""
    match expr:
        case Const(value, of):
            for index in indices:
                if not _invariant(of, value, index):
                    yield Asymmetry(index, f"{where} names {show(of, value)}", expr.loc)
            return
        case Me():
            for index in indices:
                yield Asymmetry(index, f"{where} computes with a process's number", expr.loc)
            return
        case Op("held" | "held_by", args):
            below = [arg for arg in args if not isinstance(arg, Me)]
        case Op("value" | "head", (value, Const())):
            below = [value]                    # see NOTE(dead locals)
        case Op(op, args):
            below = list(args)
            for index in indices:
                if op not in COMMUTING and any(mentions(a.type, (index,)) for a in args):
                    yield Asymmetry(index, f"{where} applies `{op}` to {index}", expr.loc)
        case _:
            below = list(children(expr))
    for part in below:
        yield from _asymmetries(part, where, indices)


def _invariant(of: Type, value: Value, index: Index) -> bool:
    """Whether every permutation of the index leaves the value as it is."""
    match of:
        case Index():
            return of != index
        case Lock():
            return value is None
        case Maybe(inner):
            return value is None or _invariant(inner, value, index)
        case Set(inner):
            return inner != index or len(value) in (0, index.size)
        case Queue(inner, _):
            return all(_invariant(inner, element, index) for element in value)
        case Map(key, inner):
            alike = key != index or len(set(value)) == 1
            return alike and all(_invariant(inner, element, index) for element in value)
        case Record(fields):
            return all(_invariant(t, v, index) for (_, t), v in zip(fields, value, strict=True))
    return True
