"""A marked async method to a `Process`: translate until the types are stable, then analyse."""
from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Iterable, Iterator

from checker.errors import Diagnostic, Label
from checker.frontend.blocks import cycle, reachable, renumbered, structured
from checker.frontend.elaborate import Elaborated, Marked
from checker.frontend.frames import Inlined, Types, assigned_names
from checker.frontend.liveness import Names, first_use, live_at, live_into, loops_left
from checker.frontend.loops import assigned_first
from checker.frontend.refuse import did_you_mean, refuse
from checker.frontend.statements import Statements
from checker.frontend.static import Static
from checker.ir.nodes import (Assign, Block, Branch, Check, Expr, Finish, Goto, Local, Location,
                              Statement, Var, When)
from checker.ir.system import Process
from checker.ir.walk import (all_statements, blocks_from, statement_expressions,
                             subexpressions)
from checker.lang.component import ProcessMark
from checker.source import NOWHERE, Loc, function_def
from checker.types import Index, Int, Range, Type

PASSES = 6
"""A type that still grows after so many passes is that of a counter without a range."""


def process_domain(elaborated: Elaborated, marked: Marked) -> Type | None:
    """The domain of a process: its `each=` attribute, or an Index of `times=` instances."""
    mark = marked.mark
    assert isinstance(mark, ProcessMark)
    if mark.each is not None:
        domain = getattr(marked.component, mark.each, None)
        if not isinstance(domain, (Index, Range)):
            names = [n for n, v in vars(marked.component).items() if isinstance(v, (Index, Range))]
            raise refuse("E118", f"each={mark.each!r} is not an Index or Range attribute",
                         marked.loc, did_you_mean(mark.each, names))
        return domain
    if mark.times is None:
        return None
    times = mark.times
    if isinstance(times, str):
        times = getattr(marked.component, times, None)
    if not isinstance(times, int) or times < 1:
        raise refuse("E118", f"times={mark.times!r} is not a positive number or constant",
                     marked.loc, "write times=2, or the name of a constant")
    return Index(marked.name.replace(".", "_"), times)


def translate_process(elaborated: Elaborated, marked: Marked, domain: Type | None,
                      instances: int, preemptible: bool) -> Process:
    """The process as blocks. Raises SpecErrors collected as `Refused` or through `Problems`."""
    definition = function_def(marked.function)
    if not isinstance(definition, ast.AsyncFunctionDef):
        raise refuse("E118", f"the process `{marked.name}` is not async", marked.loc,
                     "write `async def`")
    parameter = _parameter(marked, domain)
    types = Types()
    for _ in range(PASSES):
        types.changed, types.growing = False, {}
        translated = _translate(elaborated, marked, definition, domain, parameter, types,
                                Int(0, instances - 1), preemptible or marked.mark.preemptible)
        if translated.diagnostics and not types.changed:
            raise Problems(translated.diagnostics)
        if not types.changed and not translated.incomplete:
            translated.aliases.several = domain is not None
            elaborated.aliases.append(translated.aliases)
            return _finish(marked, domain, parameter, translated, types)
    unknown = Diagnostic("E109", f"a local of `{marked.name}` never gets a value",
                         (Label(marked.loc),))
    raise Problems(translated.diagnostics + _growing(translated, types) or [unknown])


class Problems(Exception):
    """Several diagnostics of one process or property."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(str(len(diagnostics)))
        self.diagnostics = diagnostics


def _parameter(marked: Marked, domain: Type | None) -> str:
    """The name of the process's own parameter; `times=` may leave it out."""
    names = list(inspect.signature(marked.function).parameters)[1:]
    if domain is None and not names:
        return ""
    if domain is not None and len(names) == 1:
        return names[0]
    if domain is not None and marked.mark.times is not None and not names:
        return "instance"
    wanted = "only self" if domain is None else "self and one parameter, its own element"
    raise refuse("E118", f"the process `{marked.name}` must take {wanted}", marked.loc)


def _translate(elaborated: Elaborated, marked: Marked, definition: ast.AsyncFunctionDef,
               domain: Type | None, parameter: str, types: Types, me_type: Type,
               preemptible: bool) -> Statements:
    t = Statements(elaborated, types, me_type, preemptible)
    frame = Inlined(marked.function, {}, "", assigned_names(definition), t.builder.new())
    self_name = next(iter(inspect.signature(marked.function).parameters))
    frame.names[self_name] = Static(marked.component)
    if domain is not None:
        frame.names[parameter] = Local(parameter, domain)
    t.frames.append(frame)
    t.builder.terminators[frame.returns_to] = Finish()
    t.enter(t.builder.new())
    t.body(definition.body)
    t.builder.goto(frame.returns_to)
    return t


def _growing(t: Statements, types: Types) -> list[Diagnostic]:
    found = []
    t.frames = t.frames[:1]
    for name, node in types.growing.items():
        if types.known.get(name) is None or name not in types.fixed:
            loc = t.loc(node)
            found.append(Diagnostic("E108", f"the range of `{name}` can not be found",
                                    (Label(loc),),
                                    f"give it one where it is first set: `{name}: Int(0, 5) = 0`"))
    return found[:1]


def _finish(marked: Marked, domain: Type | None, parameter: str, t: Statements,
            types: Types) -> Process:
    """Simplify the graph, find live locals, and make the checks that need the whole graph."""
    roots = [1, *(location.entry for location in t.locations.values())]
    blocks = structured({n: t.builder.block(n) for n in t.builder.statements
                         if n in t.builder.terminators}, roots)
    start = _start_holding_nothing(blocks)
    roots = [start, *roots[1:]]
    blocks, number = renumbered({n: blocks[n] for n in reachable(blocks, roots)}, roots)
    locations = {name: dataclasses.replace(at, entry=number[at.entry])
                 for name, at in t.locations.items()}
    _check_cycles(blocks, marked)
    live = live_into(blocks, locations)
    _check_loops(blocks, live, locations)
    start = number[start]
    _check_assigned(live[start] - {parameter}, blocks, marked)
    locals_: dict[str, Type] = {}
    for name, at in locations.items():
        names = sorted(live_at(at, live) - {parameter})
        locals_.update((n, types.known[n]) for n in names)
        locations[name] = dataclasses.replace(at, live=tuple(names))
    mark = marked.mark
    process = Process(marked.name, domain, parameter, start, blocks, locations, locals_,
                      mark.fair, mark.daemon, loc=marked.loc)
    _check_start(process)
    return process


def _start_holding_nothing(blocks: dict[int, Block]) -> int:
    """The block to start with; where a lock is the first thing waited for, a new one.

    At the start no process holds a lock, so the copy of what runs before the first await needs
    no check for re-entry; the same code may be reached again later, where it does.
    """
    region = reachable(blocks, [1])
    statements = [s for n in region for s in all_statements(blocks[n].statements)]
    if not any(isinstance(s, Check) and s.kind == "reentry" for s in statements):
        return 1
    copies = {n: max(blocks) + 1 + i for i, n in enumerate(region)}
    for old, new in copies.items():
        terminator = blocks[old].terminator
        match terminator:
            case Goto(target):
                terminator = Goto(copies[target])
            case Branch(condition, then, otherwise):
                terminator = Branch(condition, copies[then], copies[otherwise],
                                    loc=terminator.loc)
        blocks[new] = Block(_without_reentry(blocks[old].statements), terminator)
    return copies[1]


def _without_reentry(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    kept: list[Statement] = []
    for statement in statements:
        if isinstance(statement, When):
            statement = dataclasses.replace(statement, then=_without_reentry(statement.then),
                                            otherwise=_without_reentry(statement.otherwise))
        if not (isinstance(statement, Check) and statement.kind == "reentry"):
            kept.append(statement)
    return tuple(kept)


def _check_cycles(blocks: dict[int, Block], marked: Marked) -> None:
    number = cycle(blocks)
    if number is not None:
        raise refuse("E107", "a loop that may run for ever without an await",
                     _block_loc(blocks[number]) or marked.loc,
                     "put an await on every path through the loop")


def _check_loops(blocks: dict[int, Block], live: dict[int, Names],
                 locations: dict[str, Location]) -> None:
    """What each turn of a loop over an Index sets anew may not be used after the loop."""
    for loop, used in loops_left(blocks, live, locations):
        names = sorted(used & assigned_first(loop.body)) if isinstance(loop.domain, Index) else []
        if names:
            raise refuse("E106", f"`{names[0]}` is that of the element that comes last", loop.loc,
                         "use it inside the loop only")


def _block_loc(block: Block) -> Loc | None:
    for node in (block.terminator, *block.statements):
        if node.loc != NOWHERE:
            return node.loc
    return None


def _check_assigned(names: frozenset[str], blocks: dict[int, Block], marked: Marked) -> None:
    problems = [refuse("E109", f"`{name}` may be used before it is assigned",
                       first_use(name, blocks) if first_use(name, blocks) != NOWHERE
                       else marked.loc, "assign it on every path").diagnostic
                for name in sorted(names)]
    if problems:
        raise Problems(problems)


def _check_start(process: Process) -> None:
    """Before the first await a process may only set its own locals (E111)."""
    for number in blocks_from(process, process.start):
        block = process.blocks[number]
        for statement in all_statements(block.statements):
            if isinstance(statement, Check):
                raise refuse("E111", "this can fail before the first await", statement.loc,
                             'put `await step("...")` before it')
        name, loc = next(_shared_uses(block), ("", NOWHERE))
        if name:
            raise refuse("E111", f"`{name}` is used before the first await",
                         loc if loc != NOWHERE else process.loc,
                         'put `await step("...")` before it')


def _shared_uses(block: Block) -> Iterator[tuple[str, Loc]]:
    """Where a block writes and reads shared variables, and which, in the order of its text."""
    for statement in all_statements(block.statements):
        if isinstance(statement, Assign) and not statement.place.local:
            yield statement.place.name, statement.loc
        yield from _shared_reads(statement_expressions(statement))
    if isinstance(block.terminator, Branch):
        yield from _shared_reads((block.terminator.condition,))


def _shared_reads(exprs: Iterable[Expr]) -> Iterator[tuple[str, Loc]]:
    return ((e.name, e.loc) for expr in exprs for e in subexpressions(expr) if isinstance(e, Var))
