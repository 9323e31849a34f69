"""The program: imports the commands and runs one; as short as it is so that an interrupt finds it
prepared (`importing.py`)."""
from __future__ import annotations

from collections.abc import Sequence

from checker.face.importing import importing


def main(args: Sequence[str] | None = None) -> int:
    """Run a command line; the exit status."""
    with importing():
        from checker.face.commands import run
    return run(args)
