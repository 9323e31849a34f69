"""A step as a tree: the blocks of the IR, which jump, as nested conditionals, which do not.

Neither language has a jump that is of use here. Where the branches of a conditional meet again,
what follows stands after the conditional; where only some paths meet, the others have ended.
Blocks that several paths reach without meeting properly are repeated, which is right and rare.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from checker.ir.nodes import (DONE, Assign, Block, Branch, Check, Choose, Expr, ForEach, Goto,
                              Statement, When, Yield)
from checker.ir.system import Process
from checker.ir.walk import targets
from checker.source import NOWHERE, Loc


@dataclass(frozen=True, slots=True)
class If:
    """A conditional; a branch ends the step, or goes on with what follows the conditional."""

    condition: Expr
    then: Body
    otherwise: Body
    loc: Loc = NOWHERE


@dataclass(frozen=True, slots=True)
class Loop:
    """The body for each value of a scalar type, in order; it contains no choice and no end."""

    statement: ForEach
    body: Body


@dataclass(frozen=True, slots=True)
class End:
    """The step ends; the process waits at the location, which may be DONE."""

    location: str


Item = Assign | Choose | Check | If | Loop | End
Body = tuple[Item, ...]


def step_body(process: Process, entry: int) -> Body:
    """What a step from the block `entry` does. Every path through it ends with an `End`."""
    return _Structure(process).body(entry, None)


def falls_through(body: Body) -> bool:
    """Whether some path through the body does not end the step."""
    if not body:
        return True
    last = body[-1]
    if isinstance(last, If):
        return falls_through(last.then) or falls_through(last.otherwise)
    return not isinstance(last, End)


def items(body: Body) -> Iterable[Item]:
    """Every item, nested ones included."""
    for item in body:
        yield item
        match item:
            case If(_, then, otherwise):
                yield from items(then)
                yield from items(otherwise)
            case Loop():
                yield from items(item.body)


def statements(found: tuple[Statement, ...]) -> Body:
    """Statements of the IR as items."""
    return tuple(_statement(statement) for statement in found)


def _statement(statement: Statement) -> Item:
    match statement:
        case When(condition, then, otherwise):
            return If(condition, statements(then), statements(otherwise), statement.loc)
        case ForEach():
            return Loop(statement, statements(statement.body))
    return statement


class _Structure:
    def __init__(self, process: Process) -> None:
        self.blocks: dict[int, Block] = process.blocks

    def body(self, number: int, stop: int | None) -> Body:
        """The items from a block up to the block `stop`, which they fall through to."""
        if number == stop:
            return ()
        block = self.blocks[number]
        found = statements(block.statements)
        match block.terminator:
            case Goto(target):
                return (*found, *self.body(target, stop))
            case Branch():
                return (*found, *self._branch(number, block.terminator, stop))
            case Yield(location):
                return (*found, End(location))
        return (*found, End(DONE))

    def _branch(self, number: int, branch: Branch, stop: int | None) -> Body:
        join = self._join(branch, stop)
        inner = stop if join is None else join
        whole = If(branch.condition, self.body(branch.then, inner),
                   self.body(branch.otherwise, inner), branch.loc)
        return (whole,) if join is None else (whole, *self.body(join, stop))

    def _join(self, branch: Branch, stop: int | None) -> int | None:
        """Where both branches meet before `stop`, such that none gets to `stop` past it."""
        first, second = self._order(branch.then), self._order(branch.otherwise)
        for number in first:
            if number == stop or number not in second:
                continue
            past = {*self._order(branch.then, number), *self._order(branch.otherwise, number)}
            if stop is None or stop not in past:
                return number
        return None

    def _order(self, entry: int, without: int | None = None) -> list[int]:
        """The blocks reachable from `entry`, each after all that lead to it."""
        order: list[int] = []
        seen: set[int | None] = {without}

        def visit(number: int) -> None:
            if number not in seen:
                seen.add(number)
                for target in targets(self.blocks[number].terminator):
                    visit(target)
                order.append(number)

        visit(entry)
        return order[::-1]
