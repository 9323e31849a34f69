"""`python -m tests.bench [--repeat N] [ROW...]`: the checker beside TLC and SPIN, in one table.

The tools take turns, system by system and round by round, so that whatever else the machine does
hits them alike; a figure is the median of its rounds. Each tool has two cores and its own clock:

- checker: the search with the optimised program, from its start to the answer. The time until
  a search starts when nothing was compiled before stands beside it; a search that takes long
  begins anew with the optimised program, which was compiled meanwhile.
- TLC: the time that it reports itself, which leaves out the start of the JVM; two workers.
- SPIN: the time that `pan` reports, compiled at -O2; the fastest of depth-first search,
  breadth-first search, and both on two cores.

All search the same states, which is checked: a row whose counts differ makes the exit status 1.
"""
from __future__ import annotations

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from unittest import mock

from checker.engines import native
from checker.engines.export import promela, spin, tla, tlc
from checker.engines.export.refuse import Untranslatable
from checker.engines.export.tools import Missing, run_tool
from checker.engines.native import build
from checker.engines.native import run as native_run
from checker.engines.native.emit import Generated
from checker.frontend import load
from checker.ir.system import System

ROOT = pathlib.Path(__file__).resolve().parents[2]
THREADS = 2
ROWS = {
    "counters": ("tests/systems/counters.py", "Counters", "large"),
    "two_phase": ("tests/systems/two_phase.py", "TwoPhase", "large"),
    "largest": ("spec/stack/model.py", "Stack", "large"),
}
"""By name: file, class and instance. The last one is the largest model in spec/."""
MODES = {
    "DFS": (),
    "BFS": ("-DBFS",),
    "DFS, 2 cores": ("-DNCORE=2", "-DMEMCNT=34"),
    "BFS, 2 cores": ("-DBFS_PAR", "-DNO_HC"),
}
"""How SPIN can be compiled. A mode that does not store whole states is left out of the race."""
FLAGS = ("-O2", "-DSAFETY", "-DNOREDUCE", "-DNOBOUNDCHECK")
INEXACT = ("hash-compact", "hash compact", "bitstate")


@dataclass
class Tool:
    """The rounds of one tool on one system: seconds by mode, and what there is to say."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    note: str = ""

    def add(self, mode: str, seconds: float) -> None:
        self.seconds.setdefault(mode, []).append(seconds)

    @property
    def best(self) -> tuple[str, float] | None:
        """The mode with the lowest median, and that."""
        medians = {mode: statistics.median(found) for mode, found in self.seconds.items()}
        return min(medians.items(), key=lambda item: item[1]) if medians else None


@dataclass
class Row:
    """One system and what the tools took for it."""

    name: str
    system: System
    compile_seconds: float = 0.0
    states: int = 0
    transitions: int = 0
    tools: dict[str, Tool] = field(default_factory=lambda: {
        "checker": Tool(), "SPIN": Tool(), "TLC": Tool()})
    wrong: list[str] = field(default_factory=list)
    models: dict[str, promela.Model] = field(default_factory=dict)
    programs: dict[str, pathlib.Path] = field(default_factory=dict)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rows", nargs="*", metavar="ROW",
                        help=f"{', '.join(ROWS)}, or any FILE:CLASS:INSTANCE")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds (5)")
    parser.add_argument("--seconds", type=float, default=1800, metavar="S",
                        help="the most that one compilation or run may take (1800)")
    options = parser.parse_args()
    unknown = {row for row in options.rows if row not in ROWS and row.count(":") != 2}
    if unknown or options.repeat < 1:
        parser.error(f"no such row: {', '.join(unknown)}" if unknown else "--repeat from 1")
    with tempfile.TemporaryDirectory(prefix="checker-bench-") as folder:
        rows = [prepared(name, pathlib.Path(folder) / str(number), options.seconds)
                for number, name in enumerate(options.rows or ROWS)]
        for number in range(options.repeat):
            for row in rows:
                print(f"round {number + 1}: {row.name}", file=sys.stderr, flush=True)
                one_round(row, options.seconds)
    print(table(rows, options.repeat))
    return 1 if any(row.wrong for row in rows) else 0


# ── once for each system ─────────────────────────────────────────────────────────────────────

def prepared(name: str, folder: pathlib.Path, limit: float) -> Row:
    """Compile a system for everybody."""
    path, cls, instance = ROWS[name] if name in ROWS else name.split(":")
    folder.mkdir(parents=True)
    started = time.perf_counter()
    [spec] = [spec for spec in load(ROOT / path) if spec.name == cls]
    system = spec.system(instance)
    row = Row(name, system)
    with cold_cache(folder / "cold"):
        native.prepare(system)
    row.compile_seconds = time.perf_counter() - started
    optimised(native.prepare(system))             # for all rounds
    prepare_spin(row, folder, limit)
    return row


class cold_cache:
    """Within it, nothing that was compiled before is found."""

    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(parents=True)
        self.folder, self.before = folder, os.environ.get("XDG_CACHE_HOME")

    def __enter__(self) -> None:
        os.environ["XDG_CACHE_HOME"] = str(self.folder)

    def __exit__(self, *_: object) -> None:
        if self.before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = self.before


def optimised(generated: Generated, level: build.Level | None = None) -> pathlib.Path:
    """The program with which a search goes on that takes long."""
    return build.executable(generated, build.OPTIMISED)


def prepare_spin(row: Row, folder: pathlib.Path, limit: float) -> None:
    for mode, options in MODES.items():
        place = folder / mode.replace(", ", "_").replace(" ", "_")
        place.mkdir()
        try:
            row.models[mode] = promela.model(row.system, resident="BFS" in mode)
            row.programs[mode] = spin.compiled(row.models[mode], place, (*FLAGS, *options),
                                               timeout=limit)
        except (Missing, Untranslatable) as error:
            row.tools["SPIN"].note = str(error).split("\n")[0]
            return
        except subprocess.TimeoutExpired:
            row.tools["SPIN"].note = f"{mode}: not compiled within {limit:g} s"
        except subprocess.CalledProcessError as error:
            row.tools["SPIN"].note = f"{mode}: {error.stderr.strip()[:80]}"


# ── one round ────────────────────────────────────────────────────────────────────────────────

def one_round(row: Row, limit: float) -> None:
    generated = native.prepare(row.system)
    with mock.patch.object(native_run, "executable", optimised):
        started = time.perf_counter()
        found = native.explore(row.system, threads=THREADS, prepared=generated)
    row.tools["checker"].add("2 threads", time.perf_counter() - started)
    row.states, row.transitions = found.distinct, found.generated
    if not found.complete:
        row.wrong.append(f"{row.name}: the checker's search is not complete: {found.reason}")
    round_of_tlc(row, limit)
    for mode in list(row.programs):
        round_of_spin(row, mode, limit)


def round_of_tlc(row: Row, limit: float) -> None:
    try:
        answer = tlc.count(tla.module(row.system), workers=THREADS, timeout=limit)
    except (Missing, Untranslatable) as error:
        row.tools["TLC"].note = str(error).split("\n")[0]
        return
    except subprocess.TimeoutExpired:
        row.tools["TLC"].note = f"no answer within {limit:g} s"
        return
    if answer.error or answer.distinct != row.states:
        row.wrong.append(f"{row.name}: TLC: {answer.distinct:,} states {answer.error[:200]}")
    else:
        row.tools["TLC"].add("2 workers", answer.seconds)


def round_of_spin(row: Row, mode: str, limit: float) -> None:
    """A run of one mode; one that is cut short or inexact runs no further."""
    bits = max(20, (row.states * 2).bit_length())
    arguments = ["-c1", f"-w{bits}", f"-m{min(row.states + 1000, 20_000_000)}"]
    try:
        done = run_tool([str(row.programs[mode]), *arguments], row.programs[mode].parent, limit)
    except subprocess.TimeoutExpired:
        del row.programs[mode]
        return
    output = done.stdout + done.stderr
    answer = spin.answer(row.models[mode], output)
    inexact = any(word in output.lower() for word in INEXACT)
    if answer.error or inexact:
        del row.programs[mode]
        note = "does not store whole states" if inexact else answer.error[:80]
        row.tools["SPIN"].note += f"{mode}: {note}; "
    elif answer.distinct != row.states and mode in ("DFS", "BFS"):
        row.wrong.append(f"{row.name}: SPIN {mode}: {answer.distinct:,} states")
    else:
        row.tools["SPIN"].add(mode, answer.seconds)


# ── the table ────────────────────────────────────────────────────────────────────────────────

def table(rows: list[Row], rounds: int) -> str:
    head = ["system", "states", "transitions", "checker", "states/s", "compile, cold", "SPIN",
            "times", "TLC", "times"]
    body = [cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *body)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths))
             for line in [head, *body]]
    lines.append(f"\nmedians of {rounds}, two cores each; {len(os.sched_getaffinity(0))} cores "
                 f"here, load {os.getloadavg()[0]:.1f}")
    for row in rows:
        for name, tool in row.tools.items():
            if tool.note:
                lines.append(f"{row.name}, {name}: {tool.note.rstrip('; ')}")
        lines += [f"WRONG  {text}" for text in row.wrong]
    return "\n".join(lines)


def cells(row: Row) -> list[str]:
    own = row.tools["checker"].best
    assert own is not None
    found = [row.name, f"{row.states:,}", f"{row.transitions:,}", f"{own[1]:.2f} s",
             f"{row.states / own[1] / 1e6:.2f} M", f"{row.compile_seconds:.2f} s"]
    for name in ("SPIN", "TLC"):
        best = row.tools[name].best
        if best is None:
            found += ["-", "-"]
        else:
            mode = f" ({best[0]})" if name == "SPIN" else ""
            found += [f"{best[1]:.2f} s{mode}", f"{best[1] / own[1]:.1f}"]
    return found


if __name__ == "__main__":
    sys.exit(main())
