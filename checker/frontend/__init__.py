"""From a spec in Python to a `System`: elaborate the components, translate each process and
property, find the locals that live across awaits."""
from checker.frontend.spec import Spec, load

__all__ = ["Spec", "load"]
