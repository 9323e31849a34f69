"""Commands as the user would type them, and what a trace's file says of its origin."""
from __future__ import annotations

import shlex
from typing import Any

from checker import __version__
from checker.face.options import show_settings
from checker.face.plan import Job
from checker.ir.system import System
from checker.source import short_path


def trace_meta(job: Job, system: System, property_name: str, number: int = 1) -> dict[str, Any]:
    """What a trace's file needs to be understood on its own; it is the `number`-th of those that
    violate the property."""
    several = f" --max-traces {number}" if number > 1 else ""
    return {"version": __version__, "instance": job.at or "", "path": short_path(system.path),
            "fault": job.fault.name if job.fault else "",
            "command": verify_command(job, property_name) + several}


def verify_command(job: Job, property_name: str) -> str:
    """The command that finds a property's trace again."""
    words = ["checker verify", shlex.quote(short_path(job.spec.path))]
    if job.instance is not None and job.at == job.instance:
        words.append(f"--instance {shlex.quote(job.instance)}")
    words.append(f"--fault {shlex.quote(job.fault.name)}" if job.fault else "--no-faults")
    if job.constants:
        words.append(f"--set {show_settings(job.constants)}")
    if job.preemptible:
        words.append("--preemptible")
    return " ".join([*words, f"--property {shlex.quote(property_name)}"])
