"""What a generated file defines for liveness, see engine.h: who takes each step, goals, premises.

Only for systems with liveness properties; the search for everything else is not touched by it.
"""
from __future__ import annotations

import re

from checker.engines.native.cexpr import C, comment
from checker.engines.native.expressions import Expressions, origin
from checker.engines.native.layout import WORD, Layout
from checker.engines.native.parts import function
from checker.engines.native.projections import fields
from checker.ir.system import Property, System
from checker.text import Writer

LIVENESS = ("eventually", "leads_to")
MOST_FAIR = 64
"""Instances that may ask for fairness; as in `c/graph.h`."""
FAIRNESS = {"": "UNFAIR", "weak": "WEAK", "strong": "STRONG"}


def judged_live(system: System) -> list[Property]:
    """The properties whose liveness the engine decides: all, or none."""
    fair = sum(bool(instance.process.fair) for instance in system.instances)
    return list(system.properties_of(*LIVENESS)) if fair <= MOST_FAIR else []


def write_live(write: Writer, t: Expressions, properties: dict[int, Property]) -> None:
    """The functions goal() and premise(); `properties` by their numbers."""
    goals, premises = {}, {}
    for number, declared in properties.items():
        asked = declared.kind == "leads_to"
        goals[number] = t.compile(declared.target if asked else declared.expr)
        if asked:
            premises[number] = t.compile(declared.expr)
    for name, conditions in (("goal", goals), ("premise", premises)):
        with function(write, f"static bool {name}(unsigned property, const word *s)"):
            _conditions(write, conditions, properties)


def _conditions(write: Writer, conditions: dict[int, C], properties: dict[int, Property]) -> None:
    if not any(re.search(r"\bs\b", str(condition)) for condition in conditions.values()):
        write("(void)s;")
    with write.block("switch (property) {"):
        for number, condition in conditions.items():
            declared = properties[number]
            title = f"{declared.kind} {declared.name}"
            write(comment(f"{title}  {origin(declared.loc)}" if declared.loc.line else title))
            write(f"case {number}:")
            with write.indent():
                write(f"return {condition};")
    write("return false;")


def write_tables(write: Writer, layout: Layout, properties: list[Property]) -> None:
    """Which properties have a premise, what fairness each instance asks for, and the fields."""
    asked = ", ".join(str(p.kind == "leads_to").lower() for p in properties)
    fair = ", ".join(FAIRNESS[i.process.fair] for i in layout.system.instances)
    write(f"static const bool asked[] = {{{asked}}};")
    write(f"static const unsigned char fair[] = {{{fair or 'UNFAIR'}}};")
    parts = ", ".join(f"{{{at // WORD}, {at % WORD}, {width}}}" for at, width in fields(layout))
    write(f"static const struct field fields[] = {{{parts or '{0}'}}};")


def write_members(write: Writer, layout: Layout, properties: list[Property]) -> None:
    """The members of `struct model` for liveness."""
    write(f".lives = {len(properties)},")
    write(f".field_count = {len(fields(layout))},")
    for name in ("asked", "fair", "fields", "turns", "goal", "premise"):
        write(f".{name} = {name},")
