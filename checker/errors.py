"""Errors for the user: a code, a headline, the user's own lines with a caret, what to do instead.

`SpecError` carries all errors of a spec at once. `UserError` is for everything else that the
user can mend (a file, a flag, a trace); both name the exit status that they lead to.
"""
from __future__ import annotations

from dataclasses import dataclass

from checker.source import Loc, short_path, source_lines

EXIT_OK = 0            # everything as declared
EXIT_DIFFERS = 1       # a result differs from what is declared
EXIT_USAGE = 2         # wrong usage of the command line
EXIT_SPEC = 3          # the spec, or a file given as data, is at fault
EXIT_UNKNOWN = 4       # unknown or incomplete
EXIT_INTERNAL = 5      # a defect of the checker


@dataclass(frozen=True, slots=True)
class Label:
    """A stretch of source and the short text under its caret."""

    loc: Loc
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error. `code` is a key of `codes.CODES`; the first label is the place of the error."""

    code: str
    headline: str
    labels: tuple[Label, ...]
    hint: str = ""

    @property
    def loc(self) -> Loc:
        return self.labels[0].loc

    def render(self) -> str:
        """The error as text: `file:line:column: error[CODE]: headline`, excerpts, hint."""
        place = f"{short_path(self.loc.path)}:{self.loc.line}:{self.loc.column + 1}"
        lines = [f"{place}: error[{self.code}]: {self.headline}"]
        for label in self.labels:
            lines.extend(_excerpt(label))
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


def _excerpt(label: Label) -> list[str]:
    loc, lines = label.loc, source_lines(label.loc.path)
    if not 0 < loc.line <= len(lines):
        return []
    line = lines[loc.line - 1]
    stop = loc.end_column if loc.end_line == loc.line else len(line)
    width = max(1, stop - loc.column)
    gutter = f"{loc.line:>5} | "
    caret = " " * (len(gutter) - 2) + "| " + " " * loc.column + "^" * width
    return [gutter + line, f"{caret} {label.text}".rstrip()]


class SpecError(Exception):
    """A spec is at fault; `diagnostics` says where and why, in order of position."""

    exit_status = EXIT_SPEC

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        unique = {(d.code, d.loc, d.headline): d for d in diagnostics}
        self.diagnostics = sorted(unique.values(),
                                  key=lambda d: (d.loc.path, d.loc.line, d.loc.column))
        super().__init__("\n\n".join(d.render() for d in self.diagnostics))

    def __reduce__(self) -> tuple[type[SpecError], tuple[list[Diagnostic]]]:
        return SpecError, (self.diagnostics,)


class UserError(Exception):
    """Something else that the user can mend: place, cause, remedy, in one message."""

    def __init__(self, message: str, *, hint: str = "", exit_status: int = EXIT_USAGE) -> None:
        super().__init__(message + (f"\n  hint: {hint}" if hint else ""))
        self.exit_status = exit_status

    def __reduce__(self) -> tuple[type[UserError], tuple[str], dict[str, int]]:
        return UserError, (str(self),), {"exit_status": self.exit_status}
