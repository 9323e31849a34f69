"""A second process for half of a proof's questions.

Z3 answers one question after the other, and half of the time is Python's anyway, so threads would
not help. The process is forked: it knows all the formulas, and gives back what it found out.
"""
from __future__ import annotations

import gc
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any


@contextmanager
def meanwhile(work: Callable[[], Any]) -> Iterator[Callable[[], Any]]:
    """Do `work` in another process, which ends with the block.

    Gives a function that waits for the result; None where there will be none.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        yield lambda: None
        return
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_done, args=(work, send))
    process.start()
    send.close()

    def result() -> Any:
        try:
            return receive.recv()
        except EOFError:
            return None

    try:
        yield result
    finally:
        process.terminate()
        process.join()
        receive.close()


def _done(work: Callable[[], Any], send: Connection) -> None:
    """Ctrl-C reaches both processes; the first one decides what to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    try:
        send.send(work())
    except Exception:
        send.close()        # the first process does it again, and says what is wrong
