"""The votes of spec/votes, for every number of groups, with the lemmas kept beside them."""
import functools
import pathlib

import pytest

from checker.engines import native
from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.explore import explore
from checker.engines.smt.anysize import check_certificate, prove_any_size, write_certificate
from checker.engines.smt.anysize.lemmas import read_lemma
from checker.frontend.spec import load

MODEL = pathlib.Path(__file__).resolve().parents[2] / "spec" / "votes" / "model.py"
SPECS = {spec.name: spec for spec in load(MODEL)}
KEPT = ["Counter", "SignedCounter"]


@functools.cache
def kept(name):
    return prove_any_size(SPECS[name], instance="ci", infer=False)


@pytest.mark.parametrize("name", KEPT)
def test_proved_with_the_kept_lemmas(name):
    found = kept(name)
    assert found.complete and not found.dropped, found.judged
    assert all(judged.outcome == "proved" for kind, judged in found.judged.items()
               if kind != "deadlock")


@pytest.mark.parametrize("name", KEPT)
def test_hypotheses_are_satisfiable(name):
    assert kept(name).prover.possible(0, kept(name).hypotheses).outcome == "sat"


@pytest.mark.parametrize("name", KEPT)
def test_both_solvers_agree(name, tmp_path):
    pytest.importorskip("cvc5")
    written = write_certificate(kept(name), tmp_path)
    assert check_certificate(tmp_path).agreed == {"z3": written, "cvc5": written}


def test_kept_lemmas_hold_at_a_larger_size():
    system = SPECS["Counter"].system("ci", groups=4)
    try:
        states = list(native.reachable(system))[::50]
    except native.NoCompiler:
        pytest.skip("needs a C compiler")
    for text in kept("Counter").lemmas:
        expr = read_lemma(system, text)
        assert all(evaluate(expr, Scope(system, state)) for state in states), text


def test_no_kept_lemma_is_superfluous():
    lemmas = kept("Counter").lemmas
    for lemma in lemmas:
        rest = [other for other in lemmas if other != lemma]
        found = prove_any_size(SPECS["Counter"], instance="ci", infer=False, lemmas=rest,
                               most_states=1)
        assert any(judged.outcome != "proved" for kind, judged in found.judged.items()
                   if kind != "deadlock"), lemma


@pytest.mark.parametrize("fault", SPECS["Counter"].faults, ids=lambda fault: fault.name)
def test_a_fault_is_a_reachable_counterexample(fault):
    """At a size up to 3, by the shortest way there is."""
    found = prove_any_size(SPECS["Counter"], instance="ci", fault=fault, infer=False,
                           explorer=_explore)
    assert not found.complete
    shown = [judged for judged in found.judged.values() if judged.outcome == "failed"
             and judged.gap.is_violation]
    assert shown and {judged.property for judged in shown} <= set(fault.broken)
    for judged in shown:
        assert max(judged.gap.size.values()) <= 3
        shortest = _explore(judged.gap.system).violations[judged.property]
        assert len(judged.gap.path) == len(shortest)
        assert judged.gap.cti.before == judged.gap.path[-2]


def _explore(system):
    try:
        return native.explore(system)
    except native.NoCompiler:
        return explore(system)
