"""Which locals matter where: a backward data-flow analysis over the blocks of a process."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
from checker.ir.walk import (
    all_statements,
    block_expressions,
    free_locals,
    place_keys,
    subexpressions,
    targets,
)
from checker.source import NOWHERE, Loc

Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a piece of code does to the names that matter: it takes some away, then adds some."""

    uses: Names = frozenset()
    sets: Names = frozenset()

    def before(self, after: Names) -> Names:
        """The names that matter before the piece, given those that matter after it."""
        return self.uses | (after - self.sets)

    def then(self, later: Effect) -> Effect:
        return Effect(self.before(later.uses), self.sets | later.sets)


def live_into(blocks: dict[int, Block], locations: dict[str, Location]) -> dict[int, Names]:
    """The locals whose value at the start of a block may be used later, by block."""
    live: dict[int, Names] = {number: frozenset() for number in blocks}
    effects = {number: _block_effect(block) for number, block in blocks.items()}
    changed = True
    while changed:
        changed = False
        for number in sorted(blocks, reverse=True):
            before = effects[number].before(_following(blocks[number], live, locations))
            if before != live[number]:
                live[number], changed = before, True
    return live


def live_at(location: Location, live: dict[int, Names]) -> Names:
    """The locals that matter while a process waits at the location."""
    keys = place_keys(location.lock) if location.lock else ()
    used = (free_locals(expr) for expr in (location.guard, *keys))
    return live[location.entry].union(*used)


def _following(block: Block, live: dict[int, Names], locations: dict[str, Location]) -> Names:
    """The locals that matter to what follows a block."""
    terminator = block.terminator
    if isinstance(terminator, Yield):
        return live_at(locations[terminator.location], live)
    return frozenset[str]().union(*(live[target] for target in targets(terminator)))


def _block_effect(block: Block) -> Effect:
    return _effect(block.statements).then(_end(block))


def _end(block: Block) -> Effect:
    """What the block's terminator uses."""
    if isinstance(block.terminator, Branch):
        return Effect(free_locals(block.terminator.condition))
    return Effect()


def _effect(statements: tuple[Statement, ...]) -> Effect:
    effect = Effect()
    for statement in reversed(statements):
        effect = _statement_effect(statement).then(effect)
    return effect


def _statement_effect(statement: Statement) -> Effect:
    match statement:
        case Assign(place, value):
            uses = free_locals(value).union(*map(free_locals, place_keys(place)))
            if not place.local:
                return Effect(uses)
            own = frozenset((place.name,))
            return Effect(uses | own) if place.path else Effect(uses, own)
        case Choose(variable):
            own = frozenset((variable,))
            return Effect(free_locals(statement.where) - own, own)
        case When(condition, then, otherwise):
            one, other = _effect(then), _effect(otherwise)
            return Effect(free_locals(condition) | one.uses | other.uses, one.sets & other.sets)
        case ForEach(variable):
            # What a turn sets is needed before the loop all the same: there may be no turn.
            own = frozenset((variable,))
            return Effect(_effect(statement.body).uses - own, own)
    return Effect(free_locals(statement.condition))


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
                    yield from walk(statement.body, after | _effect(statement.body).before(after))
            after = _statement_effect(statement).before(after)

    for block in blocks.values():
        if any(isinstance(statement, ForEach) for statement in all_statements(block.statements)):
            after = _end(block).before(_following(block, live, locations))
            yield from walk(block.statements, after)


def first_use(name: str, blocks: dict[int, Block]) -> Loc:
    """Where a local is read, for an error about it."""
    for block in blocks.values():
        for expr in block_expressions(block):
            for part in subexpressions(expr):
                if isinstance(part, Local) and part.name == name and part.loc != NOWHERE:
                    return part.loc
    return NOWHERE
