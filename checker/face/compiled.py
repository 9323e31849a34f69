"""Compiled specs, kept by content: compiling one takes longer than searching it. So do proofs,
and the searches for branches that a fault never runs.

The key of an entry is a hash of everything that the compilation read: the checker's own files,
the spec's file and the files that it imports, and the constants. What is kept is the `System`
and, once it was made, the text of its C program. An entry is an optimisation only: one that is
missing, damaged or not to be written costs time and nothing else.

NOTE(pickle): entries are pickles, in the user's own cache directory, written by this program.
They are as trusted as the compiled programs beside them; trace files never become pickles.
"""
from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import inspect
import os
import pathlib
import pickle
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import checker
from checker.engines import native
from checker.engines.native.build import replace_file, superfluous
from checker.engines.native.emit import Generated
from checker.errors import UserError
from checker.face.plan import Job
from checker.ir.system import System

KINDS = ("system", "proof", "branches")
KEPT = 1000
"""Entries of a kind; when there are more, those that were not used for longest go."""


@dataclass(slots=True)
class Compiled:
    """A system, its program's text where it was made before, and where to keep both."""

    system: System
    generated: Generated | None = None
    file: pathlib.Path | None = None

    def prepare(self, reduce: Sequence[native.Reduction] = ()) -> Generated:
        """The text of its program; with reductions it is made anew. Raises what
        `native.prepare` raises."""
        if reduce:
            return native.prepare(self.system, reduce)
        if self.generated is None:
            self.generated = native.prepare(self.system)
            self.keep()
        return self.generated

    def keep(self) -> None:
        """Write the entry, whole or not at all."""
        write_entry(self.file, (self.system, self.generated))


def compiled(job: Job) -> Compiled:
    """The job's system, from the cache or compiled now. Raises SpecError and UserError."""
    file = entry(job)
    kept = read_entry(file)
    if kept is not None:
        return Compiled(*kept, file)
    found = Compiled(job.system(), None, file)
    found.keep()
    return found


def read_entry(file: pathlib.Path | None) -> Any:
    """What was written to a file of the cache; None where there is nothing, or it is damaged."""
    if file is not None:
        with contextlib.suppress(OSError, ValueError, pickle.UnpicklingError):
            content = file.read_bytes()
            if hashlib.sha256(content[32:]).digest() == content[:32]:
                os.utime(file)
                return pickle.loads(content[32:])
    return None


def write_entry(file: pathlib.Path | None, value: Any) -> None:
    """Write a file of the cache, whole or not at all."""
    if file is None:
        return
    with contextlib.suppress(OSError, pickle.PicklingError):
        content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        replace_file(file, hashlib.sha256(content).digest() + content)


def entry(job: Job, kind: str = "system", *more: Any) -> pathlib.Path | None:
    """The file of what is known of a job, and of `more`; None where it can not be kept."""
    fault = dict(job.fault.constants) if job.fault else {}
    constants = repr(sorted({**job.spec.arguments(job.at, job.constants), **fault,
                             **job.constants}.items()))
    try:
        ast.literal_eval(constants)           # anything else may hide what it depends on
        directory = _tidied(native.cache_directory())
    except (ValueError, SyntaxError, UserError):
        return None
    digest = hashlib.sha256(_own_files())
    for path in sorted(_imported(job.spec.path)):
        digest.update(str(path).encode() + b"\0" + path.read_bytes())
    # A compiled system carries the spec's other faults' names nowhere, but checks them all.
    digest.update(repr((job.spec.name, constants, job.preemptible, *more)).encode())
    return directory / f"{kind}-{digest.hexdigest()[:32]}"


@functools.cache
def _tidied(directory: pathlib.Path) -> pathlib.Path:
    """The cache, where once in a process what is superfluous goes."""
    for kind in KINDS:
        for old in superfluous(directory.glob(f"{kind}-*"), KEPT):
            old.unlink(missing_ok=True)
    return directory


@functools.cache
def _own_files() -> bytes:
    """The checker's own files: names, sizes and dates, which change with any installation."""
    home = pathlib.Path(checker.__file__).parent
    found = []
    for path in sorted(home.rglob("*")):
        if path.suffix in (".py", ".c", ".h"):
            status = path.stat()
            found.append(f"{path} {status.st_size} {status.st_mtime_ns}")
    return "\n".join([sys.version, *found]).encode()


@functools.cache
def _imported(spec: str) -> frozenset[pathlib.Path]:
    """The spec's file and those that it imports, directly or through others, checker aside."""
    modules = {path: module for module in list(sys.modules.values())
               if (path := _file(module)) is not None}
    found: set[pathlib.Path] = set()
    pending = [pathlib.Path(spec).resolve()]
    home = pathlib.Path(checker.__file__).resolve().parent
    while pending:
        path = pending.pop()
        if path in found or path.is_relative_to(home):
            continue
        found.add(path)
        if path in modules:
            pending.extend(_imports(modules[path], path))
    return frozenset(found)


def _imports(module: ModuleType, path: pathlib.Path) -> Iterator[pathlib.Path]:
    """The files of the modules that a module's import statements name, where they are loaded."""
    package = module.__package__ or ""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            whole = ".".join(part for part in (base, node.module) if part)
            names = [whole, *(f"{whole}.{alias.name}" for alias in node.names)]
        for name in names:
            found = _file(sys.modules[name]) if name in sys.modules else None
            if found is not None:
                yield found


def _file(module: ModuleType) -> pathlib.Path | None:
    """A module's source file; None for what is built in or installed."""
    name = getattr(module, "__file__", None)
    if not isinstance(name, str) or not name.endswith(".py") or "site-packages" in name:
        return None
    if name.startswith(os.path.dirname(inspect.__file__)):
        return None
    return pathlib.Path(name).resolve()
