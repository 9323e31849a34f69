"""What a harness may put in the place of chance: steps, choices, failures.

In ordinary use nothing fails, every choice takes its first alternative and `at` does nothing.
"""
from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
TICK = 0.002        # seconds between looks at a condition that nobody announces


class Environment:
    """Everything that the code under study can not decide itself."""

    def fails(self, name: str) -> bool:
        """Whether the request called `name` fails this time."""
        return False

    def pick(self, name: str, choices: Sequence[T]) -> T:
        """One of `choices`, which are never empty."""
        return choices[0]


class Stopped(BaseException):
    """The machine is switched off: ends its threads. Not an Exception, so that nobody minds."""


def at(label: str) -> None:
    """The calling thread is about to run the step `label`, up to its next call."""


class Switch:
    """The power switch, and waiting that it ends."""

    def __init__(self, at: Callable[[str], None]) -> None:
        self.hook = at
        self.off = threading.Event()

    def at(self, label: str) -> None:
        """A step begins."""
        self.hook(label)
        if self.off.is_set():
            raise Stopped

    def until(self, condition: Callable[[], bool], label: str) -> None:
        """A step that begins once the condition is true; until then, it is about to begin."""
        self.at(label)
        while not condition():
            self.off.wait(TICK)
            self.at(label)
