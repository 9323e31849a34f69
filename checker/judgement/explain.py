"""Why a property fails."""
from __future__ import annotations

from checker.results.trace import Trace


def explain(trace: Trace) -> tuple[str, ...]:
    return ()
