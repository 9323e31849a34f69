"""Live objects: what stands in a spec's attributes while CPython runs it.

Numbers, Bools and Enum members are Python's own; what they may be is checked where they are
stored (`fit`). An element of an Index is an object that knows `==` and nothing more. Maps, sets,
queues, records and locks enforce the rules whose violation is an implicit property. Storing a
set or a record copies it: a state variable is a value, not a reference.

`canonical` and `revive` translate between live objects and the values of `checker/values.py`.
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checker.engines.live.violation import Defect, Violation
from checker.lang.waiting import DRIVER, Wait
from checker.types import (NUMBERS, Index, Int, Lock, Map, Maybe, Queue, Range, Record, Set,
                           Type, Wrapping, bounds)
from checker.values import Value, belongs, domain


class Element:
    """An element of an Index: equal to itself, unequal to the others, and nothing else."""

    __slots__ = ("index", "number")

    def __init__(self, index: str, number: int) -> None:
        self.index, self.number = index, number

    def __eq__(self, other: object) -> bool:
        if other is not None and not (isinstance(other, Element) and other.index == self.index):
            raise Defect(f"{self} is compared with {other!r}")
        return isinstance(other, Element) and other.number == self.number

    def __hash__(self) -> int:
        return hash((self.index, self.number))

    def __repr__(self) -> str:
        return f"{self.index}{self.number}"


class Domain:
    """A type as a set to run through: what an Index or Range attribute is.

    An Index is run through backwards, unlike everywhere else: nothing may depend on the order
    of its elements, and what does shows as a difference.
    """

    def __init__(self, of: Type) -> None:
        self.of = of

    def __iter__(self) -> Iterator[Any]:
        values = domain(self.of)
        in_order = reversed(values) if isinstance(self.of, Index) else values
        return (revive(self.of, value) for value in in_order)

    def __len__(self) -> int:
        return len(domain(self.of))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of, name)


# ── storing ──────────────────────────────────────────────────────────────────────────────────

def fit(of: Type, value: Any) -> Any:
    """`value` as a place of type `of` holds it. Raises Violation where it has no room there."""
    if value is None:
        if isinstance(of, Maybe):
            return None
        raise Violation("none_used", f"None is stored where a {of} belongs")
    match of:
        case Maybe(inner):
            return fit(inner, value)
        case Wrapping(bits):
            return _number(of, value) % 2 ** bits
        case Int() | Range():
            lo, hi = bounds(of)
            if not lo <= _number(of, value) <= hi:
                raise Violation("overflow", f"{value} leaves {of}")
            return value
        case Set(inner):
            return LiveSet(inner, value)
        case Map() | Queue() | Record() if getattr(value, "of", None) == of:
            return revive(of, canonical(of, value))
    if isinstance(of, Lock) or not belongs(of, _plain(of, value)):
        raise Defect(f"{value!r} is stored where a {of} belongs")
    return value


def _number(of: Type, value: Any) -> int:
    if type(value) is not int:
        raise Defect(f"{value!r} is stored where a {of} belongs")
    return value


def _plain(of: Type, value: Any) -> Any:
    """An element as its number, if it is one of the Index `of`; everything else as it is."""
    if isinstance(value, Element):
        return value.number if isinstance(of, Index) and of.name == value.index else value
    return None if isinstance(of, Index) else value


def known(of: Type, key: Any) -> Any:
    """A key that has to be one of the values of the scalar type `of`."""
    if key is None:
        raise Violation("none_used", f"None is used as one of {of}")
    if isinstance(of, NUMBERS):
        lo, hi = bounds(of)
        if not lo <= _number(of, key) <= hi:
            raise Violation("bad_key", f"{key} lies outside {of}")
    elif not belongs(of, _plain(of, key)):
        raise Defect(f"{key!r} is used where one of {of} belongs")
    return key


# ── containers ───────────────────────────────────────────────────────────────────────────────

class LiveMap:
    """A total function. `m[a, b]` is `m[a][b]`."""

    def __init__(self, of: Map, values: tuple[Any, ...]) -> None:
        self.of = of
        keys = (revive(of.key, value) for value in domain(of.key))
        self.values = dict(zip(keys, values))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            first, *rest = key
            inner = self[first]
            return inner[tuple(rest) if len(rest) > 1 else rest[0]]
        return self.values[known(self.of.key, key)]

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, tuple):
            *rest, last = key
            self[tuple(rest) if len(rest) > 1 else rest[0]][last] = value
        else:
            key = known(self.of.key, key)
            self.values[key] = fit(self.of.value, value)


class LiveSet:
    """A set of values of a scalar type. It has no `|=`: that makes a new set, as for an int."""

    __hash__ = None        # type: ignore[assignment]

    def __init__(self, of: Type, elements: Any) -> None:
        self.of = of
        self.elements = {fit(of, element) for element in elements}

    def __iter__(self) -> Iterator[Any]:
        return iter([element for element in Domain(self.of) if element in self.elements])

    def __len__(self) -> int:
        return len(self.elements)

    def __contains__(self, element: Any) -> bool:
        if element is None:
            raise Violation("none_used", "None is looked for in a set")
        return element in self.elements

    def add(self, element: Any) -> None:
        self.elements.add(fit(self.of, element))

    def discard(self, element: Any) -> None:
        self.elements.discard(known(self.of, element))

    def remove(self, element: Any) -> None:
        if known(self.of, element) not in self.elements:
            raise Violation("bad_key", f"{element!r} is not in the set")
        self.elements.remove(element)

    def __or__(self, other: Any) -> LiveSet:
        return LiveSet(self.of, self.elements | set(other))

    def __and__(self, other: Any) -> LiveSet:
        return LiveSet(self.of, self.elements & set(other))

    def __sub__(self, other: Any) -> LiveSet:
        return LiveSet(self.of, self.elements - set(other))

    def __ror__(self, other: Any) -> LiveSet:
        return LiveSet(self.of, set(other) | self.elements)

    def __rand__(self, other: Any) -> LiveSet:
        return LiveSet(self.of, set(other) & self.elements)

    def __rsub__(self, other: Any) -> LiveSet:
        return LiveSet(self.of, set(other) - self.elements)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (LiveSet, set, frozenset)):
            raise Defect(f"a set is compared with {other!r}")
        return self.elements == set(other)

    def __le__(self, other: Any) -> bool:
        return self.elements <= set(other)

    def __lt__(self, other: Any) -> bool:
        return self.elements < set(other)

    def __ge__(self, other: Any) -> bool:
        return self.elements >= set(other)

    def __gt__(self, other: Any) -> bool:
        return self.elements > set(other)

    def __repr__(self) -> str:
        return f"LiveSet({list(self)})"


class LiveRecord:
    """Named fields; equal to another record whose fields are."""

    __slots__ = ("of", "fields")
    __hash__ = None        # type: ignore[assignment]

    def __init__(self, of: Record, fields: dict[str, Any]) -> None:
        object.__setattr__(self, "of", of)
        object.__setattr__(self, "fields", fields)

    def __getattr__(self, name: str) -> Any:
        if name not in self.fields:
            raise AttributeError(f"{self.of} has no field {name}")
        return self.fields[name]

    def __setattr__(self, name: str, value: Any) -> None:
        field_type = self.of.field_type(name)
        if field_type is None:
            raise Defect(f"{self.of} has no field {name}")
        self.fields[name] = fit(field_type, value)

    def __eq__(self, other: object) -> bool:
        if other is not None and not isinstance(other, LiveRecord):
            raise Defect(f"a record is compared with {other!r}")
        return isinstance(other, LiveRecord) and self.fields == other.fields

    def __repr__(self) -> str:
        return f"LiveRecord({self.fields})"


class RecordMaker:
    """A Record type that is called to make a record."""

    def __init__(self, of: Record) -> None:
        self.of = of

    def __call__(self, **values: Any) -> LiveRecord:
        # Arguments are evaluated as written, and checked in the order of the declaration.
        return LiveRecord(self.of, {name: fit(of, values[name]) for name, of in self.of.fields})

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of, name)


class LiveQueue:
    """A bounded first-in first-out queue."""

    __slots__ = ("of", "items")
    __hash__ = None        # type: ignore[assignment]

    def __init__(self, of: Queue, items: list[Any]) -> None:
        self.of, self.items = of, items

    def put(self, element: Any) -> None:
        stored = fit(self.of.of, element)
        if self.full():
            raise Violation("queue_full", "put into a full queue")
        self.items.append(stored)

    def get(self) -> Wait:
        return Wait("get", ready=lambda: bool(self.items), resume=lambda: self.items.pop(0))

    def get_nowait(self) -> Any:
        self.peek()
        return self.items.pop(0)

    def peek(self) -> Any:
        if not self.items:
            raise Violation("queue_empty", "the queue is empty")
        return self.items[0]

    def empty(self) -> bool:
        return not self.items

    def full(self) -> bool:
        return len(self.items) == self.of.capacity

    def __len__(self) -> int:
        return len(self.items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LiveQueue):
            raise Defect(f"a queue is compared with {other!r}")
        return self.items == other.items


class LockWait(Wait):
    """Waiting for a lock; `lock` tells whoever looks for deadlocks which."""

    __slots__ = ("lock",)
    lock: LiveLock


class LiveLock:
    """A lock; its holder is a process instance's number."""

    __slots__ = ("holder",)

    def __init__(self, holder: int | None) -> None:
        self.holder = holder

    def locked(self) -> bool:
        return self.holder is not None

    def acquire(self, source: str = "") -> Wait:
        """Wait for the lock and take it; `source` is for traces only, as that of a step."""
        if self.holder == _me():
            raise Violation("reentry", "a lock is acquired by its own holder")
        wait = LockWait("acquire", ready=lambda: not self.locked(), resume=self._take)
        wait.lock = self
        return wait

    def try_acquire(self) -> bool:
        if self.locked():
            return False
        self._take()
        return True

    def release(self) -> None:
        if self.holder != _me():
            raise Violation("release", "a lock is released without being held")
        self.holder = None

    def __aenter__(self) -> Wait:
        return self.acquire()

    async def __aexit__(self, kind: Any, *_: Any) -> None:
        if kind is None:       # a step that fails ends there: nothing is released
            self.release()

    def _take(self) -> None:
        self.holder = _me()


def _me() -> int:
    return DRIVER.get().me


# ── to and from the values of the IR ─────────────────────────────────────────────────────────

def revive(of: Type, value: Value) -> Any:
    """The live object for a canonical value."""
    match of:
        case Index(name, _):
            return Element(name, value)
        case Maybe(inner):
            return None if value is None else revive(inner, value)
        case Set(inner):
            return LiveSet(inner, {revive(inner, element) for element in value})
        case Map(_, inner):
            return LiveMap(of, tuple(revive(inner, part) for part in value))
        case Record(fields):
            parts = zip(fields, value)
            return LiveRecord(of, {name: revive(part, v) for (name, part), v in parts})
        case Queue(inner, _):
            return LiveQueue(of, [revive(inner, element) for element in value])
        case Lock():
            return LiveLock(value)
    return value


def canonical(of: Type, thing: Any) -> Value:
    """The canonical value of a live object. Raises Defect where it is none of the type."""
    value = _canonical(of, thing)
    if not belongs(of, value):
        raise Defect(f"{thing!r} is no {of}")
    return value


def _canonical(of: Type, thing: Any) -> Value:
    match of, thing:
        case Maybe(inner), _:
            return None if thing is None else _canonical(inner, thing)
        case Set(inner), LiveSet() | set() | frozenset():
            return frozenset(_canonical(inner, e) for e in getattr(thing, "elements", thing))
        case Map(_, inner), LiveMap():
            return tuple(_canonical(inner, part) for part in thing.values.values())
        case Record(fields), LiveRecord():
            return tuple(_canonical(part, thing.fields[name]) for name, part in fields)
        case Queue(inner, _), LiveQueue():
            return tuple(_canonical(inner, element) for element in thing.items)
        case Lock(), LiveLock():
            return thing.holder
    return _plain(of, thing)
