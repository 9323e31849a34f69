"""Waiting and choosing: what a process calls while CPython runs it.

The front end knows these functions by identity and never calls them. Under CPython each awaits
a `Wait`, which the scheduler in `engines/live` receives; choices ask the scheduler that drives
the running process.
"""
from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol


class Chooser(Protocol):
    """Whoever runs a process under CPython and decides its choices."""

    me: Any

    def choose(self, kind: str, name: str, options: list[Any]) -> Any: ...


DRIVER: ContextVar[Chooser] = ContextVar("driver")


@dataclass(slots=True)
class Wait:
    """What a process awaits: `ready` says whether it may go on, `resume` what it gets then."""

    kind: str
    label: str = ""
    ready: Callable[[], bool] = lambda: True
    resume: Callable[[], Any] = lambda: None

    def __await__(self) -> Generator[Wait, None, Any]:
        yield self
        return self.resume()


def step(label: str, *, source: str = "") -> Wait:
    """Let other processes run; the step that follows is called `label` in traces.

    source: the code that the step stands for, as "file:function".
    """
    return Wait("step", label)


def until(condition: Callable[[], bool], label: str = "", *, source: str = "") -> Wait:
    """Wait until `condition()`, a lambda or a method without effects, is true."""
    return Wait("until", label, ready=condition)


class EmptyChoice(Exception):
    """`pick` had nothing to pick from."""


def pick(options: Iterable[Any], name: str = "") -> Any:
    """Any one of the options: an Index, a Range, a set, a tuple, or a generator over those."""
    found = list(options)
    if not found:
        raise EmptyChoice(name)
    return DRIVER.get().choose("pick", name, found)


def maybe(name: str) -> bool:
    """False or True."""
    return DRIVER.get().choose("maybe", name, [False, True])


def fails(name: str) -> bool:
    """Whether the operation `name` fails: False or True."""
    return DRIVER.get().choose("fails", name, [False, True])


def implies(antecedent: bool, consequent: bool) -> bool:
    """False only where the antecedent is true and the consequent is not.

    A function evaluates all its arguments: where the consequent has no value unless the
    antecedent holds, write `not antecedent or consequent`.
    """
    return not antecedent or consequent
