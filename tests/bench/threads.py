"""`python -m tests.bench.threads [--repeat N] [--only NAME]`: what the second thread is worth.

Each system of more than a million states is searched by the optimised program on one thread and
on two, in turns, safety only. A figure is the median of the wall-clock time from the program's
start to its end; the last column is their ratio. Worth something only while nobody else uses the
processors: of two threads, one then waits for the other at the end of each level.
"""
from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from typing import Any

from checker.engines.native.build import OPTIMISED, executable
from checker.engines.native.emit import generate
from checker.engines.native.run import free_memory
from checker.frontend import load
from tests.bench.__main__ import ROOT

SYSTEMS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "eight counters modulo 6": ("tests/systems/counters.py", "Counters",
                                dict(counters=8, modulus=6)),
    "seven counters modulo 10": ("tests/systems/counters.py", "Counters",
                                 dict(counters=7, modulus=10)),
    "two-phase commit, 8 managers": ("tests/systems/two_phase.py", "TwoPhase", dict(managers=8)),
    "two-phase commit, 9 managers": ("tests/systems/two_phase.py", "TwoPhase", dict(managers=9)),
    "VFIO group attach, large": ("spec/vfio_balloon/model.py", "Upstream", dict(instance="large")),
    "the whole stack, large": ("spec/stack/model.py", "Stack", dict(instance="large")),
}


def seconds(program: str, threads: int) -> tuple[float, list[str]]:
    """The time of one run, and what it counted: states and transitions."""
    arguments = [program, f"threads={threads}", "live=0", f"memory={free_memory()}"]
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        process = os.posix_spawn(program, arguments, os.environ,
                                 file_actions=[(os.POSIX_SPAWN_DUP2, output.fileno(), 1)])
        _, status = os.waitpid(process, 0)
        spent = time.perf_counter() - started
        assert status == 0, f"{program} ended with {status}"
        output.seek(0)
        lines = [line.split() for line in output]
    return spent, next(words for words in lines if words[0] == "result")[1:4]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.threads", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", default="", help="a part of the names of the systems")
    options = parser.parse_args()
    print("| system | states | one thread | two threads | times |\n|---|---:|---:|---:|---:|")
    for name, (path, cls, constants) in SYSTEMS.items():
        if options.only not in name:
            continue
        spec, = (spec for spec in load(ROOT / path) if spec.name == cls)
        program = str(executable(generate(spec.system(**constants)), OPTIMISED))
        seconds(program, 2)
        times: dict[int, list[float]] = {1: [], 2: []}
        counts = set()
        for _ in range(options.repeat):
            for threads, found in times.items():
                spent, (outcome, *counted) = seconds(program, threads)
                found.append(spent)
                counts.add((outcome, *counted))
        (outcome, states, _), = counts              # the same each time, or this says which
        assert outcome == "complete", outcome
        one, two = (statistics.median(times[threads]) for threads in (1, 2))
        print(f"| {name} | {int(states):,} | {one:.3f} s | {two:.3f} s | {one / two:.2f} |",
              flush=True)


if __name__ == "__main__":
    main()
