"""Distinct states and verdicts, equal to those of TLC and SPIN; and that a wrong translation or
a wrong engine would be noticed."""
import pytest

from checker.engines.export import promela, spin as spin_runner, tla, tlc as tlc_runner
from checker.engines.export.promela.operators import TRANSLATIONS as PROMELA
from checker.engines.export.tla import text
from checker.engines.export.tla.operators import TRANSLATIONS as TLA
from checker.engines.interp.explore import explore
from checker.face.crosscheck import own_answer
from checker.frontend import load
from tests.export.conftest import ROOT
from tests.handmade import mutex
from tests.native.random_systems import random_system

CORNERS = "tests/export/corners.py"
SYSTEMS = "tests/systems"
CASES = [
    (CORNERS, "Idle", "weak"), (CORNERS, "Idle", "forced"), (CORNERS, "Strong", "strong"),
    (CORNERS, "Still", "breaks"), (CORNERS, "Still", "holds"), (CORNERS, "Crossed", "crossed"),
    (CORNERS, "Crossed", "same"), (CORNERS, "Crossed", "left"), (CORNERS, "Zoo", "all"),
    (CORNERS, "Zoo", "careless"),
    (f"{SYSTEMS}/allocator.py", "SimpleAllocator", "ci"), (f"{SYSTEMS}/barrier.py", "Barrier",
                                                           "small"),
    (f"{SYSTEMS}/counters.py", "Counters", "small"), (f"{SYSTEMS}/die_hard.py", "DieHard",
                                                      "small"),
    (f"{SYSTEMS}/peterson.py", "Peterson", "small"), (f"{SYSTEMS}/tcommit.py", "TCommit", "ci"),
    (f"{SYSTEMS}/two_phase.py", "TwoPhase", "ci"),
    ("tests/protocols/ricart_agrawala.py", "RicartAgrawala", "small"),
    ("tests/protocols/toy_consensus.py", "ToyConsensus", "small"),
    ("spec/vfio_balloon/model.py", "Upstream", "small"),
    ("spec/votes/model.py", "FourKinds", "small"),
    ("spec/votes/model.py", "SignedCounter", "small"),
    ("spec/virtio_balloon/model.py", "Fixed", "small"),
    ("spec/qemu_balloon/model.py", "Today", "small"),
]
WITH_SPIN = [case for case in CASES if case[1:] not in (
    ("Idle", "forced"), ("FourKinds", "small"))]
FAULT = ("spec/vfio_balloon/model.py", "Upstream", "small", "vote_after_listener")


def ids(cases):
    return ["-".join(filter(None, case[1:])) for case in cases]


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_tlc(tlc, agrees, case):
    assert " states, " in agrees("tlc", *case)


def test_tlc_sees_a_fault(tlc, agrees):
    agrees("tlc", *FAULT)


@pytest.mark.parametrize("case", WITH_SPIN, ids=ids(WITH_SPIN))
def test_spin(spin, agrees, case):
    assert " states, " in agrees("spin", *case)


def test_spin_sees_a_fault(spin, agrees):
    agrees("spin", *FAULT)


def test_the_corners_have_both_answers():
    """They are worth something only if what they ask is sometimes true and sometimes not."""
    answers = {}
    for spec in load(ROOT / CORNERS):
        for instance in spec.instances:
            system = spec.system(instance)
            answers[instance] = own_answer(system, explore(system), liveness=True).judged
    assert answers["weak"]["finishes"] and not answers["forced"]["finishes"]
    assert not answers["strong"]["gets_through"]
    assert answers["breaks"]["moves"] and not answers["holds"]["moves"]
    assert answers["crossed"]["deadlock"] and answers["left"]["deadlock"]
    assert not answers["same"].get("deadlock") and answers["careless"]["overflow"]


# ── random systems ───────────────────────────────────────────────────────────────────────────

def small_random_systems(first, count):
    """(system, what the reference search says), of those with few states."""
    found = []
    while len(found) < count:
        system = random_system(first)
        reference = explore(system, limit=1500)
        if reference.complete and reference.distinct > 1:
            found.append((system, reference))
        first += 1
    return found


def test_random_systems_in_tlc(tlc):
    for system, reference in small_random_systems(100, 6):
        answer = tlc_runner.explore(tla.module(system), timeout=300)
        assert not answer.error, (system.name, answer.error)
        assert answer.distinct == reference.distinct, system.name
        assert answer.seen == set(reference.witnesses), system.name
        failed = {tlc_runner.base_name(name) for name in answer.failed}
        assert failed == set(reference.violations), system.name


def test_random_systems_in_spin(spin):
    for system, reference in small_random_systems(200, 6):
        for resident in (False, True):
            answer = spin_runner.explore(promela.model(system, resident=resident), timeout=300)
            assert not answer.error, (system.name, answer.error)
            assert answer.distinct == reference.distinct, system.name
            assert answer.failed == {*reference.violations, *reference.witnesses}, system.name


# ── that a difference would be seen ──────────────────────────────────────────────────────────

def test_a_wrong_operator_in_tla_changes_what_tlc_says(tlc, monkeypatch):
    system = mutex(2, broken=True)
    reference = explore(system)
    right = tlc_runner.explore(tla.module(system))
    assert (right.distinct, right.failed) == (reference.distinct, set(reference.violations))
    assert "overflow" in right.failed
    monkeypatch.setitem(TLA, "add", lambda t, e, env: text.number(1))
    wrong = tlc_runner.explore(tla.module(system))
    assert (wrong.distinct, wrong.failed) != (right.distinct, right.failed)


def test_a_wrong_operator_in_promela_changes_what_spin_says(spin, monkeypatch):
    system = mutex(2, broken=True)
    reference = explore(system)
    right = spin_runner.explore(promela.model(system))
    assert right.distinct == reference.distinct
    assert right.failed == {*reference.violations, *reference.witnesses}
    monkeypatch.setitem(PROMELA, "le", PROMELA["lt"])
    wrong = spin_runner.explore(promela.model(system))
    assert (wrong.distinct, wrong.failed) != (right.distinct, right.failed)
