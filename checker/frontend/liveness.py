"""Which locals matter where: a backward data-flow analysis over the blocks of a process."""
from __future__ import annotations

from collections.abc import Iterator

from checker.ir.nodes import (
    Assign,
    Block,
    Branch,
    Choose,
    ForEach,
    Local,
    Location,
    Statement,
    When,
    Yield,
)
from checker.ir.walk import block_expressions, free_locals, place_keys, subexpressions, targets
from checker.source import NOWHERE, Loc

Names = frozenset[str]


def live_into(blocks: dict[int, Block], locations: dict[str, Location]) -> dict[int, Names]:
    """The locals whose value at the start of a block may be used later, by block."""
    live: dict[int, Names] = {number: frozenset() for number in blocks}
    changed = True
    while changed:
        changed = False
        for number in sorted(blocks, reverse=True):
            after = _after(blocks[number], live, locations)
            before = _through(blocks[number].statements, after)
            if before != live[number]:
                live[number], changed = before, True
    return live


def live_at(location: Location, live: dict[int, Names]) -> Names:
    """The locals that matter while a process waits at the location."""
    keys = place_keys(location.lock) if location.lock else ()
    used = (free_locals(expr) for expr in (location.guard, *keys))
    return live[location.entry].union(*used)


def _after(block: Block, live: dict[int, Names], locations: dict[str, Location]) -> Names:
    terminator = block.terminator
    if isinstance(terminator, Yield):
        return live_at(locations[terminator.location], live)
    after = frozenset[str]().union(*(live[target] for target in targets(terminator)))
    if isinstance(terminator, Branch):
        after |= free_locals(terminator.condition)
    return after


def _through(statements: tuple[Statement, ...], after: Names) -> Names:
    for statement in reversed(statements):
        after = _before(statement, after)
    return after


def _before(statement: Statement, after: Names) -> Names:
    match statement:
        case Assign(place, value):
            if place.local:
                after = after - {place.name} if not place.path else after | {place.name}
            return after.union(free_locals(value), *map(free_locals, place_keys(place)))
        case Choose(variable):
            return (after | free_locals(statement.where)) - {variable}
        case When(condition, then, otherwise):
            return (_through(then, after) | _through(otherwise, after)
                    | free_locals(condition))
        case ForEach(variable):
            inner = _through(statement.body, after)
            return (_through(statement.body, inner | after) | after) - {variable}
    return after | free_locals(statement.condition)


def loops_left(blocks: dict[int, Block], live: dict[int, Names],
               locations: dict[str, Location]) -> Iterator[tuple[ForEach, Names]]:
    """Every `ForEach`, with the locals whose values may be used once it is over."""
    def walk(statements: tuple[Statement, ...], after: Names) -> Iterator[tuple[ForEach, Names]]:
        for statement in reversed(statements):
            match statement:
                case When(_, then, otherwise):
                    yield from walk(then, after)
                    yield from walk(otherwise, after)
                case ForEach():
                    yield statement, after
                    yield from walk(statement.body, after | _through(statement.body, after))
            after = _before(statement, after)

    for block in blocks.values():
        yield from walk(block.statements, _after(block, live, locations))


def first_use(name: str, blocks: dict[int, Block]) -> Loc:
    """Where a local is read, for an error about it."""
    for block in blocks.values():
        for expr in block_expressions(block):
            for part in subexpressions(expr):
                if isinstance(part, Local) and part.name == name and part.loc != NOWHERE:
                    return part.loc
    return NOWHERE
