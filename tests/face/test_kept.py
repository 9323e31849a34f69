"""`checker verify` proves again, for every size, with the lemmas that are kept beside a spec."""
import json

import pytest
from checker.errors import EXIT_DIFFERS, EXIT_OK, EXIT_UNKNOWN
from checker.judgement import kept
from tests.face.tokens import TOKENS

LEMMAS = '''
class Tokens:
    instance = "ci"
    proves = ("counted", "never_negative", "overflow")

    def has_means_giving(self):
        return all(self.has[c] == (self.work.at[c] == "give back") for c in self.client)
'''
COVERAGE = "proved for every number of clients"


@pytest.fixture
def tokens(home):
    """A spec with a kept lemma."""
    (home / "tokens.py").write_text(TOKENS)
    (home / "tokens_lemmas.py").write_text(LEMMAS)
    return home


def edited(home, old, new):
    text = (home / "tokens_lemmas.py").read_text()
    assert old in text
    (home / "tokens_lemmas.py").write_text(text.replace(old, new))


def test_proved_for_every_size(run, tokens):
    answer = run("verify", "tokens.py")
    found = {row[2]: row[3] for row in answer.rows()}
    assert answer.status == EXIT_OK
    assert all(COVERAGE in found[name] for name in ("counted", "never_negative"))
    assert COVERAGE not in found["all_taken"] and COVERAGE not in found["deadlock"]


def test_not_where_it_is_not_wanted(run, tokens):
    answer = run("verify", "tokens.py", "--no-proofs")
    assert answer.status == EXIT_OK and COVERAGE not in answer.out


@pytest.mark.parametrize("words", [("--set", "clients=3"), ("--preemptible",),
                                   ("--instance", "other")])
def test_only_the_instance_that_they_are_kept_for(run, tokens, words):
    assert COVERAGE not in run("verify", "tokens.py", *words).out


def test_a_proof_decides_what_a_search_did_not(run, tokens):
    answer = run("verify", "tokens.py", "--limit", "2")
    found = {row[2]: row for row in answer.rows()}
    assert found["counted"][1] == "holds" and "z3 any size" in found["counted"][3]
    assert found["deadlock"][1] == "unknown" and answer.status == EXIT_UNKNOWN
    assert run("verify", "tokens.py", "--limit", "2", "--property", "counted").status == EXIT_OK


def test_another_instance_is_told_beside(run, tokens):
    edited(tokens, '"ci"', '"other"')
    answer = run("verify", "tokens.py", "--markdown", "page.md")
    assert answer.status == EXIT_OK
    assert f"{COVERAGE} at other, with the kept lemmas: counted" in answer.out
    assert all(COVERAGE not in (row[3] or "") for row in answer.rows())
    assert f"Tokens at `other` is {COVERAGE}: `counted`" in (tokens / "page.md").read_text()


def test_a_lemma_that_is_no_longer_inductive(run, tokens):
    edited(tokens, "self.has[c] ==", "self.has[c] !=")
    answer = run("verify", "tokens.py", "--sarif", "out.sarif", "--junit", "out.xml",
                 "--markdown", "page.md")
    assert answer.status == EXIT_DIFFERS
    rows = {row[2]: row for row in answer.rows() if row[1] == "unproved"}
    assert set(rows) == {"has_means_giving", "counted", "overflow"}
    assert "tokens_lemmas.py:6" in answer.out and "tokens.py:26" in answer.out
    assert "remedy: mend it, or have all found again: checker prove tokens.py:Tokens --any-size " \
        "--instance ci --keep" in answer.out
    assert "3 unproved" in answer.lines[-1]
    results = json.loads((tokens / "out.sarif").read_text())["runs"][0]["results"]
    assert {r["ruleId"] for r in results} == {"unproved"} and len(results) == 3
    place = results[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "tokens_lemmas.py"
    assert (tokens / "out.xml").read_text().count('type="unproved"') == 3
    assert "**Tokens: the kept lemmas do not prove" in (tokens / "page.md").read_text()


def test_a_lemma_that_a_step_breaks(run, tokens):
    edited(tokens, "self.has[c] == (self.work.at[c] == \"give back\")", "not self.has[c]")
    answer = run("verify", "tokens.py")
    assert answer.status == EXIT_DIFFERS
    assert "work at take breaks it although all others hold before" in answer.out


def test_lemmas_that_do_not_suffice(run, tokens):
    edited(tokens, "self.has[c] == (self.work.at[c] == \"give back\")",
           "implies(self.has[c], self.work.at[c] == \"give back\")")
    answer = run("verify", "tokens.py")
    unproved = [row[2] for row in answer.rows() if row[1] == "unproved"]
    assert answer.status == EXIT_DIFFERS and unproved and "has_means_giving" not in unproved


@pytest.mark.parametrize(("old", "new", "message"), [
    ("return", "retrun", "this is not Python"),
    ('instance = "ci"', "instance = 3", "`instance` is not the name of an instance"),
    ('instance = "ci"', 'instance = "cl"', "Tokens has no instance 'cl'"),
    ('("counted", "never_negative", "overflow")', '"counted"', "`proves` is not a tuple"),
    ('"counted"', '"cuonted"', "there is no such property to prove"),
    ("self.has[c] ==", "self.hsa[c] ==", "the lemma speaks of what the spec does not have"),
    ("return all", "x = all", "is not one `return`"),
])
def test_what_is_wrong_with_the_file(run, tokens, old, new, message):
    edited(tokens, old, new)
    answer = run("verify", "tokens.py")
    assert answer.status == EXIT_DIFFERS
    assert message in answer.out and "tokens_lemmas.py:" in answer.out


def test_what_is_violated_is_not_proved(run, tokens):
    (tokens / "tokens.py").write_text(TOKENS.replace("wrong=False", "wrong=True"))
    answer = run("verify", "tokens.py")
    found = {row[2]: row for row in answer.rows()}
    assert answer.status == EXIT_DIFFERS and found["counted"][1] == "violated"
    assert not any(row[1] == "unproved" for row in answer.rows())


def test_json_follows_its_schema(run, tokens):
    run_of = json.loads(run("verify", "tokens.py", "--json").out)["runs"][0]
    assert run_of["proof"]["every_number_of"] == "clients"
    assert "counted" in run_of["proof"]["proved"] and run_of["proof"]["problems"] == []
    edited(tokens, "self.has[c] ==", "self.has[c] !=")
    report = json.loads(run("verify", "tokens.py", "--json").out)
    assert report["counts"]["unproved"] == 3
    assert report["runs"][0]["proof"]["problems"][0]["location"]["line"] == 6


def test_a_proof_is_made_once_and_anew_when_anything_changes(run, tokens, monkeypatch):
    made = []
    prove = kept.prove_any_size
    monkeypatch.setattr(kept, "prove_any_size", lambda *a, **k: made.append(1) or prove(*a, **k))
    first = run("verify", "tokens.py")
    again = run("verify", "tokens.py")
    assert first.lines == again.lines
    edited(tokens, "has_means_giving", "another_name")
    run("verify", "tokens.py")
    with (tokens / "tokens.py").open("a") as file:
        file.write("# longer\n")
    run("verify", "tokens.py")
    assert len(made) == 3


def test_what_takes_too_long_is_unknown(run, tokens, monkeypatch):
    monkeypatch.setattr(kept, "SECONDS", -1.0)
    answer = run("verify", "tokens.py")
    assert answer.status == EXIT_UNKNOWN and COVERAGE not in answer.out
    assert "the kept lemmas are not proved again within" in answer.out
