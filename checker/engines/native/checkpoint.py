"""Where a long search saves what it has done, so that another process can go on with it.

The engine writes and reads the files (`c/checkpoint.h`); here is what it has to be told. A
checkpoint belongs to one generated model: one of a spec that was changed meanwhile is refused.
"""
from __future__ import annotations

import contextlib
import hashlib
import pathlib
from dataclasses import dataclass, field

from checker.engines.native.emit import Generated
from checker.errors import EXIT_SPEC, EXIT_USAGE, UserError

EVERY = 60.0
"""Seconds, at least, from one saving to the next."""
FILES = ("checkpoint", "checkpoint.new", "states")


@dataclass(frozen=True)
class Checkpoint:
    """A folder for one search; `every` is the least time between two savings, in seconds."""

    folder: pathlib.Path
    every: float = field(default_factory=lambda: EVERY)

    def arguments(self, generated: Generated) -> list[str]:
        """For the engine. Makes the folder; raises UserError where that is not possible."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{self.folder}: no checkpoint can be kept there: {error.strerror}",
                            exit_status=EXIT_USAGE) from None
        key = hashlib.sha256(generated.text.encode()).hexdigest()
        return [f"checkpoint={self.folder}", f"key={key}", f"every={int(self.every * 1000)}"]

    def refused(self, why: str) -> UserError:
        """The error for a checkpoint that the engine does not go on from."""
        return UserError(f"{self.folder}: the search can not go on from this checkpoint: {why}",
                         hint="remove the folder to begin anew, or give another one",
                         exit_status=EXIT_SPEC)

    def clear(self) -> None:
        """Remove the files of a search that is over."""
        for name in FILES:
            (self.folder / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):      # what else is in there is not ours
            self.folder.rmdir()
