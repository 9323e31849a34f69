"""`python -m tests.bench.liveness [--repeat N] [--threads N]`: what liveness costs beside safety.

Each system is searched by the optimised program with and without its liveness properties, in
turns; a figure is the median CPU time of all threads. The last column is the time for liveness
alone, as a multiple of the search that it follows.
"""
from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
from dataclasses import replace

from checker.engines.native.build import OPTIMISED, executable
from checker.engines.native.emit import generate
from checker.frontend import load
from checker.ir.nodes import Const, Op, Var
from checker.ir.system import Property, System
from checker.types import Bool
from tests.bench.__main__ import ROOT
from tests.handmade import BOOL
from tests.native.test_liveness import fairly, turning


def two_phase(managers: int, fair: str) -> System:
    """Two-phase commit: once a commit is sent, everybody has committed in the end."""
    spec, = load(ROOT / "tests" / "systems" / "two_phase.py")
    system = spec.system(managers=managers)
    committed = system.property_named("all_committed")
    assert committed is not None
    undone = Op("and", (Var("sent_commit", Bool()), Op("not", (committed.expr,), BOOL)), BOOL)
    follows = Property("follows", "leads_to", undone, committed.expr)
    return fairly(replace(system, properties=(*system.properties, follows)), fair)


def one(system: System) -> System:
    """Without all liveness properties but the first."""
    live = list(system.properties_of("eventually", "leads_to"))
    return replace(system, properties=tuple(p for p in system.properties if p not in live[1:]))


def wide() -> System:
    """The largest model of spec/, states of several words, asked for what never happens: the
    whole graph is looked through, and the lasso has to be fair to everybody."""
    specs = load(ROOT / "spec" / "vfio_balloon" / "model.py")
    spec, = (s for s in specs if s.name == "Upstream")
    never = Property("never", "eventually", Const(False, BOOL))
    system = spec.system("large")
    return fairly(replace(system, properties=(*system.properties, never)), "weak")


SYSTEMS = {
    "seven counters modulo 8, weak": lambda: one(fairly(turning(7, 8), "weak")),
    "seven counters modulo 8, weak, two properties": lambda: fairly(turning(7, 8), "weak"),
    "seven counters modulo 10, weak": lambda: one(fairly(turning(7, 10), "weak")),
    "seven counters modulo 10, strong": lambda: one(fairly(turning(7, 10), "strong")),
    "seven counters modulo 10, unfair": lambda: one(turning(7, 10)),
    "two-phase commit, 8 managers, weak": lambda: two_phase(8, "weak"),
    "two-phase commit, 9 managers, weak": lambda: two_phase(9, "weak"),
    "two-phase commit, 9 managers, unfair": lambda: two_phase(9, ""),
    "Upstream, large, weak": wide,
}


def seconds(program: str, threads: int, live: int) -> tuple[float, list[list[str]]]:
    """The CPU time of one run, and its answer."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([program, f"threads={threads}", f"live={live}"], check=True,
                          capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            [line.split() for line in done.stdout.splitlines()])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.liveness", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of the names of the systems")
    options = parser.parse_args()
    print("| system | states | steps | outcome | lasso | safety | liveness | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for name, make in SYSTEMS.items():
        if options.only not in name:
            continue
        program = str(executable(generate(make()), OPTIMISED))
        without, with_ = [], []
        for _ in range(options.repeat):
            without.append(seconds(program, options.threads, 0)[0])
            cost, answer = seconds(program, options.threads, 1)
            with_.append(cost)
        result = next(words for words in answer if words[0] == "result")
        outcomes = ", ".join(sorted({words[2] for words in answer if words[0] == "live"}))
        tails = {words[1]: int(words[2]) for words in answer if words[0] == "tail"}
        lasso = max((int(words[2]) - 1 + tails[words[1]] for words in answer
                     if words[0] == "path" and words[1] in tails), default=0)
        safety = statistics.median(without)
        live = statistics.median(with_) - safety
        print(f"| {name} | {int(result[2]):,} | {int(result[3]):,} | {outcomes} | "
              f"{f'{lasso} steps' if lasso else ''} | {safety:.2f} s | {live:.2f} s | "
              f"{live / safety:.1f} |", flush=True)


if __name__ == "__main__":
    main()
