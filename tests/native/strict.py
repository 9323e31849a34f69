"""Compiling the engine by itself, with all warnings, or with the compiler's own checks."""
import subprocess

from checker.engines.native.build import compiler
from checker.engines.native.emit import SOURCES

STRICT = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wpointer-arith"]


def sanitized(sanitizer):
    """The flags for a sanitizer. It sees as much without optimisation, if not more, and the
    engine is compiled in a quarter of the time, which is far longer than it runs."""
    return [f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", "-g1", "-O0"]


def compile_(words, flags, *files):
    """A warning is an error. `files`: what to compile, and what else tells it so."""
    done = subprocess.run(
        [*compiler(), *STRICT, *flags, f"-DWORDS={words}", "-I", str(SOURCES), *map(str, files),
         "-pthread"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
