"""Bounded search against the interpreter's breadth-first search: same lengths, same absences."""
from dataclasses import replace

import pytest

from checker.engines.interp.explore import explore
from checker.engines.smt.bmc import search
from checker.ir.nodes import Block, Check, Op
from checker.ir.system import IMPLICIT, Property
from checker.ir.verify import verify
from checker.judgement.certify import certify
from tests.handmade import BOOL, TRUE, counters, machine, mutex, shared
from tests.smt.systems import (FALSE, crossed_locks, forgotten_lock, mailbox, stairs,
                               start_anywhere, votes)

SYSTEMS = {
    "counters": counters(2, 3),
    "mutex": mutex(3),
    "broken mutex": mutex(3, broken=True),
    "votes": votes(2, 2),
    "late votes": votes(2, 2, late=True),
    "crossed locks": crossed_locks(),
    "crossed locks, nothing else": crossed_locks(clock=False),
    "ordered locks": crossed_locks(ordered=True),
    "forgotten lock": forgotten_lock(),
    "mailbox": mailbox(3),
    "careless mailbox": mailbox(2, careful=False),
    "start anywhere": start_anywhere(),
    "stairs": stairs(5),
    "stairs with a jump": stairs(5, jump=True),
}


def lengths(paths):
    return {name: len(path) for name, path in paths.items()}


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_same_findings_at_the_same_depth_as_the_interpreter(system):
    verify(system)
    everything = explore(system)
    assert everything.complete
    found = search(system, bound=everything.depth + 1)
    assert lengths(found.violations) == lengths(everything.violations)
    assert lengths(found.witnesses) == lengths(everything.witnesses)
    assert not found.unknown and not found.reason
    assert found.exhausted or found.depth == everything.depth + 1
    for name, path in (found.violations | found.witnesses).items():
        certify(system, name, path)


def test_the_systems_show_what_there_is_to_find():
    """The comparison above means something only if the systems fail in many ways."""
    explorations = [explore(system) for system in SYSTEMS.values()]
    kinds = {name for each in explorations for name in each.violations}
    assert {"deadlock", "overflow", "queue_full", "no_stale", "shorter_or_seen"} <= kinds
    assert {name for each in explorations for name in each.witnesses} >= {"full", "filled"}


def test_a_bound_short_of_the_violation_finds_nothing():
    system = mutex(3, broken=True)
    short, enough = search(system, bound=4), search(system, bound=5)
    assert not short.violations and short.depth == 4 and not short.exhausted
    assert list(enough.violations) == ["overflow"]


def test_exhausted_when_no_path_is_longer():
    found = search(mutex(2), bound=50)
    assert found.exhausted and found.depth == explore(mutex(2)).depth == 4
    assert len(found.seconds) == 6           # the levels 0 to 4, and the one that is empty


def test_not_exhausted_when_paths_go_on():
    found = search(votes(1, 1), bound=9)
    assert found.depth == 9 and not found.exhausted


def test_every_level_is_reported():
    told = []
    search(votes(1, 1), bound=3, report=told.append)
    assert [line.split(":")[0] for line in told] == [f"depth {n}" for n in range(4)]


def test_a_tiny_budget_is_unknown_and_says_so():
    found = search(votes(4, 2), bound=8, rlimit=5_000)
    assert 0 <= found.depth < 8
    assert "resource limit" in found.reason
    assert found.unknown["no_stale"] == found.unknown["deadlock"] == found.reason
    assert not found.violations


def test_no_time_is_unknown_and_says_so():
    found = search(votes(2, 1), bound=3, seconds=0)
    assert found.depth == -1 and "out of time" in found.reason
    assert set(found.unknown) >= {*IMPLICIT, "no_stale", "all_attached"}


def test_the_same_search_twice_gives_the_same_paths():
    assert search(mailbox(3), bound=8).violations == search(mailbox(3), bound=8).violations


def test_liveness_is_unknown():
    cannot = Property("ever", "eventually", TRUE)
    found = search(machine([], [shared("x", BOOL)], [cannot]), bound=1)
    assert "lassos" in found.unknown["ever"]


def test_a_check_before_the_first_await_is_not_ignored():
    system = stairs(3)
    climber, = system.processes
    failing = Block((Check(FALSE, "assertion", "never"),), climber.blocks[0].terminator)
    broken = replace(system, processes=(replace(climber, blocks={**climber.blocks, 0: failing}),))
    found = search(broken, bound=2)
    assert found.depth == -1 and "before a first await" in found.unknown["not_top"]


def test_a_property_that_is_false_everywhere_hides_no_other():
    """Its target folds to a known truth; retiring that as if it were a literal ends the search."""
    system = stairs(5, jump=True)
    false = Property("false", "invariant", FALSE)
    found = search(replace(system, properties=(false, *system.properties)), bound=4)
    assert lengths(found.violations) == {"false": 1, "not_top": 3}


def test_a_system_without_processes_has_one_state():
    never = Property("never", "invariant", Op("not", (TRUE,), BOOL))
    found = search(machine([], [shared("x", BOOL)], [never]), bound=5)
    assert lengths(found.violations) == {"never": 1}
