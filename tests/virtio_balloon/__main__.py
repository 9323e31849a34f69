"""`python -m tests.virtio_balloon --seconds 600 [--seed 0]`: random runs of the reference, each
of which has to be a behaviour of its model, step for step; all sizes of `runs.py` in turn.

Exit status: 0 all of them were, 1 one was not; its seed and its last steps are printed.
"""
from __future__ import annotations

import argparse
import itertools
import sys
import time

from spec.virtio_balloon.adapter import adapter_for, hook
from tests.inclusion import behaves
from tests.virtio_balloon.runs import CASES, SPECS

STEPS = 1000        # of one run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.virtio_balloon")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0, help="where to begin")
    options = parser.parse_args()
    end = time.monotonic() + options.seconds
    systems = [(name, SPECS[name].system(instance, **constants))
               for name, instance, constants in CASES]
    steps = 0
    for run, (name, system) in zip(itertools.count(), itertools.cycle(systems)):
        if time.monotonic() > end:
            break
        seed = f"{options.seed}/{run}"
        try:
            done = behaves(system, adapter_for(name), seed, STEPS, failing=0.1, hook=hook)
        except AssertionError as differs:
            print(f"{name} {dict(system.constants)}, run {seed}:\n{differs}")
            return 1
        steps += len(done.log)
    print(f"{run} runs, {steps} steps, all behaviours of the model")
    return 0


if __name__ == "__main__":
    sys.exit(main())
