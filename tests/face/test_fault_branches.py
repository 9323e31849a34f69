"""A fault of which a branch is never reached is a mistake that is not made: verify says so."""
import pytest
from checker.face import unmade
from checker.results.exploration import Exploration

SPEC = '''
from checker import Component, Fault, Int, Map, Range, process, step, step_invariant


class Tank(Component):
    instances = {"ci": dict(), "small": dict(high=2)}
    faults = [Fault("drains", breaks="never_falls", drains="DRAINS")]

    def __init__(self, *, high=3, drains=""):
        self.level = Int(0, 3)
        self.pipe = Range(2)
        self.wet = Map(self.pipe, Int(0, 1))
        self.high, self.drains = high, drains

    async def drain(self):
        self.level = 0
        for p in self.pipe:
            if self.wet[p] > LIMIT:
                self.wet[p] = 0

    @process(daemon=True)
    async def fill(self):
        while True:
            await step("fill")
            if self.level < self.high and (self.drains != "above" or self.level < 2):
                self.level += 1
                self.wet[self.level % 2] = 1
            elif self.drains == "full":
                await self.drain()
            elif self.drains == "half":
                self.level = 0
                if self.level > 1:
                    self.wet[0] = 0
            elif self.drains == "more":
                if self.level > self.high:
                    self.level = 1
                self.level = 0
            elif self.drains == "above":
                self.level -= 1

    @step_invariant
    def never_falls(self, before, after):
        return sum(after.wet[p] for p in after.pipe) >= 0 and after.level >= before.level
'''


def vacuous(run, home, drains, limit="0", status=1):
    (home / "tank.py").write_text(SPEC.replace("DRAINS", drains).replace("LIMIT", limit))
    answer = run("verify", "tank.py")
    assert answer.status == status, answer.out
    return [name for _, word, name, _ in answer.rows() if word == "vacuous"], answer.out


def test_a_mistake_that_is_made_is_no_complaint(run, home):
    assert vacuous(run, home, "full", status=0)[0] == []


def test_a_branch_within_a_loop_that_is_never_taken(run, home):
    names, out = vacuous(run, home, "full", limit="1")
    assert names == ["self.wet[p] > 1", "self.wet[p] = 0"]
    assert "`self.wet[p] > 1`, which only the fault has, is never true" in out
    assert "`self.wet[p] = 0`, which only the fault has, is never run" in out


@pytest.mark.parametrize("drains, names", [
    ("half", ["self.level > 1", "self.wet[0] = 0"]),
    ("more", ["self.level > self.high", "self.level = 1"])])
def test_half_of_a_mistake(run, home, drains, names):
    """What comes before and after it is run, and breaks the property."""
    assert vacuous(run, home, drains)[0] == names


def test_a_condition_that_a_constant_changes_has_to_be_looked_at_only(run, home):
    """The condition is not new, and what it guards is run: no complaint of its other outcome."""
    assert vacuous(run, home, "above", status=0)[0] == []


def test_a_finding_has_no_branches_of_its_own(run, home):
    text = SPEC.replace('drains="DRAINS"', 'drains="half", finding=True')
    (home / "tank.py").write_text(text.replace("LIMIT", "0"))
    assert run("verify", "tank.py").status == 0


def test_what_is_not_searched_to_its_end_is_not_judged(run, home):
    (home / "tank.py").write_text(SPEC.replace("DRAINS", "half").replace("LIMIT", "0"))
    answer = run("verify", "tank.py", "--fault", "drains", "--limit", "2")
    assert "vacuous" not in answer.out


# ── what is kept of it ───────────────────────────────────────────────────────────────────────

@pytest.fixture
def searches(monkeypatch):
    """The systems that are searched for branches."""
    found, search = [], unmade.search

    def counted(compiled, *rest):
        found.append(compiled.system)
        return search(compiled, *rest)

    monkeypatch.setattr(unmade, "search", counted)
    return found


def test_the_same_is_not_asked_twice(run, home, searches):
    first = vacuous(run, home, "half")[0]
    assert len(searches) == 1
    assert vacuous(run, home, "half")[0] == first == ["self.level > 1", "self.wet[0] = 0"]
    assert len(searches) == 1


def test_what_is_well_is_kept_too(run, home, searches):
    assert vacuous(run, home, "full", status=0)[0] == vacuous(run, home, "full", status=0)[0] == []
    assert len(searches) == 1


def test_a_changed_spec_is_asked_anew(run, home, searches):
    """One character is another, in a condition that only the fault has: its constants, and what
    everything in the spec is called, are the same."""
    assert vacuous(run, home, "full", status=0)[0] == []
    assert vacuous(run, home, "full", limit="1")[0] == ["self.wet[p] > 1", "self.wet[p] = 0"]
    assert len(searches) == 2


def test_what_is_held_against_another_spec_is_asked_anew(run, home, searches):
    """The system with the fault is the same one where the user sets what the fault sets."""
    assert vacuous(run, home, "half")[0]
    answer = run("verify", "tank.py", "--set", "drains=half", "--fault", "drains")
    assert "never true" not in answer.out
    assert vacuous(run, home, "half")[0]


def test_half_an_answer_is_not_kept(run, home, monkeypatch):
    with monkeypatch.context() as cut:
        cut.setattr(unmade, "search", lambda *rest: (Exploration(False, reason="cut"), ()))
        (home / "tank.py").write_text(SPEC.replace("DRAINS", "half").replace("LIMIT", "0"))
        assert "vacuous" not in run("verify", "tank.py").out
    assert vacuous(run, home, "half")[0] == ["self.level > 1", "self.wet[0] = 0"]
