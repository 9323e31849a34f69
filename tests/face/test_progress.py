"""The progress line, and what it forecasts: near the truth where the truth is known, or nothing."""
import pytest

from checker.engines import native
from checker.face.forecast import forecast
from checker.face.progress import describe
from checker.frontend import load
from checker.results.exploration import Progress, Stage

needs_compiler = pytest.mark.skipif(not native.available(), reason="no C compiler")
TOLD = 16       # levels that the native engine tells


def counters(n, modulus):
    """The sizes of the levels of n counters modulo m: as many states as sums of n digits."""
    levels = [1]
    for _ in range(n):
        levels = [sum(levels[max(0, at - modulus + 1):at + 1])
                  for at in range(len(levels) + modulus - 1)]
    return levels


def shares(levels):
    """For each level with a forecast: what is left in truth, and the forecast in terms of it."""
    found = []
    for depth in range(len(levels) - 1):
        left = sum(levels[depth + 1:])
        ahead = forecast(levels[max(0, depth + 1 - TOLD):depth + 1])
        if ahead is not None and left > sum(levels) / 100:
            found.append((left / sum(levels), ahead / left))
    return found


@pytest.mark.parametrize("n, modulus", [(8, 6), (9, 10), (4, 40), (6, 20)])
def test_of_counters(n, modulus):
    levels = counters(n, modulus)
    assert sum(levels) == modulus ** n
    told = shares(levels)
    assert len(told) >= 3 and max(told)[0] > 0.05
    assert all(0.9 < share < 1.12 for _, share in told)


def test_nothing_is_said_before_the_peak_and_of_what_does_not_change():
    levels = counters(9, 10)
    assert all(forecast(levels[:depth]) is None for depth in range(45))
    assert forecast([5] * 40) is None and forecast([]) is None
    assert forecast([2 ** n for n in range(20, 0, -1)]) is None      # halved again and again
    assert forecast([100, 0]) is None


@needs_compiler
@pytest.mark.parametrize("name", ["Linux49", "Fixed"])
def test_of_protocols(name, monkeypatch):
    """Humps behind humps: who takes any level that shrinks for the last hump is far off."""
    [spec] = [s for s in load("spec/virtio_balloon/model.py") if s.name == name]
    levels = native.explore(spec.system("ci"), liveness=False).levels
    assert len(levels) > 30
    assert all(0.7 < share < 1.4 for _, share in shares(levels))
    monkeypatch.setattr("checker.face.forecast.RATIOS", 5)
    monkeypatch.setattr("checker.face.forecast.AGREE", 1)
    monkeypatch.setattr("checker.face.forecast.SHRUNK", 1)
    assert min(shares(levels), key=lambda told: told[1])[1] < 0.5


def test_what_is_known_of_the_next_level_counts():
    levels = counters(8, 6)[:30]
    assert forecast(levels, 1000) == forecast(levels) - 1000
    assert forecast(levels, 10 ** 9) == 0


def test_the_line():
    levels = tuple(counters(8, 6)[20:35])
    progress = Progress(1_500_000, 9_000_000, 34, levels[-1], 3.0, 5 << 20, levels)
    line = describe("Counters", progress)
    assert line.startswith("Counters · 1,500,000 states · 3.0M steps/s · depth 34 · frontier ")
    assert " · 5.0 MiB · about 1,5" in line and line.endswith("00,000 in all, 0 s left")
    early = describe("Counters", Progress(10, 30, 2, 5, 1.0))
    assert "in all" not in early and "left" not in early
    long = describe("C", Progress(10_000, 0, 34, levels[-1], 90_000.0, 0, levels))
    assert long.endswith(" in all, 4 h left")


def test_the_line_while_liveness_is_judged():
    stage = Stage("components", "peace", 0.25)
    line = describe("Doors", Progress(1_000, 2_000, 7, 0, 1.0, stage=stage))
    assert line == "Doors · 1,000 states · liveness: runs without the goal of peace, 25%"
    line = describe("Doors", Progress(1_000, 2_000, 7, 0, 1.0, 1 << 30, stage=Stage(
        "graph", "", 1.0)))
    assert line == "Doors · 1,000 states · liveness: graph of the runs, 100% · 1.0 GiB"
