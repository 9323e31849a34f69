"""A `System`: a spec with its constants fixed, as the engines see it."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from checker.ir.nodes import DONE, Block, Expr, Finish, Location
from checker.source import NOWHERE, Loc
from checker.types import Enum, Map, Type
from checker.values import Value, domain, show

State = tuple[Value, ...]
"""The values of `System.variables`, in their order."""

VariableKind = Literal["shared", "location", "local"]

IMPLICIT = ("deadlock", "assertion", "overflow", "none_used", "bad_key", "queue_full",
            "queue_empty", "empty_choice", "division", "reentry", "release")
"""The properties that every system has: no deadlock, and no `Check` of any kind fails."""


@dataclass(frozen=True)
class Variable:
    """A named part of the state.

    `initial` are its initial values; the initial states are all combinations, each continued by
    what the processes do before their first await. Variables of processes (`process` is set)
    hold, for a process with a `domain`, a Map from it; `source_name` is the local's own name.
    """

    name: str
    type: Type
    initial: tuple[Value, ...]
    kind: VariableKind = "shared"
    process: str = ""
    source_name: str = ""
    loc: Loc = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Process:
    """An `async` process: a state machine, or one for each value of `domain`.

    `parameter` is the local that holds the instance's own value of `domain`. `start` is the
    block that runs, in the initial state, before the first await. `locals` are the persistent
    ones, by name: the state variable that keeps local `x` is `{name}.{x}`.
    """

    name: str
    domain: Type | None
    parameter: str
    start: int
    blocks: dict[int, Block]
    locations: dict[str, Location]
    locals: dict[str, Type]
    fair: Literal["", "weak", "strong"] = ""
    daemon: bool = False
    loc: Loc = field(default=NOWHERE, compare=False, repr=False)

    @cached_property
    def location_variable(self) -> str:
        return f"{self.name}.at"

    def local_variable(self, local: str) -> str:
        return f"{self.name}.{local}"

    @cached_property
    def local_variables(self) -> tuple[tuple[str, str], ...]:
        """Each persistent local, and the variable that keeps it."""
        return tuple((name, self.local_variable(name)) for name in self.locals)

    @cached_property
    def location_type(self) -> Enum:
        """Where an instance may wait; DONE only where the process can end, to save the bits."""
        return Enum(*self.locations, *((DONE,) if self.finishes else ()))

    @cached_property
    def finishes(self) -> bool:
        """Whether some step ends the process."""
        return any(isinstance(block.terminator, Finish) for block in self.blocks.values())


@dataclass(frozen=True)
class Instance:
    """One running process: `key` is its value of the process's domain, None without one."""

    number: int
    process: Process
    key: Value | None

    def __str__(self) -> str:
        if self.process.domain is None:
            return self.process.name
        element = show(self.process.domain, self.key)
        if getattr(self.process.domain, "name", "") == self.process.name:
            return element                   # `times=`: the Index is called like the process
        return f"{self.process.name}({element})"


PropertyKind = Literal["invariant", "step_invariant", "sometimes", "eventually", "leads_to",
                       "lemma"]


@dataclass(frozen=True)
class Property:
    """A declared property. `expr` is a Bool; for `leads_to`, `target` is what it leads to.

    `antecedents` are conditions that must be true in some reachable state, else the property
    says nothing (vacuity). A lemma is an invariant that helps a proof by induction.
    """

    name: str
    kind: PropertyKind
    expr: Expr
    target: Expr | None = None
    doc: str = ""
    antecedents: tuple[Expr, ...] = ()
    loc: Loc = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class System:
    """The compiled transition system.

    `constants` are the constructor arguments that made it, for reports. `intended` maps names
    (labels, variables, properties) that vacuity would complain of to the author's reason.
    """

    name: str
    path: str
    constants: dict[str, Any]
    variables: tuple[Variable, ...]
    processes: tuple[Process, ...]
    properties: tuple[Property, ...]
    intended: dict[str, str] = field(default_factory=dict)

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """Every process instance; an instance's number is its position here."""
        found: list[Instance] = []
        for process in self.processes:
            keys = (None,) if process.domain is None else domain(process.domain)
            found += [Instance(len(found) + i, process, key) for i, key in enumerate(keys)]
        return tuple(found)

    @cached_property
    def position(self) -> dict[str, int]:
        """Where a variable stands in a state."""
        return {variable.name: i for i, variable in enumerate(self.variables)}

    @cached_property
    def variable(self) -> dict[str, Variable]:
        return {variable.name: variable for variable in self.variables}

    @cached_property
    def process(self) -> dict[str, Process]:
        return {process.name: process for process in self.processes}

    def property_named(self, name: str) -> Property | None:
        return next((p for p in self.properties if p.name == name), None)

    def properties_of(self, *kinds: PropertyKind) -> Iterator[Property]:
        return (p for p in self.properties if p.kind in kinds)


def over_instances(process: Process, of: Type) -> Type:
    """The type of the state variable that keeps something of type `of` for each instance."""
    return of if process.domain is None else Map(process.domain, of)
