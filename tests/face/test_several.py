"""`--max-traces`: several counterexamples to a property, no two of the same kind."""
import json
import pathlib

import jsonschema
import pytest

from checker.engines import native
from checker.errors import EXIT_DIFFERS, EXIT_OK, EXIT_USAGE
from checker.face import several
from checker.face.check import check_all
from checker.face.plan import Job
from checker.face.search import Limits
from checker.frontend import load
from checker.results.exploration import Variety

SCHEMA = pathlib.Path(several.__file__).with_name("report.schema.json")

# Two counters of requests; nobody may count behind `closed`. The clerk has nothing to do with it.
DOORS = '''
from checker import *

class Doors(Component):
    instances = {"small": {}}

    def __init__(self):
        self.door = Index("door", 2)
        self.open = Map(self.door, Bool)
        self.closed = Bool()
        self.paper = Bool()

    @process(each="door")
    async def door_keeper(self, d):
        await step("knock")
        if self.closed:
            return
        await step("turn the key")
        self.open[d] = True
        await step("leave")
        self.open[d] = False

    @process
    async def guard(self):
        await step("close")
        self.closed = True

    @process
    async def clerk(self):
        await step("take paper")
        self.paper = True
        await step("write")
        self.paper = False

    @invariant
    def shut(self):
        return not (self.closed and any(self.open[d] for d in self.door))

    @invariant
    def always_paper(self):
        return not self.paper

    @eventually
    def peace(self):
        return self.closed and self.paper
'''
# With one door: the guard closes an open one, or it is opened behind the guard's back; the other
# door may be at any of three places meanwhile, and the clerk as well: none of that matters.
LENGTHS = [3, 3]


@pytest.fixture
def doors(home):
    (home / "doors.py").write_text(DOORS)


def results(answer):
    [run] = json.loads(answer.out)["runs"]
    return {result["property"]: result for result in run["results"]}


@pytest.mark.parametrize("engine", [
    "interp", pytest.param("native", marks=pytest.mark.skipif(
        not native.available(), reason="no C compiler"))])
def test_each_kind_once_and_without_needless_steps(run, doors, engine, monkeypatch):
    asked = ("verify", "doors.py", "--engine", engine, "--max-traces", 9, "--json")
    answer = run(*asked)
    assert answer.status == EXIT_DIFFERS
    jsonschema.validate(json.loads(answer.out), json.loads(SCHEMA.read_text()))
    found = results(answer)["shut"]
    traces = [found["trace"], *found["other_traces"]]
    assert [len(trace["steps"]) for trace in traces] == LENGTHS
    assert {trace["steps"][-1]["label"] for trace in traces} == {"close", "turn the key"}
    assert all(step["actor"] != "clerk" for trace in traces for step in trace["steps"])
    assert found["coverage"] == "counterexample of 3 steps, certified; of other kinds: 3 steps"
    assert results(answer)["always_paper"]["coverage"] == (
        "counterexample of 1 step, certified, the only kind")
    monkeypatch.setattr(several, "tight", lambda trace: True)
    assert len(results(run(*asked))["shut"]["other_traces"]) == 8


def test_the_commands_and_the_text(run, doors):
    answer = run("verify", "doors.py", "--max-traces", 2, "--property", "shut")
    assert answer.status == EXIT_DIFFERS
    assert answer.out.count("invariant shut is violated after 3 steps") == 2
    commands = [line for line in answer.lines if line.startswith("replay: ")]
    assert commands[1] == commands[0] + " --max-traces 2"
    again = run(*commands[1].removeprefix("replay: checker ").split())
    assert again.out.count("invariant shut is violated after 3 steps") == 2
    one = run("verify", "doors.py", "--max-traces", 1, "--property", "shut")
    assert one.out.count("invariant shut is violated") == 1 and "kind" not in one.out


def test_only_as_many_as_were_asked_for(run, doors):
    answer = run("verify", "doors.py", "--max-traces", 2, "--json")
    assert len(results(answer)["shut"]["other_traces"]) == 1


def test_a_liveness_property_has_one(run, doors):
    answer = run("verify", "doors.py", "--max-traces", 3)
    assert "note: --max-traces: one counterexample to peace is shown, as it speaks of whole " \
           "runs" in answer.out


def test_files_are_numbered_and_replay(run, doors, home):
    run("verify", "doors.py", "--max-traces", 3, "--save", "kept")
    names = {path.name for path in (home / "kept" / "Doors").glob("shut*.itf.json")}
    assert names == {"shut.itf.json", "shut-2.itf.json"}
    for name in names:
        again = run("replay", f"kept/Doors/{name}")
        assert again.status == EXIT_OK and "shut is violated after 3 steps" in again.out


def test_tables_have_the_length_of_each(run, doors, home):
    run("verify", "doors.py", "--max-traces", 3, "--markdown", "page.md")
    assert "| `shut` | invariant | **violated, 3, 3** |" in (home / "page.md").read_text()


def test_what_was_not_looked_at_is_told(run, doors, monkeypatch):
    monkeypatch.setattr(several, "MOST", 2)
    answer = run("verify", "doors.py", "--max-traces", 5, "--engine", "interp")
    assert "note: of the ways to violate shut the 2 shortest were looked at" in answer.out
    assert "the only kind" not in [row for row in answer.rows() if row[2] == "shut"][0][3]


def test_an_interrupt_of_the_second_search(run, doors, monkeypatch):
    """What was found stands, the rest is not looked for, and the exit status says so."""
    monkeypatch.setattr(several, "interpreted", lambda *args: Variety(reason="interrupted"))
    answer = run("verify", "doors.py", "--max-traces", 5, "--engine", "interp")
    assert answer.status == EXIT_DIFFERS and "; interrupted, 0 of 1 not begun" in answer.out
    assert "counterexample of 3 steps, certified\n" in answer.out
    assert "there may be more counterexamples to shut: interrupted" in answer.out
    (found,) = check_all([Job(*load("doors.py"))], Limits(engine="interp", max_traces=5))
    assert found.interrupted


@pytest.mark.parametrize("option", [
    ("--reduce", "symmetry"), ("--fewest-switches",), ("--stop-early",),
    ("--checkpoint", "kept")])
def test_what_excludes_it(run, doors, option):
    answer = run("verify", "doors.py", "--max-traces", 2, *option)
    assert answer.status == EXIT_USAGE
    assert f"--max-traces and {option[0]} exclude each other: " in answer.err
    assert run("verify", "doors.py", "--max-traces", 0).status == EXIT_USAGE
