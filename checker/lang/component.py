"""Components, and the marks that make methods processes and properties.

A mark is an attribute of the function; the function itself stays what it was, so CPython can
call it.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from checker.types import LOWEST, Type, as_type

MARK = "__checker_mark__"
F = TypeVar("F", bound=Callable[..., Any])


class Component:
    """A part of a system: its attributes are state (types) and constants (everything else).

    Attributes that are `Index` or `Range` are constants too: sets to quantify over. A state
    variable whose value is an element of one is declared with `Var(self.page)`.

    On the class that a user checks, `instances` maps names (`small`, `ci`, `large`) to
    constructor arguments, `faults` lists what must break it, and `intended` maps names of steps,
    variables and properties that are vacuous on purpose to the reason.
    """

    instances: ClassVar[dict[str, dict[str, Any]]]
    faults: ClassVar[list[Fault]] = []
    intended: ClassVar[dict[str, str]] = {}


class Var:
    """A state variable of any type: needed for one that holds an element of an Index or Range.

    Raises TypeError where `of` is no type.
    """

    def __init__(self, of: Any, *, init: Any = LOWEST) -> None:
        self.type: Type = as_type(of)
        self.init = init


@dataclass(frozen=True, slots=True)
class ProcessMark:
    each: str | None = None
    times: int | str | None = None
    fair: str = ""
    daemon: bool = False
    preemptible: bool = False


@dataclass(frozen=True, slots=True)
class PropertyMark:
    kind: str
    when: str | None = None
    vacuous: str = ""
    each: str | None = None


def process(function: F | None = None, *, each: str | None = None,
            times: int | str | None = None, fair: str = "", daemon: bool = False,
            preemptible: bool = False) -> Any:
    """Mark an `async` method as a process.

    each: the name of an Index or Range attribute; one instance runs for each element, which the
    method takes as its parameter. times: a number, or the name of a constant; that many
    interchangeable instances. fair: "weak" or "strong", for liveness. daemon: may wait for ever.
    preemptible: another process may run before every statement that touches shared state.
    """
    if fair not in ("", "weak", "strong"):
        raise ValueError(f'process(fair={fair!r}): use "weak" or "strong"')
    if each is not None and times is not None:
        raise ValueError("process: each= and times= exclude each other")
    return _mark(function, ProcessMark(each, times, fair, daemon, preemptible))


def _property(kind: str) -> Callable[..., Any]:
    def decorator(function: F | None = None, *, when: str | None = None, vacuous: str = "",
                  each: str | None = None) -> Any:
        return _mark(function, PropertyMark(kind, when, vacuous, each))
    return decorator


invariant = _property("invariant")
invariant.__doc__ = """True in every reachable state.

when: the name of a constant; the property is checked only where that constant is true.
vacuous: why its antecedent may never be true. Both options belong to every kind of property.
"""
step_invariant = _property("step_invariant")
step_invariant.__doc__ = """True of every step: a method `(self, before, after)`, two views of
the component."""
sometimes = _property("sometimes")
sometimes.__doc__ = """True in some reachable state; the checker shows a witness."""
eventually = _property("eventually")
eventually.__doc__ = """True at some moment of every fair run. each: one for each element of an
Index or Range, given as the method's parameter."""
leads_to = _property("leads_to")
leads_to.__doc__ = """The method returns a pair: whenever the first is true, the second is true
then or later, in every fair run. each: as for `eventually`."""
lemma = _property("lemma")
lemma.__doc__ = """An invariant that is there to make a proof by induction work."""


def _mark(function: Any, mark: Any) -> Any:
    if function is None:
        return lambda marked: _mark(marked, mark)
    setattr(function, MARK, mark)
    return function


@dataclass(frozen=True)
class Fault:
    """A deliberate mistake: constants that must break the property (or properties) `breaks`.

    `breaks` names declared properties or implicit ones ("deadlock", "overflow", ...); all of
    them must break, and nothing else may. `cite` is where the mistake was made or feared.
    `instance` names the instance it starts from. A `finding` is no seeded mistake: the constants
    show a case in which the modelled version itself breaks the property.
    """

    name: str
    breaks: str | tuple[str, ...]
    cite: str
    instance: str | None
    finding: bool
    constants: dict[str, Any] = field(default_factory=dict)

    def __init__(self, name: str, breaks: str | tuple[str, ...], *, cite: str = "",
                 instance: str | None = None, finding: bool = False, **constants: Any) -> None:
        for key, value in dict(name=name, breaks=breaks, cite=cite, instance=instance,
                               finding=finding, constants=constants).items():
            object.__setattr__(self, key, value)

    @property
    def broken(self) -> tuple[str, ...]:
        """The names of the properties that must break."""
        return (self.breaks,) if isinstance(self.breaks, str) else tuple(self.breaks)
