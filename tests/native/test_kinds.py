"""Counterexamples of several kinds: both engines find the same kinds, each as short."""
import pytest

from checker.engines import native
from checker.engines.interp.explore import explore
from checker.engines.interp.kinds import kinds as reference
from checker.frontend import load
from checker.ir.control import groups, kind_of_end
from checker.judgement.certify import certify
from tests.handmade import mutex
from tests.native.random_systems import random_system

ALL = 100_000


def ends(system, name, path):
    """The states before and after the step that violates."""
    declared = system.property_named(name)
    of_step = declared is not None and len(path) > 1
    return (path[-2] if of_step else path[-1]), path[-1]


def kind(system, name, path):
    return kind_of_end(system, groups(system, name), *ends(system, name, path))


def found(system, name, variety):
    """The kinds with their lengths; every path is certified, no two are of the same kind."""
    assert all(certify(system, name, path) for path in variety.paths)
    lengths = [len(path) for path in variety.paths]
    assert lengths == sorted(lengths)
    by_kind = {kind(system, name, path): len(path) for path in variety.paths}
    assert len(by_kind) == len(lengths)
    return by_kind


@pytest.mark.parametrize("seed", range(0, 120, 3))
def test_random_systems_have_the_same_kinds(seed):
    system = random_system(seed)
    program = native.prepare(system)
    for name in explore(system, limit=2_000).violations:
        expected = reference(system, name, ALL, limit=3_000)
        answer = native.kinds(program, name, ALL, threads=1 + seed % 3)
        if not expected.reason:
            assert found(system, name, answer) == found(system, name, expected)
            assert answer.reason == ""


@pytest.mark.parametrize("name", ["pinned_means_disabled", "votes_counted", "deadlock"])
def test_a_protocol_has_the_same_kinds(name):
    """Real systems have many kinds: several processes that stand in many places."""
    [spec] = [s for s in load("spec/votes/model.py") if s.name == "Counter"]
    system = spec.system("ci", fault=spec.fault("counter_is_a_boolean"))
    expected = reference(system, name, ALL)
    answer = native.kinds(native.prepare(system), name, ALL, threads=2)
    assert found(system, name, answer) == found(system, name, expected)
    assert len(expected.paths) == {"pinned_means_disabled": 35, "votes_counted": 15,
                                   "deadlock": 0}[name]


GROWS = """
from checker import *

class Grows(Component):
    def __init__(self):
        self.n = Int(0, 3)

    @process
    async def grow(self):
        await step("one")
        self.n = 1
        await step("two")
        self.n = 2
        await step("three")
        self.n = 3

    @process
    async def reset(self):
        await step("reset")
        self.n = 0

    @step_invariant
    def never_grows(self, before, after):
        return after.n <= before.n

    @invariant
    def stays_small(self):
        return self.n < 1
"""


@pytest.mark.parametrize("name", ["never_grows", "stays_small"])
def test_no_run_goes_on_behind_a_violation(tmp_path, name):
    """The first growth, before or after a reset; not what grows behind it."""
    (tmp_path / "grows.py").write_text(GROWS)
    [spec] = load(tmp_path / "grows.py")
    system = spec.system()
    expected = reference(system, name, ALL)
    answer = native.kinds(native.prepare(system), name, ALL)
    assert found(system, name, answer) == found(system, name, expected)
    assert sorted(len(path) - 1 for path in answer.paths) == [1, 2]


def test_there_may_be_more_than_enough():
    [spec] = [s for s in load("spec/votes/model.py") if s.name == "Counter"]
    system = spec.system("ci", fault=spec.fault("counter_is_a_boolean"))
    program = native.prepare(system)
    few = native.kinds(program, "pinned_means_disabled", 6, threads=2)
    assert few.reason == "there were enough"
    assert [len(path) for path in few.paths] == [
        len(path) for path in reference(system, "pinned_means_disabled", 6).paths]
    cut = native.kinds(program, "pinned_means_disabled", 6, limit=50)
    assert cut.reason == "the limit of 50 states was reached" and len(cut.paths) < 6


def test_any_number_of_threads_gives_the_same_paths():
    system = mutex(4, broken=True)
    name = next(iter(explore(system).violations))
    program = native.prepare(system)
    one, *others = [native.kinds(program, name, 5, threads=n) for n in (1, 2, 3)]
    assert one.paths and all(other == one for other in others)
