"""Reports for machines: JSON by its schema, JUnit, SARIF."""
import json
import pathlib
from xml.etree import ElementTree

import jsonschema
import pytest

from checker.errors import EXIT_DIFFERS, EXIT_OK, EXIT_SPEC, EXIT_UNKNOWN
from checker.face import tojson

SCHEMA = json.loads(pathlib.Path(tojson.__file__).with_name("report.schema.json").read_text())

# What the reports below are of: everything that can be in one.
COMMANDS = [
    (["handover.py"], EXIT_OK),
    (["wrong.py:Broken"], EXIT_DIFFERS),
    (["wrong.py:Harmless"], EXIT_DIFFERS),
    (["wrong.py:Vacuous"], EXIT_DIFFERS),
    (["wrong.py:Big", "--limit", "50"], EXIT_UNKNOWN),
    (["refused.py"], EXIT_SPEC),
    (["handover.py", "notes.py"], EXIT_SPEC),
]


@pytest.fixture
def reported(run, home):
    """Run `verify` once for each format; the three documents."""
    (home / "notes.py").write_text("not Python\n")

    def command(*words):
        answer = run("verify", *words, "--json", "--junit", "report.xml", "--sarif", "r.sarif")
        return (answer.status, json.loads(answer.out),
                ElementTree.parse(home / "report.xml").getroot(),
                json.loads((home / "r.sarif").read_text()))
    return command


@pytest.mark.parametrize("words, status", COMMANDS)
def test_json_is_as_its_schema_says(reported, words, status):
    found, report, _, _ = reported(*words)
    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    assert found == status == report["exit_status"]


def test_the_schema_is_one_and_names_every_field(reported):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    _, report, _, _ = reported("wrong.py:Broken")
    [one] = report["runs"]
    assert set(report) == set(SCHEMA["required"])
    for name, part in (("run", one), ("search", one["search"]), ("result", one["results"][0]),
                       ("trace", one["results"][0]["trace"])):
        assert set(part) == set(SCHEMA["$defs"][name]["properties"]), name


def test_json_of_a_violation(reported):
    _, report, _, _ = reported("wrong.py:Broken")
    [one] = report["runs"]
    low = one["results"][0]
    assert (low["property"], low["outcome"], low["expected"], low["standing"]) == (
        "low", "violated", "holds", "differs")
    assert low["location"] == {"path": "wrong.py", "line": 23, "column": 9}
    assert [step["label"] for step in low["trace"]["steps"]] == ["count"] * 3
    assert one["search"]["distinct"] == 4 and one["search"]["complete"]
    assert report["counts"] == {"declared": 11, "differs": 1, "unknown": 0, "vacuous": 0,
                                "unproved": 0, "planned_runs": 1}


def test_json_of_an_error(reported):
    _, report, _, _ = reported("refused.py")
    codes = [error["code"] for error in report["runs"][0]["errors"]]
    assert codes == ["E101", "E103"]


def test_json_goes_without_the_ledger(run):
    answer = run("verify", "wrong.py:Broken", "--json")
    assert answer.out.startswith("{") and answer.out.endswith("}\n") and answer.err == ""


def cases(root):
    """{(class, name): the tag of its problem, or None}"""
    return {(case.get("classname"), case.get("name")): case[0].tag if len(case) else None
            for case in root.iter("testcase")}


def test_junit_of_what_is_as_declared(reported):
    _, _, root, _ = reported("handover.py")
    assert root.tag == "testsuites" and len(root) == 4
    assert root.get("tests") == "64" and root.get("failures") == root.get("errors") == "0"
    found = cases(root)
    assert found["Handover", "nothing_lost holds"] is None
    assert found["Handover.overwrite", "nothing_lost breaks"] is None


def test_junit_of_a_violation_carries_the_trace(reported):
    _, _, root, _ = reported("wrong.py:Broken")
    assert root.get("failures") == "1"
    [failure] = root.iter("failure")
    assert failure.get("message") == "violated: counterexample of 3 steps, certified"
    assert "invariant low is violated after 3 steps" in failure.text


@pytest.mark.parametrize("words, tag, name", [
    (["wrong.py:Vacuous"], "failure", "too late is not vacuous"),
    (["wrong.py:Big", "--limit", "50"], "failure", "in_range holds"),       # unknown is not green
    (["refused.py"], "error", "the spec compiles"),
    (["handover.py", "notes.py"], "error", "the spec compiles"),
])
def test_junit_of_everything_else(reported, words, tag, name):
    _, _, root, _ = reported(*words)
    assert tag in {found for (_, case), found in cases(root).items() if case == name}


def results(document):
    [one] = document["runs"]
    return one["results"]


def place(result):
    region = result["locations"][0]["physicalLocation"]
    return region["artifactLocation"]["uri"], region["region"]["startLine"]


def test_sarif_is_empty_where_everything_is_as_declared(reported):
    _, _, _, document = reported("handover.py")
    assert (document["version"], results(document)) == ("2.1.0", [])
    assert document["runs"][0]["tool"]["driver"]["name"] == "checker"


def test_sarif_locates_a_property_and_its_steps(reported):
    _, _, _, document = reported("wrong.py:Broken")
    [result] = results(document)
    assert (result["ruleId"], result["level"]) == ("property", "error")
    assert place(result) == ("wrong.py", 23) and "n is 3" in result["message"]["text"]
    [flow] = result["codeFlows"]
    steps = flow["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == [
        f"{n} count: count" for n in (1, 2, 3)]


def test_sarif_locates_an_implicit_property_at_the_failing_statement(reported):
    _, _, _, document = reported("wrong.py:Harmless")
    overflow = [r for r in results(document) if "overflow" in r["message"]["text"]]
    assert [place(result) for result in overflow] == [("wrong.py", 41)]


@pytest.mark.parametrize("words, rule, level, line", [
    (["wrong.py:Vacuous"], "vacuous", "error", 59),
    (["wrong.py:Big", "--limit", "50"], "unknown", "warning", 89),
    (["refused.py"], "E101", "error", 17),
    (["handover.py", "notes.py"], "E126", "error", 1),
])
def test_sarif_of_everything_else(reported, words, rule, level, line):
    _, _, _, document = reported(*words)
    found = {(r["ruleId"], r["level"], place(r)[1]) for r in results(document)}
    assert (rule, level, line) in found
    known = {rule["id"] for rule in document["runs"][0]["tool"]["driver"]["rules"]}
    assert known == {r["ruleId"] for r in results(document)}


def test_control_characters_do_not_break_the_xml(run, home):
    source = (home / "wrong.py").read_text().replace("self.n <= self.most",
                                                     "self.n <= self.most and '\\x07' != '<&'")
    (home / "bell.py").write_text(source)
    run("verify", "bell.py:Broken", "--junit", "report.xml")
    ElementTree.parse(home / "report.xml")
