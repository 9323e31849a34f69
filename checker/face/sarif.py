"""What differs, as SARIF 2.1.0, for code review tools: each result at the line it is about.

An implicit property (a deadlock, an overflow) is located where the last step failed or waits, a
declared one at its declaration; the trace is a code flow whose places are the awaits.
"""
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from checker import __version__
from checker.codes import CODES
from checker.errors import SpecError
from checker.face.check import Result, Run
from checker.face.report import Report
from checker.results.trace import Trace, TraceStep
from checker.source import NOWHERE, Loc, short_path

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RULES = {
    "property": "A property does not hold as the spec declares.",
    "unknown": "Whether a property holds is not known.",
    "vacuous": "Something is checked only in appearance.",
    "unproved": "The lemmas kept beside a spec do not prove any more what they proved.",
    "recorded": "A recorded counterexample does not certify any more.",
    "usage": "The checker was asked for something impossible.",
    "defect": "A defect of the checker.",
}


def write(report: Report) -> str:
    """The document as text."""
    results = list(_results(report))
    used = dict.fromkeys(result["ruleId"] for result in results)
    rules = [{"id": rule, "shortDescription": {"text": _about(rule)}} for rule in used]
    driver = {"name": "checker", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results,
           "invocations": [{"executionSuccessful": not report.interrupted,
                            "exitCode": report.exit_status}]}
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _about(rule: str) -> str:
    return RULES.get(rule) or CODES[rule].splitlines()[0]


def _results(report: Report) -> Iterator[dict[str, Any]]:
    for run in report.runs:
        yield from _of_run(run)
    for file in report.recorded:
        if file.error:
            yield _result("recorded", "error", file.error, Loc(file.file, 1))
    for error in report.errors:
        yield from _of_error(error)


def _of_run(run: Run) -> Iterator[dict[str, Any]]:
    who = f"{run.job.spec.name}, {run.job.title}"
    spec = Loc(run.job.spec.path, 1)
    for result in run.results:
        if result.standing != "declared":
            yield _of_result(run, result, who, spec)
    for complaint in run.complaints:
        yield _result("vacuous", "error", f"{who}: {complaint.message}",
                      complaint.loc if complaint.loc.line else spec)
    for problem in run.proof.problems if run.proof else ():
        yield _result("unproved", "error", f"{who}: {problem.name}: {problem.message}"
                      + (f"\n{problem.hint}" if problem.hint else ""),
                      problem.loc if problem.loc.line else spec)
    if run.proof and run.proof.reason:
        yield _result("unknown", "warning", f"{who}: {run.proof.reason}", spec)
    for defect in run.defects:
        yield _result("defect", "error", f"{who}: {defect}", spec)
    if run.error is not None:
        yield from _of_error(run.error)


def _of_result(run: Run, result: Result, who: str, spec: Loc) -> dict[str, Any]:
    verdict = result.verdict
    lines = [f"{who}: {verdict.property} {verdict.outcome}, {verdict.coverage}"]
    if verdict.trace is not None:
        lines += verdict.trace.explanation
    unknown = result.standing == "unknown"
    found = _result("unknown" if unknown else "property", "warning" if unknown else "error",
                    "\n".join(lines), _place(run, result) or spec)
    if verdict.trace is not None and verdict.trace.steps:
        found["codeFlows"] = [{"threadFlows": [{"locations": list(_flow(verdict.trace))}]}]
    return found


def _place(run: Run, result: Result) -> Loc | None:
    """Where a result is shown: at its property, or at the step that failed."""
    assert run.system is not None
    declared = run.system.property_named(result.verdict.property)
    if declared is not None:
        return declared.loc if declared.loc.line else None
    trace = result.verdict.trace
    last = trace.steps[-1] if trace is not None and trace.steps else None
    return _step_place(last) if last is not None else None


def _step_place(step: TraceStep) -> Loc | None:
    loc = step.failure_loc or step.loc
    return loc if loc.line else None


def _flow(trace: Trace) -> Iterator[dict[str, Any]]:
    for number, step in enumerate(trace.steps, 1):
        text = f"{number} {step.actor}: {step.label}"
        if step.failure:
            text += f": {step.failure}"
        yield {"location": {**_location(step.loc), "message": {"text": text}}}


def _of_error(error: Exception) -> Iterator[dict[str, Any]]:
    if isinstance(error, SpecError):
        for diagnostic in error.diagnostics:
            text = diagnostic.headline + (f"\n{diagnostic.hint}" if diagnostic.hint else "")
            yield _result(diagnostic.code, "error", text, diagnostic.loc)
    else:
        yield _result("usage", "error", str(error), NOWHERE)


def _result(rule: str, level: str, text: str, loc: Loc) -> dict[str, Any]:
    return {"ruleId": rule, "level": level, "message": {"text": text},
            "locations": [_location(loc)] if loc.path else []}


def _location(loc: Loc) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": max(loc.line, 1), "startColumn": loc.column + 1}
    if loc.end_line >= loc.line and loc.end_column:
        region |= {"endLine": loc.end_line, "endColumn": loc.end_column + 1}
    return {"physicalLocation": {"artifactLocation": {"uri": short_path(loc.path)},
                                 "region": region}}
