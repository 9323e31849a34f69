"""Values of options: constants, sizes; each with its inverse where commands are printed."""
from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterable
from typing import Any

from checker.engines.native import REDUCTIONS, Reduction
from checker.errors import UserError

SETTING = re.compile(r"[A-Za-z_]\w*=")
"""How a word begins that belongs to a `--set` before it."""

UNITS = {"": 1, "K": 2 ** 10, "M": 2 ** 20, "G": 2 ** 30, "T": 2 ** 40}
_SIZE = re.compile(r"(\d+)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)


def parse_settings(words: Iterable[str]) -> dict[str, Any]:
    """`groups=3`, `vote=after attach`: values are Python literals, or else strings."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.isidentifier():
            raise UserError(f"--set {word}: not of the form NAME=VALUE")
        if name in found:
            raise UserError(f"--set {word}: {name} is set twice")
        found[name] = parse_value(text)
    return found


def parse_value(text: str) -> Any:
    """A Python literal, or else the text itself."""
    if text in ("true", "false"):
        # As a string, either would be true.
        raise UserError(f"{text}: values are written as in Python: {text.capitalize()}",
                        hint=f"for the string, write '\"{text}\"'")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def show_value(value: Any) -> str:
    """The inverse of `parse_value`."""
    if not isinstance(value, str):
        return repr(value)
    try:
        plain = parse_value(value) == value
    except UserError:
        plain = False
    return value if plain else repr(value)


def show_settings(constants: dict[str, Any]) -> str:
    """The constants as words of a shell command."""
    return " ".join(f"{name}={shlex.quote(show_value(value))}"
                    for name, value in constants.items())


def spread_settings(args: Iterable[str]) -> list[str]:
    """Let one `--set` take several words: `--set a=1 b=2` becomes `--set a=1 --set b=2`."""
    spread: list[str] = []
    setting = False
    for arg in args:
        if setting and SETTING.match(arg) and spread[-1] != "--set":
            spread.append("--set")
        elif spread[-1:] != ["--set"]:
            setting = arg == "--set"
        spread.append(arg)
    return spread


def parse_reductions(text: str) -> tuple[Reduction, ...]:
    """`symmetry,partial-order,local`, some of them, or `none`."""
    if text.strip() == "none":
        return ()
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in REDUCTIONS:
            raise UserError(f"{text}: there is no reduction {name!r}: write "
                            f"{', '.join(REDUCTIONS)} (or several with commas), or none")
    return tuple(name for name in REDUCTIONS if name in names)


def parse_size(text: str) -> int:
    """`4GiB`, `500M`, `1024`: bytes; the units are powers of 1024."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise UserError(f"{text}: not a size; write for example 4GiB or 500M")
    return int(match[1]) * UNITS[match[2].upper()]


def show_size(number: float) -> str:
    """Bytes for people: `4.0 GiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"
