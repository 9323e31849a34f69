"""SPIN run on an exported system.

`pan` goes on behind errors and tells each by the number that its assertion has, so one run gives
the number of states and all verdicts. The search is exact: full states, no bit-state hashing; it
is an error where it was cut short.
"""
from __future__ import annotations

import pathlib
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field

from checker.engines.export.promela import Model
from checker.engines.export.tools import c_compiler, run_tool, spin_command

PLAIN = ("-DSAFETY", "-DNOREDUCE")
"""No liveness, and no partial order reduction: with one process there is nothing to reduce."""
KEEP_ALL = ("-o1", "-o2")
"""Or SPIN would leave variables out of the state that nobody reads, or reads no more."""
DEPTH = 5_000_000
TOO_SHORT = re.compile(r"max search depth too small|out of memory|memory bound|VECTORSZ|"
                       r"Search not completed|hash array full", re.IGNORECASE)


@dataclass(slots=True)
class SpinAnswer:
    """What a run found; `distinct` has been freed of the states that the encoding adds."""

    distinct: int = 0
    transitions: int = 0
    failed: set[str] = field(default_factory=set)
    seconds: float = 0.0
    error: str = ""


def explore(model: Model, *, timeout: float | None = None) -> SpinAnswer:
    """Visit every state and find every violated property and witness. Raises Missing and
    subprocess.TimeoutExpired."""
    with tempfile.TemporaryDirectory(prefix="checker-spin-") as name:
        try:
            program = compiled(model, pathlib.Path(name), ("-O0", *PLAIN), witnesses=True,
                               timeout=timeout)
        except subprocess.CalledProcessError as error:
            return SpinAnswer(error=f"{error.stdout or ''}{error.stderr or ''}".strip())
        return run(model, program, ["-c0", f"-m{DEPTH}", "-w22"], timeout=timeout)


def compiled(model: Model, folder: pathlib.Path, options: Sequence[str], *,
             witnesses: bool = False, timeout: float | None = None) -> pathlib.Path:
    """The program `pan` of a model. Raises Missing, CalledProcessError and TimeoutExpired."""
    spin, cc = spin_command(), c_compiler()
    (folder / "model.pml").write_text(model.text, encoding="ascii")
    also = ["-DWITNESSES"] if witnesses else []
    for command in ([spin, *KEEP_ALL, *also, "-a", "model.pml"],
                    [cc, "-w", "-DVECTORSZ=8192", "-DMEMLIM=20000", *options, "-o", "pan",
                     "pan.c"]):
        run_tool(command, folder, timeout).check_returncode()
    return folder / "pan"


def run(model: Model, program: pathlib.Path, arguments: Sequence[str], *,
        timeout: float | None = None) -> SpinAnswer:
    """One run of `pan`. Raises TimeoutExpired."""
    done = run_tool([str(program), *arguments], program.parent, timeout)
    return answer(model, done.stdout + done.stderr)


def answer(model: Model, output: str) -> SpinAnswer:
    """What pan's report says; an error where it was cut short or says something else."""
    found = SpinAnswer()
    for line in sorted(set(re.findall(r"pan:\d+: (.*?) \(at depth", output))):
        asserted = re.fullmatch(r"assertion violated +!\((\d+)\)", line)
        if asserted and int(asserted[1]) in model.asserted:
            found.failed.add(model.asserted[int(asserted[1])])
        else:
            found.error = f"SPIN says: {line}"
    stored = re.search(r"([\d.e+]+) states, stored", output)
    transitions = re.search(r"([\d.e+]+) transitions", output)
    seconds = re.search(r"elapsed time ([\d.]+) seconds", output)
    if stored:
        found.distinct = int(float(stored[1])) - model.extra
    if transitions:
        found.transitions = int(float(transitions[1]))
    if seconds:
        found.seconds = float(seconds[1])
    cut = TOO_SHORT.search(output)
    if cut or not stored:
        found.error = f"SPIN did not finish: {(cut[0] if cut else output[-500:].strip())}"
    return found
