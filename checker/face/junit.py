"""The report as JUnit XML: a suite for each run, a test case for each property.

JUnit knows no `unknown`. Here it is a failure: readers show a skipped test as green.
"""
from __future__ import annotations

import re
from xml.etree import ElementTree as xml

from checker.face.check import Result, Run
from checker.face.recorded import Recorded
from checker.face.report import Report
from checker.results.render import render

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Report) -> str:
    """The document as text."""
    root = xml.Element("testsuites", name="checker")
    for run in report.runs:
        _suite(root, run)
    if report.recorded:
        suite = xml.SubElement(root, "testsuite", name="recorded counterexamples")
        for file in report.recorded:
            _recorded(suite, file)
    if report.errors or report.interrupted:
        suite = xml.SubElement(root, "testsuite", name="checker")
        for error in report.errors:
            _case(suite, "checker", "the spec compiles", "error", "spec", str(error))
        if report.interrupted:
            left = report.planned - len(report.runs)
            _case(suite, "checker", "everything is checked", "failure", "unknown",
                  f"interrupted, {left} of {report.planned} runs not begun")
    for element in (*root, root):
        cases = list(element.iter("testcase"))
        element.set("tests", str(len(cases)))
        for kind in ("failure", "error"):
            plural = "failures" if kind == "failure" else "errors"
            element.set(plural, str(sum(case.find(kind) is not None for case in cases)))
    xml.indent(root)
    return xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: xml.Element, run: Run) -> None:
    job = run.job
    name = " ".join(part for part in (job.spec.name, job.at, job.title) if part)
    seconds = run.found.seconds if run.found else 0.0
    suite = xml.SubElement(root, "testsuite", name=name, time=f"{seconds:.3f}")
    classname = job.spec.name + (f".{job.fault.name}" if job.fault else "")
    if run.error is not None:
        _case(suite, classname, "the spec compiles", "error", "spec", str(run.error))
    for result in run.results:
        _result(suite, classname, result)
    for complaint in run.complaints:
        _case(suite, classname, f"{complaint.name} is not vacuous", "failure", complaint.kind,
              f"{complaint.message} ({complaint.loc})")
    for problem in run.proof.problems if run.proof else ():
        _case(suite, classname, f"{problem.name} is proved for every size", "failure", "unproved",
              f"{problem.message} ({problem.loc})", problem.hint)
    if run.proof and run.proof.reason:
        _case(suite, classname, "the kept lemmas are proved", "failure", "unknown",
              run.proof.reason)
    for defect in run.defects:
        _case(suite, classname, "every trace certifies", "error", "defect", defect)


def _result(suite: xml.Element, classname: str, result: Result) -> None:
    verdict = result.verdict
    name = f"{verdict.property} {'breaks' if result.expected == 'violated' else 'holds'}"
    if result.standing == "declared":
        _case(suite, classname, name)
        return
    text = f"{verdict.outcome}: {verdict.coverage}"
    trace = render(verdict.trace) if verdict.trace else ""
    _case(suite, classname, name, "failure", verdict.outcome, text, trace)


def _recorded(suite: xml.Element, file: Recorded) -> None:
    if file.error:
        _case(suite, "counterexamples", file.file, "failure", "not certified", file.error)
    else:
        _case(suite, "counterexamples", file.file)


def _case(suite: xml.Element, classname: str, name: str, tag: str = "", kind: str = "",
          message: str = "", more: str = "") -> None:
    case = xml.SubElement(suite, "testcase", classname=_clean(classname), name=_clean(name))
    if tag:
        headline = message.splitlines()[0] if message else kind
        problem = xml.SubElement(case, tag, type=kind, message=_clean(headline))
        problem.text = _clean(f"{message}\n\n{more}" if more else message)


def _clean(text: str) -> str:
    return _NOT_XML.sub("?", text)
