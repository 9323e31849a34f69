"""What a formula over elements says in one model of Z3.

Thousands of instances of formulas are looked up in a model to find the few that are false there.
So a formula is compiled once, to a Python function that looks at many elements in one call; and a
model is asked once about each function and its arguments. Values are Python truths and integers;
members of finite sorts and elements are the numbers that Z3 gives to their terms.
"""
from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import z3

Value = bool | int
Row = Sequence[Value]
"""The values of a formula's variables, the outermost first."""

_NUMERIC = {z3.Z3_OP_LE: "<=", z3.Z3_OP_GE: ">=", z3.Z3_OP_LT: "<", z3.Z3_OP_GT: ">",
            z3.Z3_OP_EQ: "==", z3.Z3_OP_ADD: "+", z3.Z3_OP_SUB: "-", z3.Z3_OP_MUL: "*",
            z3.Z3_OP_AND: "and", z3.Z3_OP_OR: "or"}


class Values:
    """What terms without variables are in a model of Z3.

    Asked of Z3's own interface: the other looks at every argument of every call, which takes
    longer than the answer.
    """

    def __init__(self, model: z3.ModelRef) -> None:
        self.model, self.context = model, model.ctx
        self._shown: dict[int, z3.ExprRef] = {}

    def of(self, term: z3.Ast) -> Value:
        context, found = self.context.ref(), (z3.Ast * 1)()
        z3.Z3_model_eval(context, self.model.model, term, True, found)
        truth = z3.Z3_get_bool_value(context, found[0])
        if truth != z3.Z3_L_UNDEF:
            return truth == z3.Z3_L_TRUE
        shown = z3.IntNumRef(found[0], self.context)    # Z3 forgets what nobody refers to
        if z3.Z3_get_ast_kind(context, found[0]) == z3.Z3_NUMERAL_AST:
            return shown.as_long()
        return self._shown.setdefault(shown.get_id(), shown).get_id()

    def applied(self, function: z3.FuncDeclRef, sorts: list[z3.SortRef], row: Row) -> Value:
        """The value of a function of these sorts at these values."""
        given = list(map(self._term, row, sorts))
        terms = (z3.Ast * len(given))(*(each.as_ast() for each in given))
        return self.of(z3.Z3_mk_app(function.ctx_ref(), function.ast, len(given), terms))

    def _term(self, value: Value, sort: z3.SortRef) -> z3.ExprRef:
        if isinstance(value, bool):
            return z3.BoolVal(value, sort.ctx)
        if isinstance(sort, z3.ArithSortRef):
            return z3.IntVal(value, sort.ctx)
        return self._shown[value]


class Table(dict):
    """A function's values, by its arguments: `table[1, 2]`, of one argument `table[1]`. Each is
    asked for when it is first needed."""

    def __init__(self, known: Values, function: z3.FuncDeclRef) -> None:
        super().__init__()
        self.known, self.function = known, function
        self.sorts = [function.domain(i) for i in range(function.arity())]

    def __missing__(self, key: Value | tuple[Value, ...]) -> Value:
        row = key if isinstance(key, tuple) else (key,)
        self[key] = found = self.known.applied(self.function, self.sorts, row)
        return found


class Model:
    """A model whose values have numbers."""

    def __init__(self, model: z3.ModelRef) -> None:
        self._values = Values(model)
        self._tables: dict[int, Table] = {}
        self._constants: dict[int, tuple[Value, z3.ExprRef]] = {}
        self.complete = True

    def value(self, term: z3.ExprRef) -> Value:
        """The value of a term without variables, which is asked for again and again."""
        number = term.get_id()
        if number not in self._constants:           # with the term, so that the number stays its
            self._constants[number] = self._values.of(term.as_ast()), term
        return self._constants[number][0]

    def table(self, function: z3.FuncDeclRef) -> Table:
        number = function.get_id()
        if number not in self._tables:
            self._tables[number] = Table(self._values, function)
        return self._tables[number]

    def unseen(self) -> Value:
        """What stands for a part that is not looked at."""
        self.complete = False
        return True


class Evaluation:
    """A formula with this many variables, compiled.

    What has no counterpart in Python, a quantifier over numbers for one, is taken as true, and the
    model is not `complete` any more; so is a formula that is nested too deeply for Python.
    """

    def __init__(self, term: z3.ExprRef, variables: int) -> None:
        self.term = term                            # so that the numbers of terms stay theirs
        self._constants: dict[int, z3.ExprRef] = {}
        self._functions: dict[int, z3.FuncDeclRef] = {}
        row = "".join(f"v{i}, " for i in reversed(range(variables)))
        try:
            self._run = _function(self._source(term), row, tuple(self._names()))
        except (SyntaxError, RecursionError, MemoryError):
            self._run = _function("model.unseen()", row, tuple(self._names()))

    def __call__(self, model: Model, rows: Iterable[Row]) -> list[Value]:
        """The formula's value for each row."""
        return self._run(model, rows, *map(model.value, self._constants.values()),
                         *map(model.table, self._functions.values()))

    def _names(self) -> Iterable[str]:
        return itertools.chain((f"c{number}" for number in range(len(self._constants))),
                               (f"f{number}" for number in range(len(self._functions))))

    def _source(self, term: z3.ExprRef) -> str:
        if z3.is_var(term):
            return f"v{z3.get_var_index(term)}"
        if not z3.is_app(term):
            return "model.unseen()"
        kind, parts = term.decl().kind(), list(map(self._source, term.children()))
        if not parts:
            return _literal(term, kind) or _numbered("c", self._constants, term)
        if kind == z3.Z3_OP_UNINTERPRETED:
            return f"{_numbered('f', self._functions, term.decl())}[{', '.join(parts)}]"
        if kind in _NUMERIC:
            return "(" + f" {_NUMERIC[kind]} ".join(parts) + ")"
        match kind:
            case z3.Z3_OP_NOT:
                return f"(not {parts[0]})"
            case z3.Z3_OP_ITE:
                return f"({parts[1]} if {parts[0]} else {parts[2]})"
            case z3.Z3_OP_IMPLIES:
                return f"(not {parts[0]} or {parts[1]})"
            case z3.Z3_OP_UMINUS:
                return f"(-{parts[0]})"
            case z3.Z3_OP_DISTINCT:
                return f"(len({{{', '.join(parts)}}}) == {len(parts)})"
        return "model.unseen()"


def _literal(term: z3.ExprRef, kind: int) -> str:
    """Python for a constant that is the same in every model."""
    if z3.is_int_value(term):
        return f"({term.as_long()})"
    return {z3.Z3_OP_TRUE: "True", z3.Z3_OP_FALSE: "False"}.get(kind, "")


def _numbered(letter: str, known: dict[int, Any], term: z3.AstRef) -> str:
    """The name of what a model is asked for."""
    if term.get_id() not in known:
        known[term.get_id()] = term
    return f"{letter}{list(known).index(term.get_id())}"


@functools.lru_cache(maxsize=5_000)
def _function(text: str, row: str, names: tuple[str, ...]) -> Callable[..., list[Value]]:
    """A function of a model, rows, and what the text names. Many formulas have one text."""
    return eval(f"lambda {', '.join(['model', 'rows', *names])}: [{text} for ({row}) in rows]")
