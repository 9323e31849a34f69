"""Attaching groups in QEMU v3.1 (spec/vfio_balloon), for any number of groups, containers, pages.

The whole proof is `checker verify`'s to make. Here the kept lemmas are true at other sizes, and
preserved by the steps at which Z3's own instantiation gives up.
"""
import functools
import pathlib

import pytest

from checker.engines import native
from checker.engines.smt.anysize import prove_any_size
from checker.engines.smt.anysize.encode import Encoding
from checker.engines.smt.anysize.family import family
from checker.engines.smt.anysize.lemmas import read_file
from checker.engines.smt.anysize.prover import Prover
from checker.engines.smt.anysize.pycode import source
from checker.engines.smt.anysize.question import Budget, Claim
from checker.frontend.spec import load

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "spec" / "vfio_balloon"
UPSTREAM = next(spec for spec in load(FOLDER / "model.py") if spec.name == "Upstream")
LEMMAS = (FOLDER / "lemmas.py").read_text(encoding="utf-8")
STEPS = {
    "close group on error": ["nothing_left_behind", "initialised_container_maps_all_ram"],
    "close group": ["pinned_means_inhibited_while_unlocked"],
    "remove device": ["no_request_to_a_dead_container"],
    "put space on error": ["nothing_left_behind", "space_is_needed", "linked_needs_space"],
    "register listener": ["initialised_container_maps_all_ram", "linked_is_mapped",
                          "maps_of_a_listener", "kvm_knows_the_group_before_the_listener"],
    "UNSET_CONTAINER": ["iommu_has_groups", "members_have_an_iommu", "no_stale_mapping"],
}
"""Witnesses of witnesses; an equality with a quantifier in it; a loop with a hole; the last group
of a container."""
LARGER = [("ci", dict(pages=3)), ("ci", dict(containers=3, pages=1)),
          ("ci", dict(groups=3, containers=2, pages=1))]


@functools.cache
def prover():
    """What is asked about `ci` at every size, with the kept lemmas by their names."""
    arguments = {**UPSTREAM.constants, **UPSTREAM.arguments("ci")}
    whole = family(lambda sizes: UPSTREAM.system("ci", **sizes), arguments)
    made = Prover(Encoding(whole), Budget())
    kinds = ("invariant", "step_invariant")
    made.add(Claim(p.name, p.expr, p.kind) for p in whole.system.properties if p.kind in kinds)
    made.add(Claim(each.name, each.expr) for each in read_file(whole.system, "", LEMMAS))
    return made


def supposed():
    return frozenset(n for n, claim in prover().claims.items() if claim.kind == "invariant")


@pytest.mark.parametrize("place", STEPS)
def test_a_step_preserves_what_is_hard_to_see(place):
    asked = 0
    for number, situation in enumerate(prover().situations):
        if situation.path is None or situation.path.location.name != place:
            continue
        for name in STEPS[place]:
            assert prover().preserved(number, name, supposed()).outcome == "unsat", name
            asked += 1
    assert asked


@pytest.mark.parametrize("size", LARGER, ids=str)
def test_the_lemmas_hold_at_other_sizes(size):
    """In every reachable state, by the interpreter's meaning."""
    if not native.available():
        pytest.skip("needs a C compiler")
    instance, constants = size
    system = UPSTREAM.system(instance, **constants)
    tests = {each.name: eval(f"lambda state_: {source(system, each.expr)}")
             for each in read_file(system, "", LEMMAS)}
    states = list(native.reachable(system))[::7]
    assert len(states) > 1_000
    for name, holds in tests.items():
        assert all(map(holds, states)), name


def test_a_fault_is_a_reachable_counterexample():
    """For the others: `python -m tests.anysize faults --spec Upstream`."""
    fault = next(fault for fault in UPSTREAM.faults if fault.name == "vote_after_attach")
    found = prove_any_size(UPSTREAM, instance="small", fault=fault, lemmas=(), infer=False,
                           rlimit=1, explorer=native.explore)
    shown = [judged for judged in found.judged.values() if judged.gap is not None
             and judged.gap.is_violation]
    assert shown and {judged.property for judged in shown} <= set(fault.broken)
    for judged in shown:
        assert judged.gap.label == "reachable" and max(judged.gap.size.values()) <= 3
