"""The reference search: counts that can be told by hand, and shortest paths."""
from dataclasses import replace

import pytest

from checker.engines.interp.explore import explore
from checker.ir.nodes import (Assign, Block, Const, Finish, Location, Op, Place, Var,
                              Yield)
from checker.ir.system import Process, Property
from checker.types import Int, Map, Range
from tests.handmade import BOOL, TRUE, counters, machine, mutex, number, shared


@pytest.mark.parametrize("n, modulus", [(1, 3), (2, 3), (3, 2), (3, 4)])
def test_counters_have_every_combination(n, modulus):
    found = explore(counters(n, modulus))
    assert found.complete and not found.violations
    assert found.distinct == modulus ** n
    assert found.generated == n * modulus ** n
    assert found.depth == n * (modulus - 1)
    assert sum(found.levels) == found.distinct and found.initial == 1
    assert found.fired == {("count", "tick")}


def test_a_correct_mutex_has_its_witness_and_no_violation():
    found = explore(mutex(2))
    assert found.complete and not found.violations
    assert len(found.witnesses["full"]) == 5                # take, add, take, add
    assert found.witnesses["full"][-1][1] == 4


def test_the_failing_check_is_found_on_a_shortest_path():
    found = explore(mutex(2, broken=True))
    assert set(found.violations) == {"overflow"}
    # The path ends where the failing step starts: both took their 2, the second adds.
    assert len(found.violations["overflow"]) == 4
    assert "full" not in found.witnesses


def test_a_failing_step_is_not_generated():
    whole, broken = explore(mutex(2)), explore(mutex(2, broken=True))
    assert broken.generated < whole.generated


def test_the_limit_leaves_the_answer_incomplete():
    found = explore(counters(2, 3), limit=5)
    assert (found.complete, found.distinct) == (False, 5)
    assert "5" in found.reason
    assert explore(counters(2, 3), limit=9).complete


def test_stop_early_ends_with_the_level_of_the_violation():
    first = Op("get", (Var("counter", Map(Range(2), Int(0, 2))), number(0)), Int(0, 2))
    system = replace(counters(2, 3), properties=(
        Property("low", "invariant", Op("le", (first, number(0)), BOOL)),))
    early, whole = explore(system, stop_early=True), explore(system)
    assert len(early.violations["low"]) == 2 and early.violations == whole.violations
    assert early.levels == [1, 2] and early.levels == whole.levels[:2]
    assert not early.complete and early.reason and whole.complete


def test_an_interrupt_is_an_answer():
    def interrupt(progress):
        raise KeyboardInterrupt
    found = explore(counters(2, 3), report=interrupt)
    assert (found.complete, found.reason) == (False, "interrupted")


def test_progress_is_reported():
    seen = []
    explore(counters(2, 3), report=seen.append)
    assert len(seen) == 5 and seen[-1].distinct == 9


def one_shot(guard=TRUE, properties=(), statements=()):
    """One process that takes one step, if `guard` lets it, and is done."""
    blocks = {0: Block((), Yield("go")), 1: Block(statements, Finish())}
    go = Location("go", "go", "step", guard, 1, ())
    process = Process("once", None, "", 0, blocks, {"go": go}, {})
    return machine([process], [shared("x", Int(0, 3))], properties)


X = Var("x", Int(0, 3))


def test_a_stuck_process_is_a_deadlock_and_a_finished_one_is_not():
    never = Op("eq", (X, number(3)), BOOL)
    assert len(explore(one_shot(never)).violations["deadlock"]) == 1
    assert not explore(one_shot()).violations


def test_a_step_invariant_fails_on_the_offending_step():
    up = Assign(Place("x", (), Int(0, 3), Int(0, 3)), number(2))
    slow = Property("slow", "step_invariant", Op("le", (
        Op("sub", (Var("x", Int(0, 3), True), X), Int(-3, 3)), number(1)), BOOL),
        antecedents=(Op("ne", (X, Var("x", Int(0, 3), True)), BOOL),))
    found = explore(one_shot(properties=[slow], statements=(up,)))
    assert len(found.violations["slow"]) == 2
    assert found.antecedents == {("slow", 0)}


def test_a_violated_invariant_does_not_end_the_search():
    low = Property("low", "invariant", Const(False, BOOL))
    found = explore(one_shot(properties=[low]))
    assert found.complete and found.distinct == 2
    assert len(found.violations["low"]) == 1


def test_two_explorations_are_the_same():
    first, second = explore(mutex(3, broken=True)), explore(mutex(3, broken=True))
    first.seconds = second.seconds = 0.0
    assert first == second
