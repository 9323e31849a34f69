"""States as a person reads them: values by name, and what a step changed."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checker.ir.nodes import DONE
from checker.ir.system import Instance, Process, State, System, Variable
from checker.types import Lock, Map, Maybe, Record, Type
from checker.values import Value, domain, ordinal, show


def shown(system: System, of: Type, value: Value) -> str:
    """As `values.show`, with a lock's holder by name and a map of one value in short."""
    match of:
        case Lock():
            return "free" if value is None else str(system.instances[value])
        case Maybe(inner):
            return "None" if value is None else shown(system, inner, value)
        case Map(_, inner) if len(value) > 1 and len(set(value)) == 1:
            return "{all: " + shown(system, inner, value[0]) + "}"
        case Map(key, inner):
            pairs = zip(domain(key), value)
            return "{" + ", ".join(f"{show(key, k)}: {shown(system, inner, v)}"
                                   for k, v in pairs) + "}"
        case Record(fields):
            pairs = zip(fields, value)
            return "(" + ", ".join(f"{n}={shown(system, t, v)}" for (n, t), v in pairs) + ")"
    return show(of, value)


@dataclass(frozen=True, slots=True)
class Change:
    """A part of the state that a step changed: `holds[group0]`, its value before and after."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.name}: {self.before} → {self.after}"


def changes(system: System, before: State, after: State) -> tuple[Change, ...]:
    """The parts of the state that differ, in the order of the variables.

    Where the processes wait shows in the trace's lanes, and a local that is dead after the step
    was only reset; both are left out.
    """
    found: list[Change] = []
    for variable, old, new in zip(system.variables, before, after):
        if old == new or variable.kind == "location":
            continue
        if variable.kind == "shared":
            found.extend(_parts(system, variable.name, variable.type, old, new))
        else:
            found.extend(_local_parts(system, variable, old, new, after))
    return tuple(found)


def _parts(system: System, name: str, of: Type, old: Value, new: Value) -> Iterator[Change]:
    """The changed leaves of a value: map elements and record fields one by one."""
    if old == new:
        return
    match of:
        case Map(key, inner):
            for k, a, b in zip(domain(key), old, new):
                yield from _parts(system, f"{name}[{show(key, k)}]", inner, a, b)
        case Record(fields):
            for (field_name, inner), a, b in zip(fields, old, new):
                yield from _parts(system, f"{name}.{field_name}", inner, a, b)
        case _:
            yield Change(name, shown(system, of, old), shown(system, of, new))


def _local_parts(system: System, variable: Variable, old: Value, new: Value,
                 state: State) -> Iterator[Change]:
    process = system.process[variable.process]
    of = process.locals[variable.source_name]
    for instance in system.instances:
        if instance.process is not process:
            continue
        if variable.source_name in _live(system, process, instance, state):
            a, b = of_instance(instance, old), of_instance(instance, new)
            yield from _parts(system, f"{instance}.{variable.source_name}", of, a, b)


def of_instance(instance: Instance, value: Value) -> Value:
    """The part of a process variable's value that belongs to one instance."""
    over = instance.process.domain
    return value if over is None else value[ordinal(over, instance.key)]


def _live(system: System, process: Process, instance: Instance, state: State) -> tuple[str, ...]:
    at = of_instance(instance, state[system.position[process.location_variable]])
    return () if at == DONE else process.locations[at].live
