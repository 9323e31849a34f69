"""The file in which lemmas are kept beside a spec: a class for each spec, a function for each one.

    class GroupAttach:
        instance = "ci"
        proves = ("no_stale_mapping", "overflow")

        def lemma_1(self):
            return ...

`instance` says which one they were found for, `proves` which properties they have to prove;
without these, the instance that is checked by default and every invariant. Functions in no class
are lemmas of each spec of the file. Writing replaces the class of one spec and leaves the rest of
the file as its author wants it.
"""
from __future__ import annotations

import ast
import pathlib
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from checker.engines.smt.anysize.refuse import OutsideFragment
from checker.source import Loc

HEADING = '"""Lemmas for proofs of every size: read, not run; edit them, add to them."""\n'
INSTANCE, PROVES = "instance", "proves"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file of lemmas says of one spec. `instance` is None where it does not say, `proves`
    is empty then; `loc` is the class, or the first lemma; `lines` are where lemmas begin."""

    file: pathlib.Path
    loc: Loc
    lines: dict[str, Loc]
    instance: str | None = None
    proves: tuple[str, ...] = ()


def lemma_file(path: str) -> pathlib.Path:
    """Where the lemmas of a spec are kept: `lemmas.py` beside a `model.py`."""
    file = pathlib.Path(path)
    name = "lemmas.py" if file.stem == "model" else f"{file.stem}_lemmas.py"
    return file.with_name(name)


# ── reading ──────────────────────────────────────────────────────────────────────────────────

def kept_lemmas(path: str, name: str) -> Kept | None:
    """What is kept for the spec `name` of the file `path`; None where there are no lemmas.

    The lemmas themselves are read where there is a system to read them with. Raises
    OutsideFragment for a file that is not Python and for an `instance` that is no name.
    """
    file = lemma_file(path)
    if not file.is_file():
        return None
    try:
        module = ast.parse(file.read_text(encoding="utf-8"), str(file))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise OutsideFragment("P111", f"this is not Python: {error}", Loc(str(file), line),
                              "mend the file, or have its lemmas found again") from None
    own = _class_of(module, name)
    body = own.body if own is not None else []
    lemmas = [node for node in (*module.body, *body) if isinstance(node, ast.FunctionDef)]
    if not lemmas:
        return None
    given = {node.targets[0].id: node.value for node in body if isinstance(node, ast.Assign)
             and isinstance(node.targets[0], ast.Name)}
    lines = {node.name: Loc(str(file), node.lineno) for node in lemmas}
    return Kept(file, Loc(str(file), (own or lemmas[0]).lineno), lines,
                _literal(file, given, INSTANCE, str), _literal(file, given, PROVES, tuple) or ())


def _class_of(module: ast.Module, name: str) -> ast.ClassDef | None:
    return next((node for node in module.body
                 if isinstance(node, ast.ClassDef) and node.name == name), None)


def _literal(file: pathlib.Path, given: dict[str, ast.expr], name: str, kind: type):
    """The value of an assignment in a class; None where there is none."""
    if name not in given:
        return None
    try:
        value = ast.literal_eval(given[name])
    except ValueError:
        value = None
    if not isinstance(value, kind) or not all(isinstance(part, str) for part in value):
        what = "the name of an instance" if kind is str else "a tuple of properties' names"
        raise OutsideFragment("P111", f"`{name}` is not {what}",
                              Loc(str(file), given[name].lineno))
    return value


# ── writing ──────────────────────────────────────────────────────────────────────────────────

def lemma_text(name: str, sizes: Mapping[str, str], lemmas: Sequence[str], before: str = "", *,
               instance: str | None = None, proves: Sequence[str] = ()) -> str:
    """The file's new text: `before` with the lemmas of the spec `name` replaced, or added.

    Raises SyntaxError where `before` is not Python.
    """
    found = _class_of(ast.parse(before), name)
    text = "\n".join([f"class {name}:", f'    """Proved for every number of {counted(sizes)}."""',
                      *_declared(instance, proves), *_functions(lemmas)])
    if found is None:
        return f"{(before or HEADING).rstrip()}\n\n\n{text}\n"
    lines = before.splitlines()
    return "\n".join([*lines[:found.lineno - 1], text, *lines[found.end_lineno:]]) + "\n"


def counted(sizes: Mapping[str, str]) -> str:
    """`groups, pages`: the constants that set the sizes; an Index itself where no constant alone
    sets its size."""
    return ", ".join(dict.fromkeys(number if number.isidentifier() else index
                                   for index, number in sizes.items()))


def _declared(instance: str | None, proves: Sequence[str]) -> Iterator[str]:
    if instance is not None or proves:
        yield ""
    if instance is not None:
        yield f'    {INSTANCE} = "{instance}"'
    if proves:
        names = ", ".join(f'"{name}"' for name in proves) + "," * (len(proves) == 1)
        yield from textwrap.wrap(f"{PROVES} = ({names})", 99, initial_indent=" " * 4,
                                 subsequent_indent=" " * 14)


def _functions(lemmas: Sequence[str]) -> Iterator[str]:
    for number, lemma in enumerate(lemmas, 1):
        yield f"\n    def lemma_{number}(self):"
        yield from _wrapped(lemma)


def _wrapped(lemma: str) -> list[str]:
    """A `return` of at most 100 columns where the text has a place to break it."""
    line = f"        return {lemma}"
    if len(line) <= 100:
        return [line]
    words = re.findall(r'(?:"[^"]*"|[^ "])+', lemma)        # names may have spaces in them
    lines = ["        return ("]
    current = "           "
    for word in words:
        if len(current) + 1 + len(word) > 99:
            lines.append(current)
            current = "           "
        current += f" {word}"
    return [*lines, current + ")"]
