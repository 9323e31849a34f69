"""What replay notices: wrong values, wrong steps, surprises, and threads that really wait."""
import pathlib
import threading
import time

import pytest

from checker.engines.interp.explore import explore
from checker.frontend import load
from checker.judgement.certify import certify
from checker.judgement.replay import Blocked, Diverged, Reproduced, replay

TOY = pathlib.Path(__file__).parent / "toy_model.py"
QUICK = 0.1


def toy_trace(name):
    [spec] = load(TOY)
    system = spec.system("small")
    return certify(system, name, explore(system).violations[name])


class Toy:
    """The toy's implementation, right as it is; tests spoil it. Its own adapter, too."""

    memory = ""

    def __init__(self):
        self.a, self.b, self.count = threading.Lock(), threading.Lock(), 0
        self.locks = {"a": self.a, "b": self.b}
        self.closed = False

    def build(self, trace, hooks, *, correct, memory):
        self.hooks = hooks
        return self

    def thread(self, instance):
        return instance.process.name

    def threads(self):
        return {"left": self.left, "right": self.right}

    def take(self, name):
        self.hooks.at(f"acquire {name}")
        return self.locks[name]

    def left(self):
        self.hooks.at("begin left")
        with self.take("a"), self.take("b"):
            self.hooks.at("count left")
            if not self.hooks.fails("left"):
                self.count += 1

    def right(self):
        self.hooks.at("begin right")
        with self.take("b"), self.take("a"):
            self.hooks.at("count right")
            self.count += 1

    def label(self, step):
        return step.label

    def choices(self, step):
        return [(choice.name, choice.value) for choice in step.choices]

    def observe(self):
        return {"count": self.count}

    def symptom(self, property):
        return [f"count is {self.count}"] if property == "never_two" else None

    def close(self):
        self.closed = True


def played(toy, name="never_two", **arguments):
    before = time.monotonic()
    outcome = replay(toy_trace(name), adapter=toy, timeout=QUICK, **arguments)
    assert time.monotonic() - before < 10
    names = {thread.name for thread in threading.enumerate()}
    assert outcome.left == () and not {"left", "right"} & names
    assert toy.closed
    return outcome


def test_what_is_right_is_reproduced():
    outcome = played(Toy())
    assert isinstance(outcome, Reproduced) and outcome.symptom == ("count is 2",)
    assert str(outcome) == "reproduced in 8 steps"


def test_a_real_deadlock_is_reproduced_and_torn_down():
    outcome = played(Toy(), "deadlock")
    assert isinstance(outcome, Reproduced), str(outcome)
    assert len(outcome.symptom) == 2
    assert all("waits in" in line and "a, b is taken" in line for line in outcome.symptom)


def test_no_deadlock_where_the_locks_are_in_order():
    class Ordered(Toy):
        def right(self):
            self.hooks.at("begin right")
            self.hooks.at("acquire b")
            with self.a, self.b:
                self.hooks.at("acquire a")
                self.hooks.at("count right")
                self.count += 1

    outcome = played(Ordered(), "deadlock")
    assert isinstance(outcome, Blocked)
    assert outcome.why.startswith("its thread waits in right (test_harness.py:")
    assert outcome.why.endswith("while a is taken")


def test_a_wrong_observation_is_noticed_at_its_step():
    class Wrong(Toy):
        def observe(self):
            return {"count": min(self.count, 1)}

    outcome = played(Wrong())
    assert (outcome.steps, outcome.variable, outcome.expected, outcome.observed) == (
        8, "count", "2", "1")
    assert str(outcome) == "diverged at step 8: count should be 2, is 1"


def test_a_wrong_beginning_is_noticed():
    toy = Toy()
    toy.count = 1
    outcome = played(toy)
    assert isinstance(outcome, Diverged) and outcome.steps == 0


def test_a_value_outside_the_type_is_shown_as_it_is():
    class Wrong(Toy):
        def observe(self):
            return {"count": "many"}

    outcome = played(Wrong())
    assert "many" in outcome.observed


def test_a_missing_step_blocks():
    class Hasty(Toy):
        def left(self):
            self.hooks.at("begin left")
            with self.take("a"), self.b:
                self.hooks.at("count left")
                self.count += 1

    outcome = played(Hasty())
    assert isinstance(outcome, Blocked) and outcome.why == "its thread is at `count left`"
    assert outcome.label == "acquire b"


def test_an_ended_thread_blocks():
    class Gone(Toy):
        def left(self):
            self.hooks.at("begin left")
            self.hooks.at("acquire a")

    outcome = played(Gone())
    assert isinstance(outcome, Blocked) and outcome.why == "its thread has ended"


def test_a_surprise_is_told():
    class Curious(Toy):
        def left(self):
            self.hooks.at("begin left")
            with self.take("a"):
                self.hooks.pick("weather", ["sun", "rain"])

    outcome = played(Curious())
    assert isinstance(outcome, Blocked)
    assert "asks for 'weather', which the trace does not decide" in outcome.why


def test_a_choice_that_is_never_asked_for_is_told():
    class Sure(Toy):
        def left(self):
            self.hooks.at("begin left")
            with self.take("a"), self.take("b"):
                self.hooks.at("count left")
                self.count += 1

    outcome = played(Sure())
    assert isinstance(outcome, Blocked) and outcome.why == "it never asks for 'left'"


def test_a_choice_that_can_not_be_made_is_told():
    class Picky(Toy):
        def left(self):
            self.hooks.at("begin left")
            with self.take("a"), self.take("b"):
                self.hooks.at("count left")
                self.hooks.pick("left", ["x", "y"])

    assert "can not be" in played(Picky()).why


def test_no_symptom_is_no_reproduction():
    class Fine(Toy):
        def symptom(self, property):
            return None

    outcome = played(Fine())
    assert isinstance(outcome, Diverged) and outcome.variable == "the symptom"


def test_a_thread_that_raises_is_told():
    class Broken(Toy):
        def left(self):
            self.hooks.at("begin left")
            with self.take("a"):
                raise OSError("no")

    assert played(Broken()).why == "its thread fails: OSError: no"


def test_a_thread_that_waits_for_good_is_given_up():
    """Not even at its first hook; the lock is released for it at the end."""
    class Stuck(Toy):
        def right(self):
            with self.a:
                self.hooks.at("begin right")

    toy = Stuck()
    toy.a.acquire()
    outcome = played(toy)
    assert isinstance(outcome, Blocked) and "while a is taken" in outcome.why


def test_a_slow_thread_is_not_a_blocked_one():
    class Slow(Toy):
        def left(self):
            self.hooks.at("begin left")
            with self.take("a"), self.take("b"):
                until = time.monotonic() + 5 * QUICK
                while time.monotonic() < until:
                    time.sleep(0.001)
                self.hooks.at("count left")
                if not self.hooks.fails("left"):
                    self.count += 1

    assert isinstance(played(Slow()), Reproduced)


def test_who_can_not_be_ended_is_named():
    class Deaf(Toy):
        never = threading.Event()

        def left(self):
            self.hooks.at("begin left")
            self.hooks.at("acquire a")
            self.never.wait()

    toy = Deaf()
    outcome = replay(toy_trace("never_two"), adapter=toy, timeout=QUICK)
    assert isinstance(outcome, Blocked) and outcome.left == ("left",) and not toy.closed
    toy.never.set()


@pytest.mark.parametrize("error", [KeyError("x"), RuntimeError("y")])
def test_an_adapter_that_fails_leaves_no_thread(error):
    class Failing(Toy):
        def observe(self):
            raise error

    toy = Failing()
    with pytest.raises(type(error)):
        replay(toy_trace("never_two"), adapter=toy, timeout=QUICK)
    assert toy.closed
    assert not {"left", "right"} & {thread.name for thread in threading.enumerate()}
