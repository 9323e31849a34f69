"""The verifier accepts what is well made and names what is not."""
from dataclasses import replace

import pytest

from checker.ir.nodes import (Assign, Block, Branch, Check, Choose, Const, Finish, ForEach, Goto,
                              Local, Location, Me, Op, Place, Quantifier, Var, When, Yield)
from checker.ir.ops import OPERATORS
from checker.ir.system import Process, Property
from checker.ir.typing import RULES
from checker.ir.verify import IllegalIR, verify
from checker.types import (Bool, Enum, Index, Int, Lock, Map, Maybe, Queue, Range, Record, Set,
                           Wrapping)
from tests.handmade import BOOL, TRUE, counters, machine, mutex, number, shared

SMALL = Int(0, 3)
X = Var("x", SMALL)


def to_x(value):
    return Assign(Place("x", (), SMALL, SMALL), value)


def one(*statements, terminator=Finish(), locals=(), guard=TRUE, live=(), properties=(), more=()):
    """A system with one process that takes one step."""
    blocks = {0: Block((), Yield("go")), 1: Block(statements, terminator), **dict(more)}
    go = Location("go", "go", "step", guard, 1, live)
    process = Process("p", None, "", 0, blocks, {"go": go}, dict(locals))
    return machine([process], [shared("x", SMALL), shared("b", Bool())], properties)


@pytest.mark.parametrize("system", [
    mutex(2), mutex(3, broken=True), counters(2, 3), one(), one(to_x(number(1))),
    one(Choose("n", SMALL, TRUE, "n"), to_x(Local("n", SMALL))),
    one(When(Var("b", BOOL), (Assign(Place("n", (), SMALL, SMALL, True), number(1)),),
             (Assign(Place("n", (), SMALL, SMALL, True), number(2)),)), to_x(Local("n", SMALL))),
])
def test_well_made(system):
    verify(system)


set_local = Assign(Place("n", (), SMALL, SMALL, True), number(1))

FAULTS = [
    ("assigned to", one(to_x(TRUE))),
    ("a condition of type", one(guard=number(1))),
    ("a condition of type", one(Check(X, "assertion", ""))),
    ("a condition of type", one(When(X, ()))),
    ("a condition of type", one(terminator=Branch(X, 2, 2), more=[(2, Block((), Finish()))])),
    ("a condition of type", one(properties=[Property("q", "invariant", X)])),
    ("no variable y", one(to_x(Var("y", SMALL)))),
    ("no variable y", one(Assign(Place("y", (), SMALL, SMALL), number(1)))),
    ("x is Int(0, 3), not Bool", one(guard=Var("x", BOOL))),
    ("x is not Int(0, 2)", one(Assign(Place("x", (), Int(0, 2), Int(0, 2)), number(1)))),
    ("primed", one(guard=Op("eq", (Var("x", SMALL, True), X), BOOL))),
    ("primed", one(properties=[Property("q", "invariant", Var("b", BOOL, True))])),
    ("%n may have no value", one(to_x(Local("n", SMALL)))),
    ("%n may have no value", one(When(Var("b", BOOL), (set_local,)), to_x(Local("n", SMALL)))),
    ("%n may have no value", one(to_x(Local("n", SMALL)), locals={"n": SMALL}.items())),
    ("%n may have no value", one(ForEach("n", SMALL, ()), to_x(Local("n", SMALL)))),
    ("%n may have no value", one(
        terminator=Branch(Var("b", BOOL), 2, 3),
        more=[(2, Block((set_local,), Goto(3))),
              (3, Block((to_x(Local("n", SMALL)),), Finish()))])),
    ("%n is Int(0, 3), not Bool", one(set_local, When(Local("n", BOOL), ()))),
    ("a choice inside a loop", one(ForEach("i", SMALL, (Choose("n", SMALL, TRUE, "n"),)))),
    ("a choice inside a loop", one(ForEach("i", SMALL, (When(
        TRUE, (Choose("n", SMALL, TRUE, "n"),)),)))),
    ("not a scalar", one(ForEach("i", Set(SMALL), ()))),
    ("not a scalar", one(guard=Quantifier("any", "i", Maybe(SMALL), TRUE, BOOL))),
    ("no such block", one(terminator=Goto(9))),
    ("no such location", one(terminator=Yield("nowhere"))),
    ("cycle without a yield", one(terminator=Goto(1))),
    ("cycle without a yield", one(terminator=Goto(2), more=[(2, Block((), Goto(1)))])),
    ("not declared", one(live=("z",))),
    ("no operator nonsense", one(guard=Op("nonsense", (TRUE,), BOOL))),
    ("no operator not", one(guard=Op("not", (TRUE, TRUE), BOOL))),
    ("is not a value of", one(to_x(Const(4, SMALL)))),
    ("is not a value of", one(to_x(Const(True, SMALL)))),
    ("me outside", one(properties=[Property("q", "invariant",
                                            Op("eq", (Me(SMALL), number(0)), BOOL))])),
    ("leads_to", one(properties=[Property("q", "leads_to", TRUE)])),
    ("two of property deadlock", one(properties=[Property("deadlock", "invariant", TRUE)])),
    ("the place is None", one(Assign(Place("x", (number(0),), SMALL, SMALL), number(1)))),
    ("sum over", one(to_x(Quantifier("sum", "i", SMALL, TRUE, SMALL)))),
]


@pytest.mark.parametrize("words, system", FAULTS)
def test_faults_are_named(words, system):
    with pytest.raises(IllegalIR) as caught:
        verify(system)
    assert words in str(caught.value)


def test_missing_variables_of_a_process():
    system = mutex(2)
    for gone in ("worker.at", "worker.x"):
        kept = tuple(v for v in system.variables if v.name != gone)
        with pytest.raises(IllegalIR, match=f"no variable {gone}"):
            verify(replace(system, variables=kept))


def test_an_initial_value_outside_the_type():
    system = mutex(2)
    first = replace(system.variables[0], initial=("nobody",))
    with pytest.raises(IllegalIR, match="initial 'nobody'"):
        verify(replace(system, variables=(first, *system.variables[1:])))


def test_all_faults_are_told_at_once():
    with pytest.raises(IllegalIR) as caught:
        verify(one(to_x(TRUE), to_x(Var("y", SMALL)), guard=X))
    assert len(caught.value.faults) == 3


THREAD, NAME = Index("thread", 2), Enum("a", "b")
MAP, MAYBE, SET = Map(THREAD, BOOL), Maybe(THREAD), Set(THREAD)
QUEUE, PAIR, LOCK = Queue(THREAD, 2), Record(a=BOOL, b=SMALL), Lock()
GOOD = {
    "not": ((BOOL,), BOOL), "and": ((BOOL,) * 3, BOOL), "or": ((BOOL,) * 2, BOOL),
    "implies": ((BOOL, BOOL), BOOL), "ite": ((BOOL, NAME, NAME), NAME),
    "eq": ((NAME, NAME), BOOL), "ne": ((MAYBE, MAYBE), BOOL),
    "lt": ((SMALL, Wrapping(2)), BOOL), "le": ((Range(2), SMALL), BOOL),
    **{op: ((SMALL, Range(3)), SMALL)
       for op in ("add", "sub", "mul", "floordiv", "mod", "min", "max")},
    "neg": ((SMALL,), Int(-3, 0)), "int": ((BOOL,), SMALL), "get": ((MAP, THREAD), BOOL),
    "some": ((THREAD,), MAYBE), "is_none": ((MAYBE,), BOOL), "value": ((MAYBE, THREAD), THREAD),
    "contains": ((SET, THREAD), BOOL), "with": ((SET, THREAD), SET),
    "without": ((SET, THREAD), SET), "union": ((SET, SET), SET),
    "intersection": ((SET, SET), SET), "difference": ((SET, SET), SET),
    "subset": ((SET, SET), BOOL), "set_len": ((SET,), SMALL), "record": ((BOOL, SMALL), PAIR),
    "queue_len": ((QUEUE,), SMALL), "head": ((QUEUE, THREAD), THREAD),
    "push": ((QUEUE, THREAD), QUEUE), "pop": ((QUEUE,), QUEUE), "is_free": ((LOCK,), BOOL),
    "held_by": ((LOCK, SMALL), BOOL), "free": ((), LOCK), "held": ((SMALL,), LOCK),
}


def test_every_operator_has_an_example():
    assert set(GOOD) == set(RULES) == set(OPERATORS)


@pytest.mark.parametrize("op", OPERATORS)
def test_each_type_of_a_rule_matters(op):
    args, result = GOOD[op]
    assert RULES[op](args, result)
    other = Index("stranger", 5)
    assert not RULES[op](args, other)
    for position in range(len(args)):
        assert not RULES[op](args[:position] + (other,) + args[position + 1:], result)
