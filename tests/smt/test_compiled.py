"""Specifications in Python, compiled: bounded search and induction against the interpreter."""
import pathlib

import pytest

from checker.engines.interp.explore import explore
from checker.engines.smt.bmc import search
from checker.engines.smt.induction import prove
from checker.frontend import load
from checker.judgement.certify import certify

SPECS = pathlib.Path(__file__).parents[1] / "systems"
CASES = [("tcommit", {"managers": 3}), ("two_phase", {"managers": 3}), ("die_hard", {}),
         ("barrier", {"processes": 4}), ("allocator", {"clients": 3, "resources": 2}),
         ("peterson", {})]


def compiled(name, constants):
    [spec] = load(SPECS / f"{name}.py")
    return spec.system(None, **constants)


@pytest.mark.parametrize("name, constants", CASES)
def test_search_agrees_up_to_the_diameter(name, constants):
    system = compiled(name, constants)
    everything = explore(system)
    found = search(system, bound=everything.depth)
    for mine, other in ((found.violations, everything.violations),
                        (found.witnesses, everything.witnesses)):
        assert {n: len(p) for n, p in mine.items()} == {n: len(p) for n, p in other.items()}
    for property_name, path in (found.violations | found.witnesses).items():
        certify(system, property_name, path)


@pytest.mark.parametrize("name, constants", CASES)
def test_what_is_proved_is_never_violated(name, constants):
    system = compiled(name, constants)
    proof = prove(system)
    assert "deadlock" in proof.named("proved")
    assert not set(proof.named("proved")) & set(explore(system).violations)


def test_one_step_suffices_for_exclusive_resources():
    system = compiled("allocator", {"clients": 3, "resources": 2})
    assert "exclusive" in prove(system).named("proved")


def test_petersons_algorithm_needs_a_deep_induction():
    """Unreachable states may walk in circles, so no k is enough without simple paths."""
    system = compiled("peterson", {})
    for k, simple in ((1, False), (4, True), (26, False)):
        assert "mutual_exclusion" in prove(system, k=k, simple_path=simple).named("failed")
    assert "mutual_exclusion" in prove(system, k=26, simple_path=True).named("proved")
