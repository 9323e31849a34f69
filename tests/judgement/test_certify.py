"""What certifies, and above all what does not."""
import pytest

from checker.engines.interp.explore import explore
from checker.engines.interp.step import initial_states
from checker.ir.nodes import Const
from checker.ir.system import Property
from checker.judgement.certify import Certifier, NotCertified, certify
from tests.handmade import BOOL, counters, mutex


@pytest.fixture(scope="module")
def broken():
    system = mutex(2, broken=True)
    return system, explore(system).violations["overflow"]


def test_the_failing_step_is_appended(broken):
    system, path = broken
    trace = certify(system, "overflow", path)
    assert trace.kind == "implicit" and trace.states == path
    last = trace.steps[-1]
    assert last.after is None and last.failure == "`total` leaves its range"
    assert [s.label for s in trace.steps] == ["take", "add", "take", "add"]
    assert [s.actor for s in trace.steps] == ["worker(thread0)"] * 2 + ["worker(thread1)"] * 2
    assert trace.steps[0].choices[0].shown == "2"


def test_a_witness_certifies():
    system = mutex(2)
    trace = certify(system, "full", explore(system).witnesses["full"])
    assert trace.kind == "sometimes" and len(trace.steps) == 4


def tampered(path):
    """Ways in which a path can be wrong, each a single change."""
    yield "an empty path", ()
    yield "not initial", path[1:]
    yield "a state is missing", path[:1] + path[2:]
    yield "it ends early", path[:-1]
    for number, state in enumerate(path):
        for position, value in enumerate(state):
            changed = value + 1 if type(value) is int else 1 if value is None else "elsewhere"
            yield f"state {number}, value {position}", (
                path[:number] + (state[:position] + (changed,) + state[position + 1:],)
                + path[number + 1:])
    yield "a value is missing", (path[0][:-1],) + path[1:]


def test_no_tampered_path_certifies(broken):
    system, path = broken
    for what, wrong in tampered(path):
        with pytest.raises(NotCertified):
            certify(system, "overflow", wrong)
            pytest.fail(what)


@pytest.mark.parametrize("name", ["deadlock", "full", "assertion", "nonsense", "queue_full"])
def test_another_property_does_not_certify(broken, name):
    system, path = broken
    with pytest.raises(NotCertified):
        certify(system, name, path)


def test_a_safety_property_takes_no_loop(broken):
    system, path = broken
    with pytest.raises(NotCertified, match="takes no loop"):
        certify(system, "overflow", path, loop=0)


def test_an_invariant_that_holds_does_not_certify():
    system = counters(1, 2)
    with pytest.raises(NotCertified, match="does not show"):
        certify(system, "in_range", tuple(initial_states(system)))


def test_a_true_that_is_a_one_does_not_certify():
    """Python takes them for equal; the values of the language are not."""
    system = counters(1, 2)
    false = Property("never", "invariant", Const(False, BOOL))
    object.__setattr__(system, "properties", (false,))
    state, = initial_states(system)
    assert certify(system, "never", (state,))
    with pytest.raises(NotCertified, match="is not a value"):
        certify(system, "never", (((False,), state[1]),))


def test_a_value_of_one_variable_is_not_known_for_another():
    system = counters(1, 2)
    false = Property("never", "invariant", Const(False, BOOL))
    object.__setattr__(system, "properties", (false,))
    state, = initial_states(system)
    certifier = Certifier(system)
    assert certifier.trace("never", (state,))
    with pytest.raises(NotCertified, match="is not a value"):
        certifier.trace("never", (tuple(reversed(state)),))
