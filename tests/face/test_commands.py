"""The commands beside `verify`."""
import json
import pathlib
import re
from xml.etree import ElementTree

import jsonschema
import pytest

from checker.engines import native
from checker.errors import EXIT_DIFFERS, EXIT_OK, EXIT_SPEC, EXIT_UNKNOWN, EXIT_USAGE
from checker.face import commands
from checker.face.commands import COMMANDS, checker
from checker.face.listing import MEANINGS
from checker.face.new import class_name
from tests.face.tokens import TOKENS

# ── help ─────────────────────────────────────────────────────────────────────────────────────

def test_help_lists_every_command_and_the_exit_statuses(run):
    answer = run("--help")
    assert answer.status == EXIT_OK
    for command in COMMANDS:
        assert re.search(rf"^  {command} +\S", answer.out, re.MULTILINE), command
    assert "4 unknown or incomplete" in answer.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(run, name):
    answer = run(name, "--help")
    assert answer.status == EXIT_OK
    for parameter in checker.get_command(None, name).params:
        if parameter.param_type_name == "option":
            assert parameter.help, parameter.name


def test_no_command_and_no_such_command(run):
    assert run("verfy").status == EXIT_USAGE
    assert run("--version").out.startswith("checker, version ")


# ── list, explain, doctor ────────────────────────────────────────────────────────────────────

def test_list(run):
    answer = run("list", "handover.py")
    assert answer.status == EXIT_OK
    for words in ("Handover  handover.py", "ci (default)  receivers=2",
                  "receivers=2  items=2  wait=True", "nothing_lost", "What was sent was taken",
                  "overwrite  breaks nothing_lost; written down once too often",
                  "findings    lossy  breaks arrives"):
        assert words in answer.out, words


def test_list_of_everything(run, home):
    (home / "spec" / "one").mkdir(parents=True)
    (home / "spec" / "one" / "model.py").write_text((home / "handover.py").read_text())
    assert run("list").out.startswith("Handover  spec/one/model.py")


def test_list_of_a_spec_at_fault_lists_the_others(run):
    answer = run("list", "refused.py", "handover.py")
    assert answer.status == EXIT_SPEC
    assert "error[E101]" in answer.err and "nothing_lost" in answer.out


@pytest.mark.parametrize("code", [*MEANINGS, "e101", "[E101]"])
def test_explain(run, code):
    answer = run("explain", code)
    assert answer.status == EXIT_OK and len(answer.out) > 20


def test_explain_of_something_else(run):
    answer = run("explain", "E1O1")
    assert answer.status == EXIT_USAGE and "did you mean `E1" in answer.err


def test_doctor(run, monkeypatch, home):
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    answer = run("doctor")
    for name in ("checker", "libraries", "C compiler", "cache", "io_uring"):
        assert re.search(rf"^[✓✗] {name} ", answer.out, re.MULTILINE), name
    monkeypatch.setenv("CC", "no-such-compiler")
    without = run("doctor")
    assert without.status == EXIT_UNKNOWN and "✗ C compiler" in without.out


# ── new ──────────────────────────────────────────────────────────────────────────────────────

def test_a_new_spec_verifies(run, home):
    answer = run("new", "ring_buffer")
    assert answer.status == EXIT_OK
    assert answer.out == ("spec/ring_buffer/model.py is written; next: checker verify "
                          "spec/ring_buffer/model.py\n")
    everything = run("verify")
    assert everything.status == EXIT_OK and everything.lines[0].startswith("RingBuffer  ci  ")
    text = (home / "spec" / "ring_buffer" / "model.py").read_text()
    assert max(map(len, text.splitlines())) <= 100 and "{{" not in text


def test_a_new_spec_at_a_path(run, home):
    assert run("new", "deep/down/my-ring.py").status == EXIT_OK
    assert "class MyRing(Component)" in (home / "deep" / "down" / "my-ring.py").read_text()
    assert run("verify", "deep/down/my-ring.py").status == EXIT_OK


def test_nothing_is_overwritten(run, home):
    before = (home / "handover.py").read_text()
    answer = run("new", "handover.py")
    assert answer.status == EXIT_USAGE and "not overwritten" in answer.err
    assert (home / "handover.py").read_text() == before


@pytest.mark.parametrize("name", ["../x", "two words", "class", "9lives", "x.txt", ""])
def test_names_that_are_none(run, name):
    assert run("new", name).status == EXIT_USAGE


@pytest.mark.parametrize("stem, name", [("ring_buffer", "RingBuffer"), ("x", "X"), ("aB", "AB"),
                                        ("9lives", "Spec9lives"), ("-", "Spec")])
def test_class_names(stem, name):
    assert class_name(stem) == name


# ── show ─────────────────────────────────────────────────────────────────────────────────────

SHOWN = """\
Handover  handover.py
   :18  full: Bool
   :19  sent: Int(0, 2)
   :20  taken: Int(0, 2)
   :21  last: Maybe(receiver)

   :28  process send, weak fairness

   :29  begin
   :30      if sent < 2
                → slot is free
            else
                → done

   :32  slot is free   when not full   [ring.c:put]
   :35      sent = sent + 1
   :38      full = True
   :30      if sent < 2
                → slot is free
            else
                → done

   :41  process receive, weak fairness, daemon

   :43  item is there   when full
   :44      last = any receiver
   :45      full = False
   :46      taken = taken + 1
            → item is there
"""


def test_show(run):
    answer = run("show", "handover.py")
    assert (answer.status, answer.err) == (EXIT_OK, "")
    assert answer.out == SHOWN


def test_show_with_a_fault_and_constants(run):
    answer = run("show", "handover.py", "--fault", "lossy", "--set", "items=5")
    assert "sent: Int(0, 5)" in answer.out
    assert ":36      send = whether send fails" in answer.out


def test_show_preemptible(run):
    assert run("show", "wrong.py:Racy").out != run("show", "wrong.py:Racy", "--preemptible").out


def test_dot(run, home):
    answer = run("show", "handover.py", "--dot", "machines.dot")
    text = (home / "machines.dot").read_text()
    assert answer.out == "" and text.startswith('digraph "Handover" {')
    assert '"send.begin" -> "send.slot is free" [label="sent < 2"];' in text
    assert text.count("{") == text.count("}") == 3


def test_svg(run, home):
    assert run("show", "wrong.py:Racy", "--preemptible", "--svg", "out/machines.svg").out == ""
    root = ElementTree.parse(home / "out" / "machines.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    width, height = float(root.get("width")), float(root.get("height"))
    boxes = root.findall(f"{space}rect")
    assert len(boxes) >= 3
    for box in boxes:
        assert 0 <= float(box.get("x")) and float(box.get("x")) + float(
            box.get("width")) <= width
        assert 0 <= float(box.get("y")) <= height - float(box.get("height"))
    assert "add" in {text.text for text in root.iter(f"{space}text")}


def test_show_of_a_trace(run):
    run("verify", "handover.py", "--save", "saved")
    answer = run("show", "saved/Handover/overwrite.itf.json")
    assert answer.status == EXIT_OK
    assert "invariant nothing_lost is violated after 3 steps" in answer.out
    assert "[ring.c:put]" in answer.out or "ring.c:put" in answer.out


@pytest.mark.parametrize("words, said", [
    (["nothing.itf.json"], "No such file"),
    (["handover.py", "--spec", "wrong.py"], "--spec goes with a trace"),
    (["saved/Handover/overwrite.itf.json", "--svg", "x.svg"], "only --spec goes with a trace"),
    (["saved/Handover/overwrite.itf.json", "--spec", "wrong.py"], "holds no spec Handover"),
    (["handover.py", "--dot", "handover.py/x"], "can not be written"),
    (["wrong.py"], "several specs"),
])
def test_show_refusals(run, words, said):
    run("verify", "handover.py", "--save", "saved")
    answer = run("show", *words)
    assert answer.status in (EXIT_USAGE, EXIT_SPEC) and said in answer.err


def test_a_trace_names_no_spec_outside_of_this_directory(run, home, monkeypatch):
    run("verify", "handover.py", "--save", "saved")
    elsewhere = home / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    file = home / "saved" / "Handover" / "overwrite.itf.json"
    text = file.read_text().replace('"handover.py"', json.dumps(str(home / "handover.py")))
    file.write_text(text)
    answer = run("show", file)
    assert answer.status == EXIT_SPEC and "is not below this directory" in answer.err
    assert run("show", file, "--spec", home / "handover.py").status == EXIT_OK


# ── replay ───────────────────────────────────────────────────────────────────────────────────

ADAPTER = '''
class Slot:
    locks, memory = {}, "simulated"

    def __init__(self, trace, hooks, correct):
        self.hooks, self.correct, self.sent, self.taken = hooks, correct, 0, 0

    def threads(self):
        return {"send": self.send, "receive": self.receive}

    def send(self):
        self.hooks.at("begin")
        for _ in range(2):
            self.hooks.at("wait for the slot" if self.correct else "slot is free")
            self.sent += 1

    def receive(self):
        self.hooks.at("item is there")

    def thread(self, instance):
        return instance.process.name

    def label(self, step):
        return step.label

    def choices(self, step):
        return []

    def observe(self):
        return {"sent": self.sent}

    def symptom(self, property):
        return [f"{self.sent} sent, one slot"]

    def close(self):
        pass


class Adapter:
    def build(self, trace, hooks, *, correct, memory):
        return Slot(trace, hooks, correct)


def adapter_for(name):
    return Adapter()
'''


def test_replay(run, home):
    (home / "adapter.py").write_text(ADAPTER)
    run("verify", "handover.py", "--save", "saved")
    answer = run("replay", "saved/Handover/overwrite.itf.json")
    assert answer.status == EXIT_OK
    assert "   3  ✓ send  slot is free" in answer.out
    assert "reproduced in 3 steps (simulated memory)\n  2 sent, one slot" in answer.out


def test_replay_on_the_correct_implementation(run, home):
    (home / "adapter.py").write_text(ADAPTER)
    run("verify", "handover.py", "--save", "saved")
    answer = run("replay", "saved/Handover/overwrite.itf.json", "--correct")
    assert answer.status == EXIT_OK
    assert "   2  ✗ send  slot is free" in answer.out and "blocked at step 2" in answer.out


def test_a_replay_that_goes_wrong(run, home):
    (home / "adapter.py").write_text(ADAPTER.replace("self.sent += 1", "self.sent += 2"))
    run("verify", "handover.py", "--save", "saved")
    answer = run("replay", "saved/Handover/overwrite.itf.json", "--memory", "simulated")
    assert answer.status == EXIT_DIFFERS
    assert "diverged at step 2: sent should be 1, is 2" in answer.out


REPLAYS = {
    (): (EXIT_OK, "reproduced", 3), ("--correct",): (EXIT_OK, "blocked", 1),
    ("wrong",): (EXIT_DIFFERS, "diverged", 1), ("none",): (EXIT_OK, "certified", 0)}


@pytest.mark.parametrize("how", REPLAYS)
def test_a_replay_as_json(run, home, how):
    status, outcome, taken = REPLAYS[how]
    if how != ("none",):
        wrong = "self.sent += 2" if how == ("wrong",) else "self.sent += 1"
        (home / "adapter.py").write_text(ADAPTER.replace("self.sent += 1", wrong))
    run("verify", "handover.py", "--save", "saved")
    options = [option for option in how if option.startswith("--")]
    answer = run("replay", "saved/Handover/overwrite.itf.json", "--json", *options)
    data = json.loads(answer.out)
    schema = pathlib.Path(commands.__file__).with_name("replay.schema.json")
    jsonschema.validate(data, json.loads(schema.read_text()))
    assert answer.status == data["exit_status"] == status
    assert (data["outcome"], data["steps_taken"]) == (outcome, taken)
    assert (data["property"], len(data["steps"])) == ("nothing_lost", 3)
    assert data["steps"][2]["actor"] == "send"
    expected = {"reproduced": ("symptom", ["2 sent, one slot"]),
                "diverged": ("diverged", {"step": 2, "variable": "sent", "expected": "1",
                                          "observed": "2"}),
                "certified": ("message", "")}
    if outcome == "blocked":
        assert data["blocked"]["step"] == 2 and data["blocked"]["why"] in data["message"]
    else:
        name, value = expected[outcome]
        assert data[name] == value


def test_without_an_implementation_the_trace_is_shown(run):
    run("verify", "handover.py", "--save", "saved")
    answer = run("replay", "saved/Handover/overwrite.itf.json")
    assert answer.status == EXIT_OK
    assert "invariant nothing_lost is violated after 3 steps" in answer.out
    assert "there is no implementation to replay it on" in answer.out
    refused = run("replay", "saved/Handover/overwrite.itf.json", "--correct")
    assert refused.status == EXIT_USAGE and "adapter.py" in refused.err


def test_replay_of_what_is_no_trace(run, home):
    (home / "x.itf.json").write_text("{}")
    assert run("replay", "x.itf.json").status == EXIT_SPEC
    assert run("replay", "missing.itf.json").status == EXIT_SPEC


# ── prove ────────────────────────────────────────────────────────────────────────────────────

def test_prove_by_induction(run):
    answer = run("prove", "wrong.py:Racy")
    assert answer.status == EXIT_UNKNOWN
    assert "counterexample to induction: counted is not preserved" in answer.out
    if native.available():
        assert ("?", "unknown", "counted",
                "z3 induction  not inductive, see below; unreachable at this size") \
            in answer.rows()
        assert "a @lemma that excludes it" in answer.out


def test_prove_what_is_inductive(run):
    answer = run("prove", "wrong.py:Big", "--verbose")
    assert answer.status == EXIT_OK
    assert ("✓", "holds", "in_range", "z3 induction  proved") in answer.rows()
    assert ("✓", "holds", "division", "z3 induction  proved; uses in_range") in answer.rows()
    assert "note: not for induction: all_nine" in answer.out


def test_what_is_violated_is_not_told_to_be_unproved(run):
    answer = run("prove", "wrong.py:Broken")
    assert answer.status == EXIT_DIFFERS
    assert "invariant low is violated after 3 steps" in answer.out


def test_bounded_search(run):
    answer = run("prove", "wrong.py:Big", "--bound", "3")
    assert answer.status == EXIT_UNKNOWN
    assert ("?", "unknown", "in_range", "z3 bounded  no violation within 3 steps") in answer.rows()
    assert ("?", "unknown", "all_nine", "z3 bounded  no witness within 3 steps") in answer.rows()
    found = run("prove", "wrong.py:Broken", "--bound", "3")
    assert found.status == EXIT_DIFFERS and "violated after 3 steps" in found.out


def test_a_bounded_search_can_be_complete(run):
    answer = run("prove", "wrong.py:Racy", "--bound", "5", "--json")
    assert answer.status == EXIT_OK
    [one] = json.loads(answer.out)["runs"]
    assert one["results"][0]["coverage"] == "complete: nothing can happen beyond 2 steps"


def test_induction_over_several_states(run):
    assert "2 states deep" in run("prove", "wrong.py:Big", "--depth", "2").out
    assert run("prove", "wrong.py:Racy", "--depth", "3", "--distinct").status == EXIT_OK


def test_a_proof_within_seconds(run):
    answer = run("prove", "wrong.py:Big", "--set", "places=8", "--bound", "60", "--seconds", "0.2")
    assert answer.status == EXIT_UNKNOWN


def test_prove_for_every_size(run, home):
    (home / "tokens.py").write_text(TOKENS)
    answer = run("prove", "tokens.py", "--any-size")
    counted = {row[2]: row for row in answer.rows()}["counted"]
    assert counted[:2] == ("✓", "holds") and "proved for every number of clients" in counted[3]
    assert "assumption: uniform" in answer.out
    assert "lemmas found; --keep writes them to tokens_lemmas.py" in answer.out
    kept = run("prove", "tokens.py", "--any-size", "--keep")
    assert "written to tokens_lemmas.py" in kept.out and (home / "tokens_lemmas.py").exists()
    again = run("prove", "tokens.py", "--any-size", "--no-infer")
    assert again.status == answer.status and "lemmas found" not in again.out


def test_without_lemmas_not_everything_is_proved(run, home):
    (home / "tokens.py").write_text(TOKENS)
    answer = run("prove", "tokens.py", "--any-size", "--no-infer")
    assert answer.status == EXIT_UNKNOWN


def test_a_violation_at_some_size(run, home):
    (home / "tokens.py").write_text(TOKENS)
    answer = run("prove", "tokens.py", "--any-size", "--set", "wrong=True")
    assert answer.status == EXIT_DIFFERS
    assert "invariant counted is violated after 2 steps" in answer.out
    assert "--set wrong=True clients=1" in answer.out


def test_what_has_no_size_is_refused(run):
    answer = run("prove", "wrong.py:Racy", "--any-size")
    assert answer.status == EXIT_UNKNOWN
    assert "error[P102]: no constant of the spec sets the size" in answer.out


@pytest.mark.parametrize("words", [
    "--any-size --bound 3", "--any-size --depth 2", "--any-size --preemptible", "--keep",
    "--no-infer", "--bound 3 --depth 2", "--distinct", "--any-size --seconds 3"])
def test_options_without_an_effect_are_refused(run, words):
    assert run("prove", "wrong.py:Big", *words.split()).status == EXIT_USAGE


# ── simulate ─────────────────────────────────────────────────────────────────────────────────

def test_simulate(run):
    answer = run("simulate", "wrong.py:Broken", "--runs", "3")
    assert answer.status == EXIT_DIFFERS
    assert ("✗", "violated", "low", "cpython  counterexample of 3 steps, certified") \
        in answer.rows()


def test_a_simulation_proves_nothing(run):
    answer = run("simulate", "handover.py", "--runs", "5", "--steps", "7", "--seed", "3")
    assert answer.status == EXIT_UNKNOWN
    assert "no violation in 5 walks" in answer.out and "note: seed 3: " in answer.out
    again = run("simulate", "handover.py", "--runs", "5", "--steps", "7", "--seed", "3")
    other = run("simulate", "handover.py", "--runs", "2", "--steps", "7", "--seed", "3")
    assert again.lines == answer.lines != other.lines


def test_a_simulation_tells_what_it_never_reached(run):
    answer = run("simulate", "wrong.py:Vacuous", "--runs", "2", "--steps", "2", "--verbose")
    assert "note: never taken: wait: too late" in answer.out and "deadlock" in answer.out


def test_a_simulation_as_json(run):
    report = json.loads(run("simulate", "handover.py", "--runs", "1", "--json").out)
    assert report["exit_status"] == EXIT_UNKNOWN
