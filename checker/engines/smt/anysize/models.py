"""What a formula over elements says in one model of Z3.

Thousands of instances of formulas are looked up in a model to find the few that are false there.
So a formula is compiled once, to closures; and a model is asked once about each function and its
arguments. Values are Python truths and integers, members of finite sorts and elements by number.
"""
from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

import z3

Value = bool | int
Evaluation = Callable[["Model", Sequence[Value]], Value]
"""The value of a formula in a model, where its variables are these elements."""

_NUMERIC: dict[int, Callable[..., Value]] = {
    z3.Z3_OP_LE: operator.le, z3.Z3_OP_GE: operator.ge, z3.Z3_OP_LT: operator.lt,
    z3.Z3_OP_GT: operator.gt, z3.Z3_OP_EQ: operator.eq, z3.Z3_OP_NOT: operator.not_,
    z3.Z3_OP_DISTINCT: lambda *values: len(set(values)) == len(values),
    z3.Z3_OP_IMPLIES: operator.le, z3.Z3_OP_SUB: operator.sub, z3.Z3_OP_MUL: operator.mul,
    z3.Z3_OP_UMINUS: operator.neg}


class Model:
    """A model whose values have numbers."""

    def __init__(self, model: z3.ModelRef) -> None:
        self.model = model
        self._known: dict[tuple[int, ...], Value] = {}
        self._shown: dict[int, z3.ExprRef] = {}
        self._constants: dict[int, Value] = {}
        self.complete = True

    def value(self, term: z3.ExprRef) -> Value:
        """The value of a term without variables."""
        found = self.model.eval(term, model_completion=True)
        if z3.is_true(found) or z3.is_false(found):
            return z3.is_true(found)
        if z3.is_int_value(found):
            return found.as_long()
        self._shown[found.get_id()] = found
        return found.get_id()

    def shown(self, value: Value, sort: z3.SortRef) -> z3.ExprRef:
        """A value as a term."""
        if isinstance(value, bool):
            return z3.BoolVal(value, sort.ctx)
        if sort.kind() == z3.Z3_INT_SORT:
            return z3.IntVal(value, sort.ctx)
        return self._shown[value]

    def unseen(self) -> Value:
        """What stands for a part that is not looked at."""
        self.complete = False
        return True

    def constant(self, term: z3.ExprRef) -> Value:
        """The value of a term that is asked for again and again."""
        if term.get_id() not in self._constants:
            self._constants[term.get_id()] = self.value(term)
        return self._constants[term.get_id()]

    def apply(self, function: z3.FuncDeclRef, number: int, values: tuple[Value, ...]) -> Value:
        """A function's value; `number` is the function's own."""
        key = (number, *values)
        if key not in self._known:
            given = [self.shown(value, function.domain(i)) for i, value in enumerate(values)]
            self._known[key] = self.value(applied(function, given))
        return self._known[key]


def applied(function: z3.FuncDeclRef, given: Sequence[z3.ExprRef]) -> z3.ExprRef:
    """`function(*given)`, without looking for conversions."""
    asts = (z3.Ast * len(given))(*(each.as_ast() for each in given))
    term = z3.Z3_mk_app(function.ctx_ref(), function.ast, len(given), asts)
    return _EXPRESSION.get(function.range().kind(), z3.ExprRef)(term, function.ctx)


_EXPRESSION = {z3.Z3_BOOL_SORT: z3.BoolRef, z3.Z3_INT_SORT: z3.ArithRef}


def compiled(term: z3.ExprRef) -> Evaluation:
    """The value of a formula whose variable `i`, counted from the innermost, is `elements[i]`.

    What is not in the tables, a quantifier over numbers for one, is taken as true, and the model
    is not `complete` any more.
    """
    if z3.is_var(term):
        index = z3.get_var_index(term)
        return lambda model, elements: elements[index]
    if not z3.is_app(term):
        return lambda model, elements: model.unseen()
    if not term.num_args() and term.decl().kind() != z3.Z3_OP_UNINTERPRETED:
        return lambda model, elements: model.constant(term)
    kind, parts = term.decl().kind(), [compiled(part) for part in term.children()]
    if kind == z3.Z3_OP_UNINTERPRETED:
        return _applied(term.decl(), parts)
    return _combined(kind, parts)


def _combined(kind: int, parts: list[Evaluation]) -> Evaluation:
    match kind:
        case z3.Z3_OP_AND:
            return lambda model, elements: all(part(model, elements) for part in parts)
        case z3.Z3_OP_OR:
            return lambda model, elements: any(part(model, elements) for part in parts)
        case z3.Z3_OP_ITE:
            test, then, otherwise = parts
            return lambda model, elements: (then if test(model, elements) else otherwise)(
                model, elements)
        case z3.Z3_OP_ADD:
            return lambda model, elements: sum(part(model, elements) for part in parts)
    if kind not in _NUMERIC:
        return lambda model, elements: model.unseen()
    combine = _NUMERIC[kind]
    return lambda model, elements: combine(*(part(model, elements) for part in parts))


def _applied(function: z3.FuncDeclRef, parts: list[Evaluation]) -> Evaluation:
    number = function.get_id()
    return lambda model, elements: model.apply(
        function, number, tuple(part(model, elements) for part in parts))


