"""Source positions: where in the user's files a thing was written.

Columns count characters, from 0; `ast` counts UTF-8 bytes, so positions are converted when a
node is translated, not when a caret is drawn.
"""
from __future__ import annotations

import ast
import functools
import pathlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Loc:
    """A stretch of text in one file: lines from 1, columns (in characters) from 0."""

    path: str
    line: int
    column: int = 0
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{short_path(self.path)}:{self.line}"

    def text(self) -> str:
        """The source text of this stretch, of its first line only where it spans several."""
        lines = source_lines(self.path)
        if not 0 < self.line <= len(lines):
            return ""
        line = lines[self.line - 1]
        stop = self.end_column if self.end_line == self.line else len(line)
        return line[self.column:stop]


NOWHERE = Loc("", 0)


@functools.lru_cache(maxsize=None)
def source_text(path: str) -> str:
    """The text of a file, read once; empty where it cannot be read."""
    try:
        return pathlib.Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


@functools.lru_cache(maxsize=None)
def source_lines(path: str) -> tuple[str, ...]:
    return tuple(source_text(path).splitlines())


def short_path(path: str) -> str:
    """The path relative to the working directory where it lies below it."""
    try:
        return str(pathlib.Path(path).relative_to(pathlib.Path.cwd()))
    except ValueError:
        return path


@functools.lru_cache(maxsize=None)
def loc_of(path: str, node: ast.AST) -> Loc:
    """The position of an `ast` node, its byte columns converted to characters."""
    def column(line: int, offset: int) -> int:
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        return len(text.encode()[:offset].decode(errors="replace"))

    lines = source_lines(path)
    end_line = getattr(node, "end_lineno", None) or node.lineno
    end_offset = getattr(node, "end_col_offset", None) or node.col_offset
    return Loc(path, node.lineno, column(node.lineno, node.col_offset),
               end_line, column(end_line, end_offset))


@functools.lru_cache(maxsize=None)
def _functions(path: str, text: str) -> dict[tuple[str, int], Any]:
    """Every function and class of a text by name and first line (that of its first decorator).

    Cached by the text: a file that was edited in between is read again, and parsed again.
    """
    found = {}
    todo: list[ast.AST] = [ast.parse(text, path)]
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            first = min([node.lineno] + [d.lineno for d in node.decorator_list])
            found[node.name, first] = node
        # An expression, which most nodes belong to, has none inside.
        todo += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]
    return found


@functools.lru_cache(maxsize=None)
def parts(node: ast.AST) -> tuple[ast.AST, ...]:
    """The node and everything below it. Kept: a method is looked through at each of its calls."""
    return tuple(ast.walk(node))


def function_def(function: Any) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The definition of a Python function in its file, in the file's own coordinates.

    The whole file is parsed once; cutting a function out and parsing it again would lose its
    position and fails on outdented docstrings. None where the source cannot be found.
    """
    code = function.__code__
    try:
        known = _functions(code.co_filename, source_text(code.co_filename))
        return known.get((code.co_name, code.co_firstlineno))
    except SyntaxError:
        return None
