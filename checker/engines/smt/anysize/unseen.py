"""Lemmas that no small size asks for, as they can not be false there.

- A local that holds an element does hold one. Where it is needed no more it holds nothing, for
  every size (`encode.py`); at small sizes it is some element wherever it is needed, by
  construction. Of a lemma "whatever element it is, ..." nothing is left without.
- Where no element has both of two properties, as many have one as have the first, and the second,
  together. For every size, nothing relates three counts but a lemma.
"""
from __future__ import annotations

import itertools
from collections.abc import Iterator

from checker.engines.smt.anysize.atoms import Prefix, parts, same_set
from checker.engines.smt.anysize.candidates import BOOL, clause, every_prefix, nowhere
from checker.engines.smt.anysize.lemmas import show_lemma
from checker.engines.smt.anysize.tables import Tables
from checker.engines.smt.encode import dead_locals
from checker.ir import build
from checker.ir.nodes import Expr, Local, Op, Quantifier, Var
from checker.ir.system import Process, System
from checker.ir.walk import free_locals, subexpressions, substitute
from checker.types import Index, Int, Type

BOUND = "any_"
COUNT = Int(0, 2 ** 30)


def unseen(tables: Tables) -> list[str]:
    """For the family of the tables; true in all states that they were made of."""
    system = tables.system
    found = [lemma for process in system.processes for lemma in _held(system, process)]
    return [show_lemma(system, lemma) for lemma in (*found, *_counted_together(tables))]


def _held(system: System, process: Process) -> Iterator[Expr]:
    """That each local of an index set holds an element where it is live."""
    domain = process.domain
    prefix = () if domain is None else _of_one(system, domain)
    at, = parts(_variable(system, process.location_variable), prefix)
    for name, of in process.locals.items():
        if not isinstance(of, Index):
            continue
        local, = parts(_variable(system, process.local_variable(name)), prefix)
        live = frozenset(place for place in at.type.members
                         if name not in dead_locals(process, place))
        held = Quantifier("any", BOUND, of, Op("eq", (local, Local(BOUND, of)), BOOL), BOOL)
        yield clause(system, prefix, [nowhere(at, live), held])


def _variable(system: System, name: str) -> Var:
    return Var(name, system.variable[name].type)


def _of_one(system: System, of: Type) -> Prefix:
    return next(prefix for prefix in every_prefix(system)
                if len(prefix) == 1 and same_set(prefix[0][1], of))


def _counted_together(tables: Tables) -> Iterator[Expr]:
    """Of each two conditions that the properties count and that exclude each other."""
    for of, conditions in _counted(tables.system).items():
        prefix = _of_one(tables.system, of)
        table = tables.of(prefix)
        element = Local(prefix[0][0], of)
        rows = dict(zip(table.atoms, table.columns))
        for one, other in itertools.combinations(conditions, 2):
            a, b = (rows.get(substitute(each, {BOUND: element}), 0) for each in (one, other))
            if a and b and not a & b:
                either, *each = (Quantifier("sum", BOUND, of, Op("int", (x,), Int(0, 1)), COUNT)
                                 for x in (build.disjunction([one, other]), one, other))
                yield Op("eq", (either, Op("add", tuple(each), COUNT)), BOOL)


def _counted(system: System) -> dict[Index, list[Expr]]:
    """The conditions on one element that the properties count, of the element `BOUND`."""
    found: dict[Index, dict[Expr, None]] = {}
    for declared in system.properties:
        for expr in subexpressions(declared.expr):
            match expr:
                case Quantifier("sum", name, Index() as of, Op("int", (condition,))):
                    if free_locals(condition) == {name}:
                        said = substitute(condition, {name: Local(BOUND, of)})
                        found.setdefault(of, {})[said] = None
    return {of: list(conditions) for of, conditions in found.items()}
