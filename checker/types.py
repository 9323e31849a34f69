"""The types of the language. Every type is finite.

The same objects are what a spec's author writes (`Int(0, 3)`), what the IR carries and what the
engines lay out. `init` is the initial value of a state variable of that type; it is no part of
the type's identity, so it is left out of equality.
"""
from __future__ import annotations

import enum
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Union


class Any_(enum.Enum):
    """`ANY` as an `init=`: every value of the type is an initial value."""

    ANY = "ANY"

    def __repr__(self) -> str:
        return "ANY"


ANY = Any_.ANY
LOWEST = None          # `init=LOWEST`, the default: the type's lowest value


def _init() -> Any:
    return field(default=LOWEST, compare=False, kw_only=True, repr=False)


@dataclass(frozen=True)
class Bool:
    """False or True."""

    init: Any = _init()

    def __str__(self) -> str:
        return "Bool"


@dataclass(frozen=True)
class Int:
    """An integer from `lo` to `hi`, both included. Leaving the range is a violation."""

    lo: int
    hi: int
    init: Any = _init()

    def __post_init__(self) -> None:
        if not (isinstance(self.lo, int) and isinstance(self.hi, int)):
            raise TypeError("Int(lo, hi) takes two integers")
        if self.lo > self.hi:
            raise ValueError(f"Int({self.lo}, {self.hi}) has no value: lo is above hi")
        if max(abs(self.lo), abs(self.hi)) >= 2 ** 62:
            raise ValueError("Int(lo, hi): the bounds must lie within 62 bits")

    def __str__(self) -> str:
        return f"Int({self.lo}, {self.hi})"


@dataclass(frozen=True)
class Wrapping:
    """An unsigned integer of `bits` bits whose assignments wrap modulo 2**bits, as in C."""

    bits: int
    init: Any = _init()

    def __post_init__(self) -> None:
        if not (isinstance(self.bits, int) and 1 <= self.bits <= 32):
            raise ValueError("Wrapping(bits) takes 1 to 32 bits")

    def __str__(self) -> str:
        return f"Wrapping({self.bits})"


@dataclass(frozen=True, init=False)
class Enum:
    """One of several names: `Enum("idle", "busy")`; in a spec its values are the strings."""

    members: tuple[str, ...]
    init: Any = _init()

    def __init__(self, *members: str, init: Any = LOWEST) -> None:
        if not members or not all(isinstance(m, str) and m for m in members):
            raise TypeError('Enum takes names: Enum("idle", "busy")')
        if len(set(members)) < len(members):
            raise ValueError("Enum: a name stands twice")
        object.__setattr__(self, "members", tuple(members))
        object.__setattr__(self, "init", init)

    def __str__(self) -> str:
        return f"Enum({', '.join(self.members)})"


@dataclass(frozen=True)
class Index:
    """A finite set of interchangeable identities; its elements know only `==` and `!=`.

    Two indices with the same name are the same set.
    """

    name: str
    size: int
    init: Any = _init()

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.isidentifier():
            raise TypeError('Index(name, size) takes a name: Index("group", 2)')
        if not isinstance(self.size, int) or self.size < 1:
            raise ValueError(f'Index("{self.name}", {self.size}): the size must be at least 1')

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Range:
    """The integers 0 to size-1: an ordered set of identities."""

    size: int
    init: Any = _init()

    def __post_init__(self) -> None:
        if not isinstance(self.size, int) or self.size < 1:
            raise ValueError(f"Range({self.size}): the size must be at least 1")

    def __str__(self) -> str:
        return f"Range({self.size})"


@dataclass(frozen=True)
class Maybe:
    """None or a value of the type `of`."""

    of: Type
    init: Any = _init()

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", as_type(self.of))
        if isinstance(self.of, Maybe):
            raise TypeError("Maybe(Maybe(...)): None would have two meanings")

    def __str__(self) -> str:
        return f"Maybe({self.of})"


@dataclass(frozen=True)
class Set:
    """A set of values of the scalar type `of`."""

    of: Type
    init: Any = _init()

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", _key_type("Set", self.of))

    def __str__(self) -> str:
        return f"Set({self.of})"


@dataclass(frozen=True, init=False)
class Map:
    """A total function: `Map(key, value)`; `Map(a, b, value)` is `Map(a, Map(b, value))`."""

    key: Type
    value: Type
    init: Any = _init()

    def __init__(self, key: Any, value: Any, *more: Any, init: Any = LOWEST) -> None:
        object.__setattr__(self, "key", _key_type("Map", key))
        object.__setattr__(self, "value", Map(value, *more) if more else as_type(value))
        object.__setattr__(self, "init", init)

    def __str__(self) -> str:
        return f"Map({self.key}, {self.value})"


@dataclass(frozen=True, init=False)
class Record:
    """Named fields: `Record(page=page, dirty=Bool)`; build one with `Type(page=p, dirty=True)`."""

    fields: tuple[tuple[str, Type], ...]
    init: Any = _init()

    def __init__(self, *, init: Any = LOWEST, **fields: Any) -> None:
        if not fields:
            raise TypeError("Record takes fields: Record(page=Range(4), dirty=Bool)")
        typed = tuple((name, as_type(of)) for name, of in fields.items())
        object.__setattr__(self, "fields", typed)
        object.__setattr__(self, "init", init)

    def field_type(self, name: str) -> Type | None:
        return dict(self.fields).get(name)

    def position(self, name: str) -> int:
        return [field_name for field_name, _ in self.fields].index(name)

    def __call__(self, **values: Any) -> RecordValue:
        """A value of this record, while CPython runs a spec. Raises TypeError for wrong fields."""
        if set(values) != {name for name, _ in self.fields}:
            raise TypeError(f"{self} takes exactly its fields, not {', '.join(values)}")
        return RecordValue(**values)

    def __str__(self) -> str:
        return f"Record({', '.join(f'{name}={of}' for name, of in self.fields)})"


class RecordValue(types.SimpleNamespace):
    """A record while CPython runs a spec: its fields are attributes, equality is by value."""


@dataclass(frozen=True)
class Queue:
    """A first-in first-out queue; putting into a full one is a violation."""

    of: Type
    capacity: int
    init: Any = _init()

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", as_type(self.of))
        if not isinstance(self.capacity, int) or self.capacity < 1:
            raise ValueError("Queue(of, capacity): the capacity must be at least 1")

    def __str__(self) -> str:
        return f"Queue({self.of}, {self.capacity})"


@dataclass(frozen=True)
class Lock:
    """A mutual-exclusion lock: free, or held by one process instance.

    Its values are None (free) and the holder's number in `System.instances`.
    """

    init: Any = _init()

    def __str__(self) -> str:
        return "Lock"


Type = Union[Bool, Int, Wrapping, Enum, Index, Range, Maybe, Set, Map, Record, Queue, Lock]
TYPES = (Bool, Int, Wrapping, Enum, Index, Range, Maybe, Set, Map, Record, Queue, Lock)
NUMBERS = (Int, Wrapping, Range)
SCALARS = (Bool, Int, Wrapping, Enum, Index, Range)


def as_type(thing: Any) -> Type:
    """`thing` as a type: a type, or `Bool` / `Lock` written without parentheses.

    Raises TypeError for anything else.
    """
    if thing in (Bool, Lock):
        return thing()
    if isinstance(thing, TYPES):
        return thing
    raise TypeError(f"{thing!r} is not a type of the language")


def _key_type(owner: str, thing: Any) -> Type:
    of = as_type(thing)
    if not isinstance(of, SCALARS):
        raise TypeError(f"{owner}: {of} cannot be enumerated here; use Bool, Int, Enum, Index "
                        "or Range")
    if size(of) > 4096:
        raise ValueError(f"{owner}: {of} has {size(of)} values; at most 4096 are supported")
    return of


def size(of: Type) -> int:
    """How many values the type has. A Lock counts as one: its holders depend on the system."""
    match of:
        case Bool():
            return 2
        case Int(lo, hi):
            return hi - lo + 1
        case Wrapping(bits):
            return 2 ** bits
        case Enum(members):
            return len(members)
        case Index(_, n) | Range(n):
            return n
        case Maybe(inner):
            return size(inner) + 1
        case Set(inner):
            return 2 ** size(inner)
        case Map(key, value):
            return size(value) ** size(key)
        case Record(fields):
            product = 1
            for _, field_type in fields:
                product *= size(field_type)
            return product
        case Queue(inner, capacity):
            return sum(size(inner) ** length for length in range(capacity + 1))
        case Lock():
            return 1
    raise TypeError(of)


def bounds(of: Type) -> tuple[int, int]:
    """Lowest and highest value of a number type."""
    match of:
        case Int(lo, hi):
            return lo, hi
        case Wrapping(bits):
            return 0, 2 ** bits - 1
        case Range(n):
            return 0, n - 1
    raise TypeError(f"{of} is not a number")


def parts(of: Type) -> Iterator[Type]:
    """A type and the types in it, at any depth."""
    yield of
    match of:
        case Maybe(inner) | Set(inner) | Queue(inner, _):
            yield from parts(inner)
        case Map(key, value):
            yield from parts(key)
            yield from parts(value)
        case Record(fields):
            for _, inner in fields:
                yield from parts(inner)


def contains(of: Type, kinds: Iterable[type]) -> bool:
    """Whether one of the classes `kinds` occurs in the type, at any depth."""
    wanted = tuple(kinds)
    return any(isinstance(part, wanted) for part in parts(of))
