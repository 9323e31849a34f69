"""`python -m tests.bench.threads [--repeat N] [--only NAME]`: what the second thread is worth.

Each system of more than a million states is searched by the optimised program on one thread, on
two, and by two programs of one thread each at the same time, in turns, safety only. A figure is
the median of the time that the search took by its own clock, as SPIN and TLC report theirs: the
start and the end of the process, 1.5 ms, are left out. "times" is one thread's over two threads'.
"machine" is what two processors are worth to two searches that share nothing: two full
ones would give 2.00, and two that share a core, a cache or a memory bus with each other or with
somebody else's machine give less. Worth something only while nobody else uses the processors.
"""
from __future__ import annotations

import argparse
import statistics
import subprocess
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


def seconds(program: str, threads: int, programs: int = 1) -> tuple[float, list[str]]:
    """The longest time of so many programs at once, and what one of them counted: states and
    transitions."""
    arguments = [program, f"threads={threads}", "live=0", "clock=1",
                 f"memory={free_memory() // programs}"]
    started = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
               for _ in range(programs)]
    lines = [line.split() for process in started for line in process.stdout]
    ends = [process.wait() for process in started]
    assert not any(ends), f"{program} ended with {ends}"
    spent = max(float(words[1]) for words in lines if words[0] == "took")
    return spent, next(words for words in lines if words[0] == "result")[1:4]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.threads", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", default="", help="a part of the names of the systems")
    options = parser.parse_args()
    print("| system | states | one thread | two threads | times | machine |\n"
          "|---|---:|---:|---:|---:|---:|")
    for name, (path, cls, constants) in SYSTEMS.items():
        if options.only not in name:
            continue
        spec, = (spec for spec in load(ROOT / path) if spec.name == cls)
        program = str(executable(generate(spec.system(**constants)), OPTIMISED))
        seconds(program, 2)
        times: dict[tuple[int, int], list[float]] = {(1, 1): [], (2, 1): [], (1, 2): []}
        counts = set()
        for _ in range(options.repeat):
            for (threads, programs), found in times.items():
                spent, (outcome, *counted) = seconds(program, threads, programs)
                found.append(spent)
                counts.add((outcome, *counted))
        (outcome, states, _), = counts              # the same each time, or this says which
        assert outcome == "complete", outcome
        one, two, both = map(statistics.median, times.values())
        print(f"| {name} | {int(states):,} | {one:.3f} s | {two:.3f} s | {one / two:.2f} "
              f"| {2 * one / both:.2f} |", flush=True)


if __name__ == "__main__":
    main()
