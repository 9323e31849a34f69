"""TLC run on an exported system.

A second module extends the exported one. Its Init and Next note each property that is found
violated, each witness that is found, and go on: so one run gives the number of states and all
verdicts of safety. Liveness takes a run for each property, since TLC does not say which failed.
"""
from __future__ import annotations

import pathlib
import re
import tempfile
from dataclasses import dataclass, field

from checker.engines.export.tla import STAYS, Module
from checker.engines.export.tools import run_tool, tlc_command

FAST_START = ("-XX:TieredStopAtLevel=1",)
"""For small models: the JVM is ready sooner."""


@dataclass(slots=True)
class TlcAnswer:
    """What a run found. `failed` and `seen` are property names; `seconds` is TLC's own figure,
    from the start of the program to its end. `error` is what it complained of."""

    distinct: int = 0
    generated: int = 0
    failed: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    seconds: float = 0.0
    error: str = ""


def explore(module: Module, *, timeout: float | None = None) -> TlcAnswer:
    """Visit every state and judge all of safety. Raises Missing and subprocess.TimeoutExpired."""
    return _run(module, _judging(module), [], 1, timeout)


def count(module: Module, *, workers: int, timeout: float | None = None) -> TlcAnswer:
    """Visit every state and check the invariants as TLC does, for its speed."""
    config = ["INIT Init", "NEXT Next", *(f"INVARIANT {name}" for name in
                                          module.invariants.values())]
    return _run(module, None, config, workers, timeout)


def holds(module: Module, name: str, *, timeout: float | None = None) -> TlcAnswer:
    """Check one liveness property; the answer has it in `failed` where it does not hold."""
    answer = _run(module, None, ["SPECIFICATION FairSpec", f"PROPERTY {module.temporal[name]}"],
                  1, timeout)
    if "Temporal properties were violated" in answer.error:
        answer.failed.add(name)
        answer.error = ""
    return answer


def base_name(name: str) -> str:
    """The property that an operator stands for: of a step invariant there are two."""
    return name.removesuffix(STAYS)


# ── the second module ────────────────────────────────────────────────────────────────────────

def _judging(module: Module) -> str:
    """The module that notes what is found, each thing once."""
    names: list[str] = []

    def note(name: str, found: str) -> str:
        names.append(name)
        text = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'    /\\ Note({len(names)}, "{text}", {found})'

    states = [note(f"violated {name}", f"~{operator}")
              for name, operator in module.invariants.items()]
    states += [note(f"seen {name}", operator) for name, operator in module.witnesses.items()]
    steps = [note(f"violated {name}", f"~{operator}")
             for name, operator in module.actions.items()]
    return "\n".join([
        "---- MODULE Judging ----", f"EXTENDS {module.name}", "",
        "Note(n_, name_, found_) ==",
        "    IF found_ /\\ TLCGet(n_) = 0 THEN TLCSet(n_, 1) /\\ PrintT(name_) ELSE TRUE",
        "", f"ASSUME \\A n_ \\in 1..{max(1, len(names))} : TLCSet(n_, 0)", "",
        "JudgedNext ==", "    /\\ Next", *steps, "",
        "JudgedState ==", "    /\\ TRUE", *states, "====", ""])


# ── running ──────────────────────────────────────────────────────────────────────────────────

def _run(module: Module, judging: str | None, config: list[str], workers: int,
         timeout: float | None) -> TlcAnswer:
    command = tlc_command()
    constants = [f"CONSTANT {name} = {name}" for name in module.constants]
    with tempfile.TemporaryDirectory(prefix="checker-tlc-") as name:
        folder = pathlib.Path(name)
        (folder / f"{module.name}.tla").write_text(module.text, encoding="ascii")
        main = module.name
        if judging is not None:
            main = "Judging"
            (folder / "Judging.tla").write_text(judging, encoding="ascii")
            config = ["INIT Init", "NEXT JudgedNext", "INVARIANT JudgedState"]
            command[1:1] = FAST_START
        (folder / f"{main}.cfg").write_text("\n".join([*config, *constants]) + "\n",
                                            encoding="ascii")
        done = run_tool([*command, "-tool", "-deadlock", "-workers", str(workers), "-metadir",
                         "states", f"{main}.tla"], folder, timeout)
        return _answer(done.stdout + done.stderr)


MESSAGE = re.compile(r"@!@!@STARTMSG (\d+):(\d+) @!@!@\n(.*?)\n?@!@!@ENDMSG \1 @!@!@", re.DOTALL)
STATS = re.compile(r"([\d,]+) states generated.*?, ([\d,]+) distinct states found, "
                   r"([\d,]+) states left")
ERROR = "1"
"""TLC's number for the kind of a message that tells of an error."""


def _answer(output: str) -> TlcAnswer:
    """What TLC's messages say. Without its last count, or with states left, it is an error."""
    answer, finished = TlcAnswer(), False
    errors = []
    for _, kind, text in MESSAGE.findall(output):
        if kind == ERROR:
            errors.append(text.strip())
        if found := re.search(r"Finished in (\d+)ms", text):
            answer.seconds = int(found[1]) / 1000
        if found := STATS.search(text):
            answer.generated, answer.distinct, left = (int(n.replace(",", ""))
                                                       for n in found.groups())
            finished = left == 0
    for line in re.findall(r'^"((?:violated|seen) .*)"$', output, re.MULTILINE):
        what, name = line.split(" ", 1)
        (answer.failed if what == "violated" else answer.seen).add(name)
    answer.error = "\n".join(errors)
    if not finished and not errors:
        answer.error = f"TLC did not finish: {output[-500:].strip()}"
    return answer
