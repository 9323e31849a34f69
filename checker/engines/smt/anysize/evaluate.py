"""Expressions for every size: the symbolic value of each node, the twin of `interp/evaluate.py`.

Quantifiers over an Index or an interval stay quantifiers, those over small fixed domains are
written out. A sum over what stays is a term of `counts.py`.

NOTE(the element meant). `m[self.owner[g]]` uses a stored element as a key, but it is a relation
here (NOTE(relations) in `values.py`). So the smallest truth around it becomes "there is an
element which `owner[g]` is and for which ...". In the code of a process, where no bound variable
is in the way, that element is a constant of the step instead.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

import z3

from checker.engines.smt.anysize import values
from checker.engines.smt.anysize.holders import held_by
from checker.engines.smt.anysize.refuse import OutsideFragment
from checker.engines.smt.anysize.space import Space
from checker.engines.smt.anysize.values import (Choice, Element, Holder, Members, Optional,
                                                Symbolic, Term, exists, forall, fresh,
                                                merge, same)
from checker.engines.smt.terms import Truth, conj, disj, implies, neg
from checker.ir.nodes import Const, Expr, Field, Local, Me, Op, Quantifier, Var
from checker.source import Loc
from checker.types import Bool, Index, Maybe, Type

if TYPE_CHECKING:
    from checker.engines.smt.anysize.counts import Counts

Pattern = tuple[Term | None, ...]
"""The keys of a write; None stands for every key."""


@dataclass(slots=True)
class Stage:
    """A state on the way through a step: its values, and what has been written since its start.

    `writes` holds, for each variable that may differ from the state before, the keys at which.
    """

    values: dict[str, Symbolic]
    writes: dict[str, tuple[Pattern, ...]] = field(default_factory=dict)
    counts: dict[object, Callable[..., z3.ExprRef]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Obligation:
    """A check on a path: under `given`, `holds`."""

    kind: str
    message: str
    loc: Loc
    given: tuple[Truth, ...]
    holds: Truth


@dataclass(slots=True)
class Scope:
    """What an expression can see. `assume`, where it is set, takes facts about new constants:
    then the expression stands in the code of a process, outside of all quantifiers. `known` are
    elements that were found there already, for the rounds of a loop; `meant` those that relations
    hold, each by what the relation says of one and the same constant."""

    space: Space
    counts: Counts
    stage: Stage
    locals: dict[str, Symbolic] = field(default_factory=dict)
    me: tuple[str, Term | None] | None = None
    after: Stage | None = None
    assume: Callable[[Truth], None] | None = None
    pending: list[tuple[z3.ExprRef, Truth]] | None = None
    known: dict[Expr, Symbolic] = field(default_factory=dict)
    meant: dict[z3.AstRef, z3.ExprRef] = field(default_factory=dict)

    def binding(self, name: str, value: Symbolic) -> Scope:
        """The same scope under a quantifier."""
        return replace(self, locals={**self.locals, name: value}, assume=None, pending=None)


def evaluate(expr: Expr, scope: Scope) -> Symbolic:
    """The symbolic value of an expression."""
    if isinstance(expr.type, Bool) and scope.assume is None:
        return _truth(expr, scope)
    return _value(expr, scope)


def _truth(expr: Expr, scope: Scope) -> Truth:
    """A truth, closed over the elements that were meant in it."""
    inner = replace(scope, pending=[])
    result = _value(expr, inner)
    for one, meant in reversed(inner.pending):
        inside = conj(meant, result)
        result = inside if isinstance(inside, bool) else z3.Exists([one], inside)
    return result


def _value(expr: Expr, scope: Scope) -> Symbolic:
    match expr:
        case Const(value, of):
            return scope.space.literal(of, value, expr.loc)
        case Var(name, _, primed):
            stage = scope.after if primed else scope.stage
            assert stage is not None, "a primed variable outside a step invariant"
            return stage.values[name]
        case Local(name):
            return scope.locals[name]
        case Field(record, name):
            return evaluate(record, scope)[record.type.position(name)]
        case Quantifier():
            return _quantify(expr, scope)
        case Op("value") if expr in scope.known:
            return scope.known[expr]
        case Op("held" | "held_by"):
            return _lock(expr, scope)
        case Op(op, args):
            return OPERATIONS[op](expr, [evaluate(arg, scope) for arg in args], scope)
        case Me():
            raise OutsideFragment("P104", "the number of an instance is used", expr.loc)
        case _:
            assert_never(expr)


def _quantify(expr: Quantifier, scope: Scope) -> Symbolic:
    if expr.kind == "set":
        return Members(lambda x: evaluate(expr.body, scope.binding(
            expr.variable, element(expr.domain, x))), expr.domain)
    over = scope.space.domain(expr.domain, expr.loc)
    if expr.kind == "sum" and not isinstance(over, list):
        return scope.counts.value(expr, scope)

    def body(x: Term) -> Symbolic:
        return evaluate(expr.body, scope.binding(expr.variable, element(expr.domain, x)))

    match expr.kind:
        case "any":
            return exists(over, body, expr.variable)
        case "all":
            return forall(over, body, expr.variable)
    total: values.Number = 0
    for term in over:
        total = total + body(term)
    return total


def element(of: Type, x: Term) -> Symbolic:
    """What a name holds that stands for a term of a scalar type."""
    return Element(x) if isinstance(of, Index) else x


def term_of(value: Symbolic, scope: Scope, what: Expr) -> Term:
    """A value as the key of a map or the like: a term."""
    match value:
        case Element(term):
            return term
        case Choice():
            return _meant(value, scope, what)
    if isinstance(value, bool):
        return z3.BoolVal(value, scope.space.context)
    if isinstance(value, (int, z3.ExprRef)):
        return value
    raise OutsideFragment("P108", f"a value of type {what.type} is used as a key", what.loc)


def _meant(choice: Choice, scope: Scope, what: Expr, otherwise: Term | None = None) -> Term:
    """The element that a relation holds; see NOTE(the element meant)."""
    of = what.type.of if isinstance(what.type, Maybe) else what.type
    said = choice.at(z3.Const("any", choice.sort)) if scope.assume is not None else True
    if not isinstance(said, bool) and said in scope.meant:
        return scope.meant[said]
    one = fresh(choice.sort, "the")
    lowest = scope.space.lowest_one(of) if otherwise is None else otherwise
    meant = disj(choice.at(one), conj(values.nothing(choice), same(one, lowest)))
    if scope.assume is not None:
        scope.assume(meant)
        if not isinstance(said, bool):
            scope.meant[said] = one
    elif scope.pending is not None:
        scope.pending.append((one, meant))
    else:
        raise OutsideFragment("P104", "a stored element is used as a key here", what.loc)
    return one


# ── the table ────────────────────────────────────────────────────────────────────────────────

Row = Callable[[Op, list[Symbolic], Scope], Symbolic]


def _equal(op: Op, args: list[Symbolic], scope: Scope) -> Truth:
    return values.equal(args[0], args[1], lambda of: scope.space.domain(of, op.loc))


def _get(op: Op, args: list[Symbolic], scope: Scope) -> Symbolic:
    return args[0].get(term_of(args[1], scope, op.args[1]))


def _some(op: Op, args: list[Symbolic], scope: Scope) -> Symbolic:
    return args[0] if isinstance(args[0], (Element, Choice)) else Optional(True, args[0])


def _is_none(op: Op, args: list[Symbolic], scope: Scope) -> Truth:
    match args[0]:
        case Element():
            return False
        case Choice():
            return values.nothing(args[0])
    return neg(args[0].present)


def _value_of(op: Op, args: list[Symbolic], scope: Scope) -> Symbolic:
    match args[0]:
        case Element():
            return args[0]
        case Choice():
            default = args[1].term if isinstance(args[1], Element) else None
            return Element(_meant(args[0], scope, op.args[0], default))
    return merge(args[0].present, args[0].payload, args[1])


def _contains(op: Op, args: list[Symbolic], scope: Scope) -> Truth:
    return args[0].has(term_of(args[1], scope, op.args[1]))


def _with(op: Op, args: list[Symbolic], scope: Scope) -> Members:
    old, element = args[0], term_of(args[1], scope, op.args[1])
    return Members(lambda x: disj(same(x, element), old.has(x)), old.of)


def _without(op: Op, args: list[Symbolic], scope: Scope) -> Members:
    old, element = args[0], term_of(args[1], scope, op.args[1])
    return Members(lambda x: conj(neg(same(x, element)), old.has(x)), old.of)


def _pointwise(combine: Callable[[Truth, Truth], Truth]) -> Row:
    def combined(op: Op, args: list[Symbolic], scope: Scope) -> Members:
        left, right = args
        return Members(lambda x: combine(left.has(x), right.has(x)), left.of)

    return combined


def _subset(op: Op, args: list[Symbolic], scope: Scope) -> Truth:
    left, right = args
    over = scope.space.domain(left.of, op.loc)
    return forall(over, lambda x: implies(left.has(x), right.has(x)))


def _set_len(op: Op, args: list[Symbolic], scope: Scope) -> Symbolic:
    members = args[0]
    over = scope.space.domain(members.of, op.loc)
    if not isinstance(over, list):
        return scope.counts.length(op, scope)
    total: values.Number = 0
    for term in over:
        total = total + _int(op, [members.has(term)], scope)
    return total


def _int(op: Op, args: list[Symbolic], scope: Scope) -> values.Number:
    if isinstance(args[0], bool):
        return int(args[0])
    return z3.If(args[0], 1, 0)


def _times(op: Op, args: list[Symbolic], scope: Scope) -> values.Number:
    if not any(is_numeral(arg) for arg in args):
        raise OutsideFragment("P106", "a product of two variables", op.loc)
    return args[0] * args[1]


def _division(op: Op, args: list[Symbolic], scope: Scope) -> values.Number:
    """Z3's division rounds so that the remainder is not negative: Python's for a divisor > 0."""
    left, right = args
    if op.op == "mod" and not is_numeral(right):
        return scope.space.remainder(left, right)
    if not is_numeral(right) or right <= 0:
        raise OutsideFragment("P106", "a division by what is no positive constant", op.loc)
    if is_numeral(left):
        return left // right if op.op == "floordiv" else left % right
    return left / right if op.op == "floordiv" else left % right


def is_numeral(value: Symbolic) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _lock(op: Op, scope: Scope) -> Symbolic:
    """Locks name the instance that holds them; here it is a process and its key."""
    if op.op == "held_by" and not isinstance(op.args[1], Me):
        named = held_by(scope.space.system, op)
        if named is not None:
            process, key = named
            term = None if key is None else term_of(evaluate(key, scope), scope, key)
            return evaluate(op.args[0], scope).held(process.name, term)
    if not isinstance(op.args[-1], Me) or scope.me is None:
        raise OutsideFragment("P104", "the number of an instance is used", op.loc)
    process, key = scope.me
    if op.op == "held_by":
        return evaluate(op.args[0], scope).held(process, key)
    return Holder(lambda p, k: p == process and (key is None or same(k, key)))


def free(lock: Holder, space: Space) -> Truth:
    """That no instance holds the lock."""
    parts = []
    for process in space.system.processes:
        if process.domain is None:
            parts.append(neg(lock.held(process.name, None)))
        else:
            parts.append(forall(space.over_keys(process),
                                lambda k, name=process.name: neg(lock.held(name, k))))
    return conj(*parts)


def _queue(op: Op, args: list[Symbolic], scope: Scope) -> Symbolic:
    raise OutsideFragment("P105", "a queue has no any-size meaning", op.loc)


def _numeric(combine: Callable[..., Symbolic]) -> Row:
    return lambda op, args, scope: combine(*args)


OPERATIONS: dict[str, Row] = {
    "not": lambda op, args, scope: neg(args[0]),
    "and": lambda op, args, scope: conj(*args),
    "or": lambda op, args, scope: disj(*args),
    "implies": lambda op, args, scope: implies(*args),
    "ite": lambda op, args, scope: merge(*args),
    "eq": _equal,
    "ne": lambda op, args, scope: neg(_equal(op, args, scope)),
    "lt": _numeric(lambda a, b: a < b),
    "le": _numeric(lambda a, b: a <= b),
    "add": _numeric(lambda a, b: a + b),
    "sub": _numeric(lambda a, b: a - b),
    "mul": _times,
    "floordiv": _division,
    "mod": _division,
    "neg": _numeric(lambda a: -a),
    "min": _numeric(lambda a, b: values.select(b < a, b, a)),
    "max": _numeric(lambda a, b: values.select(a < b, b, a)),
    "int": _int,
    "get": _get,
    "some": _some,
    "is_none": _is_none,
    "value": _value_of,
    "contains": _contains,
    "with": _with,
    "without": _without,
    "union": _pointwise(disj),
    "intersection": _pointwise(conj),
    "difference": _pointwise(lambda a, b: conj(a, neg(b))),
    "subset": _subset,
    "set_len": _set_len,
    "record": lambda op, args, scope: tuple(args),
    "is_free": lambda op, args, scope: free(args[0], scope.space),
    "free": lambda op, args, scope: Holder(lambda process, key: False),
    **dict.fromkeys(("queue_len", "head", "push", "pop"), _queue),
}

