"""The power switch: how a machine's threads end when a test or a replay is over."""
from __future__ import annotations

import threading
from collections.abc import Callable

TICK = 0.002        # seconds between looks at a condition that nobody announces


class Stopped(BaseException):
    """The machine is switched off: ends its threads. Not an Exception, so that nobody minds."""


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
