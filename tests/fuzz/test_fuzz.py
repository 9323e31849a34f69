"""Random specs on which all engines have to agree, and proof that the comparison bites."""
import contextlib
import dataclasses
import itertools
import math
import os

import pytest

from checker.engines.native import operators as native_operators
from checker.engines.smt import expressions as smt_expressions
from checker.frontend.expressions import Expressions
from checker.ir import ops
from tests.fuzz.__main__ import smallest
from tests.fuzz.compare import Tally, examine_seed
from tests.fuzz.spec_author import Author

SPECS = int(os.environ.get("FUZZ_SPECS", "2000"))
PORTION = 25               # specs of one test, which two workers share out between them
SMT_EVERY = 20             # Z3 sees every twentieth: it takes as long as all the others together


@pytest.fixture(scope="session", autouse=True)
def cache_that_goes_away(tmp_path_factory):
    """Compiled models are of no further use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.mark.parametrize("first", range(0, SPECS, PORTION))
def test_all_engines_agree(first, tmp_path):
    total = Tally()
    for number in range(first, first + PORTION):
        total.add(examine_seed(f"ci/{number}", tmp_path, smt=number % SMT_EVERY == 0))
    found = [f"{f.seed}: {f.kind}\n{f.report}\n"
             f"again: python -m tests.fuzz --spec {f.seed}" for f in total.findings]
    assert not found, "\n\n".join(found)
    assert total.compared > PORTION // 3, "too few specs were compared: " + total.lines()[0]


def test_the_same_seed_gives_the_same_spec():
    assert Author("x/1").spec() == Author("x/1").spec() != Author("x/2").spec()


# ── it bites ─────────────────────────────────────────────────────────────────────────────────

def find(tmp_path, engine, *, smt=False, most=300):
    """The first disagreement in which `engine` takes part."""
    for number in itertools.count():
        assert number < most, "no spec noticed"
        for finding in examine_seed(f"bite/{number}", tmp_path, smt=smt).findings:
            if finding.kind.startswith(engine):
                return finding


@pytest.mark.parametrize("name, wrong", [
    ("mod", lambda a, b: int(math.fmod(a, b)) if b else 0), ("le", lambda a, b: a < b),
    ("min", max), ("without", lambda s, e: s)])
def test_a_wrong_operator_of_the_interpreter_is_found_and_shrunk(name, wrong, monkeypatch,
                                                                 tmp_path):
    """CPython says otherwise, and the spec that shows it fits a few lines."""
    row = dataclasses.replace(ops.OPERATORS[name], apply=wrong)
    monkeypatch.setitem(ops.OPERATORS, name, row)
    finding = find(tmp_path, "live")
    small = smallest(finding, tmp_path, seconds=20)
    assert len(small.splitlines()) < len(finding.text.splitlines()) / 2
    assert len(small.splitlines()) <= 25, small


def test_a_wrong_front_end_is_found(monkeypatch, tmp_path):
    """All engines share the IR, so what the front end gets wrong only CPython can tell."""
    monkeypatch.setattr(Expressions, "only_if", lambda self, test: contextlib.nullcontext())
    assert find(tmp_path, "live")


@pytest.mark.parametrize("engine, table", [("native", native_operators.TRANSLATIONS),
                                           ("smt", smt_expressions.OPERATIONS)])
def test_a_wrong_operator_of_another_engine_is_found(engine, table, monkeypatch, tmp_path):
    monkeypatch.setitem(table, "min", table["max"])
    assert find(tmp_path, engine, smt=engine == "smt")
