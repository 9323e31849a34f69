"""`python -m tests.fuzz --seconds 60 [--seed 0]`: look for specs on which two engines differ.

Each spec is written from `seed/number`, so a run can be repeated and one spec of it looked at
alone (`--spec 0/17`). What disagrees is shrunk and written to a file, which `--file` examines
again. Exit status: 0 nothing found, 1 something found.
"""
from __future__ import annotations

import argparse
import os
import pathlib
import sys
import tempfile
import time

from tests.fuzz.compare import Finding, Tally, examine, examine_seed
from tests.fuzz.shrink import shrink
from tests.fuzz.spec_author import Author

SMT_EVERY = 10


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache       # compiled models of no further use
        if options.file is not None:
            tally = examine(options.file.read_text(encoding="utf-8"), pathlib.Path(cache),
                            smt=True, seed=str(options.file))
        elif options.spec:
            print(Author(options.spec).spec())
            tally = examine_seed(options.spec, pathlib.Path(cache), smt=True)
        else:
            tally = _run(options, pathlib.Path(cache))
        for finding in tally.findings:
            _report(finding, options, pathlib.Path(cache))
    print("\n".join(tally.lines()))
    return 1 if tally.findings else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--spec", help="examine one spec of a run: SEED/NUMBER")
    parser.add_argument("--file", type=pathlib.Path, help="examine the spec in a file")
    parser.add_argument("--shrink", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--findings", type=pathlib.Path, default=pathlib.Path("fuzz-findings"))
    return parser.parse_args()


def _run(options: argparse.Namespace, folder: pathlib.Path) -> Tally:
    total, number, deadline = Tally(), 0, time.monotonic() + options.seconds
    while time.monotonic() < deadline:
        found = examine_seed(f"{options.seed}/{number}", folder, smt=number % SMT_EVERY == 0)
        for finding in found.findings:
            print(f"{finding.seed}: {finding.kind}", flush=True)
        total.add(found)
        number += 1
    return total


def _report(finding: Finding, options: argparse.Namespace, folder: pathlib.Path) -> None:
    """Shrink what was found and say how to see it again."""
    small = smallest(finding, folder, options.shrink)
    options.findings.mkdir(exist_ok=True)
    path = options.findings / f"{finding.seed.replace('/', '-')}.py"
    path.write_text(small, encoding="utf-8")
    print(f"\n{finding.seed}: {finding.kind}\n{finding.report}\n{small}")
    print(f"again: {pathlib.Path(sys.executable).name} -m tests.fuzz --file {path}")


def smallest(finding: Finding, folder: pathlib.Path, seconds: float) -> str:
    """The spec of a finding, shrunk: the same engine must go on disagreeing in the same way."""
    smt = finding.kind.startswith("smt")

    def fails(text: str) -> bool:
        return any(other.kind.split(":")[0] == finding.kind.split(":")[0]
                   for other in examine(text, folder, smt=smt).findings)

    return shrink(finding.text, fails, seconds)


if __name__ == "__main__":
    sys.exit(main())
