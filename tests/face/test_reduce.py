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


@needs_compiler
def test_the_verdict_names_what_was_used(run, home):
    (home / "workers.py").write_text(WORKERS)
    plain = run("verify", "workers.py", "--engine", "native", "--json")
    for text, words in [("symmetry", ["symmetry of thread"]), ("partial-order", ["partial order"]),
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
        assert longer == ("partial order" in words)


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
    answer = run("verify", SYSTEMS / "die_hard.py", "--reduce", "symmetry,partial-order")
    assert "note: symmetry reduces nothing" in answer.out
    assert "note: partial-order reduces nothing" in answer.out


def test_the_interpreter_reduces_nothing(run):
    answer = run("verify", "handover.py", "--engine", "interp", "--reduce", "symmetry")
    assert answer.status == EXIT_USAGE and "--reduce is for the native engine" in answer.err


def test_names_of_reductions():
    assert parse_reductions("none") == ()
    assert parse_reductions("partial-order, symmetry") == ("symmetry", "partial-order")
    for text in ("", "symetry", "none,symmetry", "symmetry,"):
        with pytest.raises(UserError, match="there is no reduction .*write symmetry"):
            parse_reductions(text)


def test_an_unknown_reduction_is_refused(run):
    answer = run("verify", "handover.py", "--reduce", "symetry")
    assert answer.status == EXIT_USAGE and "there is no reduction 'symetry'" in answer.err
