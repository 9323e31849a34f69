"""Making a failing spec small: leave out what the failure does not need.

Greedy and on the source: each edit removes a member or a statement, puts a body in place of the
statement that holds it, or an operand or a constant in place of an expression. An edit stays
where the smaller spec still fails in the same way; what does not compile does not. It ends when
no edit stays, or when its time is up. (Zeller and Hildebrandt, Simplifying and Isolating
Failure-Inducing Input, 2002, in its simplest form.)
"""
from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator

Edit = Callable[[list[ast.AST]], None]
"""Changes a tree, given its nodes in the order of `ast.walk`."""

CONSTANTS = ("True", "False", "0", "1", "None", "'a'")


def shrink(text: str, fails: Callable[[str], bool], seconds: float) -> str:
    """A smaller text for which `fails` is still true."""
    deadline = time.monotonic() + seconds
    tree, smaller = ast.parse(text), True
    while smaller and time.monotonic() < deadline:
        smaller = False
        number = 0
        edits = list(_edits(tree))
        while number < len(edits) and time.monotonic() < deadline:
            candidate = copy.deepcopy(tree)
            edits[number](list(ast.walk(candidate)))
            attempt = ast.unparse(ast.fix_missing_locations(candidate))
            if len(attempt) < len(ast.unparse(tree)) and fails(attempt + "\n"):
                tree, smaller = ast.parse(attempt), True
                edits = list(_edits(tree))
            else:
                number += 1
    return ast.unparse(tree) + "\n"


def _edits(tree: ast.AST) -> Iterator[Edit]:
    """The edits to try, those that remove most first."""
    statements: list[tuple[int, Edit]] = []
    expressions: list[Edit] = []
    for position, node in enumerate(ast.walk(tree)):
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                for i, part in enumerate(value):
                    if isinstance(part, ast.stmt):
                        size = len(ast.unparse(part))
                        statements.append((size, _removal(position, name, i)))
                        if getattr(part, "body", None) and not isinstance(part, ast.ClassDef):
                            statements.append((size // 2, _unwrapping(position, name, i)))
                    elif isinstance(part, ast.expr) and name != "targets":
                        expressions += _replacements(position, name, i, part)
            elif isinstance(value, ast.expr) and name not in ("target", "func", "annotation"):
                expressions += _replacements(position, name, None, value)
    statements.sort(key=lambda pair: -pair[0])
    yield from (edit for _, edit in statements)
    yield from expressions


def _removal(position: int, name: str, i: int) -> Edit:
    def edit(nodes: list[ast.AST]) -> None:
        body = getattr(nodes[position], name)
        del body[i]
        if not body and name == "body":
            body.append(ast.Pass())
    return edit


def _unwrapping(position: int, name: str, i: int) -> Edit:
    def edit(nodes: list[ast.AST]) -> None:
        body = getattr(nodes[position], name)
        body[i:i + 1] = body[i].body
    return edit


def _replacements(position: int, name: str, i: int | None, expr: ast.expr) -> Iterator[Edit]:
    """Put an operand, or a constant, in the place of an expression."""
    if isinstance(expr, (ast.Constant, ast.Name)):
        return
    inside = [part for part in ast.iter_child_nodes(expr) if isinstance(part, ast.expr)]
    for part in (*inside, *(ast.parse(c, mode="eval").body for c in CONSTANTS)):
        def edit(nodes: list[ast.AST], part: ast.expr = part) -> None:
            if i is None:
                setattr(nodes[position], name, copy.deepcopy(part))
            else:
                getattr(nodes[position], name)[i] = copy.deepcopy(part)
        yield edit
