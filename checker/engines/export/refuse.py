"""What another tool's language can not say, and how that is told."""
from __future__ import annotations

from checker.errors import EXIT_UNKNOWN, UserError
from checker.source import NOWHERE, Loc


class Untranslatable(UserError):
    """A system, or a part of it, has no translation: where, what and what to do about it."""

    def __init__(self, target: str, what: str, loc: Loc = NOWHERE, hint: str = "") -> None:
        place = f"{loc}: " if loc.line else ""
        super().__init__(f"{place}{what} can not be said in {target}", hint=hint,
                         exit_status=EXIT_UNKNOWN)

    def __reduce__(self) -> tuple[type[UserError], tuple[str], dict[str, int]]:
        return UserError, (str(self),), {"exit_status": self.exit_status}
