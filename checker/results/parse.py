"""JSON from strangers, within limits.

Python's parser is fast but generous: it takes NaN, numbers of any size, one key twice (and keeps
the last), any depth up to its own stack. Here each of these is refused, with the place where
that is known, before anything looks at the content. Control characters are refused as well,
since parts of a trace are printed on terminals.
"""
from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

DEEPEST = 60            # levels of nesting; a value of the language nests far less
MOST_DIGITS = 18        # every number of the language lies within 62 bits

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069]")

Refuse = Callable[[str, str], Exception]
"""Makes the error from a place and a cause."""


class _Refused(Exception):
    """Something that JSON has or Python takes, and we do not."""


def parse_json(data: bytes, refuse: Refuse) -> Any:
    """The document. Raises what `refuse` makes where it is not acceptable."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refuse(f"byte {error.start}", "not UTF-8") from error
    try:
        raw = json.loads(text, object_pairs_hook=_once, parse_int=_integer,
                         parse_float=_no_fraction, parse_constant=_no_fraction)
    except json.JSONDecodeError as error:
        cause = "the file ends too early" if error.pos >= len(text.rstrip()) else error.msg
        raise refuse(f"line {error.lineno}, column {error.colno}", cause) from error
    except RecursionError as error:
        raise refuse("", "nested too deeply") from error
    except _Refused as error:
        raise refuse("", str(error)) from error
    _inspect(raw, refuse)
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Refused(f"the key {json.dumps(key[:100])} stands twice in one object")
        found[key] = value
    return found


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MOST_DIGITS:
        raise _Refused(f"a number of {len(digits)} digits")
    return int(digits)


def _no_fraction(text: str) -> Any:
    raise _Refused(f"the number {text[:40]}: only integers occur in a trace")


def _inspect(raw: Any, refuse: Refuse) -> None:
    """Depth and strings, without recursion of our own."""
    pending = [(raw, 1)]
    while pending:
        node, depth = pending.pop()
        if depth > DEEPEST:
            raise refuse("", "nested too deeply")
        if isinstance(node, str):
            found = _CONTROL.search(node)
            if found:
                raise refuse("", f"a string with the character U+{ord(found.group()):04X}")
        elif isinstance(node, dict):
            pending.extend((part, depth + 1) for part in node)
            pending.extend((part, depth + 1) for part in node.values())
        elif isinstance(node, list):
            pending.extend((part, depth + 1) for part in node)
