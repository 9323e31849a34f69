"""Steps that are said to be independent are: in every reachable state, by the interpreter."""
import itertools
import pathlib

import pytest

from checker.engines.interp.step import initial_states, location_of, steps, steps_of
from checker.engines.native import emit, explore
from checker.frontend import load
from checker.ir import commuting
from checker.ir.commuting import dependences
from checker.ir.dependence import Overlap, conflict, touches
from checker.ir.locks import Locks

TESTS = pathlib.Path(__file__).parents[1]
SPEC = TESTS.parent / "spec"
SYSTEMS = [
    (TESTS / "systems/two_phase.py", "TwoPhase", dict(managers=2)),
    (TESTS / "systems/allocator.py", "SimpleAllocator", {}),
    (TESTS / "systems/barrier.py", "Barrier", {}),
    (TESTS / "protocols/ticket_lock.py", "TicketLock", dict(threads=3)),
    (SPEC / "vfio_balloon/model.py", "Upstream", "small"),
    (SPEC / "virtio_mem/model.py", "Merged", "small"),
    (SPEC / "virtio_balloon/model.py", "Linux49", "small"),
]
MOST = 400


def system_of(path, name, constants):
    [spec] = [spec for spec in load(path) if spec.name == name]
    return spec.system(constants) if isinstance(constants, str) else spec.system(**constants)


def some_states(system, most=MOST):
    seen, frontier = set(), list(initial_states(system))
    while frontier and len(seen) < most:
        state = frontier.pop(0)
        if state not in seen:
            seen.add(state)
            frontier += [s.after for s in steps(system, state) if s.after is not None]
    return seen


def outcomes(system, state, instance):
    """What the instance can do: the states after its steps, and the checks that end some."""
    return [(step.failed, step.after) for step in steps_of(system, state, instance)]


def both(system, state, first, second):
    """The states after a step of each, in this order."""
    return sorted(repr(last) for failed, after in outcomes(system, state, first) if not failed
                  for wrong, last in outcomes(system, after, second) if not wrong)


def wrongly_independent(system, matrix):
    """A pair of locations that the matrix calls independent, though a state shows otherwise."""
    numbers = {key: i for i, key in enumerate(
        (p.name, name) for p in system.processes for name in p.locations)}
    first = {p.name: min(i.number for i in system.instances if i.process is p)
             for p in system.processes}
    checked = 0
    for state in some_states(system):
        waiting = [(i, at) for i in system.instances
                   if (at := location_of(system, state, i)) is not None]
        for (one, here), (other, there) in itertools.permutations(waiting, 2):
            how = matrix[numbers[one.process.name, here.name]][
                numbers[other.process.name, there.name]]
            same_key = one.number - first[one.process.name] == other.number - first[
                other.process.name]
            if how is Overlap.PERHAPS or how is Overlap.SAME_KEY and same_key:
                continue
            before = [failed for failed, _ in outcomes(system, state, other)]
            for failed, after in outcomes(system, state, one):
                if failed:
                    continue
                checked += 1
                if [wrong for wrong, _ in outcomes(system, after, other)] != before:
                    return here.name, there.name
            if both(system, state, one, other) != both(system, state, other, one):
                return here.name, there.name
    assert checked
    return None


@pytest.mark.parametrize("path, name, constants", SYSTEMS, ids=lambda v: getattr(v, "stem", ""))
def test_what_is_called_independent_is(path, name, constants):
    system = system_of(path, name, constants)
    matrix = dependences(system)
    assert wrongly_independent(system, matrix) is None
    nothing = [[Overlap.NEVER] * len(row) for row in matrix]
    assert wrongly_independent(system, nothing) is not None


@pytest.mark.parametrize("path, name, constants", SYSTEMS[:5], ids=lambda v: getattr(v, "stem", ""))
def test_the_matrix_says_what_each_pair_says(path, name, constants):
    system = system_of(path, name, constants)
    sound = Locks(system).sound
    each = [(p.name, touches(p, at, sound)) for p in system.processes for at in p.locations]
    assert dependences(system) == [[conflict(a, b, one == other) for other, b in each]
                                   for one, a in each]


def test_elements_of_a_set_are_parts_of_it():
    system = system_of(*SYSTEMS[0])
    names = [(p.name, at) for p in system.processes for at in p.locations]
    by_process = {process: i for i, (process, _) in enumerate(names)}
    matrix = dependences(system)
    hears, prepares = by_process["tm_receive_prepared"], by_process["rm_prepare"]
    assert matrix[hears][hears] is Overlap.NEVER            # each adds its own element
    assert matrix[hears][prepares] is Overlap.SAME_KEY      # one asks what the other adds
    assert matrix[hears][by_process["tm_commit"]] is Overlap.PERHAPS    # asks for all of them


def test_steps_that_are_wrongly_called_independent_lose_states(monkeypatch):
    system = system_of(TESTS / "systems/two_phase.py", "TwoPhase", dict(managers=3))
    right = explore(system)
    monkeypatch.setattr(emit, "dependences", lambda system: [
        [Overlap.NEVER] * len(row) for row in commuting.dependences(system)])
    assert explore(system).distinct < right.distinct == 6**3 + 4**3 + 2**3
