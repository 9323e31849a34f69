"""Every operator in C against its meaning in the table, on all values of small types."""
import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.native import prepare, reachable
from checker.ir.nodes import (Assign, Block, Const, Field, Finish, Location, Op, Place, Var,
                              Yield)
from checker.ir.ops import OPERATORS
from checker.ir.system import Process, Variable
from checker.types import (ANY, Enum, Index, Int, Lock, Map, Maybe, Queue, Range, Record,
                           Set)
from checker.values import all_values, lowest
from tests.handmade import BOOL, TRUE, machine

SMALL, OTHER, WIDE_INT = Int(-2, 2), Int(0, 3), Int(-100, 100)
DIGIT, COLOUR, WHO = Range(3), Enum("red", "green"), Index("who", 3)
DIGITS, LOW, SHIFTED = Set(DIGIT), Maybe(Int(1, 2)), Maybe(Int(0, 2))
PAIR = Record(digit=DIGIT, flag=BOOL)
BOX, PAIRS = Queue(DIGIT, 2), Queue(PAIR, 1)
TABLE = Map(Int(1, 2), DIGIT)
LONG = Map(Range(2), Map(Range(33), BOOL))          # wide: 2 words for each row
NUMBER_OPS = ("add", "sub", "mul", "floordiv", "mod", "min", "max")

# (operator, types of the arguments, type of the result)
CASES = [
    ("not", (BOOL,), BOOL), ("and", (BOOL, BOOL, BOOL), BOOL), ("or", (BOOL, BOOL, BOOL), BOOL),
    ("implies", (BOOL, BOOL), BOOL), ("ite", (BOOL, SMALL, OTHER), WIDE_INT),
    ("ite", (BOOL, COLOUR, COLOUR), COLOUR), ("ite", (BOOL, LOW, SHIFTED), SHIFTED),
    ("eq", (COLOUR, COLOUR), BOOL), ("ne", (SMALL, OTHER), BOOL), ("eq", (LOW, SHIFTED), BOOL),
    ("eq", (BOX, BOX), BOOL), ("ne", (PAIR, PAIR), BOOL), ("eq", (DIGITS, Set(Int(1, 3))), BOOL),
    ("lt", (SMALL, OTHER), BOOL), ("le", (SMALL, OTHER), BOOL),
    *((op, (SMALL, SMALL), WIDE_INT) for op in NUMBER_OPS),
    ("neg", (SMALL,), WIDE_INT), ("int", (BOOL,), WIDE_INT),
    ("get", (TABLE, SMALL), DIGIT), ("get", (TABLE, Int(1, 2)), DIGIT),
    ("some", (DIGIT,), Maybe(DIGIT)), ("some", (Int(1, 2),), SHIFTED),
    ("some", (BOOL,), Maybe(BOOL)), ("some", (PAIR,), Maybe(PAIR)),
    ("is_none", (LOW,), BOOL), ("value", (LOW, Int(1, 2)), WIDE_INT),
    ("value", (Maybe(COLOUR), COLOUR), COLOUR), ("value", (Maybe(PAIR), PAIR), PAIR),
    ("contains", (DIGITS, SMALL), BOOL), ("contains", (Set(WHO), WHO), BOOL),
    ("contains", (Set(Int(-1, 1)), SMALL), BOOL), ("contains", (Set(COLOUR), COLOUR), BOOL),
    ("with", (DIGITS, DIGIT), DIGITS), ("without", (Set(Int(-1, 1)), SMALL), Set(Int(-1, 1))),
    ("union", (DIGITS, DIGITS), DIGITS), ("union", (DIGITS, Set(Int(1, 2))), DIGITS),
    ("intersection", (DIGITS, DIGITS), DIGITS), ("difference", (DIGITS, DIGITS), DIGITS),
    ("subset", (DIGITS, Set(Int(1, 3))), BOOL), ("set_len", (DIGITS,), WIDE_INT),
    ("record", (DIGIT, BOOL), PAIR), ("queue_len", (BOX,), WIDE_INT),
    ("head", (BOX, DIGIT), DIGIT), ("head", (PAIRS, PAIR), PAIR),
    ("push", (BOX, DIGIT), BOX), ("push", (PAIRS, PAIR), PAIRS), ("pop", (BOX,), BOX),
    ("pop", (PAIRS,), PAIRS),
    ("is_free", (Lock(),), BOOL), ("held_by", (Lock(), SMALL), BOOL),
    ("free", (), Lock()), ("held", (Int(0, 0),), Lock()),
]


def legal(op, args):
    """A push into a full queue is prevented by a check; its value has no meaning in the table."""
    return op != "push" or len(args[0]) < (2 if isinstance(args[1], int) else 1)


def applied(op, types, result):
    """A system whose one step stores the operator's value for any arguments."""
    names = [f"a{i}" for i in range(len(types))]
    variables = [Variable(name, of, tuple(all_values(of)) if of != Lock() else (None, 0))
                 for name, of in zip(names, types)]
    variables.append(Variable("r", result, (lowest(result),)))
    expr = Op(op, tuple(Var(name, of) for name, of in zip(names, types)), result)
    blocks = {0: Block((), Yield("go")),
              1: Block((Assign(Place("r", (), result, result), expr),), Finish())}
    go = Location("go", "go", "step", TRUE, 1, ())
    return machine([Process("p", None, "", 0, blocks, {"go": go}, {})], variables), expr


SYSTEMS = [applied(*case) for case in CASES]


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """All at once, in two threads: most of the time goes to the compiler."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(prepare, [system for system, _ in SYSTEMS]))


@pytest.mark.parametrize("case, made", [*zip(CASES, SYSTEMS)], ids=[case[0] for case in CASES])
def test_operator(case, made):
    op, types, _ = case
    system, expr = made
    seen = 0
    for state in reachable(system, threads=1):
        args, result = state[:len(types)], state[len(types)]
        if state[-1] == "done" and legal(op, args):
            assert result == evaluate(expr, Scope(system, state)), args
            seen += 1
    combinations = itertools.product(*(v.initial for v in system.variables))
    assert seen == sum(legal(op, args) for args in combinations) > 0


def test_every_operator_has_a_case():
    assert {op for op, *_ in CASES} == set(OPERATORS)


# ── wide values ──────────────────────────────────────────────────────────────────────────────

ROW = LONG.value
SPREAD = Record(name=COLOUR, row=ROW, digit=DIGIT)
STACK = Queue(Int(0, 2 ** 30), 3)
ROWS = Queue(ROW, 2)
FULL, EMPTY = (True,) * 33, (False,) * 33
STRIPED = tuple(i % 3 == 0 for i in range(33))
BIG = 2 ** 30

WIDE_CASES = [
    (Op("eq", (Var("a", LONG), Var("b", LONG)), BOOL), LONG, [(FULL, EMPTY), (STRIPED, FULL)]),
    (Op("ne", (Var("a", LONG), Var("b", LONG)), BOOL), LONG, [(FULL, EMPTY), (STRIPED, FULL)]),
    (Op("ite", (Op("eq", (Var("a", LONG), Const((FULL, EMPTY), LONG)), BOOL), Var("b", LONG),
                Var("a", LONG)), LONG), LONG, [(FULL, EMPTY), (STRIPED, FULL)]),
    (Op("get", (Op("get", (Var("a", LONG), Const(1, Range(2))), ROW), Const(32, Range(33))), BOOL),
     LONG, [(FULL, EMPTY), (STRIPED, FULL)]),
    (Op("some", (Var("a", LONG),), Maybe(LONG)), LONG, [(FULL, EMPTY), (EMPTY, EMPTY)]),
    (Op("value", (Var("a", Maybe(LONG)), Const((FULL, FULL), LONG)), LONG), Maybe(LONG),
     [None, (EMPTY, STRIPED)]),
    (Op("is_none", (Var("a", Maybe(LONG)),), BOOL), Maybe(LONG), [None, (EMPTY, EMPTY)]),
    (Op("some", (Var("a", Set(Range(64))),), Maybe(Set(Range(64)))), Set(Range(64)),
     [frozenset(), frozenset({0, 63})]),
    (Op("value", (Var("a", Maybe(Set(Range(64)))), Const(frozenset({5}), Set(Range(64)))),
        Set(Range(64))), Maybe(Set(Range(64))), [None, frozenset(), frozenset({63, 1})]),
    (Op("record", (Const("green", COLOUR), Const(STRIPED, ROW), Const(2, DIGIT)), SPREAD), SPREAD,
     [("red", EMPTY, 0)]),
    (Field(Var("a", SPREAD), "row", ROW), SPREAD, [("red", STRIPED, 0), ("green", FULL, 2)]),
    (Field(Var("a", SPREAD), "digit", DIGIT), SPREAD, [("red", STRIPED, 0), ("green", FULL, 2)]),
    (Op("push", (Var("a", STACK), Const(BIG, STACK.of)), STACK), STACK, [(), (1,), (BIG, 7)]),
    (Op("pop", (Var("a", STACK),), STACK), STACK, [(), (1,), (BIG, 7), (1, 2, BIG)]),
    (Op("head", (Var("a", STACK), Const(9, STACK.of)), STACK.of), STACK, [(), (1,), (BIG, 7)]),
    (Op("queue_len", (Var("a", STACK),), OTHER), STACK, [(), (1,), (BIG, 7, 5)]),
    (Op("push", (Var("a", ROWS), Const(STRIPED, ROW)), ROWS), ROWS, [(), (FULL,)]),
    (Op("pop", (Var("a", ROWS),), ROWS), ROWS, [(), (FULL,), (STRIPED, FULL)]),
    (Op("head", (Var("a", ROWS), Const(EMPTY, ROW)), ROW), ROWS, [(), (FULL,), (STRIPED, FULL)]),
    (Op("head", (Op("pop", (Op("push", (Var("a", ROWS), Const(STRIPED, ROW)), ROWS),), ROWS),
                 Const(FULL, ROW)), ROW), ROWS, [(), (FULL,)]),
]


@pytest.mark.parametrize("case", WIDE_CASES, ids=lambda c: getattr(c[0], "op", "field"))
def test_wide_values(case):
    """Values of several words: all pairs of the listed ones as variables `a` and `b`."""
    expr, of, listed = case
    variables = [Variable("a", of, tuple(listed)), Variable("b", of, tuple(listed)),
                 Variable("r", expr.type, (lowest(expr.type),))]
    blocks = {0: Block((), Yield("go")),
              1: Block((Assign(Place("r", (), expr.type, expr.type), expr),), Finish())}
    go = Location("go", "go", "step", TRUE, 1, ())
    system = machine([Process("p", None, "", 0, blocks, {"go": go}, {})], variables)
    done = [state for state in reachable(system, threads=2) if state[-1] == "done"]
    assert len(done) == len(listed) ** 2
    for state in done:
        assert state[2] == evaluate(expr, Scope(system, state)), state[:2]


def test_all_initial_values_are_started_from():
    system, _ = applied("add", (Int(0, 2, init=ANY), Int(0, 2, init=ANY)), WIDE_INT)
    assert len(list(reachable(system))) == 18
