"""From generated C to an executable, through a cache.

The engine is compiled once for each number of words in a state and level; a model is compiled at
the same time and linked with it. Most models are explored in less time than optimising takes, so
a program is first compiled quickly, and again, as well as can be, when its search takes long (see
`run.py`).

Engine and models are kept by content: the key of a file is a hash of everything that went into
it, but for comments, so that a spec whose text moved without changing is not compiled again. A
file is complete before it gets its name, and its checksum is compared before it is used, so
processes may share the cache and damage to it is repaired by compiling again.
"""
from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from checker.engines.native.emit import SOURCES, Generated
from checker.errors import EXIT_USAGE, UserError

COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-std=gnu11", "-w")


@dataclass(frozen=True)
class Level:
    """How much the compiler is to do: its flags for the engine and for a model."""

    engine: str
    model: str


QUICK, OPTIMISED = Level("-O1", "-O0"), Level("-O2", "-O3")
"""The engine takes half as long to compile at -O1, and a third longer at -O3, for nothing that
could be measured beside a model at -O0, and at all."""
KEPT_MODELS = 1000
"""When there are more models in the cache, the ones that were not used for longest go. All of
spec/ takes more than 300 runs, most with a model, and many faults one more for their branches."""
ABANDONED = 3600
"""Seconds after which a file without a name was left behind by a process that died."""


class NoCompiler(Exception):
    """There is no C compiler; the interpreter can do the same work, slowly."""


class CompileError(RuntimeError):
    """The compiler refused a generated file: a defect of the native engine."""


def compiler() -> list[str]:
    """The command of the C compiler: $CC where it is set. Raises NoCompiler."""
    wanted = shlex.split(os.environ.get("CC", ""))
    candidates = [wanted] if wanted else [[name] for name in COMPILERS]
    for command in candidates:
        path = shutil.which(command[0])
        if path is not None:
            return [path, *command[1:]]
    names = " ".join(wanted) or ", ".join(COMPILERS)
    raise NoCompiler(f"no C compiler was found (looked for {names})")


def cache_directory() -> pathlib.Path:
    """Where compiled models are kept. Raises UserError where it can not be written to."""
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    directory = pathlib.Path(base) / "checker"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except OSError as error:
        raise UserError(f"{directory}: compiled models can not be kept there: {error.strerror}",
                        hint="set XDG_CACHE_HOME to a directory that can be written to",
                        exit_status=EXIT_USAGE) from None


def executable(generated: Generated, level: Level | None = None) -> pathlib.Path:
    """The program that explores a system, compiled now or earlier: QUICK or OPTIMISED.

    Raises NoCompiler, and CompileError also where the engine's sources change meanwhile: parts of
    two versions would disagree about memory.
    """
    level = level or QUICK
    directory, words, sources = cache_directory(), generated.layout.words, _sources()
    key = _program_key(generated, level, sources)

    def build(target: pathlib.Path) -> None:
        source = directory / f"model-{key}.c"
        replace_file(source, generated.text.encode())
        model = target.with_name(target.name + ".o")
        try:
            with ThreadPoolExecutor(1) as beside:
                made = beside.submit(engine, words, level)
                _compile_file(words, level.model, source, model, sources)
            _compile([*compiler(), *_flags(words), str(model), str(made.result()),
                      "-o", str(target), "-pthread"])
        finally:
            model.unlink(missing_ok=True)

    known = (directory / f"model-{key}").exists()
    found = _cached(directory / f"model-{key}", build)
    if not known:
        _prune(directory)
    return found


def engine(words: int, level: Level) -> pathlib.Path:
    """The engine for states of so many words, compiled now or earlier. Raises as `executable`."""
    sources = _sources()
    return _cached(cache_directory() / f"engine-{_engine_key(words, level, sources)}.o",
                   lambda target: _compile_file(words, level.engine, SOURCES / "engine.c", target,
                                                sources))


def made_earlier(generated: Generated, level: Level) -> pathlib.Path | None:
    """What `executable` gives, where nothing has to be compiled for it. Raises as that does."""
    found = cache_directory() / f"model-{_program_key(generated, level, _sources())}"
    return found if _sound(found) else None


def _flags(words: int) -> list[str]:
    return [*FLAGS, f"-DWORDS={words}"]


def _engine_key(words: int, level: Level, sources: str) -> str:
    return _key(compiler(), [*_flags(words), level.engine], sources)


def _program_key(generated: Generated, level: Level, sources: str) -> str:
    words = generated.layout.words
    return _key([_engine_key(words, level, sources)], [*_flags(words), level.model],
                _without_comments(generated.text))


def _sources() -> str:
    """A hash of the engine's files, which are read again when one has changed: its size or date."""
    status = [(path, path.stat()) for path in sorted(SOURCES.iterdir())]
    return _content(tuple((path, known.st_size, known.st_mtime_ns) for path, known in status))


@functools.lru_cache(maxsize=1)
def _content(files: tuple[tuple[pathlib.Path, int, int], ...]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path, *_ in files)).hexdigest()


def _key(command: list[str], flags: list[str], *texts: str) -> str:
    """A hash of a compilation. Of the compiler: its path, size and date, which asking it for its
    version would take longer to tell."""
    digest = hashlib.sha256(repr((command, flags)).encode())
    with contextlib.suppress(OSError):
        found = os.stat(command[0])
        digest.update(f"{found.st_size} {found.st_mtime_ns}".encode())
    for text in texts:
        digest.update(text.encode())
    return digest.hexdigest()[:32]


@functools.lru_cache(maxsize=2)         # asked for at both levels
def _without_comments(text: str) -> str:
    # The first test is the quick one: few lines have a comment, and every run reads them all.
    return "\n".join([line for line in text.split("\n")
                      if "/*" not in line or not line.lstrip().startswith("/*")])


def _compile_file(words: int, how: str, source: pathlib.Path, target: pathlib.Path,
                  sources: str) -> None:
    """`sources`: what the engine's files were when the key of the target was made of them."""
    _compile([*compiler(), *_flags(words), how, "-I", str(SOURCES), "-c", str(source),
              "-o", str(target)])
    if _sources() != sources:
        raise CompileError(f"{SOURCES} changed while it was compiled; start again")


def _compile(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CompileError(f"{shlex.join(command)}\n{done.stderr}")


# ── files of the cache ───────────────────────────────────────────────────────────────────────

_LOCKS: dict[pathlib.Path, threading.Lock] = {}
_LOCKS_LOCK = threading.Lock()


Build = Callable[[pathlib.Path], None]


def _cached(target: pathlib.Path, build: Build) -> pathlib.Path:
    """`target`, made by `build` unless it is there and sound. Threads wait for each other."""
    with _LOCKS_LOCK:
        lock = _LOCKS.setdefault(target, threading.Lock())
    with lock:
        if not _sound(target):
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
            os.close(handle)
            made = pathlib.Path(name)
            try:
                build(made)
                replace_file(_sum_of(target), _checksum(made).encode())
                os.replace(made, target)
            finally:
                made.unlink(missing_ok=True)
    return target


def _sum_of(target: pathlib.Path) -> pathlib.Path:
    return target.with_name(target.name + ".sum")


def _checksum(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sound(target: pathlib.Path) -> bool:
    try:
        good = _sum_of(target).read_text(encoding="ascii") == _checksum(target)
        if good:
            os.utime(target)
        return good and (target.suffix == ".o" or os.access(target, os.X_OK))
    except (OSError, UnicodeDecodeError):
        return False


def replace_file(target: pathlib.Path, content: bytes) -> None:
    """Write a file so that others see it whole or not at all."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.replace(name, target)


def superfluous(entries: Iterable[pathlib.Path], kept: int) -> list[pathlib.Path]:
    """Those of a cache's entries that were not used for longest, when there are more than
    `kept`."""
    return sorted(entries, key=_last_used)[:-kept]


def _last_used(entry: pathlib.Path) -> float:
    """When an entry was used; one that another process has removed by now counts as old."""
    with contextlib.suppress(FileNotFoundError):
        return entry.stat().st_mtime
    return 0.0


def _prune(directory: pathlib.Path) -> None:
    """Remove the models that were not used for longest, and what was never finished."""
    with contextlib.suppress(OSError):
        for path in directory.glob(".new-*"):
            if time.time() - _last_used(path) > ABANDONED:
                path.unlink(missing_ok=True)
        models = [path for path in directory.glob("model-*") if not path.suffix]
        for path in superfluous(models, KEPT_MODELS):
            for old in (path, _sum_of(path), path.with_name(path.name + ".c")):
                old.unlink(missing_ok=True)
