"""Building the control-flow graph of a process, and making it small.

The translator emits every `if` as a branch between blocks. `structured` then folds diamonds
without a yield back into `When`, merges chains, drops what is unreachable and numbers the rest.
"""
from __future__ import annotations

from collections import Counter

from checker.ir.nodes import Block, Branch, Finish, Goto, Statement, Terminator, When, Yield
from checker.ir.walk import targets
from checker.source import Loc


class Builder:
    """Blocks under construction. `current` is where statements go, None where unreachable."""

    def __init__(self) -> None:
        self.statements: dict[int, list[Statement]] = {}
        self.terminators: dict[int, Terminator] = {}
        self.current: int | None = None

    def new(self) -> int:
        number = len(self.statements)
        self.statements[number] = []
        return number

    def start(self, block: int) -> None:
        self.current = block

    def emit(self, statement: Statement) -> None:
        if self.current is not None:
            self.statements[self.current].append(statement)

    def end(self, terminator: Terminator) -> None:
        """Terminate the current block; what follows is unreachable until `start`."""
        if self.current is not None:
            self.terminators[self.current] = terminator
        self.current = None

    def goto(self, block: int) -> None:
        self.end(Goto(block))

    def cut(self, mark: int) -> list[Statement]:
        """Take the statements emitted in the current block since `mark`."""
        if self.current is None:
            return []
        statements = self.statements[self.current]
        taken = statements[mark:]
        del statements[mark:]
        return taken

    def block(self, number: int) -> Block:
        return Block(tuple(self.statements[number]), self.terminators[number])


def reachable(blocks: dict[int, Block], roots: list[int]) -> list[int]:
    """The blocks reachable from the roots, in order of discovery."""
    found = dict.fromkeys(roots)
    pending = list(roots)
    while pending:
        for target in targets(blocks[pending.pop(0)].terminator):
            if target not in found:
                found[target] = None
                pending.append(target)
    return list(found)


def structured(blocks: dict[int, Block], roots: list[int]) -> dict[int, Block]:
    """The same graph with diamonds folded and chains merged; roots keep their numbers."""
    blocks = {n: blocks[n] for n in reachable(blocks, roots)}
    predecessors = Counter(t for b in blocks.values() for t in targets(b.terminator))
    predecessors.update(roots)
    changed = True
    while changed:
        changed = False
        for number in list(blocks):
            while number in blocks:
                folded = _fold(blocks, number, predecessors)
                if folded is None:
                    break
                _replace(blocks, number, folded, predecessors)
                changed = True
    return blocks


def _replace(blocks: dict[int, Block], number: int, block: Block,
             predecessors: Counter[int]) -> None:
    """Put a folded block in its place; blocks that nothing leads to any more go."""
    predecessors.update(targets(block.terminator))
    pending = list(targets(blocks[number].terminator))
    blocks[number] = block
    while pending:
        target = pending.pop()
        predecessors[target] -= 1
        if predecessors[target] == 0:
            pending.extend(targets(blocks.pop(target).terminator))


def _fold(blocks: dict[int, Block], number: int, predecessors: Counter[int]) -> Block | None:
    """A simpler form of one block, or None."""
    block = blocks[number]
    match block.terminator:
        case Goto(target) if target != number:
            following = blocks[target]
            if predecessors[target] == 1 or _only_leads_on(blocks, target):
                return Block(block.statements + following.statements, following.terminator)
        case Branch(_, then, otherwise, loc=loc):
            return _fold_branch(blocks, block, predecessors, then, otherwise, loc)
    return None


def _only_leads_on(blocks: dict[int, Block], number: int) -> bool:
    """Whether a block does nothing and leads, without a choice, to something that does.

    Empty blocks in a circle (a loop that never waits, an error found later) lead nowhere.
    """
    passed = set()
    while not blocks[number].statements and number not in passed:
        terminator = blocks[number].terminator
        if not isinstance(terminator, Goto):
            return bool(passed) or not isinstance(terminator, Branch)
        passed.add(number)
        number = terminator.target
    return bool(passed) and number not in passed


def _fold_branch(blocks: dict[int, Block], block: Block, predecessors: Counter[int], then: int,
                 otherwise: int, loc: Loc) -> Block | None:
    condition = block.terminator.condition
    if then == otherwise:
        return Block(block.statements, Goto(then))
    arms: list[tuple[tuple[Statement, ...], Terminator] | None] = []
    for arm in (then, otherwise):
        ends = blocks[arm].terminator
        if predecessors[arm] == 1 and isinstance(ends, (Goto, Yield, Finish)):
            arms.append((blocks[arm].statements, ends))
        else:
            arms.append(None)
    join: Terminator | None = None
    bodies: tuple[tuple[Statement, ...], ...] = ()
    if arms[0] and arms[1] and arms[0][1] == arms[1][1]:
        join, bodies = arms[0][1], (arms[0][0], arms[1][0])
    elif arms[0] and arms[0][1] == Goto(otherwise):
        join, bodies = Goto(otherwise), (arms[0][0], ())
    elif arms[1] and arms[1][1] == Goto(then):
        join, bodies = Goto(then), ((), arms[1][0])
    if join is None:
        return None
    if not bodies[0] and not bodies[1]:
        return Block(block.statements, join)
    return Block((*block.statements, When(condition, *bodies, loc=loc)), join)


def renumbered(blocks: dict[int, Block], roots: list[int]) -> tuple[dict[int, Block],
                                                                   dict[int, int]]:
    """The blocks numbered from 0 in order of discovery, and the new number of each old one."""
    order = reachable(blocks, roots)
    new = {old: i for i, old in enumerate(order)}
    result = {}
    for old in order:
        terminator = blocks[old].terminator
        match terminator:
            case Goto(target):
                terminator = Goto(new[target])
            case Branch(condition, then, otherwise):
                terminator = Branch(condition, new[then], new[otherwise], loc=terminator.loc)
        result[new[old]] = Block(blocks[old].statements, terminator)
    return result, new


def cycle(blocks: dict[int, Block]) -> int | None:
    """A block on a cycle without a yield, or None."""
    state: dict[int, int] = {}
    for root in blocks:
        stack = [(root, iter(targets(blocks[root].terminator)))]
        if state.get(root):
            continue
        state[root] = 1
        while stack:
            number, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[number] = 2
                stack.pop()
            elif state.get(following) == 1:
                return following
            elif not state.get(following):
                state[following] = 1
                stack.append((following, iter(targets(blocks[following].terminator))))
    return None
