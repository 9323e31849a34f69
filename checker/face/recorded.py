"""The counterexamples in counterexamples/: files from earlier, certified again."""
from __future__ import annotations

import pathlib
from collections.abc import Iterator
from dataclasses import replace

from checker.errors import EXIT_SPEC, SpecError, UserError
from checker.face.plan import Job
from checker.face.report import Recorded
from checker.frontend import Spec, load
from checker.ir.system import System
from checker.judgement.recertify import same_version, to_trace
from checker.results.itf import TraceFile
from checker.results.itf import load as load_file
from checker.results.trace import Trace

FOLDER = pathlib.Path("counterexamples")
SUFFIX = ".itf.json"


def recorded(folder: pathlib.Path = FOLDER) -> Iterator[Recorded]:
    """Every counterexample file below a folder, in the order of names."""
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        try:
            trace = read_trace(path)
            yield Recorded(str(path), trace.property, len(trace.steps))
        except UserError as error:
            yield Recorded(str(path), path.name, error=str(error), status=error.exit_status)
        except SpecError as error:
            yield Recorded(str(path), path.name, error="its spec does not compile",
                           status=error.exit_status)


def read_trace(path: str | pathlib.Path, spec: str | None = None) -> Trace:
    """The certified trace of a file. `spec` is the path of its spec where the file's own is
    not to be used. Raises UserError and SpecError."""
    file = load_file(path)
    return to_trace(system_of(file, spec), file)


def system_of(file: TraceFile, spec: str | None = None) -> System:
    """The system that a trace file speaks of, compiled from the spec as it is today."""
    found = _spec_of(file, spec)
    fault, instance = file.meta.get("fault"), file.meta.get("instance")
    job = Job(found, instance, found.fault(fault) if fault else None)
    system = job.system()
    # What was set by hand is in the constants only; the rest may be more than JSON can say.
    set_by_hand = {name: value for name, value in file.constants.items()
                   if name in system.constants
                   and value not in (system.constants[name], repr(system.constants[name]))}
    if set_by_hand:
        job = replace(job, constants=set_by_hand)
        system = job.system()
    if same_version(system, file):
        return system
    preemptible = replace(job, preemptible=True).system()
    return preemptible if same_version(preemptible, file) else system


def _spec_of(file: TraceFile, spec: str | None) -> Spec:
    """Importing a spec runs it, so a file may name one only below the working directory."""
    path = pathlib.Path(spec or file.path)
    if spec is None and not path.resolve().is_relative_to(pathlib.Path.cwd()):
        raise UserError(f"{file.name}: its spec {file.path} is not below this directory",
                        hint="give the spec that you mean: --spec FILE.py", exit_status=EXIT_SPEC)
    for found in load(path):
        if found.name == file.spec:
            return found
    raise UserError(f"{file.name}: {path} holds no spec {file.spec}", exit_status=EXIT_SPEC)
