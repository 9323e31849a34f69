"""What goes wrong while CPython runs a spec: violations of the spec, and defects of ours."""
from __future__ import annotations

from checker.ir.nodes import CheckKind
from checker.lang.waiting import EmptyChoice


class Violation(Exception):
    """A live object was used against its type's rules: an implicit property is violated."""

    def __init__(self, kind: CheckKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Defect(Exception):
    """CPython did what the front end has to refuse: a defect of the checker, not of the spec."""


NONE_HAS_NO = "NoneType"


def kind_of(error: Exception) -> CheckKind | None:
    """The implicit property that an exception of the running spec violates; None for a defect.

    Python has its own exception where None is used as a value; its text names the type.
    """
    match error:
        case Violation():
            return error.kind
        case AssertionError():
            return "assertion"
        case KeyError():                 # `remove` of a set that is a local, hence CPython's own
            return "bad_key"
        case ZeroDivisionError():
            return "division"
        case EmptyChoice():
            return "empty_choice"
        case TypeError() | AttributeError() if NONE_HAS_NO in str(error):
            return "none_used"
    return None
