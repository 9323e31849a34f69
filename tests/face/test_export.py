"""`checker export` and `checker crosscheck`: what they write, say and return."""
import re
import subprocess

import pytest

from checker.engines.export import spin, tlc, tools
from checker.engines.export.spin import SpinAnswer
from checker.engines.export.tlc import TlcAnswer
from checker.engines.interp.explore import explore
from checker.errors import EXIT_DIFFERS, EXIT_OK, EXIT_SPEC, EXIT_UNKNOWN, EXIT_USAGE
from checker.face.crosscheck import own_answer
from checker.frontend import load

WIDE = '''
from checker import Component, Int, process, step


class Wide(Component):
    def __init__(self):
        self.seconds = Int(0, 2 ** 40)

    @process(daemon=True)
    async def tick(self):
        while True:
            await step("tick")
            self.seconds = (self.seconds + 1) % 3
'''


# ── export ───────────────────────────────────────────────────────────────────────────────────

def test_export_to_tla(run, home):
    answer = run("export", "handover.py", "--to", "tla", "--out", "out")
    assert answer.status == EXIT_OK
    assert "out/Handover.tla and out/Handover.cfg are written; next: java" in answer.out
    assert "MODULE Handover" in (home / "out" / "Handover.tla").read_text()
    assert "INVARIANT nothing_lost\n" in (home / "out" / "Handover.cfg").read_text()


def test_export_to_promela_says_what_it_leaves_out(run, home):
    answer = run("export", "handover.py", "--to", "promela", "--fault", "overwrite")
    assert answer.status == EXIT_OK
    assert "Handover.pml is written; next: spin -o1 -o2 -a Handover.pml" in answer.out
    assert "active proctype system()" in (home / "Handover.pml").read_text()
    assert "left out: " in answer.err and "fairness" in answer.err


def test_constants_and_instances_are_those_of_the_command_line(run, home):
    run("export", "handover.py", "--to", "tla", "--set", "items=1")
    one = (home / "Handover.tla").read_text()
    run("export", "handover.py", "--to", "tla")
    assert one != (home / "Handover.tla").read_text() and "items=1" in one


def test_export_needs_a_language_it_knows(run):
    assert run("export", "handover.py").status == EXIT_USAGE
    answer = run("export", "handover.py", "--to", "alloy")
    assert answer.status == EXIT_USAGE and "'alloy' is not one of" in answer.err


def test_export_of_what_is_no_spec(run):
    assert run("export", "refused.py", "--to", "tla").status == EXIT_SPEC
    assert run("export", "nothing.py", "--to", "tla").status == EXIT_USAGE
    assert run("export", "handover.py", "--to", "tla", "--fault", "none").status == EXIT_USAGE


def test_export_where_nothing_can_be_written(run, home):
    (home / "file").write_text("")
    answer = run("export", "handover.py", "--to", "tla", "--out", "file/below")
    assert answer.status == EXIT_USAGE and "can not be written" in answer.err


@pytest.mark.parametrize("language, name", [("tla", "TLA+"), ("promela", "Promela")])
def test_what_can_not_be_said_is_refused_with_its_place(run, home, language, name):
    (home / "wide.py").write_text(WIDE)
    answer = run("export", "wide.py", "--to", language)
    assert answer.status == EXIT_UNKNOWN
    assert re.search(r"wide\.py:(7|13): a number", answer.err)
    assert f"can not be said in {name}" in answer.err
    assert "hint: " in answer.err and not list(home.glob("Wide.*"))


# ── crosscheck ───────────────────────────────────────────────────────────────────────────────

@pytest.fixture
def no_tools(monkeypatch):
    """A machine without Java and SPIN."""
    monkeypatch.setattr(tools.shutil, "which", lambda name: None)


def test_missing_tools_are_no_agreement(run, no_tools):
    answer = run("crosscheck", "handover.py")
    assert answer.status == EXIT_UNKNOWN
    assert "? unknown  tlc   not compared: TLC needs Java" in answer.out
    assert "? unknown  spin  not compared: there is no SPIN" in answer.out
    assert "2 comparisons: 0 agrees, 0 differs, 2 unknown" in answer.out


def test_a_jar_that_is_none(run, monkeypatch):
    monkeypatch.setenv(tools.JAR, "no.jar")
    monkeypatch.setattr(tools.shutil, "which", lambda name: f"/bin/{name}")
    answer = run("crosscheck", "handover.py", "--tool", "tlc")
    assert answer.status == EXIT_UNKNOWN and "CHECKER_TLC names no.jar" in answer.out


@pytest.fixture
def tlc_says(monkeypatch):
    """TLC, as it would answer."""
    def says(answer):
        monkeypatch.setattr(tlc, "explore", lambda module, timeout: answer)
        monkeypatch.setattr(tlc, "holds", lambda module, name, timeout: TlcAnswer())
    return says


def own(run):
    """How many states the checker finds, and what it says of the first property."""
    answer = run("verify", "handover.py", "--no-faults", "--verbose")
    return int(answer.out.split(" states")[0].split()[-1].replace(",", ""))


def test_another_number_of_states_differs(run, tlc_says):
    states = own(run)
    tlc_says(TlcAnswer(distinct=states + 1))
    answer = run("crosscheck", "handover.py", "--tool", "tlc")
    assert answer.status == EXIT_DIFFERS
    assert f"✗ differs  tlc   {states + 1:,} states, not {states:,}" in answer.out


def test_another_verdict_differs(run, tlc_says):
    tlc_says(TlcAnswer(distinct=own(run), failed={"nothing_lost"}))
    answer = run("crosscheck", "handover.py", "--tool", "tlc")
    assert answer.status == EXIT_DIFFERS
    assert "nothing_lost (tlc alone found it)" in answer.out


def test_an_error_of_the_tool_is_unknown(run, tlc_says):
    tlc_says(TlcAnswer(distinct=own(run), error="out of memory"))
    answer = run("crosscheck", "handover.py", "--tool", "tlc")
    assert answer.status == EXIT_UNKNOWN and "tlc failed: out of memory" in answer.out


def test_a_tool_that_takes_too_long_is_unknown(run, monkeypatch):
    def late(model, timeout):
        raise subprocess.TimeoutExpired("pan", timeout)
    monkeypatch.setattr(spin, "explore", late)
    answer = run("crosscheck", "handover.py", "--tool", "spin", "--seconds", "3")
    assert answer.status == EXIT_UNKNOWN and "no answer within 3 s" in answer.out


def test_what_the_tool_can_not_say_is_unknown(run, home):
    (home / "wide.py").write_text(WIDE)
    answer = run("crosscheck", "wide.py")
    assert answer.status == EXIT_UNKNOWN and "can not be said in Promela" in answer.out


def test_agreement_passes_and_says_what_was_left_out(run, home, monkeypatch):
    [spec] = load(home / "handover.py")
    system = spec.system("ci")
    said = own_answer(system, explore(system), liveness=False)
    found = {name for name, violated_or_seen in said.judged.items() if violated_or_seen}
    monkeypatch.setattr(spin, "explore", lambda model, timeout: SpinAnswer(
        distinct=said.distinct, failed=found))
    answer = run("crosscheck", "handover.py", "--tool", "spin")
    assert answer.status == EXIT_OK
    assert f"✓ agrees   spin  {said.distinct:,} states, " in answer.out
    assert "; without arrives" in answer.out


def test_crosscheck_of_what_is_no_spec(run):
    assert run("crosscheck", "refused.py", "--tool", "tlc").status == EXIT_SPEC
    assert run("crosscheck", "handover.py", "--set", "nonsense").status == EXIT_USAGE
    assert run("crosscheck", "handover.py", "--instance", "none").status in (EXIT_USAGE, EXIT_SPEC)


def test_both_tools_for_real(run):
    for name in ("tlc_command", "spin_command", "c_compiler"):
        try:
            getattr(tools, name)()
        except tools.Missing as error:
            pytest.skip(str(error))
    answer = run("crosscheck", "handover.py")
    assert answer.status == EXIT_OK, answer.out
    assert "2 comparisons: 2 agrees, 0 differs, 0 unknown" in answer.out
