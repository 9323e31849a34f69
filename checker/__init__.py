"""A model checker for the ordering rules of concurrent systems code.

This module is all that a spec imports.
"""
from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checker.lang.component import (Component, Fault, Var, eventually, invariant, leads_to,
                                        lemma, process, sometimes, step_invariant)
    from checker.lang.waiting import fails, implies, maybe, pick, step, until
    from checker.types import (ANY, Bool, Enum, Index, Int, Lock, Map, Maybe, Queue, Range,
                               Record, Set, Wrapping)

__version__ = "0.1.0"

__all__ = [
    # structure
    "Component", "Fault", "Var",
    # types
    "ANY", "Bool", "Enum", "Index", "Int", "Lock", "Map", "Maybe", "Queue", "Range", "Record",
    "Set", "Wrapping",
    # processes
    "process", "step", "until", "pick", "maybe", "fails",
    # properties
    "invariant", "step_invariant", "sometimes", "eventually", "leads_to", "lemma", "implies",
]

_HOMES = ("lang.component", "lang.waiting", "types")


def __getattr__(name: str) -> Any:
    """What a spec imports, from where it is. Only then: the command line has to be ready for an
    interrupt before it imports anything that takes time (`face/importing.py`)."""
    if name in __all__:
        for home in _HOMES:
            module = importlib.import_module(f"checker.{home}")
            if hasattr(module, name):
                return globals().setdefault(name, getattr(module, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
