"""Whether the rounds of a loop over ordered elements can be told as one update.

Over an Index the front end has made sure that the order of the rounds has no meaning. Over a
Range the order is from the lowest element up, and a round may see what those before it did. It
does not where each variable that is written

- is written at the loop's element only, and read there or at elements further up, which no round
  has written yet (`self.list[i] = self.list[i + 1]`), or
- is set to one constant, or is a total that is added to, and is not read besides.

Anything else is refused: what it comes to needs an induction of its own.
"""
from __future__ import annotations

from collections.abc import Iterator

from checker.engines.smt.anysize.refuse import OutsideFragment
from checker.frontend.loops import assigned_first
from checker.ir.nodes import Assign, Const, Expr, ForEach, Local, Op
from checker.ir.walk import all_statements, key_paths, place_value, statement_expressions

Keys = tuple[Expr | str, ...]


def independent(loop: ForEach) -> None:
    """Refuse a loop whose rounds see each other's writes. Raises OutsideFragment."""
    own = assigned_first(loop.body) | {loop.variable}
    written: dict[str, list[Assign]] = {}
    for statement in all_statements(loop.body):
        if isinstance(statement, Assign) and statement.place.name not in own:
            written.setdefault(statement.place.name, []).append(statement)
    for name, assigns in written.items():
        if not _at_the_element(loop, name, assigns) and not _set_or_added_to(loop, name, assigns):
            raise OutsideFragment(
                "P107", f"a round of this loop sees what earlier rounds made of `{name}`",
                assigns[0].loc, "await in every round, so that each is a step of its own")


def _at_the_element(loop: ForEach, name: str, assigns: list[Assign]) -> bool:
    """Whether some position of every key path is the element, or one further up in a read."""
    common = set.intersection(*(
        {i for i, key in enumerate(a.place.path) if _offset(key, loop.variable) == 0}
        for a in assigns))
    for keys in _read(loop, name):
        common &= {i for i, key in enumerate(keys) if _offset(key, loop.variable) is not None}
    return bool(common)


def _offset(key: Expr | str, variable: str) -> int | None:
    """How far above the element a key is; None where that is not known, or below."""
    match key:
        case Local(name) if name == variable:
            return 0
        case Op("add", (Local(name), Const(int(more)))) if name == variable and more >= 0:
            return more
    return None


def _read(loop: ForEach, name: str) -> Iterator[Keys]:
    """The key path of every read of a variable in the body."""
    for statement in all_statements(loop.body):
        for expr in statement_expressions(statement):
            yield from key_paths(name, expr)


def _set_or_added_to(loop: ForEach, name: str, assigns: list[Assign]) -> bool:
    """Whether a variable is set to one constant, or added to, and read by nothing else."""
    if any(a.place.path for a in assigns):
        return False
    reads = sum(1 for _ in _read(loop, name))
    if all(isinstance(a.value, Const) and a.value == assigns[0].value for a in assigns):
        return not reads
    added = [a.value for a in assigns]
    return reads == len(added) and all(
        isinstance(v, Op) and v.op in ("with", "or", "and") and v.op == added[0].op
        and v.args[0] == place_value(a.place) for a, v in zip(assigns, added))
