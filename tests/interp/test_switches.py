"""The violation with the fewest context switches."""
import itertools

from checker.engines.interp.explore import explore
from checker.engines.interp.step import initial_states, steps
from checker.engines.interp.switches import fewest_switches
from checker.errors import EXIT_DIFFERS
from checker.face.cli import main
from checker.ir.system import IMPLICIT
from checker.judgement.certify import certify
from tests.native.random_systems import random_system

def switches(trace):
    movers = [step.actor for step in trace.steps]
    return sum(a != b for a, b in itertools.pairwise(movers))


def by_trying(system, name, longest):
    """The least (switches, steps) over all runs up to a length, none left out."""
    best = None
    runs = [((0, 0), None, state) for state in initial_states(system)]
    for _ in range(longest):
        following = {}
        for cost, last, state in runs:
            for step in steps(system, state):
                at = (cost[0] + (last not in (None, step.instance.number)), cost[1] + 1)
                if step.failed is not None:
                    if step.failed.kind == name and (best is None or at < best):
                        best = at
                    continue
                place = (step.instance.number, step.after)
                if place not in following or at < following[place]:
                    following[place] = at
        runs = [(cost, last, state) for (last, state), cost in following.items()]
    return best


def test_against_all_runs():
    """None of the runs up to a few steps beyond has fewer switches, or as few and fewer steps."""
    compared = 0
    for seed in range(250):
        system = random_system(seed)
        found = explore(system, limit=1_000)
        failing = [name for name in found.violations if name in IMPLICIT and name != "deadlock"]
        for name, path in fewest_switches(system, failing).items():
            trace = certify(system, name, path)
            least = by_trying(system, name, len(trace.steps) + 4)
            assert least == (switches(trace), len(trace.steps))
            compared += 1
    assert compared > 40


TURNS = '''
from checker import *

class Turns(Component):
    instances = {"small": {}}

    def __init__(self):
        self.moved = Int(0, 9)
        self.turns = Int(0, 3)
        self.last = Enum("nobody", "left", "right")

    @process
    async def left(self):
        while True:
            await step("left")
            self.moved = min(self.moved + 1, 9)
            self.turns = min(self.turns + int(self.last == "right"), 3)
            self.last = "left"

    @process
    async def right(self):
        while True:
            await step("right")
            self.turns = min(self.turns + int(self.last == "left"), 3)
            self.last = "right"

    @invariant
    def calm(self):
        """Fails after three steps by turns, and after seven of one."""
        return self.turns < 2 and self.moved < 7
'''


def test_a_longer_trace_may_be_clearer(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "turns.py").write_text(TURNS)
    assert main(["verify", "turns.py"]) == EXIT_DIFFERS
    assert "counterexample of 3 steps, certified\n" in capsys.readouterr().out
    assert main(["verify", "turns.py", "--fewest-switches"]) == EXIT_DIFFERS
    assert "counterexample of 7 steps, certified, fewest context switches\n" in (
        capsys.readouterr().out)


def test_a_search_that_is_too_large_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("checker.face.search.MOST_PLACES", 3)
    monkeypatch.setattr("checker.face.search.fewest_switches",
                        lambda system, names: fewest_switches(system, names, limit=3))
    (tmp_path / "turns.py").write_text(TURNS)
    assert main(["verify", "turns.py", "--fewest-switches"]) == EXIT_DIFFERS
    out = capsys.readouterr().out
    assert "counterexample of 3 steps, certified\n" in out
    assert "note: more than 3 states to search for the fewest context switches: the trace of " \
           "calm is a shortest one" in out
