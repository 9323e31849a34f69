"""`checker new`: a spec to start from, which verifies as it is."""
from __future__ import annotations

import keyword
import pathlib
import re

import click
import jinja2

from checker.errors import EXIT_OK, UserError
from checker.face.find import HOME, MODEL
from checker.face.terminal import console, write_file

TEMPLATE = "spec.py.jinja"


@click.command()
@click.argument("name")
def new(name: str) -> int:
    """Start a spec from a commented example that verifies.

    NAME is a word, for spec/NAME/model.py, or the path of a new Python file.
    """
    path = pathlib.Path(name)
    if path.suffix != ".py":
        if not name.isidentifier() or keyword.iskeyword(name):
            raise UserError(f"{name}: neither a word for a new folder in {HOME}/ nor a path that "
                            "ends in .py", hint="use letters, digits and _ only")
        path = HOME / name / MODEL
    if path.exists():
        raise UserError(f"{path} exists already and is not overwritten")
    stem = path.parent.name if path.name == MODEL else path.stem
    write_file(path, render(class_name(stem)))
    console().print(f"{path} is written; next: checker verify {path}")
    return EXIT_OK


def class_name(stem: str) -> str:
    """`ring_buffer` as `RingBuffer`; always a name that Python takes."""
    words = re.findall(r"[^\W_]+", stem)
    name = "".join(word[0].upper() + word[1:] for word in words)
    return name if name.isidentifier() else f"Spec{name}"


def render(name: str) -> str:
    """The text of the example, its component called `name`."""
    environment = jinja2.Environment(loader=jinja2.PackageLoader("checker.face"),
                                     undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    return environment.get_template(TEMPLATE).render(name=name)
