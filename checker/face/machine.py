"""A process as a state machine: its locations and what it does from one to the next.

The text follows the structure of the blocks: a step's effects in order, its branches nested,
each line beside the line of the source it comes from. The graph has the locations as nodes; an
edge stands for all ways from one to the other and is labelled with their conditions.
"""
from __future__ import annotations

import pathlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import networkx

from checker.ir.nodes import (DONE, Assign, Block, Branch, Check, Choose, Const, Expr, Finish,
                              ForEach, Goto, Local, Location, Op, Statement, When, Yield)
from checker.ir.show import show_expr, show_place, show_type
from checker.ir.system import Process, System
from checker.source import Loc
from checker.types import Type

START = "start"
MOST_WAYS = 2              # conditions shown on one edge
INDENT = "    "
GUTTER = 6                 # columns for ":123"; the name of another file may need more

_LOCAL = re.compile(r"%(\w+)(?:'\d+)*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the text, nested `depth` deep, and where it comes from."""

    depth: int
    text: str
    loc: Loc | None = None


# ── text ─────────────────────────────────────────────────────────────────────────────────────

def machine_text(system: System, process: Process) -> Iterator[str]:
    """The lines that show a process, the number of a line of the source before each."""
    over = process.domain
    who = process.name if over is None else f"{process.name}({process.parameter})"
    parts = [f"process {who}"] + [f"one for each {_size(over)}"] * (over is not None)
    parts += [f"{process.fair} fairness"] * bool(process.fair) + ["daemon"] * process.daemon
    yield beside(system, process.loc, 0, ", ".join(parts))
    for name, of in process.locals.items():
        yield beside(system, None, 1, f"keeps {name}: {show_type(of)}")
    first = list(_steps(process, process.start))
    if [line.text for line in first] != [f"→ {next(iter(process.locations), DONE)}"]:
        yield beside(system, None, 0, START)
        yield from (beside(system, line.loc, line.depth + 1, line.text) for line in first)
    for location in process.locations.values():
        yield ""
        yield beside(system, location.loc, 0, _headline(location))
        yield from (beside(system, line.loc, line.depth + 1, line.text)
                    for line in _steps(process, location.entry))


def _size(of: Type | None) -> str:
    return f"{of.name} of {of.size}" if hasattr(of, "name") else f"of {of}"


def _headline(location: Location) -> str:
    parts = [location.name]
    if location.label != location.name:
        parts.append(f'"{location.label}"')
    if location.lock is not None:
        parts.append(f"takes {show_place(location.lock).replace('%', '')}")
    elif not (isinstance(location.guard, Const) and location.guard.value):
        parts.append(f"when {_expr(location.guard)}")
    if location.provenance:
        parts.append(f"[{location.provenance}]")
    return "   ".join(parts)


def beside(system: System, loc: Loc | None, depth: int, text: str) -> str:
    """A line of text beside the place that it comes from; other files are named."""
    place = ""
    if loc is not None and loc.line:
        other = pathlib.Path(loc.path).name if loc.path != system.path else ""
        place = f"{other}:{loc.line}"
    return f"{place:>{GUTTER}}  {INDENT * depth}{text}".rstrip()


def _steps(process: Process, entry: int) -> Iterator[Line]:
    """What happens from a block on; a block that several ways lead to is shown once."""
    shared = _shared(process, entry)
    names = {block: f"({chr(ord('a') + n % 26)})" for n, block in enumerate(shared)}
    yield from _block(process, entry, 0, names, first=True)
    for block, name in names.items():
        yield Line(0, f"{name}:")
        yield from _block(process, block, 1, names, first=True)


def _shared(process: Process, entry: int) -> list[int]:
    """The blocks of a step that do something and have several ways into them."""
    ways: Counter[int] = Counter()
    pending, seen = [entry], {entry}
    while pending:
        for following in _followers(process.blocks[pending.pop()]):
            ways[following] += 1
            if following not in seen:
                seen.add(following)
                pending.append(following)
    return [block for block in sorted(ways)
            if ways[block] > 1 and not _only_waits(process.blocks[block])]


def _only_waits(block: Block) -> bool:
    return not block.statements and isinstance(block.terminator, (Yield, Finish))


def _followers(block: Block) -> tuple[int, ...]:
    match block.terminator:
        case Goto(target):
            return (target,)
        case Branch(_, then, otherwise):
            return (then, otherwise)
    return ()


def _block(process: Process, number: int, depth: int, names: dict[int, str], *,
           first: bool = False) -> Iterator[Line]:
    if number in names and not first:
        yield Line(depth, f"go on at {names[number]}")
        return
    block = process.blocks[number]
    yield from _statements(block.statements, depth)
    match block.terminator:
        case Goto(target):
            yield from _block(process, target, depth, names)
        case Branch(condition, then, otherwise):
            yield Line(depth, f"if {_expr(condition)}", block.terminator.loc)
            yield from _block(process, then, depth + 1, names)
            yield Line(depth, "else")
            yield from _block(process, otherwise, depth + 1, names)
        case Yield(location):
            yield Line(depth, f"→ {location}")
        case Finish():
            yield Line(depth, f"→ {DONE}")


def _statements(statements: tuple[Statement, ...], depth: int) -> Iterator[Line]:
    taken = ""
    for number, statement in enumerate(statements):
        match statement:
            case Check(condition, "assertion"):
                yield Line(depth, f"assert {_expr(condition)}", statement.loc)
            case Check():
                pass                      # implicit properties: they are everywhere
            case Choose():
                taken = _taken_by(statements[number + 1:number + 2], statement.variable)
                yield Line(depth, _choice(statement, taken), statement.loc)
            case Assign(place, value):
                if not (taken and show_place(place) == taken):
                    yield Line(depth, f"{_plain(show_place(place))} = {_expr(value)}",
                               statement.loc)
                taken = ""
            case When(condition, then, otherwise):
                yield Line(depth, f"if {_expr(condition)}", statement.loc)
                yield from _statements(then, depth + 1)
                if otherwise:
                    yield Line(depth, "else")
                    yield from _statements(otherwise, depth + 1)
            case ForEach(variable, of, body):
                yield Line(depth, f"for {_plain('%' + variable)} in {show_type(of)}", statement.loc)
                yield from _statements(body, depth + 1)


def _taken_by(following: tuple[Statement, ...], variable: str) -> str:
    """The place that a choice goes to, where the next statement only puts it there."""
    match following:
        case (Assign(place, Local(name) | Op("some", (Local(name),))),) if name == variable:
            return show_place(place)
    return ""


def _choice(choose: Choose, taken: str) -> str:
    target = _plain(taken or "%" + choose.variable)
    if choose.kind != "pick":
        fails = " fails" if choose.kind == "fails" else ""
        return f"{target} = whether {choose.name}{fails}"
    where = choose.where
    such = "" if isinstance(where, Const) and where.value else f" where {_expr(where)}"
    return f"{target} = any {show_type(choose.domain)}{such}"


def _expr(expr: Expr) -> str:
    return _plain(show_expr(expr))


def _plain(text: str) -> str:
    """Without the marks that tell locals from state and bindings from each other."""
    return _LOCAL.sub(r"\1", text)


# ── graph ────────────────────────────────────────────────────────────────────────────────────

def machine_graph(process: Process) -> networkx.DiGraph:
    """Locations as nodes, with `label`; edges with `label`, the conditions of their ways."""
    graph = networkx.DiGraph(name=process.name)
    graph.add_node(START, label="")
    for location in process.locations.values():
        graph.add_node(location.name, label=location.label)
    sources = {START: process.start}
    sources.update((at.name, at.entry) for at in process.locations.values())
    for source, entry in sources.items():
        ways: dict[str, list[str]] = {}
        for target, conditions in _ways(process, entry, ()):
            ways.setdefault(target, []).append(" and ".join(conditions))
        for target, texts in ways.items():
            if target == DONE:
                graph.add_node(DONE, label=DONE)
            graph.add_edge(source, target, label=_edge_label(texts))
    return graph


def _ways(process: Process, number: int,
          conditions: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where the step that begins at a block can end, with the conditions on each way there."""
    block = process.blocks[number]
    match block.terminator:
        case Goto(target):
            yield from _ways(process, target, conditions)
        case Branch(condition, then, otherwise):
            text = _expr(condition)
            yield from _ways(process, then, (*conditions, text))
            yield from _ways(process, otherwise, (*conditions, f"not {_parenthesised(text)}"))
        case Yield(location):
            yield location, conditions
        case Finish():
            yield DONE, conditions


def _parenthesised(text: str) -> str:
    return text if re.fullmatch(r"[\w.\[\]]+", text) else f"({text})"


def _edge_label(ways: list[str]) -> str:
    if "" in ways:
        return ""
    unique = list(dict.fromkeys(ways))
    return " or ".join(unique) if len(unique) <= MOST_WAYS else f"{len(unique)} ways"
