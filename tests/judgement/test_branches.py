"""Probes change nothing but that one of the choices in a step fails a check."""
import pathlib

import pytest

from checker.engines import native
from checker.engines.interp.explore import explore
from checker.frontend import load
from checker.ir.verify import verify
from checker.judgement.branches import KINDS, known_branches, own_branches, probed
from tests.library import system_of

ROOT = pathlib.Path(__file__).parents[2]
CASES = [("dirty_log", "Today", "later_mappings_are_not_logged"),
         ("votes", "Counter", "counter_is_not_atomic"),
         ("vfio_balloon", "Upstream", "leak_on_listener"),
         ("virtio_mem", "Today", "one_mapping_for_a_range")]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case[2])
def fault(request):
    """(the system with the fault, its own branches)"""
    protocol, name, of = request.param
    [spec] = [s for s in load(ROOT / "spec" / protocol / "model.py") if s.name == name]
    known = known_branches(system_of(spec, instance) for instance in spec.instances)
    system = system_of(spec, "small", spec.fault(of))
    return system, own_branches(system, known)


def test_a_system_knows_all_of_itself(fault):
    system, own = fault
    assert own and own_branches(system, known_branches([system])) == ()


def test_states_and_what_violates_them_stay(fault):
    system, own = fault
    plain = native.explore(system)
    free = [kind for kind in KINDS if kind not in plain.violations]
    probes = dict(zip(own, free))
    with_probes = probed(system, probes)
    verify(with_probes)
    found = native.explore(with_probes)
    assert (found.distinct, found.levels) == (plain.distinct, plain.levels)
    assert found.fired == plain.fired
    assert set(found.violations) - set(plain.violations) == set(probes.values())
    assert {name: len(path) for name, path in plain.violations.items()} == {
        name: len(found.violations[name]) for name in plain.violations}


def test_both_engines_reach_the_same_branches():
    [spec] = [s for s in load(ROOT / "spec" / "dirty_log" / "model.py") if s.name == "Today"]
    known = known_branches(system_of(spec, instance) for instance in spec.instances)
    for name in ("region_del_without_an_entry", "a_failed_query_is_only_reported"):
        system = system_of(spec, "small", spec.fault(name))
        made = probed(system, dict(zip(own_branches(system, known), KINDS)))
        assert set(explore(made).violations) == set(native.explore(made).violations)
