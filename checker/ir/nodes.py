"""The nodes of the IR: typed expressions, statements, blocks, locations.

NOTE(totality). Expressions never fail: where Python would raise (a key outside its map, None used
as a value, a division by zero), an expression has some value of its type, and the front end has
put a `Check` of the missing condition before the statement that contains it (`ir/defined.py`).
So an engine has one place where a step can go wrong, `Check`, and nothing to disagree about.

NOTE(atomicity). A process is a set of locations. A *step* starts at the location where the
process waits: if the location's guard holds, the blocks from its entry run without interruption
to the next `Yield` or `Finish`. Blocks form no cycle without a `Yield` in it.

NOTE(locals). `Local` names a variable of the process: its parameter, a local that lives across a
yield (then it is also a state variable, see `ProcessVariable` in `ir/system.py`), a local of one
step, or a variable bound by `Quantifier`, `ForEach` or `Choose`. Each binding has its own name.
A local that is not live at the location where a step ends has its type's lowest value there.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Union, final

from checker.source import NOWHERE, Loc
from checker.types import Type


@dataclass(frozen=True)
class Node:
    """Every node knows where it was written; that is no part of its identity."""

    loc: Loc = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


# ── expressions ──────────────────────────────────────────────────────────────────────────────

@final
@dataclass(frozen=True)
class Const(Node):
    """A canonical value of `type` (see `values.py`)."""

    value: Any
    type: Type


@final
@dataclass(frozen=True)
class Var(Node):
    """The value of a state variable; `primed` (in step invariants only): after the step."""

    name: str
    type: Type
    primed: bool = False


@final
@dataclass(frozen=True)
class Local(Node):
    """The value of a local, a parameter or a bound variable of the running process."""

    name: str
    type: Type


@final
@dataclass(frozen=True)
class Me(Node):
    """The number of the running process instance in `System.instances`; its type is Int."""

    type: Type


@final
@dataclass(frozen=True)
class Op(Node):
    """An operator of `ops.OPERATORS` applied to arguments."""

    op: str
    args: tuple[Expr, ...]
    type: Type


@final
@dataclass(frozen=True)
class Field(Node):
    """A field of a record."""

    record: Expr
    name: str
    type: Type


QuantifierKind = Literal["any", "all", "sum", "set"]


@final
@dataclass(frozen=True)
class Quantifier(Node):
    """`kind` over all values of the scalar type `domain` of the bound variable.

    any, all: Bool `body`. sum: number `body`. set: the set of values for which Bool `body` holds.
    """

    kind: QuantifierKind
    variable: str
    domain: Type
    body: Expr
    type: Type


Expr = Union[Const, Var, Local, Me, Op, Field, Quantifier]


# ── statements ───────────────────────────────────────────────────────────────────────────────

@final
@dataclass(frozen=True)
class Place(Node):
    """Where an assignment goes: a variable and a path of map keys (Expr) and field names (str).

    `local` tells a process local from a state variable; `type` is that of the place itself,
    `root` that of the whole variable. All keys are in their domains (a `Check` came before).
    """

    name: str
    path: tuple[Expr | str, ...]
    type: Type
    root: Type
    local: bool = False


@final
@dataclass(frozen=True)
class Assign(Node):
    """`place := value`. The value belongs to the place's type (a `Check` came before)."""

    place: Place
    value: Expr


ChoiceKind = Literal["pick", "maybe", "fails"]


@final
@dataclass(frozen=True)
class Choose(Node):
    """The local `variable` becomes any value of the scalar `domain` for which `where` holds.

    `where` may use `Local(variable)`. That some value qualifies was checked before. `name` is
    what the choice is called in a trace.
    """

    variable: str
    domain: Type
    where: Expr
    name: str
    kind: ChoiceKind = "pick"


CheckKind = Literal["assertion", "overflow", "none_used", "bad_key", "queue_full", "queue_empty",
                    "empty_choice", "division", "reentry", "release"]


@final
@dataclass(frozen=True)
class Check(Node):
    """Where `condition` is false the step violates the implicit property `kind` and ends."""

    condition: Expr
    kind: CheckKind
    message: str


@final
@dataclass(frozen=True)
class When(Node):
    """A conditional without a yield in either branch."""

    condition: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


@final
@dataclass(frozen=True)
class ForEach(Node):
    """The body for each value of the scalar `domain`.

    Over an `Index` the front end has made sure that the order does not matter; over other types
    the order is that of `values.domain`. The body contains no `Choose`.
    """

    variable: str
    domain: Type
    body: tuple[Statement, ...]


Statement = Union[Assign, Choose, Check, When, ForEach]


# ── control flow ─────────────────────────────────────────────────────────────────────────────

@final
@dataclass(frozen=True)
class Goto(Node):
    target: int


@final
@dataclass(frozen=True)
class Branch(Node):
    condition: Expr
    then: int
    otherwise: int


@final
@dataclass(frozen=True)
class Yield(Node):
    """The step ends; the process waits at the location of this name."""

    location: str


@final
@dataclass(frozen=True)
class Finish(Node):
    """The step ends and the process with it: it waits at `DONE`, which has no steps."""


Terminator = Union[Goto, Branch, Yield, Finish]

DONE = "done"


@final
@dataclass(frozen=True)
class Block(Node):
    """Statements and where to go after them."""

    statements: tuple[Statement, ...]
    terminator: Terminator


LocationKind = Literal["step", "until", "acquire", "get", "preempt"]


@final
@dataclass(frozen=True)
class Location(Node):
    """A place where a process waits: an `await` of the source.

    `name` is unique in the process, `label` is what the author wrote (an await inlined twice
    has one label and two names). `live` are the locals whose values matter here; all others are
    reset. `provenance` names the code that the step stands for. `lock` is the lock that an
    acquire waits for (`guard` says that it is free; the entry block takes it).
    """

    name: str
    label: str
    kind: LocationKind
    guard: Expr
    entry: int
    live: tuple[str, ...]
    provenance: str = ""
    lock: Place | None = None
    frames: tuple[str, ...] = ()
