"""Symmetry: exactly one state of each orbit is visited, and nothing else changes."""
import itertools
import pathlib

import pytest

from checker.engines.interp.explore import explore as reference
from checker.engines.interp.step import initial_states, steps
from checker.engines.native import explore
from checker.frontend import load
from checker.ir.symmetry import symmetry
from checker.ir.system import System
from checker.judgement.certify import certify
from checker.types import Index, Lock, Map, Maybe, Queue, Record, Set

TESTS = pathlib.Path(__file__).parents[1]


# ── permutations of values, defined once more and as plainly as can be ───────────────────────

class Permutation:
    """Renames the elements of some Index types in values and states."""

    def __init__(self, system: System, images: dict[Index, tuple[int, ...]]) -> None:
        self.system, self.images = system, images
        numbers = {(i.process.name, i.key): i.number for i in system.instances}
        self.holder = {i.number: numbers[i.process.name, self.value(i.process.domain, i.key)]
                       for i in system.instances}

    def value(self, of, value):
        match of:
            case Index():
                return self.images[of][value] if of in self.images else value
            case Lock():
                return None if value is None else self.holder[value]
            case Maybe(inner):
                return None if value is None else self.value(inner, value)
            case Set(inner):
                return frozenset(self.value(inner, element) for element in value)
            case Queue(inner, _):
                return tuple(self.value(inner, element) for element in value)
            case Record(fields):
                return tuple(self.value(t, v) for (_, t), v in zip(fields, value))
            case Map(key, inner):
                moved = [self.value(inner, element) for element in value]
                if key in self.images:
                    moved = [moved[self.images[key].index(i)] for i in range(len(moved))]
                return tuple(moved)
        return value

    def state(self, state):
        """A dead local keeps the lowest value that it has."""
        return tuple(self._variable(variable, state) for variable in self.system.variables)

    def _variable(self, variable, state):
        value = state[self.system.position[variable.name]]
        if variable.kind != "local":
            return self.value(variable.type, value)
        process = self.system.process[variable.process]
        at = state[self.system.position[process.location_variable]]

        def one(where, kept):
            location = process.locations.get(where)
            live = location is not None and variable.source_name in location.live
            return self.value(process.locals[variable.source_name], kept) if live else kept

        if process.domain is None:
            return one(at, value)
        moved = list(map(one, at, value))
        if process.domain in self.images:
            moved = [moved[self.images[process.domain].index(i)] for i in range(len(moved))]
        return tuple(moved)


def orbits(system, scalarsets):
    """The number of orbits that hold a reachable state, by trying every permutation."""
    permutations = [Permutation(system, dict(zip(scalarsets, images)))
                    for images in itertools.product(*(
                        itertools.permutations(range(index.size)) for index in scalarsets))]
    seen, count, frontier = set(), 0, list(initial_states(system))
    reached = set()
    while frontier:
        state = frontier.pop()
        if state not in reached:
            reached.add(state)
            frontier.extend(s.after for s in steps(system, state) if s.after is not None)
    for state in reached:
        if state not in seen:
            count += 1
            seen |= {p.state(state) for p in permutations}
    return count


def check(system, *, threads=1):
    """On and off say the same, each path is a real one, and one state of each orbit is stored."""
    scalarsets = symmetry(system).scalarsets
    expected, found = reference(system), explore(system, threads=threads, reduce=["symmetry"])
    assert found.complete and found.reductions
    for name in ("violations", "witnesses"):
        lengths = [{n: len(path) for n, path in getattr(it, name).items()}
                   for it in (expected, found)]
        assert lengths[0] == lengths[1], name
    assert (found.depth, found.fired, found.antecedents) == (
        expected.depth, expected.fired, expected.antecedents)
    for name, path in (found.violations | found.witnesses).items():
        certify(system, name, path)
    assert found.distinct == orbits(system, scalarsets) <= expected.distinct
    return found


def system_of(path, **constants):
    return load(TESTS / path)[-1].system(None, **constants)


@pytest.mark.parametrize("path, constants, orbits_found", [
    ("systems/two_phase.py", dict(managers=4), None),
    ("systems/tcommit.py", dict(managers=4), 15 + 5 - 1),
    ("systems/allocator.py", dict(clients=3, resources=2), None),
    ("systems/allocator.py", dict(clients=2, resources=3), None),
    ("systems/barrier.py", dict(processes=5), 6),
    ("protocols/ricart_agrawala.py", dict(nodes=2), None),
    ("protocols/ticket_lock.py", dict(threads=3), None),
    ("protocols/lock_server.py", dict(nodes=3), None),
    ("protocols/decentralized_lock.py", dict(nodes=3), None),
    ("specs/group_attach.py", dict(groups=2, pages=2), None),
])
def test_one_state_of_each_orbit(path, constants, orbits_found):
    found = check(system_of(path, **constants), threads=2)
    assert orbits_found in (None, found.distinct)
