"""How a worker sends what it has found: the answer at once, traces and systems packed.

A report mostly says that a trace exists and how long it is. But traces, and the systems they speak
of, are most of what a worker has to tell, and unpacking them takes nearly as long as certifying
them did. So they cross as they are packed, and open when somebody looks into one: from then on it
is an ordinary `Trace` or `System`.
"""
from __future__ import annotations

import functools
import io
import pickle
from typing import Any

from checker.ir.system import System
from checker.results.trace import Trace

Packed = tuple[bytes, bytes]
"""A thing without its traces and systems, and these."""


def pack(thing: Any) -> Packed:
    """What to send of anything that can be pickled."""
    file = io.BytesIO()
    packer = _Packer(file)
    packer.dump((packer.box, thing))
    return file.getvalue(), pickle.dumps(packer.apart, pickle.HIGHEST_PROTOCOL)


def unpack(packed: Packed) -> Any:
    """The thing again, its traces and systems yet unopened."""
    box, thing = pickle.loads(packed[0])
    box.content = packed[1]
    return thing


class _Box:
    """Packed things that are opened together, for they have parts in common."""

    content: bytes

    @functools.cached_property
    def things(self) -> list[Any]:
        return pickle.loads(self.content)


class _Packer(pickle.Pickler):
    """Puts aside what is of a class in UNOPENED."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.box = _Box()
        self.apart: list[Any] = []

    def reducer_override(self, thing: Any) -> Any:
        if type(thing) not in UNOPENED:
            return NotImplemented
        self.apart.append(thing)
        return _unopened, (type(thing), self.box, len(self.apart) - 1)


def _unopened(of: type, box: _Box, number: int) -> Any:
    thing = object.__new__(UNOPENED[of])
    object.__getattribute__(thing, "__dict__").update(box=box, number=number)
    return thing


def _class_of_unopened(of: type) -> type:
    """Of objects that become one of class `of` when any attribute of theirs is asked for."""
    def look(thing: Any, name: str) -> Any:
        own = object.__getattribute__(thing, "__dict__")
        whole = own["box"].things[own["number"]]
        object.__setattr__(thing, "__class__", of)
        own.clear()
        own.update(vars(whole))
        return getattr(thing, name)

    return type(f"Unopened{of.__name__}", (of,), {"__getattribute__": look})


UNOPENED = {of: _class_of_unopened(of) for of in (Trace, System)}
