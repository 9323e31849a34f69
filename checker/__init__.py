"""A model checker for the ordering rules of concurrent systems code.

This module is all that a spec imports.
"""
from checker.lang.component import (Component, Fault, Var, eventually, invariant, leads_to, lemma,
                                    process, sometimes, step_invariant)
from checker.lang.waiting import fails, implies, maybe, pick, step, until
from checker.types import (ANY, Bool, Enum, Index, Int, Lock, Map, Maybe, Queue, Range, Record,
                           Set, Wrapping)

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
