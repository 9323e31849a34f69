"""Where processes stand: what tells one counterexample to a property from another.

Two counterexamples are of the same *kind* where all process instances wait at the same locations
before the step that violates, and again after it. Which element of an Index plays which part makes
no difference, unless the property names one: so what counts of the instances over an Index is how
many elements have which combination of locations.
"""
from __future__ import annotations

from dataclasses import dataclass

from checker.ir.nodes import Const
from checker.ir.system import Instance, Process, State, System
from checker.ir.walk import subexpressions
from checker.types import Index, Type
from checker.values import ordinal

Kind = tuple[tuple[tuple[tuple[int, int], ...], ...], ...]
"""For each group its rows, sorted; in a row for each instance where it stands before and after,
as the number of the location."""


@dataclass(frozen=True, slots=True)
class Group:
    """Instances in rows, of which none is different from another: of every element of an Index
    those that are its own, or of a process that has no such the single instance."""

    rows: tuple[tuple[Instance, ...], ...]


def groups(system: System, property_name: str) -> tuple[Group, ...]:
    """All instances of the system, as far as they can be told apart by the property."""
    named = _named(system, property_name)
    processes: dict[Type | int, list[Process]] = {}
    for number, process in enumerate(system.processes):
        alike = isinstance(process.domain, Index) and process.domain not in named
        processes.setdefault(process.domain if alike else number, []).append(process)
    found: list[Group] = []
    for index, alike in processes.items():
        columns = [[i for i in system.instances if i.process is process] for process in alike]
        rows = tuple(zip(*columns))
        found += [Group(rows)] if isinstance(index, Index) else [Group((row,)) for row in rows]
    return tuple(found)


def _named(system: System, property_name: str) -> set[Type]:
    """The Index types of which the property names an element."""
    declared = system.property_named(property_name)
    if declared is None:
        return set()
    return {e.type for e in subexpressions(declared.expr) if isinstance(e, Const)}


def kind_of_end(system: System, apart: tuple[Group, ...], before: State, after: State) -> Kind:
    """The kind of a counterexample that ends with this step; `apart` is what `groups` gave. Where
    what violates is a state, or a step that fails a check, `after` is `before`."""
    return tuple(tuple(sorted(
        tuple((_stands(system, before, i), _stands(system, after, i)) for i in row)
        for row in group.rows)) for group in apart)


def _stands(system: System, state: State, instance: Instance) -> int:
    """The number of the location at which the instance waits."""
    process = instance.process
    value = state[system.position[process.location_variable]]
    if process.domain is not None:
        value = value[ordinal(process.domain, instance.key)]
    return ordinal(process.location_type, value)
