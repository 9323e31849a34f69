"""The published counts of public specifications, on every engine that can.

Figures: tlaplus/Examples' manifests. "Generated" there includes the initial states.
"""
import pathlib

import pytest

from checker.engines import native
from checker.engines.interp.explore import explore
from checker.frontend import load

HERE = pathlib.Path(__file__).parent
GENERATED = {1: 20, 2: 154, 3: 1146, 4: 8258, 5: 58146, 6: 402306, 7: 2744706, 8: 18507778}


def distinct(name, n):
    return {"tcommit": 3 ** n + 2 ** n - 1, "two_phase": 6 ** n + 4 ** n + 2 ** n,
            "barrier": 2 ** n}[name]


def system(name, **constants):
    [spec] = load(HERE / f"{name}.py")
    return spec.system(None, **constants)


def count(engine, system):
    if engine == "native" and not native.available():
        pytest.skip("no C compiler")
    found = native.explore(system) if engine == "native" else explore(system)
    assert found.complete and not found.violations, found.violations.keys()
    return found


SIZES = {"tcommit": "managers", "two_phase": "managers", "barrier": "processes"}
CASES = [(name, n, engine) for name in SIZES for n in range(1, 9) for engine in ("interp", "native")
         if engine == "native" or n <= 5]


@pytest.mark.parametrize("name, n, engine", CASES)
def test_distinct_and_generated(name, n, engine):
    found = count(engine, system(name, **{SIZES[name]: n}))
    assert found.distinct == distinct(name, n)
    if name == "two_phase":
        assert found.generated + found.initial == GENERATED[n]


@pytest.mark.parametrize("engine, clients, resources, states", [
    ("interp", 2, 2, 64), ("interp", 3, 2, 400), ("native", 2, 2, 64), ("native", 3, 2, 400),
    ("native", 3, 3, 8000)])
def test_simple_allocator(engine, clients, resources, states):
    found = count(engine, system("allocator", clients=clients, resources=resources))
    assert found.distinct == states == (2 ** clients + clients * 2 ** (clients - 1)) ** resources


@pytest.mark.parametrize("engine", ["interp", "native"])
def test_peterson(engine):
    found = count(engine, system("peterson"))
    assert (found.distinct, found.generated + found.initial) == (42, 77)


@pytest.mark.parametrize("engine", ["interp", "native"])
def test_die_hard_is_solved_in_six_steps(engine):
    if engine == "native" and not native.available():
        pytest.skip("no C compiler")
    explored = native.explore(system("die_hard")) if engine == "native" else explore(
        system("die_hard"))
    assert len(explored.violations["not_solved"]) == 7
    assert explored.distinct == 16
