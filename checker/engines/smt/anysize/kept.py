"""The file in which lemmas are kept beside a spec: a class for each spec, a function for each one.

Writing replaces the class of one spec and leaves the rest of the file as its author wants it.
"""
from __future__ import annotations

import ast
import pathlib
import re
from collections.abc import Iterator, Sequence

HEADING = '"""Lemmas for proofs of every size: read, not run; edit them, add to them."""\n'


def lemma_file(path: str) -> pathlib.Path:
    """Where the lemmas of a spec are kept: `lemmas.py` beside a `model.py`."""
    file = pathlib.Path(path)
    name = "lemmas.py" if file.stem == "model" else f"{file.stem}_lemmas.py"
    return file.with_name(name)


def lemma_text(name: str, sizes: Sequence[str], lemmas: Sequence[str], before: str = "") -> str:
    """The file's new text: `before` with the lemmas of the spec `name` replaced, or added.

    Raises SyntaxError where `before` is not Python.
    """
    found = next((node for node in ast.parse(before).body
                  if isinstance(node, ast.ClassDef) and node.name == name), None)
    text = "\n".join(_class(name, sizes, lemmas))
    if found is None:
        return f"{(before or HEADING).rstrip()}\n\n\n{text}\n"
    lines = before.splitlines()
    return "\n".join([*lines[:found.lineno - 1], text, *lines[found.end_lineno:]]) + "\n"


def _class(name: str, sizes: Sequence[str], lemmas: Sequence[str]) -> Iterator[str]:
    yield f"class {name}:"
    yield f'    """Proved for every number of {", ".join(sizes)}."""'
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
