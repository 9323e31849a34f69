"""Symbolic values for every size: what each type looks like over uninterpreted sorts.

| type                | symbolic value                                                     |
|---------------------|--------------------------------------------------------------------|
| Bool                | a truth                                                            |
| Int, Wrapping, Range | a mathematical integer: a Python int or a Z3 term; also as a key  |
| Enum                | a term of a finite sort                                            |
| Index               | `Element` where it is a term; a stored one is a `Choice`           |
| Maybe(Index)        | `Choice`: a predicate true of at most one element                  |
| Maybe(T)            | `Optional`                                                         |
| Set(T)              | `Members`: a predicate                                             |
| Map(K, V)           | `Mapping`: a function from terms to symbolic values                |
| Record              | tuple                                                              |
| Lock                | `Holder`: for each process a predicate of its key                  |

NOTE(relations). A stored element of an Index is a relation, never a function: functions between
index sorts lead Z3 out of the decidable fragment (every witness makes new terms), relations do
not. That a relation has at most one element is a fact of every state, `Encoding.facts`.

NOTE(order). The elements of a Range are the integers from 0 up to its size, a number as any other
where it varies; a map over it is a function from the integers. What such a function says outside
of its `Interval` has no meaning, so every quantifier over one has its bounds.

Predicates and functions are Python closures, so an update is a new closure and the state after a
step is a substitution: no frame axioms (Padon et al., "Ivy", PLDI 2016, do the same by weakest
preconditions).
"""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import z3

from checker.engines.smt.terms import Truth, conj, disj, either, iff, implies, neg
from checker.types import Index, Map, Record, Type

Term = z3.ExprRef | int
Number = int | z3.ArithRef


@dataclass(frozen=True, slots=True)
class Interval:
    """The integers from `lo` to `hi`, both included: what an ordered type ranges over."""

    lo: Number
    hi: Number
    sort: z3.SortRef

    def has(self, x: Term) -> Truth:
        return conj(at_most(self.lo, x), at_most(x, self.hi))


Over = z3.SortRef | Interval | list[Term]
"""What a quantifier ranges over: a sort, an interval, or a few terms."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element of an Index."""

    term: z3.ExprRef


@dataclass(frozen=True, slots=True)
class Choice:
    """None, or the one element of which `at` is true."""

    at: Callable[[Term], Truth]
    sort: z3.SortRef


@dataclass(frozen=True, slots=True)
class Members:
    """The set of the keys of which `has` is true."""

    has: Callable[[Term], Truth]
    of: Type


@dataclass(frozen=True, slots=True)
class Optional:
    present: Truth
    payload: Symbolic


@dataclass(frozen=True, slots=True)
class Mapping:
    get: Callable[[Term], Symbolic]
    of: Map


@dataclass(frozen=True, slots=True)
class Holder:
    """`held(process, key)`: whether that instance holds the lock; key None without a domain."""

    held: Callable[[str, Term | None], Truth]


Symbolic = Truth | Number | z3.ExprRef | Element | Choice | Members | Optional | Mapping | Holder \
    | tuple


# ── terms ────────────────────────────────────────────────────────────────────────────────────

def same(left: Term, right: Term) -> Truth:
    """Equality of two terms of one sort, folded where it is known."""
    if isinstance(left, (int, str)) and isinstance(right, (int, str)):
        return left == right
    if isinstance(left, z3.ExprRef) and isinstance(right, z3.ExprRef):
        if left.eq(right):
            return True
        if _distinct(left, right):
            return False
    return left == right


def _distinct(left: z3.ExprRef, right: z3.ExprRef) -> bool:
    """Two different members of a finite sort, or two different numerals."""
    return (left.num_args() == right.num_args() == 0
            and left.decl().kind() == right.decl().kind()
            and left.decl().kind() in (z3.Z3_OP_DT_CONSTRUCTOR, z3.Z3_OP_ANUM))


def select(condition: Truth, then: Term, otherwise: Term) -> Term:
    """`then` where the condition holds."""
    if isinstance(condition, bool):
        return then if condition else otherwise
    if same(then, otherwise) is True:
        return then
    if isinstance(then, int) and isinstance(otherwise, int):
        then = z3.IntVal(then, condition.ctx)
    return z3.If(condition, then, otherwise)


def at_most(left: Number, right: Number) -> Truth:
    return left <= right


# ── values ───────────────────────────────────────────────────────────────────────────────────

def as_choice(value: Element | Choice) -> Choice:
    if isinstance(value, Choice):
        return value
    return Choice(lambda x: same(x, value.term), value.term.sort())


def exists(over: Over, body: Callable[[Term], Truth], name: str = "x") -> Truth:
    """That some element satisfies `body`."""
    return _quantified(over, body, name, universal=False)


def forall(over: Over, body: Callable[[Term], Truth], name: str = "x") -> Truth:
    """That every element satisfies `body`."""
    return _quantified(over, body, name, universal=True)


def _quantified(over: Over, body: Callable[[Term], Truth], name: str, universal: bool) -> Truth:
    joined, quantifier = (conj, z3.ForAll) if universal else (disj, z3.Exists)
    if isinstance(over, list):
        return joined(*(body(term) for term in over))
    bound, more = [fresh(sort_of(over), name)], []
    inside = body(bound[0])
    if isinstance(over, Interval):
        more, inside = _opened(inside, z3.is_quantifier(inside)
                               and inside.is_forall() == universal)
        within = over.has(bound[0])
        inside = implies(within, inside) if universal else conj(within, inside)
    return inside if isinstance(inside, bool) else quantifier(bound + more, inside)


def _opened(inside: Truth, same_kind: bool) -> tuple[list[z3.ExprRef], Truth]:
    """The variables of a quantifier of the same kind, and what is under it.

    The bounds of an interval would stand between two quantifiers, and Z3 looks for terms that
    instantiate them together only where nothing does.
    """
    if not same_kind:
        return [], inside
    names = [fresh(inside.var_sort(i), inside.var_name(i).split("!")[0])
             for i in range(inside.num_vars())]
    return names, z3.substitute_vars(inside.body(), *reversed(names))


def sort_of(over: z3.SortRef | Interval) -> z3.SortRef:
    return over.sort if isinstance(over, Interval) else over


def fresh(sort: z3.SortRef, name: str) -> z3.ExprRef:
    """A new constant. Bound variables are printed without quotes, so names are plain words."""
    return z3.FreshConst(sort, re.sub(r"\W", "_", name))


def nothing(choice: Choice) -> Truth:
    return forall(choice.sort, lambda x: neg(choice.at(x)))


def merge(condition: Truth, then: Symbolic, otherwise: Symbolic) -> Symbolic:
    """`then` where the condition holds, else `otherwise`; of the same shape."""
    if then is otherwise or condition is True:
        return then
    if condition is False:
        return otherwise
    match then:
        case Element() if isinstance(otherwise, Element):
            return Element(select(condition, then.term, otherwise.term))
        case Element() | Choice():
            a, b = as_choice(then), as_choice(otherwise)
            return Choice(lambda x: either(condition, a.at(x), b.at(x)), a.sort)
        case Members():
            return Members(lambda x: either(condition, then.has(x), otherwise.has(x)), then.of)
        case Optional(present, payload):
            return Optional(either(condition, present, otherwise.present),
                            merge(condition, payload, otherwise.payload))
        case Mapping():
            return Mapping(lambda k: merge(condition, then.get(k), otherwise.get(k)), then.of)
        case Holder():
            return Holder(lambda p, k: either(condition, then.held(p, k), otherwise.held(p, k)))
        case tuple():
            return tuple(merge(condition, a, b) for a, b in zip(then, otherwise, strict=True))
    if is_truth(then) and is_truth(otherwise):
        return either(condition, then, otherwise)
    return select(condition, then, otherwise)


def is_truth(value: Symbolic) -> bool:
    return isinstance(value, bool) or z3.is_bool(value)


def replace(value: Symbolic, of: Type, path: tuple[Term | str, ...], new: Symbolic) -> Symbolic:
    """`value` of type `of` with the part at `path` (map keys and field names) replaced."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(of, Record):
        chosen = of.position(head)
        part = of.field_type(head)
        return tuple(replace(old, part, rest, new) if i == chosen else old
                     for i, old in enumerate(value))

    def get(key: Term) -> Symbolic:
        hit, old = same(key, head), value.get(key)
        return old if hit is False else merge(hit, replace(old, of.value, rest, new), old)

    return Mapping(get, of)


def equal(left: Symbolic, right: Symbolic, domain_of: Callable[[Type], Over]) -> Truth:
    """Whether two values of one type are equal; `domain_of`: what quantifies over a type."""
    match left:
        case Element() if isinstance(right, Element):
            return same(left.term, right.term)
        case Element():
            return right.at(left.term)
        case Choice() if isinstance(right, Element):
            return left.at(right.term)
        case Choice():
            both = exists(left.sort, lambda x: conj(left.at(x), right.at(x)))
            return disj(both, conj(nothing(left), nothing(right)))
        case Members():
            return forall(domain_of(left.of), lambda x: iff(left.has(x), right.has(x)))
        case Optional(present, payload):
            return conj(iff(present, right.present),
                        implies(present, equal(payload, right.payload, domain_of)))
        case Mapping():
            return forall(domain_of(left.of.key),
                          lambda k: equal(left.get(k), right.get(k), domain_of))
        case tuple():
            return conj(*(equal(a, b, domain_of) for a, b in zip(left, right, strict=True)))
    return iff(left, right) if is_truth(left) else same(left, right)


def element_of(of: Type) -> bool:
    """Whether a stored value of this type is a relation."""
    return isinstance(of, Index)
