"""From a trace file back to a certified trace.

A recorded counterexample proves nothing by itself: the spec may have changed since, or the file.
So its states are decoded by the types of the system at hand and certified like an engine's
answer; the steps, choices and explanation come from that re-execution, never from the file.
"""
from __future__ import annotations

from dataclasses import replace

from checker.ir.show import DIGEST_SHOWN, digest
from checker.ir.system import System
from checker.judgement.certify import NotCertified, certify, kind_of
from checker.results.itf import TraceFile, decode, refused
from checker.results.trace import Trace


def same_version(system: System, file: TraceFile) -> bool:
    """Whether the file was recorded for exactly this system."""
    return digest(system) == file.digest


def to_trace(system: System, file: TraceFile, *, any_version: bool = False) -> Trace:
    """The certified trace of a file. Raises UserError where the file does not give one.

    A file that was recorded for another version of the spec is refused by name, unless
    `any_version` asks to try whether its states still are a counterexample.
    """
    if not any_version and not same_version(system, file):
        raise refused(
            file.name, "#meta.digest", f"recorded for another version of the spec: of "
            f"{file.spec} {file.digest[:DIGEST_SHOWN]}, while {system.name} now is "
            f"{digest(system)[:DIGEST_SHOWN]}", hint="record the counterexample again")
    try:
        if kind_of(system, file.property) != file.kind:
            raise NotCertified(f"{file.property} is not of the kind {file.kind}")
        trace = certify(system, file.property, decode(system, file), file.loop)
    except NotCertified as error:
        raise refused(file.name, "states", f"not a counterexample: {error}") from error
    return replace(trace, meta=dict(file.meta))
