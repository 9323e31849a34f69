"""`checker doctor`: what the checker finds on this machine, and what it does without."""
from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

import click

from checker import __version__
from checker.engines import native
from checker.engines.native.build import cache_directory, compiler
from checker.errors import EXIT_OK, EXIT_UNKNOWN, UserError
from checker.face.ledger import Ledger
from checker.face.terminal import console

LIBRARIES = ("z3-solver", "networkx", "click", "rich", "jinja2", "jsonschema")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked for; `found` is False where something will not work, told in `text`."""

    name: str
    found: bool
    text: str


@click.command()
def doctor() -> int:
    """Look for what the checker needs on this machine."""
    ledger = Ledger(console())
    findings = [check() for check in CHECKS]
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        ledger.line(f"{'✓' if finding.found else '✗'} {finding.name:<{width}}  {finding.text}",
                    "" if finding.found else "red")
    return EXIT_OK if all(finding.found for finding in findings) else EXIT_UNKNOWN


def _versions() -> Finding:
    return Finding("checker", True, f"{__version__}, Python {platform.python_version()}")


def _libraries() -> Finding:
    found, missing = [], []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    text = f"missing: {', '.join(missing)}" if missing else ", ".join(found)
    return Finding("libraries", not missing, text)


def _compiler() -> Finding:
    try:
        return Finding("C compiler", True, " ".join(compiler()))
    except native.NoCompiler as error:
        return Finding("C compiler", False, f"{error}; the interpreter searches instead, some "
                       "1,000 times slower")


def _cache() -> Finding:
    try:
        return Finding("cache", True, str(cache_directory()))
    except UserError as error:
        return Finding("cache", False, str(error))


def _pinned_memory() -> Finding:
    """Ask the kernel for the smallest io_uring; what pins memory like a device does."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not sys.platform.startswith("linux"):
        return Finding("io_uring", False, f"not on {sys.platform}; replay simulates memory")
    ring = libc.syscall(IO_URING_SETUP, 1, ctypes.create_string_buffer(SIZE_OF_PARAMETERS))
    if ring < 0:
        return Finding("io_uring", False, f"{os.strerror(ctypes.get_errno())}; replay simulates "
                       "memory")
    os.close(ring)
    return Finding("io_uring", True, "permitted; replay pins real memory")


IO_URING_SETUP = 425        # the same number on every architecture
SIZE_OF_PARAMETERS = 120    # struct io_uring_params

CHECKS: tuple[Callable[[], Finding], ...] = (
    _versions, _libraries, _compiler, _cache, _pinned_memory)
