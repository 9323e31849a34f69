"""An interrupt while modules are imported, which takes the first half second of most commands.

As an exception it would come out of the middle of somebody else's module, as a traceback, or not
come out at all. So there it ends the program at once: nothing has been begun that is worth an end
of its own.
"""
from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

STATUS = 4
"""EXIT_UNKNOWN of `checker/errors.py`, which takes time to import itself."""


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Where an interrupt ends the program, with one line. Whoever ignores interrupts still does,
    and whoever has a handler of their own keeps it."""
    usual = signal.default_int_handler
    if (signal.getsignal(signal.SIGINT) is not usual
            or threading.current_thread() is not threading.main_thread()):
        yield
        return
    signal.signal(signal.SIGINT, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def _leave(number: int, frame: FrameType | None) -> None:
    os.write(2, b"interrupted\n")
    os._exit(STATUS)
