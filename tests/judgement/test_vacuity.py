"""Each way of being vacuous is found, excused by name, and an idle excuse is found as well."""
from dataclasses import replace

import pytest

from checker.engines.interp.explore import explore
from checker.ir.nodes import Block, Const, Finish, Location, Op, Var, Yield
from checker.ir.system import Process, Property
from checker.judgement.vacuity import never_seen, vacuity
from checker.results.verdict import Verdict
from checker.types import Int
from tests.handmade import BOOL, TRUE, counters, machine, mutex, number, shared

SMALL = Int(0, 3)
X_IS_3 = Op("eq", (Var("x", SMALL), number(3)), BOOL)


def system(*, guard=TRUE, properties=(), extra=(), intended=None):
    blocks = {0: Block((), Yield("go")), 1: Block((), Yield("stop")), 2: Block((), Finish())}
    locations = {"go": Location("go", "go", "step", TRUE, 1, ()),
                 "stop": Location("stop", "halt", "step", guard, 2, ())}
    process = Process("p", None, "", 0, blocks, locations, {}, daemon=True)
    made = machine([process], [shared("x", SMALL), *extra],
                   [Property("read", "invariant", Op("le", (Var("x", SMALL), number(3)), BOOL)),
                    *properties])
    return replace(made, intended=intended or {})


IDLE = Property("idle", "invariant", Op("implies", (X_IS_3, Const(False, BOOL)), BOOL),
                antecedents=(X_IS_3,))
UNREAD = shared("unread", SMALL)
CASES = [
    ("never_fires", "halt", {"guard": X_IS_3}),
    ("never_true", "idle", {"properties": [IDLE]}),
    ("never_read", "unread", {"extra": [UNREAD]}),
]


def complaints(made):
    return [(c.kind, c.name) for c in vacuity(made, explore(made))]


@pytest.mark.parametrize("kind, name, parts", CASES)
def test_each_kind_is_found_and_can_be_excused(kind, name, parts):
    assert complaints(system(**parts)) == [(kind, name)]
    assert complaints(system(**parts, intended={name: "a reason"})) == []
    assert complaints(system(intended={name: "a reason"})) == [("idle_intention", name)]


def test_nothing_vacuous_here():
    for made in (system(), counters(2, 2), mutex(2)):
        assert complaints(made) == []


def test_everything_at_once():
    made = system(guard=X_IS_3, properties=[IDLE], extra=[UNREAD], intended={"typo": "why"})
    assert complaints(made) == [("never_read", "unread"), ("never_fires", "halt"),
                                ("never_true", "idle"), ("idle_intention", "typo")]


def test_an_incomplete_search_proves_no_absence():
    made = system(guard=X_IS_3, properties=[IDLE], extra=[UNREAD], intended={"typo": "why"})
    cut = explore(made, limit=1)
    assert [c.kind for c in vacuity(made, cut)] == ["never_read"]


def test_a_label_that_was_inlined_twice_fires_once():
    made = system(guard=X_IS_3)
    process = made.processes[0]
    both = {**process.locations, "stop": replace(process.locations["stop"], label="go")}
    made = replace(made, processes=(replace(process, locations=both),))
    assert complaints(made) == []


def test_a_sometimes_that_is_never_seen_is_violated_without_a_trace():
    never = Property("never", "sometimes", X_IS_3)
    made = system(properties=[never])
    assert never_seen(made, explore(made)) == (never,)
    assert never_seen(made, explore(made, limit=1)) == ()
    assert never_seen(mutex(2), explore(mutex(2))) == ()
    assert Verdict("never", "sometimes", "violated", "interp", "complete: 3 states")
    with pytest.raises(AssertionError):
        Verdict("idle", "invariant", "violated", "interp", "complete: 3 states")
