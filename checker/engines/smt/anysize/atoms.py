"""The vocabulary of lemmas: what may be said of one or two elements in a state.

Atoms are the parts of the state (a flag, a name, a number compared with 0, with another number or
with a count) and the conditions that the author has written, in branches and properties, with
the names in them replaced by the elements spoken of.
"""
from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checker.engines.smt.anysize.family import Linear
from checker.engines.smt.anysize.holders import holder
from checker.ir.nodes import Const, Expr, Field, Local, Op, Quantifier, Var
from checker.ir.system import System
from checker.ir.walk import (block_expressions, free_locals, state_variables, subexpressions,
                             substitute)
from checker.types import (NUMBERS, Bool, Enum, Index, Int, Lock, Map, Maybe, Record, Set, Type,
                           bounds)
from checker.values import domain

BOOL = Bool()
FEW = 4
"""Fixed domains up to this size are looked at value by value."""

Prefix = tuple[tuple[str, Type], ...]
"""Elements of an Index, or of an ordered set of varying size, by name."""


def same_set(one: Type, other: Type) -> bool:
    """Whether elements of the two are elements of one set."""
    if isinstance(one, Index) and isinstance(other, Index):
        return one.name == other.name
    return one == other


def sizes_of(of: Type) -> frozenset[str]:
    """The constants that the bounds of a type of numbers depend on."""
    if not isinstance(of, NUMBERS):
        return frozenset()
    return frozenset(name for bound in bounds(of) if isinstance(bound, Linear)
                     for name, factor in bound.terms if factor)


@dataclass(frozen=True, slots=True)
class Atom:
    """A condition; `group` is what it is one of several values of, `both`: its negation may
    stand in a cube as well. A name that is one of many says little by not being another."""

    expr: Expr
    group: str
    both: bool
    relation: bool = False


def atoms(system: System, prefix: Prefix, *, measured: bool = False) -> list[Atom]:
    """What can be said about the elements of the prefix, in a fixed order; not where processes
    wait, see `waiting`.

    `measured`: numbers are compared with those that count the same things, and with no others; with
    their bounds, and with how many elements are in either of two counted sets, as well.
    """
    found: dict[Expr, Atom] = {}
    numbers: list[Expr] = [Local(name, of) for name, of in prefix if sizes_of(of)]
    sets: list[Expr] = []
    places = {process.location_variable for process in system.processes}
    for variable in system.variables:
        whole = Var(variable.name, variable.type)
        for part in parts(whole, prefix):
            if variable.name in places:
                continue
            for atom in (*_said(part, prefix), *_held(system, part, prefix)):
                found.setdefault(atom.expr, atom)
            if isinstance(part.type, NUMBERS) or measured and _measure(part):
                numbers.append(part)
            if isinstance(part.type, Set):
                sets.append(part)
    for atom in _inside(sets, numbers) if measured else ():
        found.setdefault(atom.expr, atom)
    counts = _counts(system, prefix)
    for atom in _measured(system, numbers, counts) if measured else _compared(numbers, counts):
        found.setdefault(atom.expr, atom)
    for expr in (*_written(system, prefix), *(_waited_for(system, prefix) if measured else ())):
        found.setdefault(expr, Atom(expr, "", True))
    return list(found.values())


def waiting(system: System, prefix: Prefix) -> Iterator[Expr]:
    """Where the processes of the elements wait, and those of none."""
    for process in system.processes:
        variable = system.variable[process.location_variable]
        yield from parts(Var(variable.name, variable.type), prefix)


def _held(system: System, part: Expr, prefix: Prefix) -> Iterator[Atom]:
    """Who holds a lock."""
    for process in system.processes if isinstance(part.type, Lock) else ():
        if process.domain is None:
            keys: list[Expr | None] = [None]
        else:
            keys = [Local(n, of) for n, of in prefix if same_set(of, process.domain)]
        for key in keys:
            yield Atom(holder(system, part, process, key), "", True)


def parts(expr: Expr, prefix: Prefix) -> Iterator[Expr]:
    """The parts of a variable that the elements of the prefix lead to."""
    match expr.type:
        case Map(key, value):
            if isinstance(key, Index) or sizes_of(key):
                keys: Iterable[Expr] = (Local(n, of) for n, of in prefix if same_set(of, key))
            else:
                values = domain(key) if _is_small(key) else ()
                keys = (Const(v, key) for v in values)
            for at in keys:
                yield from parts(Op("get", (expr, at), value), prefix)
        case Record(fields):
            for name, of in fields:
                yield from parts(Field(expr, name, of), prefix)
        case _:
            yield expr


def _is_small(of: Type) -> bool:
    try:
        return len(domain(of)) <= FEW
    except TypeError:
        return False


def _said(part: Expr, prefix: Prefix) -> Iterator[Atom]:
    """What can be said of one part of the state."""
    of, group = part.type, repr(part)
    match of:
        case Bool():
            yield Atom(part, group, True, relation=_arity(part) > 1)
        case Enum(members):
            for member in members:
                yield Atom(Op("eq", (part, Const(member, of)), BOOL), group, len(members) <= 3)
        case Maybe(inner):
            yield Atom(Op("is_none", (part,), BOOL), group, True)
            for name, index in prefix:
                if isinstance(inner, Index) and same_set(inner, index):
                    some = Op("some", (Local(name, index),), of)
                    yield Atom(Op("eq", (part, some), BOOL), f"{group} {name}", True, True)
        case Index():
            for name, index in prefix:
                if same_set(of, index):
                    yield Atom(Op("eq", (part, Local(name, index)), BOOL), group, True, True)
        case Set(inner):
            for name, index in prefix:
                if same_set(inner, index):
                    inside = Op("contains", (part, Local(name, index)), BOOL)
                    yield Atom(inside, f"{group} {name}", True, _arity(part) > 0)
        case Lock():
            yield Atom(Op("is_free", (part,), BOOL), group, True)
        case _ if isinstance(of, NUMBERS):
            for value in (0, 1):
                constant = Const(value, of)
                yield Atom(Op("eq", (part, constant), BOOL), "", True)


def _arity(part: Expr) -> int:
    return sum(1 for e in subexpressions(part) if isinstance(e, Op) and e.op == "get")


def _compared(numbers: list[Expr], counts: list[Expr]) -> Iterator[Atom]:
    """Numbers compared with each other and with counts."""
    for a, b in itertools.combinations(numbers, 2):
        if _same_place(a, b) or _arity(a) + _arity(b) <= 1:
            yield from _orders(a, b)
    for a in numbers:
        for count in counts:
            if free_locals(a) == free_locals(count):
                yield Atom(Op("eq", (a, count), BOOL), "", True)
    for count in counts:
        yield Atom(Op("eq", (count, Const(0, count.type)), BOOL), "", True)


def _measured(system: System, numbers: list[Expr], counts: list[Expr]) -> Iterator[Atom]:
    """Numbers compared with those that count the same things, with bounds and with counts."""
    counts = [*counts, *_unions(counts)]
    for a, b in itertools.combinations(numbers, 2):
        near = (_same_place(a, b) or _arity(a) + _arity(b) <= 1
                or free_locals(a) == free_locals(b))
        if near and _measure(a) == _measure(b) and not isinstance(b, Local):
            yield from _orders(a, b)
    for a in numbers:
        if isinstance(a.type, Int) and _measure(a):
            yield Atom(Op("eq", (a, Const(a.type.hi, a.type)), BOOL), "", True)
        for count in counts:
            if free_locals(a) == free_locals(count) and _measure(a) == _measure(count):
                yield Atom(Op("eq", (a, count), BOOL), "", True)
        for count in _passed(system) if _measure(a) and not free_locals(a) else ():
            yield Atom(Op("eq", (a, count), BOOL), "", True)
    for count in counts:
        yield Atom(Op("eq", (count, Const(0, count.type)), BOOL), "", True)


def _inside(sets: list[Expr], numbers: list[Expr]) -> Iterator[Atom]:
    """Numbers that the state holds, in sets of such numbers."""
    for members, number_ in itertools.product(sets, numbers):
        if members.type.of == number_.type and not isinstance(number_, Local):
            yield Atom(Op("contains", (members, number_), BOOL), "", True, _arity(members) > 0)


def _passed(system: System) -> Iterator[Expr]:
    """How many instances of a process that ends are not at some place, any more or yet."""
    for process in system.processes:
        if not process.daemon and isinstance(process.domain, Index):
            where = Var(process.location_variable, system.variable[process.location_variable].type)
            at = Op("get", (where, Local("i_", process.domain)), process.location_type)
            for place in process.location_type.members:
                away = Op("ne", (at, Const(place, process.location_type)), BOOL)
                yield Quantifier("sum", "i_", process.domain, Op("int", (away,), Int(0, 1)),
                                 Int(0, 2 ** 30))


def _orders(a: Expr, b: Expr) -> Iterator[Atom]:
    yield Atom(Op("eq", alike(a, b), BOOL), "", True)
    yield Atom(Op("lt", (number(a), number(b)), BOOL), "", True)
    yield Atom(Op("lt", (number(b), number(a)), BOOL), "", True)


def _measure(expr: Expr) -> frozenset[str]:
    """The constants that say how large a number may be."""
    return sizes_of(expr.type.of if isinstance(expr.type, Maybe) else expr.type)


def alike(a: Expr, b: Expr) -> tuple[Expr, Expr]:
    """Both of one type: an element is compared with what may be one."""
    if isinstance(a.type, Maybe) and not isinstance(b.type, Maybe):
        return a, Op("some", (b,), a.type)
    if isinstance(b.type, Maybe) and not isinstance(a.type, Maybe):
        return Op("some", (a,), b.type), b
    return a, b


def number(expr: Expr) -> Expr:
    """A number that may be None as a number, which then is the lowest."""
    if isinstance(expr.type, Maybe) and isinstance(expr.type.of, NUMBERS):
        lowest = Const(bounds(expr.type.of)[0], expr.type.of)
        return Op("value", (expr, lowest), expr.type.of)
    return expr


def _same_place(a: Expr, b: Expr) -> bool:
    """The same variable at two elements: `ticket[t]` and `ticket[u]`."""
    return state_variables(a) == state_variables(b)


# ── what the author has written ──────────────────────────────────────────────────────────────

def _expressions(system: System) -> Iterator[Expr]:
    for declared in system.properties:
        if declared.kind in ("invariant", "lemma", "sometimes"):
            yield declared.expr
    for process in system.processes:
        for location in process.locations.values():
            yield location.guard
        for block in process.blocks.values():
            yield from block_expressions(block)


def _counts(system: System, prefix: Prefix) -> list[Expr]:
    found: dict[Expr, None] = {}
    for whole in _expressions(system):
        for expr in subexpressions(whole):
            is_count = isinstance(expr, Quantifier) and expr.kind == "sum" or (
                isinstance(expr, Op) and expr.op == "set_len")
            if is_count:
                found.update(dict.fromkeys(_renamed(expr, prefix)))
    return list(found)


def _unions(counts: list[Expr]) -> Iterator[Expr]:
    """How many elements are in one or the other of two counted sets."""
    for a, b in itertools.combinations(counts, 2):
        if (a.type == b.type and isinstance(a, Quantifier) and isinstance(b, Quantifier)
                and same_set(a.domain, b.domain) and getattr(a.body, "op", "") == "int"
                and getattr(b.body, "op", "") == "int"):
            other = substitute(b.body.args[0], {b.variable: Local(a.variable, a.domain)})
            either = Op("or", (a.body.args[0], other), BOOL)
            yield Quantifier("sum", a.variable, a.domain, Op("int", (either,), a.body.type),
                             a.type)


def _written(system: System, prefix: Prefix) -> list[Expr]:
    """Conditions over an Index that the author quantifies, or compares numbers in."""
    found: dict[Expr, None] = {}
    for whole in _expressions(system):
        for expr in subexpressions(whole):
            quantified = isinstance(expr, Quantifier) and expr.kind in ("any", "all")
            compared = isinstance(expr, Op) and expr.op in ("eq", "lt", "le") and any(
                isinstance(e, Op) and e.op in ("add", "sub") or isinstance(e, Quantifier)
                for e in subexpressions(expr))
            if (quantified or compared) and state_variables(expr) and not _deep(expr):
                found.update(dict.fromkeys(_renamed(expr, prefix)))
    return [expr for expr in found if not _has_value(expr)]


def _waited_for(system: System, prefix: Prefix) -> Iterator[Expr]:
    """What steps wait for, with quantifiers under quantifiers: "there is a quorum of which all ..."
    is no clause, but true ever after a step that waited for it, if what it speaks of stays."""
    for process in system.processes:
        for location in process.locations.values():
            if _deep(location.guard):
                yield from (expr for expr in _renamed(location.guard, prefix)
                            if not _has_value(expr))


def _deep(expr: Expr) -> bool:
    """A quantifier under a quantifier: Z3 has a hard time with a clause about such a thing."""
    return any(isinstance(e, Quantifier) and any(isinstance(inner, Quantifier)
                                                 for inner in subexpressions(e.body))
               for e in subexpressions(expr))


def _has_value(expr: Expr) -> bool:
    """An element looked up on the way to another, or a size: more than a lemma should say."""
    return any(isinstance(e, Op) and e.op in ("value", "held_by", "head")
               or isinstance(e, Var) and e.primed
               or isinstance(e, Const) and isinstance(e.value, Linear)
               for e in subexpressions(expr))


def _renamed(expr: Expr, prefix: Prefix) -> Iterator[Expr]:
    """The expression with its free names replaced by elements of the prefix, in every way."""
    names = sorted(free_locals(expr))
    types = {e.name: e.type for e in subexpressions(expr) if isinstance(e, Local)}
    choices = [[Local(n, of) for n, of in prefix
                if isinstance(types[name], Index) and same_set(of, types[name])]
               for name in names]
    bound = {e.variable for e in subexpressions(expr) if isinstance(e, Quantifier)}
    if bound & {n for n, _ in prefix}:
        expr = _fresh_bound(expr)
    for chosen in itertools.product(*choices):
        yield _without_locs(substitute(expr, dict(zip(names, chosen))))


def _fresh_bound(expr: Expr) -> Expr:
    """The expression with its bound names marked, so that no element is captured."""
    match expr:
        case Quantifier(kind, name, of, body, result):
            inner = substitute(body, {name: Local(f"{name}_", of)})
            return Quantifier(kind, f"{name}_", of, _fresh_bound(inner), result)
        case Op(op, args, of):
            return Op(op, tuple(_fresh_bound(a) for a in args), of)
        case Field(record, name, of):
            return Field(_fresh_bound(record), name, of)
    return expr


def _without_locs(expr: Expr) -> Expr:
    """Names as a person would choose them: what the compiler calls `g'1` is `g1` in a text."""
    match expr:
        case Quantifier(kind, name, of, body, result):
            plain = name.replace("'", "")
            inner = substitute(body, {name: Local(plain, of)}) if plain != name else body
            return Quantifier(kind, plain, of, _without_locs(inner), result)
        case Op(op, args, of):
            return Op(op, tuple(_without_locs(a) for a in args), of)
        case Field(record, name, of):
            return Field(_without_locs(record), name, of)
    return expr
