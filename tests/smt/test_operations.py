"""Every operator, quantifier and key against the interpreter, with and without folding."""
import itertools

import pytest

from checker.engines.interp.evaluate import Scope
from checker.engines.interp.evaluate import evaluate as interpret
from checker.engines.smt.expressions import OPERATIONS, SymbolicScope, evaluate
from checker.engines.smt.shape import Space, constant, convert, equal, in_range, literal, read
from checker.engines.smt.solver import Solver
from checker.engines.smt.terms import conj, less, neg, num, same
from checker.ir.nodes import Const, Field, Local, Op, Quantifier
from checker.ir.ops import OPERATORS
from checker.types import (Bool, Enum, Index, Int, Lock, Map, Maybe, Queue, Range, Record, Set,
                           Wrapping)
from checker.values import all_values
from tests.handmade import BOOL, machine, number

HOLDERS = 3
SPACE = Space(HOLDERS)
SYSTEM = machine([], [])
PAIR = Record(a=BOOL, b=Int(-1, 1))
LETTERS = Enum("x", "y", "z")
ROW = Map(Int(-1, 1), Int(0, 2))

# Argument types and the result's type; each row is tried on all values.
ROWS = {
    "not": [((BOOL,), BOOL)],
    "and": [((), BOOL), ((BOOL, BOOL, BOOL), BOOL)],
    "or": [((), BOOL), ((BOOL, BOOL, BOOL), BOOL)],
    "implies": [((BOOL, BOOL), BOOL)],
    "ite": [((BOOL, Int(-2, 1), Wrapping(2)), Int(-2, 3)), ((BOOL, BOOL, BOOL), BOOL),
            ((BOOL, Maybe(LETTERS), Maybe(LETTERS)), Maybe(LETTERS)),
            ((BOOL, Set(Int(0, 1)), Set(Int(1, 2))), Set(Int(0, 2)))],
    "eq": [((Int(-3, 2), Range(4)), BOOL), ((BOOL, BOOL), BOOL), ((LETTERS, LETTERS), BOOL),
           ((Maybe(Int(1, 2)), Maybe(Int(0, 1))), BOOL), ((PAIR, PAIR), BOOL),
           ((Queue(BOOL, 2), Queue(BOOL, 1)), BOOL), ((Set(Range(2)), Set(Int(-1, 1))), BOOL),
           ((Lock(), Lock()), BOOL), ((Index("i", 3), Index("i", 3)), BOOL)],
    "ne": [((Int(-3, 2), Range(4)), BOOL), ((Maybe(BOOL), Maybe(BOOL)), BOOL)],
    "lt": [((Int(-3, 2), Range(4)), BOOL), ((Wrapping(2), Int(1, 5)), BOOL)],
    "le": [((Int(-3, 2), Range(4)), BOOL), ((Int(-5, -1), Int(-3, -2)), BOOL)],
    "add": [((Int(-3, 2), Range(4)), Int(-3, 5)), ((Wrapping(3), Int(1, 1)), Int(1, 8))],
    "sub": [((Int(-3, 2), Range(4)), Int(-6, 2)), ((Range(3), Range(5)), Int(-4, 2))],
    "mul": [((Int(-3, 2), Int(-2, 3)), Int(-9, 6)), ((Range(4), Range(4)), Int(0, 9))],
    "floordiv": [((Int(-9, 9), Int(-4, 4)), Int(-9, 9)), ((Range(20), Int(3, 3)), Int(0, 6)),
                 ((Int(-9, 9), Int(-2, -2)), Int(-5, 4)), ((Range(9), Range(5)), Int(0, 8)),
                 ((Int(-50, 50), Int(3, 3)), Int(-17, 16))],
    "mod": [((Int(-9, 9), Int(-4, 4)), Int(-3, 3)), ((Range(20), Int(3, 3)), Int(0, 2)),
            ((Int(-9, 9), Int(4, 4)), Int(0, 3)), ((Int(-9, 9), Int(-2, -2)), Int(-1, 0)),
            ((Range(9), Range(5)), Int(0, 3)), ((Int(-50, 50), Int(7, 7)), Int(0, 6)),
            ((Int(-3, 3), Int(1, 1)), Int(0, 0))],
    "neg": [((Int(-3, 2),), Int(-2, 3)), ((Range(4),), Int(-3, 0))],
    "min": [((Int(-3, 2), Range(4)), Int(-3, 2))],
    "max": [((Int(-3, 2), Range(4)), Int(0, 3))],
    "int": [((BOOL,), Int(0, 1))],
    "get": [((ROW, Int(-1, 1)), Int(0, 2)), ((ROW, Int(-2, 3)), Int(0, 2)),
            ((Map(BOOL, LETTERS), BOOL), LETTERS), ((Map(LETTERS, PAIR), LETTERS), PAIR),
            ((ROW, Int(0, 1)), Int(0, 2))],
    "some": [((LETTERS,), Maybe(LETTERS)), ((Set(Range(1)),), Maybe(Set(Range(2))))],
    "is_none": [((Maybe(LETTERS),), BOOL)],
    "value": [((Maybe(Int(1, 2)), Int(0, 1)), Int(0, 2)), ((Maybe(PAIR), PAIR), PAIR)],
    "contains": [((Set(Int(-1, 1)), Int(-2, 2)), BOOL), ((Set(BOOL), BOOL), BOOL)],
    "with": [((Set(Int(-1, 1)), Int(-1, 1)), Set(Int(-1, 1))),
             ((Set(Int(0, 1)), Int(2, 2)), Set(Int(0, 2)))],
    "without": [((Set(Int(-1, 1)), Int(-2, 2)), Set(Int(-1, 1)))],
    "union": [((Set(Range(2)), Set(Int(1, 2))), Set(Int(0, 2)))],
    "intersection": [((Set(Range(3)), Set(Int(1, 3))), Set(Range(3)))],
    "difference": [((Set(Range(3)), Set(Int(1, 3))), Set(Range(3)))],
    "subset": [((Set(Range(3)), Set(Int(1, 3))), BOOL), ((Set(LETTERS), Set(LETTERS)), BOOL)],
    "set_len": [((Set(Range(4)),), Int(0, 4))],
    "record": [((BOOL, Int(-1, 1)), PAIR)],
    "queue_len": [((Queue(LETTERS, 2),), Int(0, 2))],
    "head": [((Queue(LETTERS, 2), LETTERS), LETTERS)],
    "push": [((Queue(BOOL, 1), BOOL), Queue(BOOL, 2)), ((Queue(LETTERS, 1), LETTERS),
                                                        Queue(LETTERS, 3))],
    "pop": [((Queue(LETTERS, 3),), Queue(LETTERS, 3))],
    "is_free": [((Lock(),), BOOL)],
    "held_by": [((Lock(), Int(0, 2)), BOOL)],
    "free": [((), Lock())],
    "held": [((Int(0, 2),), Lock())],
}
CASES = [(op, args, result) for op, rows in ROWS.items() for args, result in rows]


def values_of(of):
    """All values, of a lock too."""
    return (None, *range(HOLDERS)) if isinstance(of, Lock) else tuple(all_values(of))


def expected(op, types, values, result):
    args = tuple(Const(value, of) for value, of in zip(values, types))
    return interpret(Op(op, args, result), Scope(SYSTEM, ()))


def test_the_table_is_complete():
    assert set(OPERATIONS) == set(OPERATORS) == set(ROWS)


@pytest.mark.parametrize("op, types, result", CASES)
def test_constants_fold_to_the_interpreters_value(op, types, result):
    for values in itertools.product(*map(values_of, types)):
        args = tuple(Const(value, of) for value, of in zip(values, types))
        folded = evaluate(Op(op, args, result), SymbolicScope(SYSTEM, ()))
        wanted = literal(result, expected(op, types, values, result))
        assert equal(wanted, folded) is True, (values, folded)


@pytest.mark.parametrize("op, types, result", CASES)
def test_the_term_has_the_interpreters_value(op, types, result):
    names = [f"a{i}" for i in range(len(types))]
    symbols = [constant(of, name, SPACE) for name, of in zip(names, types)]
    args = tuple(Local(name, of) for name, of in zip(names, types))
    term = evaluate(Op(op, args, result),
                    SymbolicScope(SYSTEM, (), dict(zip(names, symbols))))
    solver = Solver(SPACE.context)
    solver.add(conj(*(in_range(symbol) for symbol in symbols)))
    combinations = list(itertools.product(*map(values_of, types)))
    for values in combinations[::max(1, len(combinations) // 150)]:
        given = conj(*(equal(literal(of, value), symbol)
                       for of, value, symbol in zip(types, values, symbols)))
        wanted = expected(op, types, values, result)
        model = satisfied(solver, given)
        assert read(result, term, model) == wanted, values
        assert refuted(solver, conj(given, neg(equal(literal(result, wanted), term)))), values


def satisfied(solver, part):
    """A model of what was added and `part`."""
    answer = asked(solver, part)
    assert answer.outcome == "sat", answer
    return answer.model


def refuted(solver, part):
    return asked(solver, part).outcome == "unsat"


def asked(solver, part):
    supposed = solver.literal(part)
    answer = solver.ask(supposed)
    solver.retire(supposed)
    return answer


@pytest.mark.parametrize("kind, body, result", [
    ("any", Op("eq", (Local("q", Range(3)), Local("n", Int(-1, 4))), BOOL), BOOL),
    ("all", Op("ne", (Local("q", Range(3)), Local("n", Int(-1, 4))), BOOL), BOOL),
    ("sum", Op("mul", (Local("q", Range(3)), Local("n", Int(-1, 4))), Int(-2, 8)), Int(-3, 12)),
    ("set", Op("lt", (Local("q", Range(3)), Local("n", Int(-1, 4))), BOOL), Set(Range(3))),
])
def test_quantifiers(kind, body, result):
    node = Quantifier(kind, "q", Range(3), body, result)
    symbol = constant(Int(-1, 4), "n", SPACE)
    term, solver = evaluate(node, SymbolicScope(SYSTEM, (), {"n": symbol})), Solver(SPACE.context)
    for value in range(-1, 5):
        model = satisfied(solver, equal(literal(Int(-1, 4), value), symbol))
        assert read(result, term, model) == interpret(node, Scope(SYSTEM, (), {"n": value}))


def test_fields():
    node = Field(Local("r", PAIR), "b", Int(-1, 1))
    symbol, solver = constant(PAIR, "r", SPACE), Solver(SPACE.context)
    term = evaluate(node, SymbolicScope(SYSTEM, (), {"r": symbol}))
    for value in all_values(PAIR):
        model = satisfied(solver, equal(literal(PAIR, value), symbol))
        assert read(Int(-1, 1), term, model) == value[1]


TYPES = [Bool(), Int(-3, 2), Int(5, 5), Int(-4, -2), Wrapping(3), LETTERS, Enum("only"),
         Index("i", 3), Range(5), Maybe(Int(1, 2)), Maybe(PAIR), Set(Int(-1, 1)), ROW, PAIR,
         Map(BOOL, Maybe(Range(2))), Queue(LETTERS, 2), Lock()]


@pytest.mark.parametrize("of", TYPES, ids=str)
def test_every_value_survives_a_round_trip(of):
    symbol, solver = constant(of, "v", SPACE), Solver(SPACE.context)
    solver.add(in_range(symbol))
    for value in values_of(of):
        assert read(of, symbol, satisfied(solver, equal(literal(of, value), symbol))) == value


@pytest.mark.parametrize("of", TYPES, ids=str)
def test_a_type_has_no_other_values(of):
    symbol, solver = constant(of, "v", SPACE), Solver(SPACE.context)
    solver.add(in_range(symbol))
    none_of_them = conj(*(neg(equal(literal(of, value), symbol)) for value in values_of(of)))
    assert refuted(solver, none_of_them)


def test_converting_drops_what_does_not_fit():
    assert convert(literal(Set(Range(3)), frozenset({0, 2})), Set(Range(3)), Set(Range(2))) == (
        True, False)
    with pytest.raises(TypeError):
        convert(literal(Set(LETTERS), frozenset()), Set(LETTERS), Queue(LETTERS, 1))


def test_wide_numbers_do_not_wrap():
    most = 2 ** 61
    n, solver = constant(Int(-most, most), "n", SPACE), Solver(SPACE.context)
    total = evaluate(Op("add", (number(most), Local("n", Int(-most, most))), Int(0, most)),
                     SymbolicScope(SYSTEM, (), {"n": n}))
    model = satisfied(solver, same(num(2 * most), total))
    assert read(Int(-most, most), n, model) == most
    assert refuted(solver, conj(in_range(n), less(total, num(0))))
