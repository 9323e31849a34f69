"""`checker verify --reduce`: what is used is said, what is not sound is refused."""
import json
import pathlib

import pytest

from checker.engines import native
from checker.errors import EXIT_OK, EXIT_USAGE, UserError
from checker.face.options import parse_reductions

SYSTEMS = pathlib.Path(__file__).parents[1] / "systems"
needs_compiler = pytest.mark.skipif(not native.available(), reason="no C compiler")

WORKERS = """
from checker import Component, Fault, Index, Int, Lock, Map, invariant, process, sometimes, step


class Workers(Component):
    instances = {"ci": {}}
    faults = [Fault("unlocked", breaks="nothing_lost", cite="the textbook", locked=False)]

    def __init__(self, *, locked=True):
        self.thread = Index("thread", 3)
        self.own = Map(self.thread, Int(0, 2))
        self.total, self.left = Int(0, 3), Int(0, 3, init=3)
        self.lock = Lock
        self.locked = locked

    @process(each="thread")
    async def worker(self, t):
        await step("one")
        self.own[t] = 1
        await step("two")
        self.own[t] += 1
        if self.locked:
            await self.lock.acquire()
        else:
            await step("begin")
        read = self.total
        await step("write")
        self.total = read + self.own[t] - 1
        self.left -= 1
        if self.locked:
            self.lock.release()

    @invariant
    def nothing_lost(self):
        return self.total + self.left == 3

    @sometimes
    def over(self):
        return self.left == 0
"""

MERGED = "merging of local steps (2 of 4)"


@needs_compiler
def test_the_verdict_names_what_was_used(run, home):
    (home / "workers.py").write_text(WORKERS)
    plain = run("verify", "workers.py", "--engine", "native", "--json")
    for text, words in [("symmetry", ["symmetry of thread"]), ("partial-order", ["partial order"]),
                        ("local", [MERGED]), ("local,partial-order,symmetry",
                                              ["symmetry of thread", "partial order", MERGED]),
                        ("partial-order,symmetry", ["symmetry of thread", "partial order"])]:
        answer = run("verify", "workers.py", "--reduce", text, "--json")
        assert answer.status == plain.status == EXIT_OK
        before, after = json.loads(plain.out), json.loads(answer.out)
        assert [r["search"]["reductions"] for r in after["runs"]] == [words, words]
        for one, other in zip(before["runs"], after["runs"]):
            assert other["search"]["distinct"] < one["search"]["distinct"]
            assert [(r["property"], r["outcome"]) for r in one["results"]] == [
                (r["property"], r["outcome"]) for r in other["results"]]
        [holds] = [r for r in after["runs"][0]["results"] if r["property"] == "nothing_lost"]
        assert holds["coverage"].endswith(f", reduced by {' and '.join(words)}")
        [broken] = [r for r in after["runs"][1]["results"] if r["property"] == "nothing_lost"]
        longer = broken["coverage"].endswith("certified, perhaps not a shortest one")
        assert longer == (words != ["symmetry of thread"])


@needs_compiler
def test_without_it_nothing_is_reduced(run):
    plain, none = (run("verify", SYSTEMS / "two_phase.py", "--engine", "native", *words)
                   for words in ((), ("--reduce", "none")))
    assert plain.lines == none.lines and "reduced" not in plain.out
    assert "8,832 states" in plain.out


@needs_compiler
@pytest.mark.parametrize("name", native.REDUCTIONS)
def test_what_is_not_sound_is_an_error(run, name):
    answer = run("verify", SYSTEMS / "peterson.py", "--reduce", name)
    assert answer.status == EXIT_USAGE
    assert f"--reduce {name} is not sound for the leads_to property `served(0)`" in answer.err
    assert "peterson.py:42" in answer.err and f"hint: leave out --reduce {name}" in answer.err


@needs_compiler
def test_nothing_to_reduce_is_a_note(run):
    answer = run("verify", SYSTEMS / "die_hard.py", "--reduce", "symmetry,partial-order,local")
    assert "note: symmetry reduces nothing" in answer.out
    assert "note: local reduces nothing" in answer.out
    assert "note: partial-order reduces nothing" in answer.out


NEVER_STILL = """
    @step_invariant
    def always_more(self, before, after):
        return after.total != before.total
"""


@needs_compiler
def test_a_property_of_steps_that_merging_would_miss_is_named(run, home):
    text = WORKERS.replace("sometimes, step\n", "sometimes, step, step_invariant\n") + NEVER_STILL
    (home / "workers.py").write_text(text)
    answer = run("verify", "workers.py", "--reduce", "local")
    assert answer.status == EXIT_USAGE
    assert "--reduce local is not sound for the step_invariant property `always_more`" in answer.err
    line = 1 + text[:text.index("def always_more")].count("\n")
    assert f"workers.py:{line}" in answer.err


@needs_compiler
def test_the_clearest_trace_is_found_behind_merged_steps(run, home):
    (home / "workers.py").write_text(WORKERS)
    answer = run("verify", "workers.py", "--reduce", "local", "--fault", "unlocked",
                 "--fewest-switches", "--json")
    plain = run("verify", "workers.py", "--fault", "unlocked", "--fewest-switches", "--json")
    found, expected = ([r["coverage"] for r in json.loads(a.out)["runs"][0]["results"]
                        if r["outcome"] == "violated"] for a in (answer, plain))
    assert found == expected and found[0].endswith("fewest context switches")
    several = run("verify", "workers.py", "--reduce", "local", "--max-traces", "2")
    assert several.status == EXIT_USAGE and "exclude each other" in several.err


def test_the_interpreter_reduces_nothing(run):
    answer = run("verify", "handover.py", "--engine", "interp", "--reduce", "symmetry")
    assert answer.status == EXIT_USAGE and "--reduce is for the native engine" in answer.err


def test_names_of_reductions():
    assert parse_reductions("none") == ()
    assert parse_reductions("partial-order, symmetry") == ("symmetry", "partial-order")
    assert parse_reductions("local,symmetry") == ("symmetry", "local")
    for text in ("", "symetry", "none,symmetry", "symmetry,"):
        with pytest.raises(UserError, match="there is no reduction .*write symmetry"):
            parse_reductions(text)


def test_an_unknown_reduction_is_refused(run):
    answer = run("verify", "handover.py", "--reduce", "symetry")
    assert answer.status == EXIT_USAGE and "there is no reduction 'symetry'" in answer.err
