"""`checker verify`: verdicts against declarations, options, exit statuses."""
import json
import pathlib

import pytest

from checker.engines import native
from checker.errors import (EXIT_DIFFERS, EXIT_INTERNAL, EXIT_OK, EXIT_SPEC, EXIT_UNKNOWN,
                            EXIT_USAGE)
from checker.face import check, search
from checker.results.itf import load

needs_compiler = pytest.mark.skipif(not native.available(), reason="no C compiler")


def search_of(answer, number=0):
    return json.loads(answer.out)["runs"][number]["search"]


# ── verdicts ─────────────────────────────────────────────────────────────────────────────────

def test_everything_as_declared(run):
    answer = run("verify", "handover.py")
    assert (answer.status, answer.err) == (EXIT_OK, "")
    assert answer.lines[-1] == "4 runs: 64 as declared, 0 differ, 0 unknown"
    assert ("✓", "holds", "nothing_lost", "interp  complete: 9 states, depth 5") in answer.rows()
    assert ("✓", "holds", "11 implicit properties",
            "interp  complete: 9 states, depth 5") in answer.rows()
    assert "fault overwrite  wait=False" in answer.out and "finding lossy" in answer.out
    assert "replay:" not in answer.out                   # nothing surprising, no trace


def test_the_same_run_prints_the_same_lines(run):
    first, second = run("verify", "handover.py"), run("verify", "handover.py")
    assert first.lines == second.lines


def test_a_violation_that_nobody_declared(run):
    answer = run("verify", "wrong.py:Broken")
    assert answer.status == EXIT_DIFFERS
    assert ("✗", "violated", "low", "interp  counterexample of 3 steps, certified") \
        in answer.rows()
    assert "invariant low is violated after 3 steps" in answer.out
    assert "n is 3" in answer.out
    assert "replay: checker verify wrong.py --instance ci --no-faults --property low" \
        in answer.out


def test_the_command_in_a_trace_finds_it_again(run):
    answer = run("verify", "wrong.py:Broken")
    [line] = [line for line in answer.lines if line.startswith("replay: ")]
    again = run(*line.removeprefix("replay: checker ").split())
    assert again.status == EXIT_DIFFERS and "invariant low is violated after 3 steps" in again.out


def test_a_fault_breaks_what_it_names_and_nothing_else(run):
    answer = run("verify", "wrong.py:Harmless")
    assert answer.status == EXIT_DIFFERS
    assert ("✗", "holds", "low", "interp  complete: 4 states, depth 3; declared to break") \
        in answer.rows()
    assert ("✗", "violated", "overflow", "interp  counterexample of 4 steps, certified") \
        in answer.rows()
    assert answer.lines[-1] == "3 runs: 33 as declared, 3 differ, 0 unknown"


def test_what_is_vacuous_is_an_error(run):
    answer = run("verify", "wrong.py:Vacuous")
    assert answer.status == EXIT_DIFFERS
    words = {(mark, word, name) for mark, word, name, _ in answer.rows()}
    assert ("✗", "violated", "three") in words
    assert ("✗", "vacuous", "too late") in words
    assert "never true; complete: 2 states" in answer.out
    assert "wrong.py:59" in answer.out                    # where the step is


def test_a_search_that_is_not_complete_is_unknown(run):
    answer = run("verify", "wrong.py:Big", "--limit", 50, "--engine", "interp")
    assert answer.status == EXIT_UNKNOWN
    assert ("?", "unknown", "in_range", "interp  no violation in 50 states, depth 8: the limit "
            "of 50 states was reached") in answer.rows()
    assert not [row for row in answer.rows() if row[1] == "holds"]


def test_differing_counts_more_than_unknown(run):
    assert run("verify", "wrong.py:Broken", "wrong.py:Big", "--limit", 50).status == EXIT_DIFFERS


def test_verbose_gives_every_property_its_line(run):
    answer = run("verify", "handover.py", "--verbose")
    assert len(answer.rows()) == 4 * 16
    assert ("✓", "holds", "deadlock", "interp  complete: 9 states, depth 5") in answer.rows()


def test_a_path_that_does_not_certify_is_a_defect(run, monkeypatch):
    honest = search.interpret

    def lying(*args, **options):
        found = honest(*args, **options)
        found.violations["low"] = found.violations["low"][:-1]
        return found
    monkeypatch.setattr(search, "interpret", lying)
    answer = run("verify", "wrong.py:Broken")
    assert answer.status == EXIT_INTERNAL
    assert "NOT CERTIFIED" in answer.out and "replay:" not in answer.out


# ── what is checked ──────────────────────────────────────────────────────────────────────────

def test_instance(run):
    answer = run("verify", "handover.py", "--instance", "large", "--no-faults")
    assert answer.status == EXIT_OK and answer.lines[0].startswith("Handover  large  ")
    assert answer.lines[1] == "  receivers=3"


def test_no_faults(run):
    answer = run("verify", "handover.py", "--no-faults")
    assert answer.lines[-1].startswith("1 run: 16 as declared")


def test_one_fault_shows_its_traces(run):
    answer = run("verify", "handover.py", "--fault", "two_takes")
    assert answer.status == EXIT_OK
    assert answer.lines[-1].startswith("1 run: 16 as declared")
    assert "invariant nothing_lost is violated after 3 steps" in answer.out
    assert "overflow in step 5" in answer.out
    assert "--fault two_takes --property overflow" in answer.out


def test_set_takes_several_words(run):
    answer = run("verify", "handover.py", "--set", "receivers=3", "items=1", "--no-faults")
    assert answer.status == EXIT_OK and answer.lines[1] == "  receivers=3  items=1"


def test_a_fault_that_would_change_what_is_set_is_left_out(run):
    answer = run("verify", "handover.py", "--set", "take=1")
    assert "fault overwrite" in answer.out and "fault two_takes" not in answer.out


def test_one_property(run):
    answer = run("verify", "handover.py", "--property", "somebody_received", "--no-faults")
    assert answer.status == EXIT_OK
    assert [row[2] for row in answer.rows()] == ["somebody_received"]
    assert "sometimes somebody_received: seen after 3 steps" in answer.out


def test_only_the_asked_property_counts(run):
    assert run("verify", "wrong.py:Harmless", "--property", "reentry").status == EXIT_OK
    assert run("verify", "wrong.py:Vacuous", "--property", "deadlock").status == EXIT_OK


def test_preemptible(run):
    assert run("verify", "wrong.py:Racy").status == EXIT_OK
    answer = run("verify", "wrong.py:Racy", "--preemptible")
    assert answer.status == EXIT_DIFFERS and "invariant counted is violated" in answer.out
    assert "--preemptible --property counted" in answer.out


def test_stop_early_leaves_the_rest_unknown(run):
    answer = run("verify", "handover.py", "--fault", "two_takes", "--stop-early")
    assert answer.status == EXIT_UNKNOWN
    assert ("✓", "violated", "nothing_lost", "interp  counterexample of 3 steps, certified") \
        in answer.rows()
    assert ("?", "unknown", "overflow", "interp  no violation in 4 states, depth 3: stopped at "
            "the first violation") in answer.rows()


# ── engines ──────────────────────────────────────────────────────────────────────────────────

def test_small_systems_are_for_the_interpreter(run):
    answer = run("verify", "wrong.py:Big", "--set", "digits=5", "--json")
    assert search_of(answer)["engine"] == "interp" and search_of(answer)["distinct"] == 25


@needs_compiler
def test_larger_systems_are_for_the_native_engine(run):
    answer = run("verify", "wrong.py:Big", "--set", "places=3", "--json")
    found = search_of(answer)
    assert (found["engine"], found["distinct"], answer.status) == ("native", 1000, EXIT_OK)


@needs_compiler
def test_the_engine_can_be_named(run):
    native_one = search_of(run("verify", "wrong.py:Big", "--engine", "native", "--json"))
    interp = search_of(run("verify", "wrong.py:Big", "--set", "places=3", "--engine", "interp",
                           "--json"))
    assert (native_one["engine"], native_one["distinct"]) == ("native", 100)
    assert (interp["engine"], interp["distinct"]) == ("interp", 1000)


@needs_compiler
def test_threads_and_memory(run):
    words = ("verify", "wrong.py:Big", "--engine", "native", "--json")
    assert search_of(run(*words, "--threads", 1))["threads"] == 1
    answer = run(*words, "--memory", "1MiB", "--set", "places=6")
    assert answer.status == EXIT_UNKNOWN and "memory" in search_of(answer)["reason"]


def test_without_a_compiler_the_interpreter_says_so(run, monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    answer = run("verify", "wrong.py:Big", "--set", "places=3")
    assert answer.status == EXIT_OK
    assert "note: no C compiler was found: the interpreter searches some 1,000 times slower" \
        in answer.out
    refused = run("verify", "wrong.py:Big", "--engine", "native")
    assert refused.status == EXIT_USAGE and "--engine interp" in refused.err


def test_options_of_another_engine_are_refused(run):
    answer = run("verify", "wrong.py:Big", "--engine", "interp", "--threads", 2)
    assert answer.status == EXIT_USAGE and "native engine" in answer.err


def test_liveness_of_many_states_is_unknown_to_the_interpreter(run, monkeypatch):
    monkeypatch.setattr(check, "LIVENESS_LIMIT", 5)
    answer = run("verify", "handover.py", "--no-faults", "--engine", "interp")
    assert answer.status == EXIT_UNKNOWN and "more than 5 states" in answer.out
    assert run("verify", "handover.py", "--no-faults", "--engine", "native").status == EXIT_OK


TURNING = """
from checker import Component, Int, Map, Range, leads_to, process, step


class Turning(Component):
    instances = {"small": {}}

    def __init__(self):
        self.place = Range(2)
        self.counter = Map(self.place, Int(0, 9))
        self.far = Int(0, 999)          # too wide to be seen whole without the graph

    @process(each="place", fair="weak", daemon=True)
    async def count(self, p):
        while True:
            await step("tick")
            self.counter[p] = (self.counter[p] + 1) % 10

    @process(fair="weak", daemon=True)
    async def count_far(self):
        while True:
            await step("tick far")
            self.far = (self.far + 1) % 1000

    @leads_to
    def comes_back(self):
        return self.far == 500, self.far == 0
"""


@pytest.mark.skipif(not native.available(), reason="no C compiler")
def test_liveness_of_many_states_within_the_memory(run, home):
    """With enough memory an answer; with too little for the graph, everything else is one."""
    (home / "turning.py").write_text(TURNING)
    rows = {row[2]: row for row in run("verify", "turning.py").rows()}
    assert rows["comes_back"] == ("✓", "holds", "comes_back",
                                  "native  complete: every fair run of 100,000 states")
    short = run("verify", "turning.py", "--memory", "3MiB")
    assert short.status == EXIT_UNKNOWN
    rows = {row[2]: row for row in short.rows()}
    assert rows["comes_back"][1] == "unknown" and "memory budget" in rows["comes_back"][3]
    assert rows["11 implicit properties"][1] == "holds"


# ── finding specs ────────────────────────────────────────────────────────────────────────────

@pytest.fixture
def house(home):
    """A directory with a spec/ of two protocols."""
    for name, source in (("one", "handover.py"), ("two", "wrong.py")):
        folder = home / "spec" / name
        folder.mkdir(parents=True)
        (folder / "model.py").write_text((home / source).read_text())
    return home


@pytest.mark.parametrize("name", ["spec/one", "spec/one/model.py", "one", "Handover",
                                  "spec:Handover", "spec/one/model.py:Handover"])
def test_names_of_a_spec(house, run, name):
    answer = run("verify", name, "--no-faults")
    assert answer.status == EXIT_OK and answer.lines[0].startswith("Handover  ci  ")


def test_no_name_means_everything(house, run):
    answer = run("verify", "--no-faults")
    heads = [line.split()[0] for line in answer.out.splitlines() if line.endswith("model.py")]
    assert heads == ["Handover", "Broken", "Harmless", "Vacuous", "Big", "Racy"]
    assert answer.status == EXIT_DIFFERS


def test_one_spec_named_twice_is_checked_once(house, run):
    answer = run("verify", "spec/one", "spec/one/model.py", "--no-faults")
    assert answer.lines[-1].startswith("1 run:")


def test_an_instance_that_only_some_specs_have(house, run):
    answer = run("verify", "--instance", "large", "--no-faults")
    assert answer.lines[-1].startswith("1 run:")
    assert "left out, without this instance or constant: Broken, Harmless, " in answer.out
    named = run("verify", "spec/one", "spec/two", "--instance", "large", "--no-faults")
    assert named.status == EXIT_USAGE and "Broken has no instance 'large'" in named.err


# ── counterexamples ──────────────────────────────────────────────────────────────────────────

def test_save_writes_each_counterexample(run, home):
    assert run("verify", "handover.py", "--save", "saved").status == EXIT_OK
    names = sorted(path.name for path in (home / "saved" / "Handover").iterdir())
    assert names == ["lossy.itf.json", "lossy.txt", "overwrite.itf.json", "overwrite.txt",
                     "two_takes.itf.json", "two_takes.txt"]
    assert load("saved/Handover/two_takes.itf.json").property == "overflow"
    file = load("saved/Handover/overwrite.itf.json")
    assert file.meta["fault"] == "overwrite" and file.property == "nothing_lost"
    assert file.meta["command"] == "checker replay saved/Handover/overwrite.itf.json"
    text = pathlib.Path("saved/Handover/overwrite.txt").read_text()
    assert text.startswith("invariant nothing_lost is violated after 3 steps")
    assert text.endswith("replay: checker replay saved/Handover/overwrite.itf.json\n")


def test_save_of_one_property(run, home):
    run("verify", "handover.py", "--fault", "two_takes", "--property", "overflow", "--save", "it")
    assert load("it/Handover/two_takes.itf.json").property == "overflow"


def test_save_of_what_nobody_declared(run, home):
    assert run("verify", "wrong.py:Broken", "--save", "it").status == EXIT_DIFFERS
    assert load("it/Broken/low.itf.json").property == "low"


def test_recorded_counterexamples_are_certified_again(house, run):
    run("verify", "spec/one", "--save", "counterexamples")
    (house / "spec" / "two" / "model.py").unlink()
    answer = run("verify", "--no-faults")
    assert answer.status == EXIT_OK
    assert "3 of 3 recorded certified" in answer.lines[-1]
    assert "counterexamples/Handover/lossy.itf.json" in answer.out


def test_a_counterexample_of_an_older_spec_does_not_certify(house, run):
    run("verify", "spec/one", "--save", "counterexamples")
    (house / "spec" / "two" / "model.py").unlink()
    model = house / "spec" / "one" / "model.py"
    model.write_text(model.read_text().replace("await step(\"begin\")",
                                               "await step(\"start\")"))
    answer = run("verify", "--no-faults")
    assert answer.status == EXIT_SPEC
    assert "recorded for another version of the spec" in answer.out
    assert "0 of 3 recorded certified" in answer.lines[-1]


# ── refusals ─────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("words, status, said", [
    (["nothing.py"], EXIT_USAGE, "nothing.py: there is no such file"),
    (["no/where"], EXIT_USAGE, "no/where: there is no such file or folder"),
    (["."], EXIT_USAGE, "there is no model.py in ./"),
    ([], EXIT_USAGE, "nothing is named, and there is no model.py in spec/"),
    (["wrong.py:Brokn"], EXIT_USAGE, "did you mean `Broken`?"),
    (["handover.py", "--fault", "overwrit"], EXIT_USAGE, "did you mean `overwrite`?"),
    (["handover.py", "--fault", "lossy", "--no-faults"], EXIT_USAGE, "exclude each other"),
    (["handover.py", "--instance", "larg"], EXIT_USAGE, "did you mean `large`?"),
    (["handover.py", "--set", "item=1"], EXIT_USAGE, "did you mean `items`?"),
    (["handover.py", "--set", "items"], EXIT_USAGE, "NAME=VALUE"),
    (["handover.py", "--property", "arives"], EXIT_USAGE, "did you mean `arrives`?"),
    (["handover.py", "--engine", "abacus"], EXIT_USAGE, "abacus"),
    (["handover.py", "--limit", "0"], EXIT_USAGE, "0"),
    (["handover.py", "--memory", "much"], EXIT_USAGE, "not a size"),
    (["handover.py", "--no-such-flag"], EXIT_USAGE, "--no-such-flag"),
    (["handover.py", "--junit", "no/where/x.xml"], EXIT_USAGE, "can not be written"),
    (["handover.py", "--save", "handover.py/x"], EXIT_USAGE, "can not be written"),
    (["refused.py"], EXIT_SPEC, "refused.py:17:9: error[E101]"),
    (["refused.py", "--set", "n=7"], EXIT_SPEC, "n is too large"),
    (["notes.txt"], EXIT_SPEC, "error[E126]"),
    (["empty.py"], EXIT_SPEC, "holds no spec"),
    (["raises.py"], EXIT_SPEC, "1 / 0"),
])
def test_refusals(run, home, words, status, said):
    (home / "notes.txt").write_text("this is not Python\n")
    (home / "empty.py").write_text("x = 1\n")
    (home / "raises.py").write_text("x = 1 / 0\n")
    answer = run("verify", *words)
    assert answer.status == status, answer.err
    assert said in answer.err, answer.err


def test_all_errors_of_a_spec_are_shown_once(run):
    answer = run("verify", "refused.py")
    assert answer.err.count("error[E101]") == 1 and answer.err.count("error[E103]") == 1
    assert answer.lines[-1] == "1 run: 0 as declared, 0 differ, 0 unknown, 1 at fault"


def test_a_spec_at_fault_does_not_hide_the_others(run):
    answer = run("verify", "refused.py", "handover.py", "--no-faults")
    assert answer.status == EXIT_SPEC and "16 as declared" in answer.lines[-1]
