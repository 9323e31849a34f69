"""What a replay came to as JSON, by `replay.schema.json`; the format has a version, as that of
reports has."""
from __future__ import annotations

import json
from typing import Any

from checker import __version__
from checker.face.tojson import step_data
from checker.judgement.replay import Blocked, Diverged, Outcome, Reproduced
from checker.results.trace import Trace
from checker.source import short_path

FORMAT = "checker-replay"
VERSION = 1


def replay_json(trace: Trace, outcome: Outcome | None, *, correct: bool, status: int) -> str:
    """`outcome` is None where there is no implementation and the trace was certified only."""
    data: dict[str, Any] = {
        "format": FORMAT, "version": VERSION, "checker": __version__, "exit_status": status,
        "spec": trace.system.name, "path": short_path(trace.system.path),
        "property": trace.property, "kind": trace.kind, "correct": correct,
        "outcome": "certified", "message": "", "steps_taken": 0, "memory": "", "symptom": [],
        "blocked": None, "diverged": None, "threads_left": [],
        "loop": trace.loop, "steps": [step_data(step) for step in trace.steps],
    }
    if outcome is not None:
        refused = not isinstance(outcome, Reproduced)
        data |= {"outcome": type(outcome).__name__.lower(), "message": str(outcome),
                 "steps_taken": max(outcome.steps - refused, 0), "memory": outcome.memory,
                 "threads_left": list(outcome.left)}
    match outcome:
        case Reproduced():
            data["symptom"] = list(outcome.symptom)
        case Blocked():
            data["blocked"] = {"step": outcome.steps, "actor": outcome.actor,
                               "label": outcome.label, "why": outcome.why}
        case Diverged():
            data["diverged"] = {"step": outcome.steps, "variable": outcome.variable,
                                "expected": outcome.expected, "observed": outcome.observed}
    return json.dumps(data, indent=2, ensure_ascii=False)
