"""What a formula over elements says in one model of Z3.

Thousands of instances of formulas are looked up in a model to find the few that are false there.
So a formula is compiled once, to a Python function that looks at many elements in one call; and a
model is asked once about each function and its arguments. Values are Python truths and integers;
members of finite sorts and elements are the numbers that Z3 gives to their terms.
"""
from __future__ import annotations

import ctypes
import functools
import itertools
from collections.abc import Callable, Iterable, Sequence

import z3

from checker.engines.smt.anysize import direct

Value = bool | int
Row = Sequence[Value]
"""The values of a formula's variables, the outermost first."""

_NUMERIC = {z3.Z3_OP_LE: "<=", z3.Z3_OP_GE: ">=", z3.Z3_OP_LT: "<", z3.Z3_OP_GT: ">",
            z3.Z3_OP_EQ: "==", z3.Z3_OP_ADD: "+", z3.Z3_OP_SUB: "-", z3.Z3_OP_MUL: "*",
            z3.Z3_OP_AND: "and", z3.Z3_OP_OR: "or"}


class Values:
    """What terms without variables are in a model of Z3; terms are given by their pointers."""

    def __init__(self, model: z3.ModelRef) -> None:
        self.model, self.context = model, model.ctx
        self._context, self._model = model.ctx.ref().value, model.model.value
        self._found = (ctypes.c_void_p * 1)()
        self._elements: dict[int, z3.ExprRef] = {}
        self._terms: dict[Value, z3.ExprRef] = {}

    def of(self, term: int) -> Value:
        context = self._context
        if not direct.evaluated(context, self._model, term, True, self._found):
            raise z3.Z3Exception("a term has no value in a model")
        found = self._found[0]
        truth = direct.truth_of(context, found)
        if truth:
            return truth == z3.Z3_L_TRUE
        if direct.ast_kind(context, found) == z3.Z3_NUMERAL_AST:
            return z3.IntNumRef(direct.term(found), self.context).as_long()
        number = direct.ast_id(context, found)
        if number not in self._elements:            # Z3 forgets what nobody refers to
            self._elements[number] = z3.ExprRef(direct.term(found), self.context)
        return number

    def applied(self, function: Function, row: Row) -> Value:
        """The value of a function at these values."""
        terms = direct.array(map(self._term, row, function.numeric))
        return self.of(direct.applied(self._context, function.pointer, len(terms), terms))

    def _term(self, value: Value, numeric: bool) -> int:
        if isinstance(value, bool):
            return direct.pointer(self._kept(value, z3.BoolVal))
        if numeric:
            return direct.pointer(self._kept(value, z3.IntVal))
        return direct.pointer(self._elements[value])

    def _kept(self, value: Value, make: Callable[..., z3.ExprRef]) -> z3.ExprRef:
        key = value, make
        if key not in self._terms:
            self._terms[key] = make(value, self.context)
        return self._terms[key]


class Function:
    """A function as a table of its values needs it: which arguments are numbers."""

    def __init__(self, decl: z3.FuncDeclRef) -> None:
        self.decl, self.pointer = decl, direct.pointer(decl)
        self.numeric = [isinstance(decl.domain(i), z3.ArithSortRef) for i in range(decl.arity())]


class Table(dict):
    """A function's values, by its arguments: `table[1, 2]`, of one argument `table[1]`. Each is
    asked for when it is first needed."""

    def __init__(self, known: Values, function: Function) -> None:
        super().__init__()
        self.known, self.function = known, function

    def __missing__(self, key: Value | tuple[Value, ...]) -> Value:
        row = key if isinstance(key, tuple) else (key,)
        self[key] = found = self.known.applied(self.function, row)
        return found


class Constants(dict):
    """The values of terms without variables, by their pointers, each asked for once. Of terms
    that something holds as long as the model is looked at: else a pointer may be another's."""

    def __init__(self, known: Values) -> None:
        super().__init__()
        self.known = known

    def __missing__(self, term: int) -> Value:
        self[term] = found = self.known.of(term)
        return found


class Model:
    """A model whose values have numbers. `constants` gives those of terms by their pointers."""

    def __init__(self, model: z3.ModelRef) -> None:
        self._values = Values(model)
        self.constants = Constants(self._values)
        self._tables: dict[int, Table] = {}
        self.complete = True

    def value(self, term: z3.ExprRef) -> Value:
        """The value of a term without variables, which lives as long as the model."""
        return self.constants[direct.pointer(term)]

    def table(self, function: Function) -> Table:
        table = self._tables.get(function.pointer)
        if table is None:
            table = self._tables[function.pointer] = Table(self._values, function)
        return table

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
        self.term = term                            # so that pointers into it stay good
        self._constants: list[int] = []
        self._functions: list[Function] = []
        row = "".join(f"v{i}, " for i in reversed(range(variables)))
        try:
            self._run = _function(self._source(term), row, tuple(self._names()))
        except (SyntaxError, RecursionError, MemoryError):
            self._run = _function("model.unseen()", row, tuple(self._names()))

    def __call__(self, model: Model, rows: Iterable[Row]) -> list[Value]:
        """The formula's value for each row."""
        return self._run(model, rows, *map(model.constants.__getitem__, self._constants),
                         *map(model.table, self._functions))

    def _names(self) -> Iterable[str]:
        return itertools.chain((f"c{number}" for number in range(len(self._constants))),
                               (f"f{number}" for number in range(len(self._functions))))

    def _numbered(self, decl: z3.FuncDeclRef) -> int:
        for number, known in enumerate(self._functions):
            if known.pointer == direct.pointer(decl):
                return number
        self._functions.append(Function(decl))
        return len(self._functions) - 1

    def _source(self, term: z3.ExprRef) -> str:
        if z3.is_var(term):
            return f"v{z3.get_var_index(term)}"
        if not z3.is_app(term):
            return "model.unseen()"
        kind, parts = term.decl().kind(), list(map(self._source, term.children()))
        if not parts:
            return _literal(term, kind) or f"c{_number(self._constants, direct.pointer(term))}"
        if kind == z3.Z3_OP_UNINTERPRETED:
            return f"f{self._numbered(term.decl())}[{', '.join(parts)}]"
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


def _number(known: list[int], pointer: int) -> int:
    """Where it is in the list, at the end of it where it is new."""
    if pointer not in known:
        known.append(pointer)
    return known.index(pointer)


@functools.lru_cache(maxsize=5_000)
def _function(text: str, row: str, names: tuple[str, ...]) -> Callable[..., list[Value]]:
    """A function of a model, rows, and what the text names. Many formulas have one text."""
    return eval(f"lambda {', '.join(['model', 'rows', *names])}: [{text} for ({row}) in rows]")
