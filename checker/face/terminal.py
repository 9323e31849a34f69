"""The two streams: results on standard output, everything else on standard error."""
from __future__ import annotations

import pathlib
import sys

from rich.console import Console

from checker.errors import SpecError, UserError


class _Console(Console):
    """Leaves it to `main` what a reader that has gone means; rich would exit with status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(*, error: bool = False) -> Console:
    """A console on a stream as it is now: colours on a terminal only, NO_COLOR respected."""
    stream = sys.stderr if error else sys.stdout
    if hasattr(stream, "reconfigure"):
        # A terminal that can not show a character shows a question mark, not a traceback.
        stream.reconfigure(errors="replace")
    return _Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)


def complain(problem: Exception | str) -> None:
    """An error message, after what has been printed so far."""
    sys.stdout.flush()
    text = str(problem) if isinstance(problem, (SpecError, str)) else f"error: {problem}"
    console(error=True).print(text, style="red" if text.startswith("error") else None)


def write_file(path: str | pathlib.Path, text: str) -> None:
    """Write a file, with the folders above it. Raises UserError where that is not possible."""
    path = pathlib.Path(path)
    make_folder(path.parent)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: can not be written: {error.strerror}") from error


def make_folder(path: str | pathlib.Path) -> None:
    """Make a folder that may exist already. Raises UserError where that is not possible."""
    try:
        pathlib.Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{path}: can not be written: {error.strerror}") from error
