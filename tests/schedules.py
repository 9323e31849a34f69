"""`python -m tests.schedules [PROTOCOL...] --seconds 600 [--seed 0]`: random runs of references.

Each run has to be a behaviour of its model, step for step, and who waits in the model has to wait
(`inclusion.py`). All protocols take their turns, and within each its instances and the larger or
stranger sizes of `MORE`. Exit status: 0 all of them were; 1 one was not: what it was, its seed and
its last steps are printed.
"""
from __future__ import annotations

import argparse
import functools
import itertools
import pathlib
import sys
import time

from checker.face.find import find_specs
from checker.judgement.replay import adapter_of
from checker.results.trace import Trace
from spec.virtio_balloon.adapter import hook
from tests.inclusion import behaves
from tests.library import system_of
from tests.virtio_balloon.runs import MORE as BALLOONS

ROOT = pathlib.Path(__file__).resolve().parents[1]
STEPS = 500         # of one run

EVERYBODY = dict(users=("kvm", "vfio", "nvme", "sev", "s390", "vdpa", "colo", "rdma", "blkio",
                        "postcopy", "snapshot", "virtio_mem", "guest_memfd", "balloon"),
                 groups=2, bits=2, rdma_votes=True, vdpa_cleanup="if_held")
LOCKLESS = dict(groups=1, pages=2, bql=False, postcopy=True)
"""One group: without the lock, lists that two threads change are nothing that one could model."""

MORE = {
    "virtio_balloon": BALLOONS,
    "votes": [("FourKinds", EVERYBODY)],
    "vfio_balloon": [(name, LOCKLESS) for name in ("Upstream", "Reviewed", "Rhel77", "Qemu61")],
    "qemu_balloon": [
        ("Madvise", dict(subpages=2)), ("Remembers", dict(subpages=2)),
        ("ClearsOnDeflate", dict(subpages=2)), ("OneBit", dict(subpages=2, guest="early")),
        ("ResetsOnDeflate", dict(subpages=2)), ("OneRun", dict(subpages=2)),
        ("OneElement", dict(subpages=2, pages=4)), ("OneElement", dict(gives_back=True)),
        ("Today", dict(subpages=2, pages=4, users=("vfio", "postcopy", "snapshot"))),
        ("Today", dict(rom=True, discard_fails=True)), ("Today", dict(reports=True)),
        ("FirstHinting", dict(pages=2, slots=4)), ("Hinting", dict(pages=3, syncs=3, slots=4)),
        ("Stats2016", dict()), ("Stats", dict()),
        ("Size", dict(board=3, changes=4, unplugs=True))],
    "stack": [
        ("Stack", dict(blocks=2, containers=2, migrations=("snapshot", "postcopy"))),
        ("Stack", dict(pages=3, oom=True, compaction=True)),
        ("Stack", dict(pages=3, array=2, blocks=3))],
}
HOW = {"virtio_balloon": dict(hook=hook, failing=0.1),
       "stack": dict(hook=hook, holds=lambda stage: stage.split() == [])}
"""What else `behaves` has to be told of a protocol."""


def sizes_of(protocol):
    """Every size of a protocol but the largest, as functions that compile it once."""
    folder = ROOT / "spec" / protocol
    files = [str(path) for name in ("model.py", "telling.py")
             if (path := folder / name).is_file()]
    specs, errors = find_specs(files)
    assert errors == []
    sizes = [(spec, instance, {}) for spec in specs for instance in spec.instances
             if instance != "large"]
    named = {spec.name: spec for spec in specs}
    sizes += [(named[name], None, more) for name, more in MORE.get(protocol, ())]
    return [functools.cache(functools.partial(system_of, spec, instance, **more))
            for spec, instance, more in sizes]


def run_one(protocol, system, seed):
    """One random run; its steps. Raises AssertionError where the model has no such run."""
    adapter = adapter_of(Trace(system, "", "", (), ()))
    return len(behaves(system, adapter, seed, STEPS, **HOW.get(protocol, {})).log)


def main() -> int:
    known = sorted(path.parent.name for path in (ROOT / "spec").glob("*/adapter.py"))
    parser = argparse.ArgumentParser(prog="python -m tests.schedules")
    parser.add_argument("protocols", nargs="*", metavar="PROTOCOL",
                        help=f"one of {', '.join(known)}; without any, all")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0, help="where to begin")
    options = parser.parse_args()
    unknown = sorted(set(options.protocols) - set(known))
    if unknown:
        parser.error(f"no protocol {unknown[0]!r}: there are {', '.join(known)}")
    end = time.monotonic() + options.seconds
    turns = {protocol: itertools.cycle(sizes_of(protocol))
             for protocol in options.protocols or known}
    steps = 0
    for run, protocol in enumerate(itertools.cycle(turns), 1):
        system = next(turns[protocol])()
        seed = f"{options.seed}/{run}"
        try:
            steps += run_one(protocol, system, seed)
        except AssertionError as differs:
            print(f"{protocol}, {system.name} {dict(system.constants)}, run {seed}:\n{differs}")
            return 1
        if time.monotonic() > end:
            print(f"runs: {run}, steps: {steps}, all behaviours of their models")
            return 0


if __name__ == "__main__":
    sys.exit(main())
