"""`python -m tests.native.measure_reductions`: the tables of docs/reductions.md, measured anew.

Each search runs five times with one thread; the CPU time is the median. Where a reduction would
be refused for a property, it is measured without that one. `merging`: its table only.
"""
from __future__ import annotations

import dataclasses
import math
import pathlib
import resource
import statistics
import subprocess
import sys

from checker.engines.native.build import OPTIMISED, executable
from checker.engines.native.emit import generate
from checker.engines.native.reduce import reductions, why_not
from checker.frontend import load

ROOT = pathlib.Path(__file__).parents[2]
CLOCK = 0.001           # seconds; what the clock of CPU time can tell apart
COMBINATIONS = (("symmetry",), ("partial-order",), ("symmetry", "partial-order"),
                ("symmetry", "partial-order", "local"))
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
MADE_FOR_IT = ["tests/specs/workers.py", "tests/specs/clerks.py"]


def measure(system, wanted):
    """States, successors, CPU seconds, the most that symmetry could divide by."""
    used = reductions(system, wanted)
    program = executable(generate(system, used), OPTIMISED)
    times = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        done = subprocess.run([program, "threads=1"], capture_output=True, text=True, check=True)
        times.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    [result] = [line for line in done.stdout.splitlines() if line.startswith("result")]
    _, outcome, states, generated, *_ = result.split()
    assert outcome == "complete"
    return (int(states), int(generated), statistics.median(times),
            math.prod(math.factorial(index.size) for index in used.symmetry))


def sound_part(system, wanted):
    """The system without the properties for which the reductions are refused, and a mark."""
    kept = tuple(p for p in system.properties if not any(why_not(p, name) for name in wanted))
    mark = " \\*" * (len(kept) < len(system.properties))
    return dataclasses.replace(system, properties=kept), mark


def merging_row(system, name):
    """A row of the other table; nothing where no step of the system is merged."""
    part, mark = sound_part(system, ("local",))
    found = reductions(part, ("local",))
    if not found.merged:
        return None
    states, generated, seconds, _ = measure(part, ())
    less, fewer, time, _ = measure(part, ("local",))
    return (f"| {name}{mark} | {len(found.merged)} of {found.locations} | {states:,} | {less:,} "
            f"| {states / less:,.2f} | {generated / fewer:,.2f} "
            f"| {seconds / max(time, CLOCK):,.2f} |")


def merging_table():
    """Every spec of the library, at the size of CI; then what was made for it, large."""
    print("| system | steps merged | states | merged | divided by | successors by | CPU time by |\n"
          "|---|---|---|---|---|---|---|")
    without = []
    library = sorted((ROOT / "spec").glob("*/model.py"))
    for path in [*library, *map(ROOT.joinpath, MADE_FOR_IT)]:
        for spec in load(path):
            sizes = ("ci", "small") if path in library else ("large",)
            size = next((size for size in sizes if size in spec.instances), None)
            line = merging_row(spec.system(size), f"`{spec.name}` {size or ''}".rstrip())
            if line is None:
                without.append(f"`{spec.name}`")
            else:
                print(line, flush=True)
    print(f"\nnothing to merge in {len(without)} others: {', '.join(without)}")


def row(path, name, chosen):
    [spec] = [spec for spec in load(ROOT / path) if spec.name == name]
    system = spec.system(chosen) if isinstance(chosen, str) else spec.system(None, **chosen)
    sizes = chosen if isinstance(chosen, str) else " ".join(f"{k}={v}" for k, v in chosen.items())
    states, generated, seconds, _ = measure(system, ())
    tried = {()}
    for wanted in COMBINATIONS:
        part, star = sound_part(system, wanted)
        used = reductions(part, wanted).used
        if used in tried:
            continue
        tried.add(used)
        less, fewer, time, most = measure(part, wanted)
        of = f" of {most:,}" if most > 1 else ""
        names = " + ".join(wanted) + star
        yield (f"| `{name}` {sizes} | {names} | {states:,} | {less:,} | {states / less:,.1f}{of} "
               f"| {generated / fewer:,.1f} | {seconds / max(time, CLOCK):,.1f} |")


def main() -> None:
    merging_table()
    if sys.argv[1:] == ["merging"]:
        return
    print("| system | reduction | states | reduced | divided by | successors by | CPU time by |\n"
          "|---|---|---|---|---|---|---|")
    for path, name, chosen in ROWS:
        for line in row(path, name, chosen):
            print(line, flush=True)


if __name__ == "__main__":
    main()
