"""`checker mutate`: what no property notices is listed, what behaves alike is told apart."""
import json
import re

import pytest

from checker.errors import EXIT_DIFFERS, EXIT_OK, EXIT_SPEC, EXIT_UNKNOWN, EXIT_USAGE
from checker.face import mutants


def mutated(run, *words):
    answer = run("mutate", *words, "--json")
    return answer.status, json.loads(answer.out)


def by_status(data, status):
    [score] = data["specs"]
    return {(m["operator"], m["label"]): m["by"] for m in score["mutants"]
            if m["status"] == status}


def test_every_mistake_is_noticed(run):
    answer = run("mutate", "counting.py", "--verbose")
    assert answer.status == EXIT_OK, answer.out
    assert "10 mutants: 9 killed, 0 survive, 1 equivalent; score 100 %" in answer.out
    assert re.search(r"without lock +counting.py:21 +work +`lock` +by one_at_a_time", answer.out)
    assert "equivalent: the same states and steps\n    drop wait" in answer.out


def test_without_its_rule_the_lock_is_not_missed(run):
    """A property taken away, and there are survivors."""
    status, data = mutated(run, "counting.py", "--instance", "unruled")
    assert status == EXIT_DIFFERS == data["exit_status"]
    assert by_status(data, "survived") == {("swap steps", "begin"): [], ("without lock", ""): []}
    [score] = data["specs"]
    assert score["counts"] == {"survived": 2, "undecided": 0, "equivalent": 1, "killed": 7}
    assert score["score"] == pytest.approx(7 / 9)
    answer = run("mutate", "counting.py", "--instance", "unruled")
    assert re.search(r"survive: no property notices\n +swap steps +counting.py:20 +work +"
                     r"at `begin`  with `acquire lock`\n +without lock +counting.py:21 +work",
                     answer.out)
    assert "score 77.7 %" in answer.out


def test_what_survives_in_one_instance_is_tried_in_the_next(run):
    status, data = mutated(run, "counting.py", "--instance", "unruled", "--instance", "ci")
    assert status == EXIT_OK and by_status(data, "survived") == {}
    assert by_status(data, "killed")["without lock", ""] == ["one_at_a_time"]
    assert data["specs"][0]["instances"] == ["unruled", "ci"]


def test_several_specs_are_taken_together(run, home):
    """The same mistake at the same place: noticed by one of two specs."""
    with (home / "counting.py").open("a") as file:
        file.write("\n\nclass Careless(Counting):\n    instances = {'ci': dict(ruled=False)}\n")
    answer = run("mutate", "counting.py")
    assert answer.status == EXIT_DIFFERS
    assert "10 mutants: 7 killed, 2 survive, 1 equivalent; score 77.7 %" in answer.out
    assert "2 specs together\n  10 mutants: 9 killed, 0 survive, 1 equivalent" in answer.out
    assert "survive in every spec" not in answer.out
    status, data = mutated(run, "counting.py")
    assert status == EXIT_DIFFERS and data["together"]["score"] == 1


def test_the_same_mutants_in_the_same_order(run):
    first, second = mutated(run, "counting.py"), mutated(run, "counting.py")
    assert first[1]["specs"] == second[1]["specs"]


def test_a_limit_leaves_mutants_undecided(run, monkeypatch):
    """The spec itself has to fit; a mutant with more states is nothing that anybody knows."""
    monkeypatch.setattr(mutants, "ROOM", 0)
    monkeypatch.setattr(mutants, "FEW", 12)
    status, data = mutated(run, "counting.py")
    assert status == EXIT_UNKNOWN
    assert by_status(data, "undecided") and not by_status(data, "survived")
    refused = run("mutate", "counting.py", "--limit", "5")
    assert refused.status == EXIT_UNKNOWN and "not as it should be" in refused.err


def test_a_spec_that_is_not_as_it_should_be_is_refused(run):
    answer = run("mutate", "wrong.py:Broken")
    assert answer.status == EXIT_DIFFERS
    assert "not as it should be (low)" in answer.err and "checker verify" in answer.err


@pytest.mark.parametrize("words, status, text", [
    ([], EXIT_USAGE, "Missing argument"),
    (["nothing.py"], EXIT_USAGE, "no such file"),
    (["refused.py"], EXIT_SPEC, "[E101]"),
    (["counting.py", "--instance", "cj"], EXIT_USAGE, "there is no instance 'cj'"),
])
def test_what_can_not_be_done(run, words, status, text):
    answer = run("mutate", *words)
    assert (answer.status, answer.out) == (status, "") and text in answer.err


def test_an_interrupt_leaves_what_is_known(run, monkeypatch):
    tried = []

    def interrupted(mutant, *rest):
        if len(tried) == 3:
            raise KeyboardInterrupt
        tried.append(mutant)
        return mutants.Answer("killed", ("somebody",))

    monkeypatch.setattr(mutants, "_try", interrupted)
    monkeypatch.setattr("checker.face.workers.WORTH_IT", 1000)
    status, data = mutated(run, "counting.py")
    assert status == EXIT_UNKNOWN and data["interrupted"]
    assert data["specs"][0]["not_tried"] == 7 and len(by_status(data, "killed")) == 3


def test_the_users_cache_is_left_alone(run, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run("mutate", "counting.py")
    kept = [path.name for path in (tmp_path / "cache").rglob("model-*")]
    assert kept == []
