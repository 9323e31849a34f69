"""The typing rules of the operators, one row each.

Numbers are loose: Int, Wrapping and Range mix freely, since their values are all integers and
what leaves a range is caught by a `Check`. Everything else has to fit exactly, because the
engines lay a value out by its type: the same members, the same size, the same keys.
"""
from __future__ import annotations

from collections.abc import Callable

from checker.ir.ops import OPERATORS
from checker.types import NUMBERS, Bool, Lock, Map, Maybe, Queue, Record, Set, Type

Rule = Callable[[tuple[Type, ...], Type], bool]
"""Whether argument types and the result's type fit; the arity was checked before."""


def compatible(a: Type, b: Type) -> bool:
    """Whether a value of the one may stand where the other is expected, ranges aside."""
    match a, b:
        case Maybe(x), Maybe(y):
            return compatible(x, y)
        case Set(x), Set(y):
            return compatible(x, y)
        case Queue(x, _), Queue(y, _):
            return compatible(x, y)
        case Map(key, x), Map(other, y):
            return key == other and compatible(x, y)
        case Record(fields), Record(others):
            return ([name for name, _ in fields] == [name for name, _ in others]
                    and all(compatible(x, y) for (_, x), (_, y) in zip(fields, others)))
    return is_number(a) and is_number(b) or a == b


def is_number(of: Type) -> bool:
    return isinstance(of, NUMBERS)


def is_bool(of: Type) -> bool:
    return isinstance(of, Bool)


def _bools(args: tuple[Type, ...], result: Type) -> bool:
    return all(map(is_bool, args)) and is_bool(result)


def _arithmetic(args: tuple[Type, ...], result: Type) -> bool:
    return all(map(is_number, args)) and is_number(result)


def _comparison(args: tuple[Type, ...], result: Type) -> bool:
    return all(map(is_number, args)) and is_bool(result)


def _equality(args: tuple[Type, ...], result: Type) -> bool:
    return compatible(*args) and is_bool(result)


def _ite(args: tuple[Type, ...], result: Type) -> bool:
    return is_bool(args[0]) and all(compatible(arg, result) for arg in args[1:])


def _get(args: tuple[Type, ...], result: Type) -> bool:
    return (isinstance(args[0], Map) and compatible(args[1], args[0].key)
            and compatible(args[0].value, result))


def _some(args: tuple[Type, ...], result: Type) -> bool:
    return isinstance(result, Maybe) and compatible(args[0], result.of)


def _value(args: tuple[Type, ...], result: Type) -> bool:
    return (isinstance(args[0], Maybe) and compatible(args[0].of, result)
            and compatible(args[1], result))


def _contains(args: tuple[Type, ...], result: Type) -> bool:
    return isinstance(args[0], Set) and compatible(args[1], args[0].of) and is_bool(result)


def _element(args: tuple[Type, ...], result: Type) -> bool:
    return (isinstance(args[0], Set) and compatible(args[1], args[0].of)
            and compatible(args[0], result))


def _sets(args: tuple[Type, ...], result: Type) -> bool:
    return isinstance(result, Set) and all(compatible(arg, result) for arg in args)


def _subset(args: tuple[Type, ...], result: Type) -> bool:
    return isinstance(args[0], Set) and compatible(*args) and is_bool(result)


def _record(args: tuple[Type, ...], result: Type) -> bool:
    return (isinstance(result, Record) and len(args) == len(result.fields)
            and all(compatible(arg, of) for arg, (_, of) in zip(args, result.fields)))


def _head(args: tuple[Type, ...], result: Type) -> bool:
    return (isinstance(args[0], Queue) and compatible(args[0].of, result)
            and compatible(args[1], result))


def _push(args: tuple[Type, ...], result: Type) -> bool:
    return (isinstance(args[0], Queue) and compatible(args[1], args[0].of)
            and compatible(args[0], result))


def _from_to(of: type, to: Callable[[Type], bool]) -> Rule:
    """One argument of the class `of`, a result for which `to` is true."""
    return lambda args, result: isinstance(args[0], of) and to(result)


def _is_lock(of: Type) -> bool:
    return isinstance(of, Lock)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("not", "and", "or", "implies"), _bools),
    "ite": _ite,
    **dict.fromkeys(("eq", "ne"), _equality),
    **dict.fromkeys(("lt", "le"), _comparison),
    **dict.fromkeys(("add", "sub", "mul", "floordiv", "mod", "neg", "min", "max"), _arithmetic),
    "int": _from_to(Bool, is_number),
    "get": _get,
    "some": _some,
    "is_none": _from_to(Maybe, is_bool),
    "value": _value,
    "contains": _contains,
    **dict.fromkeys(("with", "without"), _element),
    **dict.fromkeys(("union", "intersection", "difference"), _sets),
    "subset": _subset,
    "set_len": _from_to(Set, is_number),
    "record": _record,
    "queue_len": _from_to(Queue, is_number),
    "head": _head,
    "push": _push,
    "pop": lambda args, result: isinstance(args[0], Queue) and compatible(args[0], result),
    "is_free": _from_to(Lock, is_bool),
    "held_by": lambda args, result: (_is_lock(args[0]) and is_number(args[1])
                                     and is_bool(result)),
    "free": lambda args, result: _is_lock(result),
    "held": lambda args, result: is_number(args[0]) and _is_lock(result),
}
assert set(RULES) == set(OPERATORS), set(RULES) ^ set(OPERATORS)
