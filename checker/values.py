"""Values of the types: plain, canonical, immutable Python objects.

| type            | value                                                          |
|-----------------|----------------------------------------------------------------|
| Bool            | bool                                                           |
| Int, Wrapping, Range | int                                                       |
| Enum            | str, the member                                                |
| Index           | int, the element's number (shown as `group0`)                  |
| Maybe           | None or the value                                              |
| Set             | frozenset                                                      |
| Map             | tuple of the values, in the order of `domain(key)`             |
| Record          | tuple of the fields' values, in order of declaration           |
| Queue           | tuple, head first                                              |
| Lock            | None, or the holder's number in `System.instances`             |

One value has one representation, so equality and hashing of states are those of tuples.
"""
from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Any

from checker.types import (ANY, LOWEST, Bool, Enum, Index, Int, Lock, Map, Maybe, Queue, Range,
                           Record, Set, Type, Wrapping)

Value = Any


@functools.lru_cache(maxsize=None)
def domain(of: Type) -> tuple[Value, ...]:
    """All values of a scalar type, in order."""
    match of:
        case Bool():
            return False, True
        case Int(lo, hi):
            return tuple(range(lo, hi + 1))
        case Wrapping(bits):
            return tuple(range(2 ** bits))
        case Enum(members):
            return members
        case Index(_, n) | Range(n):
            return tuple(range(n))
    raise TypeError(f"{of} is not enumerated in order")


def ordinal(of: Type, value: Value) -> int:
    """The position of `value` in `domain(of)`."""
    match of:
        case Bool():
            return int(value)
        case Int(lo, _):
            return value - lo
        case Enum(members):
            return members.index(value)
    return value


def all_values(of: Type) -> Iterator[Value]:
    """Every value of any type but Lock; for `init=ANY` and for tests on small types."""
    match of:
        case Maybe(inner):
            yield None
            yield from all_values(inner)
        case Set(inner):
            elements = domain(inner)
            for bits in itertools.product((False, True), repeat=len(elements)):
                yield frozenset(e for e, bit in zip(elements, bits) if bit)
        case Map(key, value):
            yield from itertools.product(tuple(all_values(value)), repeat=len(domain(key)))
        case Record(fields):
            yield from itertools.product(*(tuple(all_values(t)) for _, t in fields))
        case Queue(inner, capacity):
            for length in range(capacity + 1):
                yield from itertools.product(tuple(all_values(inner)), repeat=length)
        case Lock():
            yield None
        case _:
            yield from domain(of)


def lowest(of: Type) -> Value:
    """The value that a dead local and a variable without `init=` have."""
    match of:
        case Bool():
            return False
        case Int(lo, _):
            return lo
        case Wrapping() | Index() | Range():
            return 0
        case Enum(members):
            return members[0]
        case Maybe() | Lock():
            return None
        case Set():
            return frozenset()
        case Map(key, value):
            return (lowest(value),) * len(domain(key))
        case Record(fields):
            return tuple(lowest(t) for _, t in fields)
        case Queue():
            return ()
    raise TypeError(of)


def initial_values(of: Type) -> tuple[Value, ...]:
    """The initial values that a declaration of this type allows, `init=` of its parts included.

    Raises ValueError where an `init=` is not a value of the type.
    """
    if of.init is ANY:
        return tuple(all_values(of))
    if of.init is not LOWEST:
        return (from_python(of, of.init),)
    match of:
        case Map(key, value):
            return tuple(itertools.product(initial_values(value), repeat=len(domain(key))))
        case Record(fields):
            return tuple(itertools.product(*(initial_values(t) for _, t in fields)))
    return (lowest(of),)


def from_python(of: Type, thing: Any) -> Value:
    """A canonical value from what an author writes in Python: dicts for maps, sets, lists.

    Raises ValueError where `thing` is not a value of the type.
    """
    match of:
        case Maybe(inner):
            return None if thing is None else from_python(inner, thing)
        case Set(inner) if isinstance(thing, (set, frozenset, list, tuple)):
            return frozenset(from_python(inner, element) for element in thing)
        case Map(key, value) if isinstance(thing, dict):
            given = {from_python(key, k): from_python(value, v) for k, v in thing.items()}
            if set(given) == set(domain(key)):
                return tuple(given[k] for k in domain(key))
        case Map(key, value) if not isinstance(thing, (tuple, list)):
            return (from_python(value, thing),) * len(domain(key))
        case Map(key, value) if len(thing) == len(domain(key)):
            return tuple(from_python(value, v) for v in thing)
        case Record(fields) if isinstance(thing, dict) and set(thing) == {n for n, _ in fields}:
            return tuple(from_python(t, thing[name]) for name, t in fields)
        case Queue(inner, capacity) if isinstance(thing, (list, tuple)) and len(thing) <= capacity:
            return tuple(from_python(inner, element) for element in thing)
        case _:
            if belongs(of, thing):
                return thing
    raise ValueError(f"{thing!r} is not a value of {of}")


def belongs(of: Type, value: Any) -> bool:
    """Whether `value` is a canonical value of the type."""
    match of:
        case Bool():
            return isinstance(value, bool)
        case Int(lo, hi):
            return type(value) is int and lo <= value <= hi
        case Wrapping(bits):
            return type(value) is int and 0 <= value < 2 ** bits
        case Index(_, n) | Range(n):
            return type(value) is int and 0 <= value < n
        case Enum(members):
            return isinstance(value, str) and value in members
        case Maybe(inner):
            return value is None or belongs(inner, value)
        case Set(inner):
            return isinstance(value, frozenset) and all(belongs(inner, e) for e in value)
        case Map(key, inner):
            return (isinstance(value, tuple) and len(value) == len(domain(key))
                    and all(belongs(inner, v) for v in value))
        case Record(fields):
            return (isinstance(value, tuple) and len(value) == len(fields)
                    and all(belongs(t, v) for (_, t), v in zip(fields, value)))
        case Queue(inner, capacity):
            return (isinstance(value, tuple) and len(value) <= capacity
                    and all(belongs(inner, v) for v in value))
        case Lock():
            return value is None or (type(value) is int and value >= 0)
    return False


def show(of: Type, value: Value) -> str:
    """A value as a person reads it: `group0`, `{page1, page2}`, `{group0: True}`."""
    match of:
        case Index(name, _):
            return f"{name}{value}"
        case Maybe(inner):
            return "None" if value is None else show(inner, value)
        case Set(inner):
            elements = sorted(value, key=lambda e: ordinal(inner, e))
            return "{" + ", ".join(show(inner, e) for e in elements) + "}"
        case Map(key, inner):
            pairs = zip(domain(key), value)
            return "{" + ", ".join(f"{show(key, k)}: {show(inner, v)}" for k, v in pairs) + "}"
        case Record(fields):
            pairs = zip(fields, value)
            return "(" + ", ".join(f"{name}={show(t, v)}" for (name, t), v in pairs) + ")"
        case Queue(inner, _):
            return "[" + ", ".join(show(inner, v) for v in value) + "]"
    return str(value)
