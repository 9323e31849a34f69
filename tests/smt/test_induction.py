"""Proofs: what is proved holds, what fails has a certified CTI, unknown stays unknown."""
import itertools
from dataclasses import replace

import pytest

from checker.engines.interp.explore import explore
from checker.engines.interp.step import initial_states, steps
from checker.engines.smt.cti import (Cti, Goal, NotACti, breaks, differences, find_cti, goal_of,
                                     holds, label, render, well_formed)
from checker.engines.smt.induction import prove
from checker.ir.nodes import Block, Choose, Finish, Location, Op, Var
from checker.ir.system import IMPLICIT, Process, Property
from checker.types import Lock
from checker.values import all_values
from tests.handmade import BOOL, TRUE, counters, machine, mutex, number, shared
from tests.smt.systems import (FALSE, crossed_locks, forgotten_lock, mailbox, stairs,
                               start_anywhere, votes)


def without(system, *names):
    return replace(system, properties=tuple(p for p in system.properties if p.name not in names))


# ── proofs ───────────────────────────────────────────────────────────────────────────────────

def test_counters_stay_in_range():
    proof = prove(counters(3, 4))
    assert set(proof.named("proved")) == {"in_range", *IMPLICIT}
    assert not proof.idle


@pytest.mark.parametrize("groups, pages", [(1, 1), (2, 2), (5, 3)])
def test_no_stale_page_with_the_lemmas(groups, pages):
    proof = prove(votes(groups, pages))
    assert {"no_stale", "counted", "overflow", "deadlock"} <= set(proof.named("proved"))
    assert not proof.named("failed") and not proof.idle
    assert proof.judged["all_attached"].outcome == "unknown"


@pytest.mark.parametrize("lemma", ["pinned_by", "attached_where", "held_where"])
def test_no_lemma_can_be_left_out(lemma):
    system = without(votes(2, 2), lemma)
    proof = prove(system)
    assert "no_stale" not in proof.inductive and "no_stale" in proof.named("failed")


def test_lemmas_can_be_given():
    system = votes(2, 2)
    lemmas = [p for p in system.properties if p.kind == "lemma"]
    bare = without(system, *(p.name for p in lemmas))
    assert "no_stale" in prove(bare, lemmas=lemmas).named("proved")
    assert "no_stale" in prove(system, lemmas=[]).named("failed")


def test_nothing_rests_on_what_fails():
    """`not_3` would exclude the step to the top, but it is not inductive itself."""
    system = stairs(5)
    height = Var("height", system.variable["height"].type)
    not_three = Op("ne", (height, number(3)), BOOL)
    system = replace(system, properties=(*system.properties,
                                         Property("not_3", "lemma", not_three)))
    proof = prove(system)
    assert set(proof.named("failed")) == {"not_top", "not_3"}
    assert proof.judged["not_3"].without == ()
    assert proof.judged["not_top"].without == ("not_3",)
    assert proof.rounds == 3


def test_a_deeper_induction_proves_more():
    """From 3, k steps back on the stairs lead to 1 and below: no state is there."""
    assert "not_top" in prove(stairs(5), k=2).named("failed")
    assert "not_top" in prove(stairs(5), k=3).named("proved")


def test_simple_paths_make_a_finite_induction_complete():
    """A step that changes nothing defeats every k, unless states may not repeat."""
    bare = without(votes(1, 1, lemmas=False), "counted")
    assert "no_stale" in prove(bare, k=4).named("failed")
    assert "no_stale" in prove(bare, k=16, simple_path=True).named("proved")


def test_a_violation_within_the_first_k_levels_is_a_path():
    system = stairs(5, jump=True)
    judged = prove(system, k=3).judged["not_top"]
    assert judged.outcome == "failed" and judged.cti is None
    assert judged.path == explore(system).violations["not_top"]


def test_what_no_state_can_do_is_named():
    """Nothing leads to the location, so every proof about it is about nothing."""
    blocks = {0: Block((), Finish()), 1: Block((), Finish())}
    dead = Process("dead", None, "", 0, blocks,
                   {"never": Location("never", "never", "step", TRUE, 1, ())}, {})
    proof = prove(machine([dead], [shared("x", BOOL)]))
    assert proof.idle == (("dead", "never"),)


def test_no_initial_state_proves_nothing():
    nothing = Choose("x", BOOL, FALSE, "nothing")
    process = Process("stuck", None, "", 0, {0: Block((nothing,), Finish())}, {}, {})
    proof = prove(machine([process], [shared("x", BOOL)], [Property("no", "invariant", FALSE)]))
    assert not proof.named("proved")
    assert proof.judged["no"].reason == "the system has no initial state"


def test_a_tiny_budget_is_unknown_and_says_where():
    proof = prove(votes(4, 3), rlimit=3_000)
    assert proof.named("unknown") and "no_stale" not in proof.named("proved")
    assert any("resource limit" in j.reason for j in proof.judged.values())


def test_no_time_proves_nothing():
    proof = prove(votes(2, 1), seconds=0)
    assert not proof.named("proved") and "out of time" in proof.judged["no_stale"].reason


def test_every_property_is_judged_once():
    for system in (votes(2, 1), mailbox(2), crossed_locks()):
        assert set(prove(system).judged) == {*IMPLICIT, *(p.name for p in system.properties)}


# ── against all states ───────────────────────────────────────────────────────────────────────

def all_states(system):
    """Every well-formed state, reachable or not."""
    holders = range(len(system.instances))
    spaces = [(None, *holders) if isinstance(v.type, Lock) else tuple(all_values(v.type))
              for v in system.variables]
    return [s for s in itertools.product(*spaces) if well_formed(system, s)]


def inductive_by_enumeration(system):
    """Houdini with the interpreter: the largest set that is inductive together."""
    goals = [goal_of(p) for p in system.properties if p.kind in ("invariant", "lemma")]
    reached = explore(system)
    goals = [g for g in (*goals, Goal("deadlock", "deadlock")) if len(
        reached.violations.get(g.name, ((), ()))) > 1]
    states = all_states(system)
    while True:
        allowed = [s for s in states if all(holds(system, g, s) for g in goals)]
        kept = [g for g in goals if not any(breaks(system, g, s, step)
                                            for s in allowed for step in steps(system, s))]
        if kept == goals:
            return goals, allowed
        goals = kept


@pytest.mark.parametrize("system", [
    stairs(5), stairs(5, lemma=True), stairs(5, lemma=True, jump=True), counters(2, 3),
    mutex(2), mutex(2, broken=True), votes(1, 1), votes(2, 1), votes(1, 1, late=True),
    votes(1, 1, lemmas=False), forgotten_lock(), mailbox(1), mailbox(1, careful=False),
    start_anywhere()])
def test_agrees_with_enumerating_every_state(system):
    goals, allowed = inductive_by_enumeration(system)
    proof = prove(system)
    assert set(proof.inductive) == {g.name for g in goals}
    taken = [(state, step) for state in allowed for step in steps(system, state)]
    for name, judged in proof.judged.items():
        if judged.cti is not None and not judged.cti.goal.of_states:
            assert any(breaks(system, judged.cti.goal, *each) for each in taken)
        elif judged.outcome == "proved" and name in IMPLICIT and name != "deadlock":
            assert not any(breaks(system, Goal(name, "check"), *each) for each in taken)
    fired = {(s.instance.process.name, s.location.name) for _, s in taken if s.after is not None}
    assert set(proof.idle) == {(p.name, at) for p in system.processes
                               for at in p.locations} - fired


@pytest.mark.parametrize("system", [votes(2, 2), mailbox(3), mutex(3), crossed_locks()])
def test_what_is_proved_is_never_violated(system):
    assert not set(prove(system).named("proved")) & set(explore(system).violations)


# ── counterexamples to induction ─────────────────────────────────────────────────────────────

def reachable_states(system):
    seen, todo = set(), list(initial_states(system))
    while todo:
        state = todo.pop()
        if state not in seen:
            seen.add(state)
            todo += [s.after for s in steps(system, state) if s.after is not None]
    return seen


def test_an_unreachable_cti():
    system = votes(2, 1, lemmas=False)
    cti = prove(system).judged["no_stale"].cti
    assert label(cti, reachable_states(system)) == "unreachable at this size"
    assert label(cti, None) == label(cti, set(), complete=False) == "undecided"


def test_a_reachable_cti_is_a_real_violation():
    system = stairs(5, jump=True)
    cti = prove(system).judged["not_top"].cti
    assert label(cti, reachable_states(system)) == "reachable"
    assert "not_top" in explore(system).violations


def test_a_cti_is_as_close_to_the_beginning_as_can_be():
    """Of all pages and groups one page is pinned, and nothing else differs."""
    system = votes(3, 3, lemmas=False)
    cti = prove(system).judged["no_stale"].cti
    changed = list(differences(system, next(initial_states(system)), cti.before))
    assert len(changed) == 1 and changed[0][1:] == ("False", "True")


def test_rendered():
    assert render(stairs(5), prove(stairs(5)).judged["not_top"].cti) == """\
counterexample to induction: not_top is not preserved
  before
    height = 3   (initially 0)
  step climber at climb
    height: 3 -> 5
"""
    system = mailbox(1, careful=False)
    assert render(system, prove(system).judged["queue_full"].cti) == """\
counterexample to induction: a check fails (queue_full)
  before
    box = [(page=0, kind=read)]   (initially [])
  step sender at send, page = 0, kind = read
    fails: `box` is full
"""


def test_a_deep_cti_shows_the_states_before():
    text = render(stairs(5), prove(stairs(5), k=2).judged["not_top"].cti)
    assert "state 0\n    height = 1" in text and "before\n    height = 3" in text


def test_a_step_into_a_deadlock():
    cti = prove(crossed_locks()).judged["deadlock"].cti
    assert "a step into a deadlock" in render(crossed_locks(), cti)


@pytest.mark.parametrize("path, wrong", [
    (((3,), (5,)), "false in a state"),                       # 5 breaks the hypothesis
    (((4, "climb"), (3, "climb")), "no step leads"),
    (((2, "climb"),), "no step from the state breaks it"),
    (((99, "climb"),), "not well formed"),
    (((2, "done"),), "not well formed"),                      # the climber never finishes
])
def test_a_false_cti_is_refused(path, wrong):
    system = stairs(5)
    goal = goal_of(system.property_named("not_top"))
    path = tuple(state if len(state) == 2 else (*state, "climb") for state in path)
    with pytest.raises(NotACti, match=wrong):
        find_cti(system, goal, path, (goal,))
    assert isinstance(find_cti(system, goal, ((3, "climb"),), (goal,)), Cti)
