"""Replay of a lasso: round and round, and whoever waits there has to wait for ever."""
import pathlib
import threading

import pytest

from checker.face.check import check
from checker.frontend import load
from checker.judgement.replay import Diverged, Reproduced, replay

TOY = pathlib.Path(__file__).parent / "toy_lasso.py"
QUICK = 0.1


@pytest.fixture(scope="module")
def trace():
    [spec] = load(TOY)
    found = {r.verdict.property: r.verdict.trace for r in check(spec, "small").results}
    assert found["somebody_asks"].loop is not None
    return found["somebody_asks"]


class Toy:
    """The toy's implementation and its adapter; tests spoil it."""

    memory = ""

    def __init__(self):
        self.lit = self.asked = self.tried = False
        self.question = threading.Lock()
        self.question.acquire()
        self.locks = {"the question": self.question}

    def build(self, trace, hooks, *, correct, memory):
        self.hooks = hooks
        return self

    def thread(self, instance):
        return instance.process.name

    def threads(self):
        return {"lamp": self.lamp, "answer": self.answer}

    def lamp(self):
        while True:
            self.hooks.at("on")
            self.lit = True
            self.hooks.at("off")
            self.lit = False

    def answer(self):
        self.hooks.at("answer")
        self.tried = True
        self.question.acquire()
        self.hooks.at("answered")

    def label(self, step):
        return step.label

    def choices(self, step):
        return []

    def observe(self):
        return {"lit": self.lit, "asked": self.asked}

    def symptom(self, property):
        return ["nobody asks"]

    def close(self):
        pass


def test_who_waits_is_let_go_and_really_blocks(trace):
    toy = Toy()
    outcome = replay(trace, adapter=toy, timeout=QUICK)
    assert isinstance(outcome, Reproduced) and outcome.symptom == (
        "nobody asks", "after steps 1 to 2 once more, whoever waits does not come on")
    assert outcome.steps == len(trace.steps) and outcome.left == () and toy.tried
    assert not {"lamp", "answer"} & {thread.name for thread in threading.enumerate()}


def test_who_looks_and_waits_on_has_not_come_on(trace):
    class Looking(Toy):
        def answer(self):
            while True:
                self.hooks.at("answer")
                if self.asked:
                    return

    assert isinstance(replay(trace, adapter=Looking(), timeout=QUICK), Reproduced)


@pytest.mark.parametrize("then, where", [("answered", "at `answered`"), (None, "at its end")])
def test_who_comes_on_has_not_waited_for_ever(trace, then, where):
    class Hasty(Toy):
        def answer(self):
            self.hooks.at("answer")
            if then:
                self.hooks.at(then)

    outcome = replay(trace, adapter=Hasty(), timeout=QUICK)
    assert isinstance(outcome, Diverged)
    assert str(outcome).endswith(f"the thread answer should be waiting for ever, is {where}")


def test_what_changes_while_they_look_is_noticed(trace):
    class Asking(Toy):
        def answer(self):
            while True:
                self.hooks.at("answer")
                self.asked = True

    outcome = replay(trace, adapter=Asking(), timeout=QUICK)
    assert isinstance(outcome, Diverged) and outcome.variable == "asked"


def test_once_round_is_not_for_ever(trace):
    class Broken(Toy):
        times = 0

        def lamp(self):
            while True:
                self.hooks.at("on")
                self.times += 1
                self.lit = self.times < 2
                self.hooks.at("off")
                self.lit = False

    outcome = replay(trace, adapter=Broken(), timeout=QUICK)
    assert isinstance(outcome, Diverged) and outcome.variable == "lit"
