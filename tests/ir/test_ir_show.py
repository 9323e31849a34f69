"""The printed form: golden for one small system, and read back by Python itself."""
import ast
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.engines.interp.evaluate import Scope, evaluate
from checker.ir.nodes import Const, Op, Quantifier, Var
from checker.ir.show import digest, show_expr, show_system
from checker.ir.system import System, Variable
from checker.source import Loc
from checker.types import Bool, Enum, Int, Maybe, Range, Record, Set
from tests.handmade import BOOL, counters, mutex

MUTEX = '''\
system handmade
index thread of 2

var lock: Lock = free
var total: Int(0, 4) = 0
var worker.at: Map(thread, Enum("take", "add", "done")) = {all: "take"}
var worker.x: Map(thread, Int(1, 2)) = {all: 1}

process worker(%t: thread)
    local %x: Int(1, 2)
    start at 0
    location take acquire "take"; on lock
        when lock is free goto 1
    location add step "add"; keeps %x
        when True goto 2
    block 0
        yield take
    block 1
        lock := held by me
        %x := pick "amount" in Int(1, 2) where True
        yield add
    block 2
        check total + %x <= 4 else overflow "`total` leaves its range"
        total := total + %x
        lock := free
        finish

sometimes full: total == 4
'''


def test_golden():
    assert show_system(mutex(2)) == MUTEX


def test_the_digest_tells_systems_apart():
    systems = [mutex(2), mutex(3), mutex(2, broken=True), counters(2, 3), counters(3, 2)]
    assert len({digest(system) for system in systems}) == len(systems)
    assert digest(mutex(2)) == digest(mutex(2))


def test_positions_and_docs_are_left_out():
    system = mutex(2)
    moved = replace(system, path="elsewhere.py", properties=tuple(
        replace(p, doc="words", loc=Loc("a", 3)) for p in system.properties))
    assert digest(moved) == digest(system)


# Only what Python reads the same way: the printed text is evaluated by Python below.
NUMBER, NUMBERS = Int(-9, 9), ["x", "y"]
numbers = st.recursive(
    st.one_of(st.integers(-3, 3).map(lambda n: Const(n, NUMBER)),
              st.sampled_from(NUMBERS).map(lambda n: Var(n, NUMBER))),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["add", "sub", "mul", "min", "max"]), inner, inner)
        .map(lambda t: Op(t[0], t[1:], NUMBER)),
        st.tuples(st.sampled_from(["floordiv", "mod"]), inner, st.just(Const(3, NUMBER)))
        .map(lambda t: Op(t[0], t[1:], NUMBER)),
        inner.map(lambda n: Op("neg", (n,), NUMBER))), max_leaves=6)
booleans = st.recursive(
    st.tuples(st.sampled_from(["eq", "ne", "lt", "le"]), numbers, numbers)
    .map(lambda t: Op(t[0], t[1:], BOOL)),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or", "eq", "ne"]), inner, inner)
        .map(lambda t: Op(t[0], t[1:], BOOL)),
        inner.map(lambda b: Op("not", (b,), BOOL)),
        st.tuples(inner, inner, inner).map(lambda t: Op("ite", t, BOOL))), max_leaves=5)


@given(st.one_of(numbers, booleans), st.integers(-4, 4), st.integers(-4, 4))
def test_python_reads_the_printed_form_as_it_was_meant(expr, x, y):
    variables = tuple(Variable(name, NUMBER, (0,)) for name in NUMBERS)
    system = System("s", "", {}, variables, (), ())
    names = {"x": x, "y": y, "min": min, "max": max}
    text = show_expr(expr)
    assert eval(text, names) == evaluate(expr, Scope(system, (x, y)))


@given(st.one_of(numbers, booleans))
def test_no_pair_of_parentheses_can_be_left_out(expr):
    """Without any one pair of parentheses Python would read another expression."""
    text = show_expr(expr)
    meant = ast.dump(ast.parse(text))
    for start, stop in grouping_pairs(text):
        without = text[:start] + text[start + 1:stop] + text[stop + 1:]
        inside = text[start + 1:stop]
        if " if " in inside or inside.startswith("-"):
            continue                # a conditional keeps its own; a sign is kept apart
        try:
            read = ast.parse(without)
        except SyntaxError:
            continue                # `a == not b` is no expression at all
        assert ast.dump(read) != meant


def grouping_pairs(text):
    """Parentheses that group, not those of a call."""
    opened = []
    for position, character in enumerate(text):
        if character == "(":
            opened.append(position)
        elif character == ")":
            start = opened.pop()
            if start == 0 or not text[start - 1].isalpha():
                yield start, position


PAGE = Record(page=Range(2), dirty=Bool)


@pytest.mark.parametrize("expr, text", [
    (Op("implies", (Op("implies", (Var("a", BOOL), Var("b", BOOL)), BOOL), Var("a", BOOL)), BOOL),
     "(a => b) => a"),
    (Op("implies", (Var("a", BOOL), Op("implies", (Var("a", BOOL), Var("b", BOOL)), BOOL)), BOOL),
     "a => a => b"),
    (Op("contains", (Var("s", Set(Bool)), Const(True, BOOL)), BOOL), "True in s"),
    (Op("with", (Var("s", Set(Bool)), Const(True, BOOL)), Set(Bool)), "s | {True}"),
    (Op("record", (Const(1, Range(2)), Const(True, BOOL)), PAGE), "(page=1, dirty=True)"),
    (Const("a b", Enum("a b", "c")), '"a b"'),
    (Const(None, Maybe(Bool)), "None"),
    (Quantifier("set", "i", Range(2), Const(True, BOOL), Set(Range(2))),
     "{%i for %i in Range(2) if True}"),
    (Var("x", NUMBER, True), "x'"),
])
def test_forms(expr, text):
    assert show_expr(expr) == text
