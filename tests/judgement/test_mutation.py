"""Mutants: every kind is made, each is a legal system on which the engines agree."""
import pathlib
from collections import Counter

import pytest

from checker.engines import native
from checker.engines.interp.explore import explore
from checker.frontend import load
from checker.ir.verify import verify
from checker.judgement.equivalence import behave_alike, reachable
from checker.judgement.mutation import mutants

ROOT = pathlib.Path(__file__).resolve().parents[2]
[COUNTING] = load(ROOT / "tests" / "face" / "specs" / "counting.py")
VOTES = {spec.name: spec for spec in load(ROOT / "spec" / "votes" / "model.py")}
OPERATORS = {"flip guard", "flip wait", "drop wait", "drop step", "swap steps", "drop acquire",
             "drop release", "without lock"}


def test_the_mutants_of_a_small_spec():
    """One by one: what can be done wrong in seven lines."""
    found = [(m.operator, m.label, m.text, m.loc.line) for m in mutants(COUNTING.system("ci"))]
    assert found == [
        ("flip guard", "", "`self.total < self.threads`", 25),
        ("drop wait", "begin", "", 20),
        ("flip wait", "begin", "", 20),
        ("drop step", "acquire lock", "", 21),
        ("drop step", "leave", "", 23),
        ("swap steps", "begin", "with `acquire lock`", 20),
        ("swap steps", "acquire lock", "with `leave`", 21),
        ("drop acquire", "acquire lock", "", 21),
        ("drop release", "", "`lock`", 21),
        ("without lock", "", "`lock`", 21),
    ]


@pytest.mark.parametrize("spec, instance", [(COUNTING, "ci"), (VOTES["TwoSides"], "small")],
                         ids=lambda value: getattr(value, "name", value))
def test_mutants_are_legal_and_different_and_always_the_same(spec, instance):
    system = spec.system(instance)
    found = list(mutants(system))
    assert len({m.key for m in found}) == len(found)
    assert [m.key for m in mutants(system)] == [m.key for m in found]
    for mutant in found:
        verify(mutant.system)
        assert mutant.system != system and mutant.system.variables == system.variables
        assert [p.name for p in mutant.system.processes if p != system.process[p.name]] == [
            mutant.process]


def test_every_operator_is_used():
    kinds = Counter(m.operator for m in mutants(VOTES["TwoSides"].system("small")))
    assert set(kinds) == OPERATORS


@pytest.mark.skipif(not native.available(), reason="no C compiler")
def test_the_engines_agree_on_mutants():
    """As on anything else; some of them, since each has to be compiled."""
    for mutant in list(mutants(VOTES["TwoSides"].system("small")))[::7]:
        one, two = explore(mutant.system), native.explore(mutant.system, threads=1)
        assert (one.distinct, one.generated, one.levels) == (
            two.distinct, two.generated, two.levels), mutant
        assert set(one.violations) == set(two.violations), mutant


def test_what_behaves_alike():
    """The wait for what is always true is one for nothing; all else here makes a difference."""
    system = COUNTING.system("ci")
    states = list(reachable(system))
    assert len(states) == explore(system).distinct
    assert behave_alike(system, system, states)
    alike = [m.operator for m in mutants(system) if behave_alike(system, m.system, states)]
    assert alike == ["drop wait"]


def test_a_difference_in_states_that_are_not_reached_is_none():
    """With one thread nobody waits for the lock, but its own release still needs it."""
    system = COUNTING.system("alone")
    alike = {m.operator for m in mutants(system)
             if behave_alike(system, m.system, reachable(system))}
    assert alike == {"drop wait"}
