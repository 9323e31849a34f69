"""The native engine against the reference search: the same counts, findings and lengths."""
import pytest

from checker.engines.interp.explore import explore as reference
from checker.engines.native import explore
from tests.handmade import counters, mutex

COUNTS = ("complete", "distinct", "generated", "depth", "initial", "levels", "fired",
          "antecedents")


def lengths(paths):
    return {name: len(path) for name, path in paths.items()}


def agree(system, **options):
    """Explore with both engines and compare everything but the choice among shortest paths."""
    expected, found = reference(system), explore(system, **options)
    for count in COUNTS:
        assert getattr(found, count) == getattr(expected, count), count
    assert lengths(found.violations) == lengths(expected.violations)
    assert lengths(found.witnesses) == lengths(expected.witnesses)
    return found


@pytest.mark.parametrize("system", [mutex(2), mutex(3), mutex(3, broken=True), counters(3, 4),
                                    counters(1, 1)], ids=lambda s: s.name)
def test_handmade_systems(system):
    agree(system)
