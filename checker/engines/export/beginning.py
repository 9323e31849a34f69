"""How the processes of a system begin: what they have done before their first await."""
from __future__ import annotations

from dataclasses import replace

from checker.engines.export.refuse import Untranslatable
from checker.engines.interp.step import initial_states
from checker.ir.nodes import Choose
from checker.ir.system import Process, System, Variable
from checker.ir.walk import all_statements, blocks_from, start_access
from checker.values import Value, domain

MANY = 4096
"""Initial values, of one variable or one process, that are written out one by one."""


def values(target: str, variable: Variable) -> tuple[Value, ...]:
    """The initial values of a variable. Raises Untranslatable where there are too many."""
    if len(variable.initial) > MANY:
        raise Untranslatable(target, f"{variable.name} with its {len(variable.initial):,} initial "
                             f"values, more than {MANY:,},", variable.loc,
                             "give it fewer, or choose a smaller instance")
    return variable.initial


def outcomes(target: str, system: System, process: Process,
             own: list[Variable]) -> list[tuple[Value, ...]]:
    """The values of a process's variables `own` after its start, every combination once.

    A process touches nothing else before its first await. Raises Untranslatable.
    """
    access = start_access(process)
    if access.reads or access.writes:
        raise Untranslatable(target, f"what {process.name} does to shared state before its first "
                             "await", process.loc)
    ways = 1
    for number in blocks_from(process, process.start):
        for statement in all_statements(process.blocks[number].statements):
            if isinstance(statement, Choose):
                ways *= len(domain(statement.domain))
    instances = 1 if process.domain is None else len(domain(process.domain))
    if ways ** instances > MANY:
        raise Untranslatable(target, f"{process.name}, which has more than {MANY:,} ways to begin,",
                             process.loc, "choose behind the first await, or a smaller instance")
    single = tuple(replace(v, initial=v.initial[:1]) for v in system.variables)
    alone = replace(system, variables=single, processes=(process,))
    position = [system.position[v.name] for v in own]
    return list(dict.fromkeys(tuple(state[p] for p in position)
                              for state in initial_states(alone)))
