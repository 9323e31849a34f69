"""`checker list` and `checker explain`: what there is, and what a word means."""
from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import click

from checker.codes import CODES
from checker.engines.smt.anysize.refuse import REASONS
from checker.errors import EXIT_OK, SpecError, UserError
from checker.face.find import find_specs
from checker.face.ledger import Ledger, constants_text
from checker.face.options import show_value
from checker.face.plan import default_instance
from checker.face.terminal import complain, console
from checker.frontend import Spec
from checker.frontend.refuse import did_you_mean
from checker.ir.system import IMPLICIT
from checker.results.render import WIDTH
from checker.source import short_path

IMPLICIT_MEANING = {
    "deadlock": "No process can step and one that is no daemon is not done; or a process waits "
                "for a lock whose holder\ncan never release it, a finished process or one that "
                "waits in a circle with it.",
    "assertion": "An `assert` in a process is false.",
    "overflow": "A number leaves the range of its Int. Nothing wraps silently; Wrapping(bits) "
                "does on purpose.",
    "none_used": "None is used where a value is needed, an element of a Maybe.",
    "bad_key": "A map is read or written at a key that it does not have.",
    "queue_full": "Something is put into a queue that is full.",
    "queue_empty": "Something is taken, without waiting, from a queue that is empty.",
    "empty_choice": "`pick` has nothing to pick from.",
    "division": "A number is divided by zero, or a remainder by zero is taken.",
    "reentry": "A process acquires a lock that it holds already.",
    "release": "A process releases a lock that it does not hold.",
}
assert set(IMPLICIT_MEANING) == set(IMPLICIT)

MEANINGS = {**CODES, **REASONS, **IMPLICIT_MEANING}


@click.command(name="list")
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
def list_specs(specs: Sequence[str]) -> int:
    """List specs: instances, constants, properties, faults."""
    ledger = Ledger(console())
    found, errors = find_specs(specs)
    for number, spec in enumerate(found):
        if number:
            ledger.line("")
        try:
            _list(ledger, spec)
        except SpecError as error:
            errors.append(error)
    for error in errors:
        complain(error)
    return errors[0].exit_status if errors else EXIT_OK


def _list(ledger: Ledger, spec: Spec) -> None:
    ledger.line(f"{spec.name}  {short_path(spec.path)}", "bold")
    if spec.doc:
        ledger.line(f"  {_first_line(spec.doc)}", "italic")
    for heading, entries in _sections(spec):
        for number, entry in enumerate(entries):
            line = f"  {'' if number else heading:<10}  {entry}"
            for part in textwrap.wrap(line, WIDTH, subsequent_indent=" " * 18,
                                      break_long_words=False, break_on_hyphens=False):
                ledger.line(part)


def _sections(spec: Spec) -> Iterator[tuple[str, list[str]]]:
    """The parts of a listing: a heading and its lines."""
    default = default_instance(spec)
    yield "instances", _columns([
        [name + " (default)" * (name == default), constants_text(given)]
        for name, given in spec.instances.items()])
    constants = "  ".join(_constant(name, value) for name, value in spec.constants.items())
    yield "constants", textwrap.wrap(constants, WIDTH - 14, break_long_words=False,
                                     break_on_hyphens=False)
    properties = spec.system(default).properties
    width = max((len(p.name) for p in properties), default=0)
    for kind in dict.fromkeys(p.kind for p in properties):
        yield kind.replace("step_invariant", "every step").replace("_", " "), [
            f"{p.name:<{width}}  {_first_line(p.doc)}" for p in properties if p.kind == kind]
    for heading, wanted in (("faults", False), ("findings", True)):
        chosen = [fault for fault in spec.faults if fault.finding is wanted]
        width = max((len(fault.name) for fault in chosen), default=0)
        yield heading, [f"{f.name:<{width}}  breaks {', '.join(f.broken)}"
                        + (f"; {f.cite}" if f.cite else "") for f in chosen]


def _constant(name: str, value: Any) -> str:
    return name if value is inspect.Parameter.empty else f"{name}={show_value(value)}"


def _first_line(doc: str) -> str:
    return doc.strip().splitlines()[0] if doc.strip() else ""


def _columns(table: list[list[str]]) -> list[str]:
    """The rows as lines, each column as wide as its widest entry."""
    widths = [max(map(len, column)) for column in zip(*table)]
    return ["  ".join(f"{text:<{width}}" for text, width in zip(row, widths)).rstrip()
            for row in table]


@click.command()
@click.argument("code")
def explain(code: str) -> int:
    """Say what a code (E101, P101) or an implicit property (deadlock) means."""
    wanted = code.strip("[]")
    text = MEANINGS.get(wanted.upper()) or MEANINGS.get(wanted.lower())
    if text is None:
        raise UserError(f"there is no code {code!r}", hint=did_you_mean(code, MEANINGS))
    click.echo(text)
    return EXIT_OK
