"""One model under several native engines: the users' own, and ones that are sized down.

The systems of the fuzzer have some hundred states. In the engine that users run, such a search
never grows its table, never wakes its second thread and never leaves the first chunk of a log. So
the same sources are compiled again with small constants, once for each kind of table. All of them
lie in one program (`engines.c`) and have to give the same answer, word for word: what is found
does not depend on threads, sizes or tables.

A model is compiled by `tcc` where there is one, in a twentieth of the time that `cc` takes. It
has mistakes of its own (of 0.9.27: `!(!false || false || x)` may be true), so what disagrees with
the interpreter is compiled again by `cc`.
"""
from __future__ import annotations

import hashlib
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from checker.engines.native import build, run
from checker.engines.native.emit import SOURCES, Generated

Change = tuple[str, str]
"""A pattern that has to be found once in the engine's sources, and what to put in its place."""


def constant(name: str, value: str) -> Change:
    return rf"(?m)^#define {name}\b.*$", f"#define {name} {value}"


KIND = r"rest <= 16 - STEP_BITS [^;]*"
NARROW = (constant("DIRECT_BITS", "14"), constant("DIRECT_WORTH", "0"))
SMALL = tuple(constant(name, value) for name, value in {
    "ALONE": "2", "BATCH": "4", "PIECE": "3", "TICKETS": "3", "MOST_THREADS": "4",
    "FIRST_CAPACITY": "((word)1 << 6)", "CHUNK_STATES": "((size_t)1 << 4)", "GROUP": "3",
    "BLOCK": "4", "CHUNK_UNITS": "((size_t)8)", "FIRST_NUMBERS": "1", "LATELY": "2",
    "LOOKS": "1"}.items())

ENGINES: dict[str, tuple[Change, ...]] = {
    "users": (),
    "direct": SMALL,
    "slots": (*SMALL, *NARROW),
    "crowded": (*SMALL, *NARROW, constant("STEP_BITS", "3")),
    "whole": (*SMALL, constant("DIRECT_MOST", "0"), (KIND, "WHOLE")),
}
OUTSIDE = ("main", "more_room", "found_state", "found_step", "fail")
NAMES_OF_TCC = ("-D_Static_assert(a,b)=", "-D__builtin_popcountll=ones")

Answer = tuple[str, ...]


class Programs:
    """Makes the program of a model, runs it, and forgets it."""

    def __init__(self, changes: tuple[Change, ...] = ()) -> None:
        """`changes` are made to all engines but the users'."""
        self.folder = build.cache_directory() / "fuzz"
        self.changes = changes
        self._engines: dict[int, pathlib.Path] = {}      # by words of a state
        self._numbers = itertools.count()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.quick = shutil.which("tcc")

    @contextmanager
    def program(self, generated: Generated, quick: bool = True) -> Iterator[pathlib.Path]:
        """The program with all engines, and for as long `native.explore` runs that one. `quick`:
        by `tcc` where there is one."""
        words = generated.layout.words
        if words not in self._engines:
            self._engines[words] = self._made_engines(words)
        target = self.folder / f"program{os.getpid()}-{next(self._numbers)}"
        source = target.with_suffix(".c")
        source.write_text(generated.text, encoding="utf-8")
        command = ([self.quick, "-w", *NAMES_OF_TCC] if self.quick and quick
                   else [*build.compiler(), *build.FLAGS, build.QUICK.model])
        try:
            _compiled([*command, f"-DWORDS={words}", "-I", str(SOURCES), str(source),
                       str(self._engines[words]), "-o", str(target), "-pthread"])
            with mock.patch.object(run, "executable", lambda *_: target):
                yield target
        finally:
            source.unlink()
            target.unlink(missing_ok=True)

    def _made_engines(self, words: int) -> pathlib.Path:
        """The object file of all engines for states of so many words, made now or earlier."""
        chosen = {name: changes if name == "users" else (*changes, *self.changes)
                  for name, changes in ENGINES.items()}
        here = pathlib.Path(__file__).with_name("engines.c")
        texts = [path.read_text(encoding="utf-8") for path in (*sorted(SOURCES.iterdir()), here)]
        key = hashlib.sha256(repr((chosen, texts)).encode()).hexdigest()[:16]
        target = self.folder / f"engines{words}-{key}.o"
        if target.exists():
            return target
        cc = [*build.compiler(), *build.FLAGS, f"-DWORDS={words}"]
        listed = " ".join(f"ENGINE({name})" for name in chosen)
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            objects = []
            for name, changes in chosen.items():
                changed = _changed_sources(pathlib.Path(place, name), changes)
                objects.append(str(changed / "engine.o"))
                level = "-O1" if changes else build.OPTIMISED.engine
                _compiled([*cc, level, *(f"-D{of}={name}_{of}" for of in OUTSIDE), "-c",
                           str(changed / "engine.c"), "-o", objects[-1]])
            made = pathlib.Path(place, "engines.o")
            _compiled([*cc, build.OPTIMISED.engine, f"-DENGINES={listed}", "-r", "-nostdlib",
                       str(here), *objects, "-lgcc", "-o", str(made)])
            os.replace(made, target)
        return target


def _changed_sources(folder: pathlib.Path, changes: tuple[Change, ...]) -> pathlib.Path:
    """The engine's sources with changes, in a new folder. Each has to have its place in them."""
    shutil.copytree(SOURCES, folder)
    for pattern, replacement in changes:
        found = 0
        for path in folder.iterdir():
            text, count = re.subn(pattern, lambda _, to=replacement: to,
                                  path.read_text(encoding="utf-8"))
            found += count
            path.write_text(text, encoding="utf-8")
        if found != 1:
            raise LookupError(f"`{pattern}` is {found} times in the engine's sources, not once: "
                              "tests/fuzz/engines.py has to follow what has changed there")
    return folder


def _compiled(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise build.CompileError(f"{' '.join(command)}\n{done.stderr}")


# ── what they say ────────────────────────────────────────────────────────────────────────────

REPORTS = ("progress ", "stage ")

def answers(program: pathlib.Path) -> dict[tuple[str, str], tuple[str, Answer]]:
    """By engine and threads: the kind of its table, and the rest of its answer."""
    arguments = ["limit=0", f"memory={1 << 40}", "early=0", "live=1", f"spill={program.parent}"]
    done = subprocess.run([program, "every", *arguments], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL)
    found: dict[tuple[str, str], tuple[str, Answer]] = {}
    for part in done.stdout.split("run ")[1:]:
        head, *answer = part.splitlines()
        found[tuple(head.split())] = _read(answer, done.stderr)
    return found


def _read(lines: list[str], errors: str) -> tuple[str, Answer]:
    """Apart from the kind of table, from the memory that was used, and from reports of progress,
    which come when a busy machine takes long."""
    if lines[-2:] != ["end", "left 0"]:
        return "none", (*lines, errors)
    kind, rest = "", []
    for line in lines:
        if line.startswith("table "):
            kind = line.split()[1]
        elif line.startswith("result "):
            rest.append(line.rpartition(" ")[0])
        elif not line.startswith(REPORTS):
            rest.append(line)
    return kind, tuple(rest)


def disagreements(found: dict[tuple[str, str], tuple[str, Answer]]) -> list[str]:
    """Which engines say something else than the users' own on one thread."""
    _, expected = found["users", "1"]
    wrong = []
    for (engine, threads), (kind, answer) in found.items():
        if answer != expected:
            first = next((pair for pair in itertools.zip_longest(expected, answer)
                          if pair[0] != pair[1]))
            wrong.append(f"engine {engine} on {threads} threads with a {kind} table: "
                         f"{first[1]}, not {first[0]}")
    return wrong
