"""Identifiers for the names of a spec: legal in the other language, unique, as close as can be."""
from __future__ import annotations

import re
from collections.abc import Iterable

from checker.source import Loc

LONGEST = 48
"""Characters of an identifier; labels may be whole conditions."""
SHOWN = 72
"""How much of a source line a comment repeats."""


class Names:
    """Gives each key one identifier; `reserved` are never given."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self._taken = set(reserved)
        self._names: dict[object, str] = {}

    def inner(self) -> Names:
        """For a scope within this one: whatever it names is named differently out here."""
        return Names(self._taken)

    def name(self, key: object, wanted: str) -> str:
        """The identifier for `key`, the same each time; new ones are made from `wanted`."""
        found = self._names.get(key)
        if found is None:
            found = self.fresh(wanted)
            self._names[key] = found
        return found

    def fresh(self, wanted: str) -> str:
        """An identifier that was never given before: numbered where it has to be."""
        base = re.sub(r"\W+", "_", wanted, flags=re.ASCII).strip("_")[:LONGEST] or "x"
        # TLA+ reserves what begins with WF_ or SF_, and one letter and `_` means a typed value.
        if base[0].isdigit() or re.match(r"[A-Za-z]_|[WS]F_", base):
            base = f"the_{base}"
        found, number = base, 1
        while found in self._taken:
            number += 1
            found = f"{base}_{number}"
        self._taken.add(found)
        return found


def origin(loc: Loc) -> str:
    """Where something was written, the same from whatever directory the checker runs."""
    return f"{'/'.join(loc.path.split('/')[-2:])}:{loc.line}" if loc.line else ""


def source(loc: Loc) -> str:
    """Where something was written and what stands there, in one line of plain characters."""
    if not loc.line:
        return ""
    text = f"{origin(loc)}  {loc.text().strip()}".rstrip()
    plain = text.encode("ascii", "replace").decode()
    return plain if len(plain) <= SHOWN else plain[:SHOWN - 3] + "..."
