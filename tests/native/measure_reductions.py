"""`python -m tests.native.measure_reductions`: the table of docs/reductions.md, measured anew.

Each search runs three times with one thread; the CPU time is the median. Where partial order
would be refused for a step invariant, it is measured without that property.
"""
from __future__ import annotations

import dataclasses
import math
import pathlib
import resource
import statistics
import subprocess

from checker.engines.native.build import OPTIMISED, executable
from checker.engines.native.emit import generate
from checker.engines.native.reduce import reductions, why_not
from checker.frontend import load

ROOT = pathlib.Path(__file__).parents[2]
CLOCK = 0.001           # seconds; what the clock of CPU time can tell apart
COMBINATIONS = (("symmetry",), ("partial-order",), ("symmetry", "partial-order"))
ROWS = [
    ("tests/systems/two_phase.py", "TwoPhase", dict(managers=8)),
    ("tests/systems/allocator.py", "SimpleAllocator", dict(clients=3, resources=4)),
    ("tests/protocols/ricart_agrawala.py", "RicartAgrawala", dict(nodes=3)),
    ("tests/specs/circles.py", "Circles", "large"),
    ("tests/specs/circles.py", "Circles", "led"),
    ("tests/specs/circles.py", "Circles", "following"),
    ("tests/specs/workers.py", "Workers", "large"),
    ("spec/virtio_balloon/model.py", "Fixed", "large"),
    ("spec/vfio_balloon/model.py", "Rhel77", "large"),
    ("spec/vfio_balloon/model.py", "Upstream", "large"),
]


def measure(system, wanted):
    """States, successors, CPU seconds, the most that symmetry could divide by."""
    used = reductions(system, wanted)
    program = executable(generate(system, used), OPTIMISED)
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        done = subprocess.run([program, "threads=1"], capture_output=True, text=True, check=True)
        times.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    [result] = [line for line in done.stdout.splitlines() if line.startswith("result")]
    _, outcome, states, generated, *_ = result.split()
    assert outcome == "complete"
    return (int(states), int(generated), statistics.median(times),
            math.prod(math.factorial(index.size) for index in used.symmetry))


def row(path, name, chosen):
    [spec] = [spec for spec in load(ROOT / path) if spec.name == name]
    system = spec.system(chosen) if isinstance(chosen, str) else spec.system(None, **chosen)
    sizes = chosen if isinstance(chosen, str) else " ".join(f"{k}={v}" for k, v in chosen.items())
    states, generated, seconds, _ = measure(system, ())
    tried = {()}
    for wanted in COMBINATIONS:
        refused = {kind for reduction in wanted for kind in UNSOUND[reduction]}
        kept = tuple(p for p in system.properties if p.kind not in refused)
        part = dataclasses.replace(system, properties=kept)
        used = reductions(part, wanted).used
        if used in tried:
            continue
        tried.add(used)
        less, fewer, time, most = measure(part, wanted)
        of = f" of {most:,}" if most > 1 else ""
        names = " + ".join(wanted) + " \\*" * (len(kept) < len(system.properties))
        yield (f"| `{name}` {sizes} | {names} | {states:,} | {less:,} | {states / less:,.1f}{of} "
               f"| {generated / fewer:,.1f} | {seconds / max(time, CLOCK):,.1f} |")


def main() -> None:
    print("| system | reduction | states | reduced | divided by | successors by | CPU time by |\n"
          "|---|---|---|---|---|---|---|")
    for path, name, chosen in ROWS:
        for line in row(path, name, chosen):
            print(line, flush=True)


if __name__ == "__main__":
    main()
