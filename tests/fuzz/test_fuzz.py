"""Random specs on which all engines have to agree, and proof that the comparison bites."""
import contextlib
import dataclasses
import itertools
import math
import os

import pytest

from checker.engines import native
from checker.engines.native import live
from checker.engines.native import operators as native_operators
from checker.engines.native.partial_order import PartialOrderCode
from checker.engines.smt import expressions as smt_expressions
from checker.frontend.expressions import Expressions
from checker.ir import merging, ops
from tests.fuzz.__main__ import smallest
from tests.fuzz.compare import Tally, Wanted, examine_seed
from tests.fuzz.engines import Programs
from tests.fuzz.spec_author import Author

SPECS = int(os.environ.get("FUZZ_SPECS", "2000"))
PORTION = 25               # specs of one test, which workers share out between them
EVERY = 20                 # one of so many goes to Z3, another is searched with local steps merged
                           # every second time, and every fourth time another goes through the
                           # programs of users, which takes as long as ten others

needs_compiler = pytest.mark.skipif(not native.available(), reason="no C compiler")


@pytest.fixture(scope="module", autouse=True)
def cache_that_goes_away(fresh_cache):
    """Compiled models are of no further use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(fresh_cache))
        yield


@pytest.fixture(scope="module")
def programs(cache_that_goes_away):
    return Programs()


@pytest.mark.parametrize("first", range(0, SPECS, PORTION))
def test_all_engines_agree(first, tmp_path, programs):
    total = Tally()
    for number in range(first, first + PORTION):
        wanted = Wanted(smt=number % EVERY == 0, users=number % (4 * EVERY) == EVERY // 2,
                        local=number % (2 * EVERY) == EVERY // 4)
        total.add(examine_seed(f"ci/{number}", tmp_path, wanted, programs))
    found = [f"{f.seed}: {f.kind}\n{f.report}\n"
             f"again: python -m tests.fuzz --spec {f.seed}" for f in total.findings]
    assert not found, "\n\n".join(found)
    assert total.compared > PORTION // 3, "too few specs were compared: " + total.lines()[0]


def test_the_same_seed_gives_the_same_spec():
    assert Author("x/1").spec() == Author("x/1").spec() != Author("x/2").spec()


# ── it bites ─────────────────────────────────────────────────────────────────────────────────

def find(tmp_path, engine, programs, *, most=300, local=False):
    """The first disagreement in which `engine` takes part."""
    wanted = Wanted(cpython=engine == "live", smt=engine == "smt", local=local)
    for number in itertools.count():
        assert number < most, "no spec noticed"
        for finding in examine_seed(f"bite/{number}", tmp_path, wanted, programs).findings:
            if finding.kind.startswith(engine):
                return finding
            assert "LookupError" not in finding.kind, finding.report


@pytest.mark.parametrize("name, wrong", [
    ("mod", lambda a, b: int(math.fmod(a, b)) if b else 0), ("le", lambda a, b: a < b),
    ("min", max), ("without", lambda s, e: s)])
def test_a_wrong_operator_of_the_interpreter_is_found_and_shrunk(name, wrong, monkeypatch,
                                                                 tmp_path, programs):
    """CPython says otherwise, and the spec that shows it fits a few lines."""
    row = dataclasses.replace(ops.OPERATORS[name], apply=wrong)
    monkeypatch.setitem(ops.OPERATORS, name, row)
    finding = find(tmp_path, "live", programs)
    small = smallest(finding, tmp_path, 20, programs)
    assert len(small.splitlines()) < len(finding.text.splitlines()) / 2
    assert len(small.splitlines()) <= 25, small


def test_a_wrong_front_end_is_found(monkeypatch, tmp_path, programs):
    """All engines share the IR, so what the front end gets wrong only CPython can tell."""
    monkeypatch.setattr(Expressions, "only_if", lambda self, test: contextlib.nullcontext())
    assert find(tmp_path, "live", programs)


@pytest.mark.parametrize("engine, table", [("native", native_operators.TRANSLATIONS),
                                           ("smt", smt_expressions.OPERATIONS)])
def test_a_wrong_operator_of_another_engine_is_found(engine, table, monkeypatch, tmp_path,
                                                     programs):
    monkeypatch.setitem(table, "min", table["max"])
    assert find(tmp_path, engine, programs)


@needs_compiler
def test_fairness_that_is_forgotten_is_found(monkeypatch, tmp_path, programs):
    monkeypatch.setitem(live.FAIRNESS, "weak", "UNFAIR")
    finding = find(tmp_path, "native", programs)
    assert "live" in finding.kind or "the loop is not fair" in finding.report


@needs_compiler
def test_a_step_that_is_taken_alone_where_it_may_not_be_is_found(monkeypatch, tmp_path,
                                                                programs):
    monkeypatch.setattr(PartialOrderCode, "_tests", lambda *_: [])
    assert find(tmp_path, "reduced", programs)


@needs_compiler
def test_a_step_that_is_merged_where_it_may_not_be_is_found(monkeypatch, tmp_path, programs):
    monkeypatch.setattr(merging, "_unshared", lambda *_: True)
    assert "merging" in find(tmp_path, "reduced", programs, local=True).report


@needs_compiler
def test_what_only_a_large_search_would_get_wrong_is_found(tmp_path):
    """A state is left out where the search goes on after the table has grown, which for a system of
    the fuzzer's size never happens in the users' engine."""
    mistake = (r"\.at = at\[i\];", ".at = at[i] + 1;")
    finding = find(tmp_path, "engines", Programs((mistake,)))
    assert "engine users" not in finding.report


@needs_compiler
def test_engines_that_can_not_be_changed_as_wanted_are_not_made(tmp_path):
    finding = find(tmp_path, "LookupError", Programs((("no such text", ""),)))
    assert "`no such text` is 0 times in the engine's sources, not once" in finding.report
