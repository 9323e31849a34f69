"""The one writer that every emitter uses: lines and indentation."""
from __future__ import annotations

import contextlib
from collections.abc import Iterator


class Writer:
    """Collects lines of text; `indent()` nests them."""

    def __init__(self, unit: str = "    ") -> None:
        self._lines: list[str] = []
        self._depth = 0
        self._unit = unit

    def __call__(self, line: str = "") -> None:
        """Add one line; an empty one carries no indentation."""
        self._lines.append(self._unit * self._depth + line if line else "")

    @contextlib.contextmanager
    def indent(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    @contextlib.contextmanager
    def block(self, head: str, tail: str = "}") -> Iterator[None]:
        """`head`, the nested lines, `tail`."""
        self(head)
        with self.indent():
            yield
        self(tail)

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"
