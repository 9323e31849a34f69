"""How the translator says no: one exception, caught where translation can go on."""
from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable
from typing import Any

from checker.errors import Diagnostic, Label
from checker.source import Loc


class Refused(Exception):
    """A construct that cannot be translated; the caller notes it and goes on with the next."""

    def __init__(self, diagnostic: Diagnostic | None) -> None:
        super().__init__(diagnostic.headline if diagnostic else "")
        self.diagnostic = diagnostic


def refuse(code: str, headline: str, loc: Loc, hint: str = "", *, label: str = "",
           also: tuple[Label, ...] = ()) -> Refused:
    """The exception to raise for an error at `loc`."""
    return Refused(Diagnostic(code, headline, (Label(loc, label), *also), hint))


CONSEQUENCE = Refused(None)
"""Raised for what only follows from an error already noted; it adds nothing to the list."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint naming the closest known name, or listing a few."""
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"known are {', '.join(names[:12])}" if names else ""


CONSTRUCTS: dict[type, tuple[str, str]] = {
    ast.Try: ("`try`", "let a `fails(...)` choice decide and handle it with `if`"),
    ast.Raise: ("`raise`", "return a value that says what failed, or use `assert`"),
    ast.With: ("`with`", "only locks are held: `async with self.lock:`"),
    ast.Lambda: ("a lambda", "lambdas stand in `until(lambda: ...)` only; write a method"),
    ast.Dict: ("a dict", "declare a Map in the constructor"),
    ast.List: ("a list", "declare a Queue or a Map in the constructor, or write a tuple"),
    ast.ListComp: ("a list comprehension", "use any, all, sum or a set comprehension"),
    ast.DictComp: ("a dict comprehension", "assign a Map's elements in a `for` loop"),
    ast.Delete: ("`del`", "assign a value instead"),
    ast.Global: ("`global`", "declare shared state in a component"),
    ast.Nonlocal: ("`nonlocal`", "declare shared state in a component"),
    ast.Import: ("`import`", "import at the top of the file"),
    ast.ImportFrom: ("`import`", "import at the top of the file"),
    ast.FunctionDef: ("a nested function", "write a method"),
    ast.AsyncFunctionDef: ("a nested function", "write an async method"),
    ast.ClassDef: ("a nested class", "write a component at the top of the file"),
    ast.Match: ("`match`", "use if and elif"),
    ast.NamedExpr: ("`:=`", "assign on a line of its own"),
    ast.AsyncFor: ("`async for`", "use `for` over a Range with awaits in its body"),
    ast.Yield: ("`yield`", "use `await step(...)`"),
    ast.YieldFrom: ("`yield from`", "use `await`"),
    ast.Div: ("`/`", "use `//`: there are no fractions"),
    ast.Starred: ("`*`", "name the elements"),
    ast.JoinedStr: ("an f-string that depends on the state", "labels are constants"),
    ast.Slice: ("a slice", "use single elements"),
}


def construct(node: Any) -> tuple[str, str]:
    """How to name a construct outside the language, and what to write instead."""
    default = (f"`{type(node).__name__}`", "see `checker explain E101` for what the language has")
    return CONSTRUCTS.get(type(node), default)
