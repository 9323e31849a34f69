"""Where a suspended coroutine is, in terms of the IR: its location and its live locals.

The chain of coroutines that await one another is the chain of inlined methods, and the position
of the innermost `await` is that of the location. Where a method is inlined several times, that
leaves several candidates; so does a local without a name of its own in the source (the result
of a `pick` passed on as an argument). Then the interpreter's state decides among the candidates,
and what it decides has to stay true: `Places` remembers, and a later contradiction is one.
"""
from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from types import CodeType
from typing import Any

from checker.engines.live.objects import canonical
from checker.engines.live.violation import Defect
from checker.ir.nodes import Location
from checker.ir.system import Process
from checker.source import loc_of, source_text
from checker.types import Type
from checker.values import Value

Start = tuple[str, int, int]
"""Where a piece of source starts: file, line, column in characters."""


UNSEEN = "kept'"


@dataclass(frozen=True, slots=True)
class Suspended:
    """One coroutine of a chain: its function, where its `await` starts, its variables."""

    function: str
    awaits: Start
    variables: dict[str, Any]


def chain(coroutine: Any, known: dict[tuple[int, int], Start]) -> list[Suspended]:
    """The suspended coroutines, the process's own first.

    `known` keeps positions by code object and instruction; by the object's identity, because
    the codes of two files can be equal.
    """
    found = []
    while hasattr(coroutine, "cr_frame"):
        frame, code = coroutine.cr_frame, coroutine.cr_code
        key = id(code), frame.f_lasti
        if key not in known:
            known[key] = _awaited(code, frame.f_lasti)
        found.append(Suspended(code.co_name, known[key], dict(frame.f_locals)))
        coroutine = coroutine.cr_await
    return found


def _awaited(code: CodeType, instruction: int) -> Start:
    """Where the thing that is awaited starts: after `await`, or the lock of an `async with`."""
    line, _, offset, _ = list(code.co_positions())[instruction // 2]
    path = code.co_filename
    return _awaits(path, source_text(path))[line, offset]


@functools.lru_cache(maxsize=64)
def _awaits(path: str, text: str) -> dict[tuple[int, int], Start]:
    """The awaits of a file by line and byte offset."""
    found = {}
    for node in ast.walk(ast.parse(text)):
        inner = None
        if isinstance(node, ast.Await):
            inner = node.value
        elif isinstance(node, ast.AsyncWith):
            inner = node.items[0].context_expr
        if inner is not None:
            loc = loc_of(path, inner)
            for start in (node, inner):
                found.setdefault((start.lineno, start.col_offset), (path, loc.line, loc.column))
    return found


class Places:
    """Names the locations and reads the live locals of one process's instances."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.candidates: dict[tuple[tuple[str, ...], Start], list[str]] = {}
        for name, at in process.locations.items():
            start = (at.loc.path, at.loc.line, at.loc.column)
            self.candidates.setdefault((at.frames, start), []).append(name)
        self.sources: dict[tuple[str, str], set[tuple[int, str]]] = {}

    def location(self, where: list[Suspended], expected: str | None) -> str:
        """The name of the location; `expected` decides where several qualify."""
        key = (tuple(part.function for part in where), where[-1].awaits)
        names = self.candidates.get(key, [])
        if expected in names:
            return expected
        if len(names) != 1:
            line = f"{'/'.join(key[0])} at line {key[1][1]}"
            raise Defect(f"CPython waits in {line}; the IR has {names or 'no location'} there")
        return names[0]

    def local(self, at: Location, name: str, where: list[Suspended],
              expected: tuple[Value] | None) -> Value:
        """The canonical value of a live local; `expected`, in a tuple, is the interpreter's.

        An argument evaluated before a later one waits is kept where no frame shows it. There the
        interpreter is believed; a wrong value shows in the call.
        """
        of = self.process.locals[name]
        if name.startswith(UNSEEN) and expected:
            return expected[0]
        known = self.sources.setdefault((at.name, name), set(_sources(name, where)))
        values = {source: _read(of, where, source) for source in known}
        fitting = {source for source, value in values.items() if value and value == expected}
        if len(known) > 1 and fitting:
            known &= fitting
        chosen = next(iter(fitting or known), None)
        value = values[chosen] if chosen is not None else None
        if value is None:
            raise Defect(f"at {at.name}, CPython has no value of {of} for the local {name}")
        return value[0]


def _sources(name: str, where: list[Suspended]) -> list[tuple[int, str]]:
    """The variables (depth and name) that the IR's local may be.

    `x` belongs to the process itself, `helper2.x` to a helper; a temporary (`page'1`) and a
    result (`helper.return`) have no name in the source and may be any parameter.
    """
    prefix, _, own = name.rpartition(".")
    if "'" in name or own == "return":
        return [(depth, variable) for depth, part in enumerate(where)
                for variable in part.variables]
    if not prefix:
        return [(0, name)]
    return [(depth, own) for depth, part in enumerate(where)
            if depth and prefix.removeprefix(part.function).isdigit() | (prefix == part.function)]


def _read(of: Type, where: list[Suspended], source: tuple[int, str]) -> tuple[Value] | None:
    """The canonical value of a variable, in a tuple; None where it is no value of the type."""
    depth, variable = source
    if depth >= len(where) or variable not in where[depth].variables:
        return None
    try:
        return (canonical(of, where[depth].variables[variable]),)
    except Defect:
        return None
