"""Comparing the native engine with the reference search."""
from checker.engines.interp.explore import explore as reference
from checker.engines.interp.step import initial_states, steps
from checker.engines.native import explore, reachable
from checker.ir.verify import verify
from checker.judgement.certify import certify

COUNTS = ("complete", "distinct", "generated", "depth", "initial", "levels", "fired",
          "antecedents")


def lengths(paths):
    return {name: len(path) for name, path in paths.items()}


def agree(system, **options):
    """Explore with both engines and compare everything but the choice among shortest paths.

    Every path is certified, so that another choice is still a right one.
    """
    verify(system)
    expected, found = reference(system), explore(system, **options)
    for count in COUNTS:
        assert getattr(found, count) == getattr(expected, count), count
    assert lengths(found.violations) == lengths(expected.violations)
    assert lengths(found.witnesses) == lengths(expected.witnesses)
    for name, path in (found.violations | found.witnesses).items():
        assert certify(system, name, path)
    return found


def states_agree(system):
    """The same set of reachable states, value by value."""
    expected = set()
    frontier = list(initial_states(system))
    while frontier:
        state = frontier.pop()
        if state not in expected:
            expected.add(state)
            frontier.extend(s.after for s in steps(system, state) if s.after is not None)
    found = list(reachable(system))
    assert len(found) == len(set(found))
    assert set(found) == expected
    return expected
