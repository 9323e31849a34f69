"""The counterexamples in counterexamples/: files from earlier, certified again."""
from __future__ import annotations

import pathlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from checker.errors import EXIT_OK, EXIT_SPEC, SpecError, UserError
from checker.face.compiled import compiled
from checker.face.plan import Job
from checker.frontend import Spec, load
from checker.ir.system import System
from checker.judgement.recertify import same_version, to_trace
from checker.results.itf import TraceFile
from checker.results.itf import load as load_file
from checker.results.trace import Trace

FOLDER = pathlib.Path("counterexamples")
SUFFIX = ".itf.json"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A counterexample file, looked at again: whether it still certifies, and if not, why."""

    file: str
    property: str
    steps: int = 0
    error: str = ""
    status: int = EXIT_OK


class Shelf:
    """The recorded files: each is certified with the system of a job that it was recorded for,
    which is compiled anyway, and those that no job matches one by one."""

    def __init__(self, folder: pathlib.Path = FOLDER) -> None:
        self.failed: list[Recorded] = []
        self._files: list[TraceFile] = []
        for path in sorted(folder.rglob(f"*{SUFFIX}")):
            try:
                self._files.append(load_file(path))
            except UserError as error:
                self.failed.append(_failure(str(path), path.name, error))

    def hand_out(self, jobs: Sequence[Job]) -> list[Job]:
        """The jobs with the files that were recorded for them, which leave the shelf."""
        return [replace(job, files=tuple(self._taken(job))) for job in jobs]

    def _taken(self, job: Job) -> Iterator[TraceFile]:
        fault = job.fault.name if job.fault else None
        path = pathlib.Path(job.spec.path).resolve()
        for file in list(self._files):
            if (file.spec, file.meta.get("fault"), file.meta.get("instance")) == (
                    job.spec.name, fault, job.at) and pathlib.Path(file.path).resolve() == path:
                self._files.remove(file)
                yield file

    def rest(self) -> Iterator[Recorded]:
        """What came of the files that no job took."""
        yield from self.failed
        for file in self._files:
            try:
                yield certified_again(system_of(file), file)
            except UserError as error:
                yield _failure(file.name, file.property, error)
            except SpecError as error:
                yield Recorded(file.name, file.property, error="its spec does not compile",
                               status=error.exit_status)


def certified_again(system: System, file: TraceFile) -> Recorded:
    """A recorded file, certified with the system that it was recorded for."""
    try:
        return Recorded(file.name, file.property, len(to_trace(system, file).steps))
    except UserError as error:
        return _failure(file.name, file.property, error)


def _failure(name: str, property_name: str, error: UserError) -> Recorded:
    return Recorded(name, property_name, error=str(error), status=error.exit_status)


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
    system = compiled(job).system
    # What was set by hand is in the constants only; the rest may be more than JSON can say.
    set_by_hand = {name: value for name, value in file.constants.items()
                   if name in system.constants
                   and value not in (system.constants[name], repr(system.constants[name]))}
    if set_by_hand:
        job = replace(job, constants=set_by_hand)
        system = compiled(job).system
    if same_version(system, file):
        return system
    preemptible = compiled(replace(job, preemptible=True)).system
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
