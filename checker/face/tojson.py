"""The report as JSON, by `report.schema.json`. The format has a version; readers may rely on it:
within a version fields are only added."""
from __future__ import annotations

import json
from typing import Any

from checker import __version__
from checker.errors import SpecError, UserError
from checker.face.check import Result, Run
from checker.face.recorded import Recorded
from checker.face.report import Report
from checker.judgement.vacuity import Complaint
from checker.results.kept_proof import KeptProof
from checker.results.trace import Trace, TraceStep
from checker.source import Loc, short_path

FORMAT = "checker-report"
VERSION = 1


def report_json(report: Report) -> str:
    return json.dumps(report_data(report), indent=2, ensure_ascii=False)


def report_data(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    return {
        "format": FORMAT, "version": VERSION, "checker": __version__,
        "exit_status": report.exit_status, "interrupted": report.interrupted,
        "counts": {"declared": report.count("declared"), "differs": report.count("differs"),
                   "unknown": report.count("unknown"), "vacuous": report.complaints,
                   "unproved": report.proof_problems,
                   "planned_runs": report.planned},
        "left_out": list(report.left_out), "seconds": round(report.seconds, 3),
        "runs": [_run(run) for run in report.runs],
        "recorded": [_recorded(file) for file in report.recorded],
        "errors": [error for each in report.errors for error in _errors(each)],
    }


def _run(run: Run) -> dict[str, Any]:
    job, fault, found = run.job, run.job.fault, run.found
    data: dict[str, Any] = {
        "spec": job.spec.name, "path": short_path(job.spec.path), "instance": job.at,
        "constants": {name: _plain(value) for name, value in
                      (run.system.constants if run.system else {}).items()},
        "preemptible": job.preemptible,
        "fault": fault.name if fault else None, "finding": bool(fault and fault.finding),
        "breaks": list(job.breaks),
        "results": [_result(run, result) for result in run.results],
        "vacuous": [_complaint(complaint) for complaint in run.complaints],
        "notes": list(run.notes), "defects": list(run.defects),
        "proof": _proof(run.proof) if run.proof else None,
        "errors": list(_errors(run.error)) if run.error else [],
        "search": None,
    }
    if found is not None:
        data["search"] = {
            "engine": found.engine, "complete": found.complete, "reason": found.reason,
            "distinct": found.distinct, "generated": found.generated, "depth": found.depth,
            "initial": found.initial, "threads": found.threads, "state_bits": found.state_bits,
            "bytes_per_state": round(found.bytes_per_state, 1), "table": found.table,
            "table_bytes_per_state": round(found.table_bytes, 2), "resumed": found.resumed,
            "seconds": round(found.seconds, 3), "reductions": list(found.reductions)}
    return data


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, str)) else repr(value)


def _result(run: Run, result: Result) -> dict[str, Any]:
    verdict = result.verdict
    declared = run.system.property_named(verdict.property) if run.system else None
    return {"property": verdict.property, "kind": verdict.kind, "outcome": verdict.outcome,
            "expected": result.expected, "standing": result.standing, "engine": verdict.engine,
            "coverage": verdict.coverage, "location": _loc(declared.loc if declared else None),
            "trace": _trace(verdict.trace) if verdict.trace else None,
            "other_traces": [_trace(trace) for trace in verdict.others]}


def _trace(trace: Trace) -> dict[str, Any]:
    return {"loop": trace.loop, "explanation": list(trace.explanation),
            "command": str(trace.meta.get("command", "")),
            "steps": [step_data(step) for step in trace.steps]}


def step_data(step: TraceStep) -> dict[str, Any]:
    return {"actor": step.actor, "label": step.label, "provenance": step.provenance,
            "choices": {c.name or c.kind: c.shown for c in step.choices},
            "failure": step.failure, "location": _loc(step.failure_loc or step.loc)}


def _loc(loc: Loc | None) -> dict[str, Any] | None:
    if loc is None or not loc.line:
        return None
    return {"path": short_path(loc.path), "line": loc.line, "column": loc.column + 1}


def _proof(proof: KeptProof) -> dict[str, Any]:
    return {"instance": proof.instance, "every_number_of": proof.sizes, "lemmas": proof.lemmas,
            "proved": list(proof.proved), "assumptions": list(proof.assumptions),
            "reason": proof.reason,
            "problems": [{"name": p.name, "message": p.message, "hint": p.hint,
                          "location": _loc(p.loc)} for p in proof.problems]}


def _complaint(complaint: Complaint) -> dict[str, Any]:
    return {"kind": complaint.kind, "name": complaint.name, "message": complaint.message,
            "location": _loc(complaint.loc)}


def _recorded(file: Recorded) -> dict[str, Any]:
    return {"file": short_path(file.file), "property": file.property, "steps": file.steps,
            "certified": not file.error, "error": file.error}


def _errors(error: SpecError | UserError) -> list[dict[str, Any]]:
    if isinstance(error, UserError):
        return [{"code": None, "message": str(error), "hint": "", "location": None}]
    return [{"code": d.code, "message": d.headline, "hint": d.hint, "location": _loc(d.loc)}
            for d in error.diagnostics]
