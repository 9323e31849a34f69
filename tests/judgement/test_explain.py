"""Explanations name the conjunct that decides, its bindings and the values compared."""
import pytest

from checker.engines.interp.evaluate import Scope
from checker.engines.interp.explore import explore
from checker.ir.nodes import (Assign, Block, Check, Const, Finish, Local, Location, Me, Op, Place,
                              Quantifier, Var, Yield)
from checker.ir.system import Process, System, Variable
from checker.judgement.certify import certify
from checker.judgement.explain import why
from checker.source import Loc
from checker.types import Index, Int, Lock, Map, Record
from tests.handmade import BOOL, TRUE, machine, mutex, number, shared

GROUP, PAGE, VOTES = Index("group", 2), Index("page", 2), Int(0, 2)
HOLDS, STALE = Map(GROUP, BOOL), Map(PAGE, BOOL)
ENTRY = Record(page=PAGE, dirty=BOOL)
VARIABLES = (Variable("holds", HOLDS, ((False, False),)),
             Variable("stale", STALE, ((False, False),)),
             Variable("inhibitor.votes", VOTES, (0,)),
             Variable("entry", ENTRY, ((0, False),)))
SYSTEM = System("s", "", {}, VARIABLES, (), ())
votes = Var("inhibitor.votes", VOTES)


def get(name, of, key):
    return Op("get", (Var(name, of), key), of.value)


def state(holds=(False, False), stale=(False, False), votes=0, entry=(0, False)):
    return holds, stale, votes, entry


def explained(expr, **values):
    return why(expr, Scope(SYSTEM, state(**values)))


held = Quantifier("sum", "g", GROUP,
                  Op("int", (get("holds", HOLDS, Local("g", GROUP)),), VOTES), VOTES)
counted = Op("eq", (votes, held), BOOL)
no_stale = Op("not", (Quantifier("any", "p", PAGE, get("stale", STALE, Local("p", PAGE)), BOOL),),
              BOOL)


def test_both_sides_of_a_comparison():
    assert explained(counted, votes=1) == (
        "`inhibitor.votes == sum(int(holds[%g]) for %g in group)` is False",
        "  inhibitor.votes is 1",
        "  sum(int(holds[%g]) for %g in group) is 0",
        "  holds is {all: False}")


def test_the_element_is_named():
    assert explained(no_stale, stale=(False, True)) == (
        "`stale[%p]` is True", "  with p = page1", "  stale[page1] is True")


def test_only_the_false_conjunct_is_told():
    both = Op("and", (counted, no_stale), BOOL)
    assert explained(both, stale=(True, False))[1:] == (
        "  with p = page0", "  stale[page0] is True")
    assert explained(both, votes=2)[1] == "  inhibitor.votes is 2"


def test_an_implication_tells_premise_and_conclusion():
    expr = Op("implies", (Op("lt", (number(0), votes), BOOL), no_stale), BOOL)
    assert explained(expr, votes=1, stale=(True, True)) == (
        "`0 < inhibitor.votes` is True", "  inhibitor.votes is 1",
        "`stale[%p]` is True", "  with p = page0", "  stale[page0] is True")


def test_a_conditional_tells_its_condition_and_the_branch_taken():
    dirty = Op("ite", (Op("eq", (votes, number(1)), BOOL), no_stale, Const(True, BOOL)), BOOL)
    lines = explained(dirty, votes=1, stale=(False, True))
    assert lines[0] == "`inhibitor.votes == 1` is True" and lines[-1] == "  stale[page1] is True"


def test_a_disjunction_tells_every_disjunct():
    expr = Op("or", (Op("eq", (votes, number(1)), BOOL), Op("eq", (votes, number(2)), BOOL)), BOOL)
    assert [line for line in explained(expr) if line.startswith("`")] == [
        "`inhibitor.votes == 1` is False", "`inhibitor.votes == 2` is False"]


def test_nested_bindings():
    inner = Op("implies", (get("holds", HOLDS, Local("g", GROUP)),
                           Op("not", (get("stale", STALE, Local("p", PAGE)),), BOOL)), BOOL)
    expr = Quantifier("all", "g", GROUP, Quantifier("all", "p", PAGE, inner, BOOL), BOOL)
    assert explained(expr, holds=(False, True), stale=(False, True)) == (
        "`holds[%g]` is True", "  with g = group1", "  holds[group1] is True",
        "`stale[%p]` is True", "  with p = page1", "  stale[page1] is True")


def test_the_source_text_and_its_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.py"
    path.write_text("\n    return self.votes == 3\n")
    expr = Op("eq", (votes, number(3)), BOOL, loc=Loc(str(path), 2, 11, 2, 26))
    assert explained(expr)[0] == "`self.votes == 3` is False   (model.py:2)"


def test_a_failed_check_in_words():
    system = mutex(2, broken=True)
    trace = certify(system, "overflow", explore(system).violations["overflow"])
    assert trace.explanation == ("`total` leaves its range", "  total + 2 is 4",
                                 "  total is 2")


def two_locks(*, released=True):
    """The classic: two threads take two locks in opposite orders, and release both."""
    thread, me = Index("thread", 2), Me(Int(0, 1))
    places = Map(thread, Lock())

    def cell(key):
        return Place("lock", (key,), Lock(), places)

    def free(key):
        return Op("is_free", (get("lock", places, key),), BOOL)

    own, other = Local("t", thread), Op("ite", (
        Op("eq", (Local("t", thread), Const(0, thread)), BOOL), Const(1, thread),
        Const(0, thread)), thread)
    held, release = Op("held", (me,), Lock()), Op("free", (), Lock())
    released_both = (Assign(cell(own), release), Assign(cell(other), release))
    blocks = {0: Block((), Yield("first")),
              1: Block((Assign(cell(own), held),), Yield("second")),
              2: Block((Assign(cell(other), held), *released_both * released), Finish())}
    locations = {"first": Location("first", "first", "acquire", free(own), 1, (), lock=cell(own)),
                 "second": Location("second", "second", "acquire", free(other), 2, (),
                                    lock=cell(other))}
    process = Process("worker", thread, "t", 0, blocks, locations, {})
    return machine([process], [shared("lock", places)])


def test_a_deadlock_names_locks_and_holders():
    system = two_locks()
    found = explore(system).violations
    trace = certify(system, "deadlock", found["deadlock"])
    assert [line for line in trace.explanation if "waits" in line] == [
        "worker(thread0) waits at `second`", "worker(thread1) waits at `second`"]
    assert trace.explanation[1] == "  for lock[thread1], held by worker(thread1)"
    assert trace.explanation[3] == "  for lock[thread0], held by worker(thread0)"


def test_a_holder_that_is_done_is_told():
    system = two_locks(released=False)
    trace = certify(system, "deadlock", explore(system).violations["deadlock"])
    assert trace.explanation[0] == "worker(thread1) waits at `first`"
    assert trace.explanation[1].endswith("held by worker(thread0), which is done")


@pytest.mark.parametrize("guard, line", [
    (Op("eq", (Var("x", VOTES), number(1)), BOOL), "  `x == 1` is False"),
    (Op("not", (Op("eq", (Var("x", VOTES), number(0)), BOOL),), BOOL), "  `x == 0` is True"),
])
def test_a_deadlock_names_the_condition_waited_for(guard, line):
    blocks = {0: Block((), Yield("wait")), 1: Block((Check(TRUE, "assertion", ""),), Finish())}
    wait = Location("wait", "wait", "until", guard, 1, ())
    process = Process("p", None, "", 0, blocks, {"wait": wait}, {})
    system = machine([process], [shared("x", VOTES)])
    trace = certify(system, "deadlock", explore(system).violations["deadlock"])
    assert trace.explanation == ("p waits at `wait`", line, "    x is 0")
