"""A lock that knows who has it: what the references' big locks have in common."""
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Owner(Protocol):
    """A machine with a big lock, and the name of the thread that has it."""

    bql_lock: threading.Lock
    bql_holder: str | None


@contextmanager
def holding(machine: Owner) -> Iterator[None]:
    with machine.bql_lock:
        machine.bql_holder = threading.current_thread().name
        try:
            yield
        finally:
            machine.bql_holder = None
