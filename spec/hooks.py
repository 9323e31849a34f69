"""What a harness may put in the place of chance: steps, choices, failures and threads.

In ordinary use nothing fails, every choice takes its first alternative and `at` does nothing.
"""
from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


class Environment:
    """Everything that the code under study can not decide itself."""

    def fails(self, name: str) -> bool:
        """Whether the request called `name` fails this time."""
        return False

    def pick(self, name: str, choices: Sequence[T]) -> T:
        """One of `choices`, which are never empty."""
        return choices[0]


def at(label: str) -> None:
    """The calling thread is about to run the step `label`, up to its next call."""


def spawn(name: str, body: Callable[[], Any]) -> threading.Thread:
    """Start a thread called `name`; a harness tells its threads apart by that name."""
    thread = threading.Thread(name=name, target=body, daemon=True)
    thread.start()
    return thread
