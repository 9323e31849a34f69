"""Steps that all instances of a process try together, and successors that are the state itself."""
import shutil

import pytest

from checker.engines import native
from checker.engines.native import build
from checker.engines.native.emit import SOURCES, generate
from checker.frontend import load
from tests.native.agreement import agree, states_agree

SWITCHES = '''
from checker import Bool, Component, Index, Map, Range, invariant, process, until


class Switches(Component):
    """Three of many switches go up in three moves, the process of the last one first."""

    def __init__(self, *, count=40):
        self.switch = Range(count)
        self.one = Map(self.switch, Bool)
        self.two = Map(self.switch, Bool)
        self.three = Map(self.switch, Bool)

    @process(each="switch", daemon=True)
    async def third(self, s):
        while True:
            await until(lambda: self.two[s] and not self.three[s])
            self.three[s] = True

    @process(each="switch", daemon=True)
    async def second(self, s):
        while True:
            await until(lambda: self.one[s] and not self.two[s])
            self.two[s] = True

    @process(each="switch", daemon=True)
    async def first(self, s):
        while True:
            await until(lambda: s < 1 or s > 37)
            self.one[s] = True

    @invariant
    def in_order(self):
        return all(self.one[s] or not self.two[s] for s in self.switch)
'''


@pytest.fixture
def switches(tmp_path):
    (tmp_path / "switches.py").write_text(SWITCHES)
    [spec] = load(tmp_path / "switches.py")
    return spec.system()


def test_the_same_as_one_after_another(switches):
    found = agree(switches)
    states_agree(switches)
    assert found.distinct == 4 ** 3 and found.generated == 64 * 3 + 64 * 3 // 4 * 2


def test_they_are_tried_together(switches):
    text = generate(switches).text
    assert "ready_from(ready, 41, 40)" in text and "steps_second" not in text


@pytest.mark.parametrize("right, wrong", [
    ("instances << label % 64;", "instances << (label % 64 ? label % 64 - 1 : 0);"),
    ("|= instances >> (64 - label % 64);", "|= instances >> (63 - label % 64);"),
    ("equal(after, work->itself)", "after[0] % 2 == 1"),
], ids=["labels", "labels of the next word", "itself"])
def test_a_mistake_in_what_is_passed_over_shows(switches, right, wrong, tmp_path, monkeypatch):
    folder = tmp_path / "c"
    shutil.copytree(SOURCES, folder)
    text = (folder / "model.h").read_text()
    assert text.count(right) == 1
    (folder / "model.h").write_text(text.replace(right, wrong))
    monkeypatch.setattr(build, "SOURCES", folder)
    assert native.explore(switches).distinct < 4 ** 3
