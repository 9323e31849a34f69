"""`python -m tests.fuzz --seconds 60 [--seed 0]`: look for specs on which two engines differ.

Each spec is written from `seed/number`, so a run can be repeated and one spec of it looked at
alone (`--spec 0/17`). What disagrees is written to a file as soon as it is found, and at the end
one of each kind is shrunk; `--file` examines a file again. Exit status: 0 nothing found, 1
something found.
"""
from __future__ import annotations

import argparse
import os
import pathlib
import resource
import sys
import tempfile
import time

from tests.fuzz.compare import EVERYTHING, Finding, Tally, Wanted, examine, examine_seed
from tests.fuzz.engines import Programs
from tests.fuzz.shrink import shrink
from tests.fuzz.spec_author import Author

REPORT_EVERY = 250         # specs


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache       # compiled models of no further use
        folder = pathlib.Path(cache)
        if options.file is not None:
            tally = examine(options.file.read_text(encoding="utf-8"), folder,
                            seed=str(options.file))
        elif options.spec:
            print(Author(options.spec).spec())
            tally = examine_seed(options.spec, folder, EVERYTHING)
        else:
            tally = _run(options, folder)
        for finding in {finding.kind: finding for finding in tally.findings}.values():
            _report(finding, options, folder)
    print("\n".join(tally.lines()))
    return 1 if tally.findings else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--compared", type=int, metavar="SPECS",
                        help="end when so many specs were compared, whatever the time")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER", help="begin with it")
    for engine, often in (("cpython", 1), ("smt", 10), ("users", 10), ("local", 1)):
        parser.add_argument(f"--{engine}-every", type=int, default=often, metavar="SPECS")
    parser.add_argument("--spec", help="examine one spec of a run: SEED/NUMBER")
    parser.add_argument("--file", type=pathlib.Path, help="examine the spec in a file")
    parser.add_argument("--shrink", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--findings", type=pathlib.Path, default=pathlib.Path("fuzz-findings"))
    return parser.parse_args()


def _run(options: argparse.Namespace, folder: pathlib.Path) -> Tally:
    total, number, programs = Tally(), options.first, Programs()
    deadline = time.monotonic() + options.seconds
    while (time.monotonic() < deadline if options.compared is None
           else total.compared < options.compared):
        wanted = Wanted(*(number % every == 0 for every in (
            options.cpython_every, options.smt_every, options.users_every, options.local_every)))
        found = examine_seed(f"{options.seed}/{number}", folder, wanted, programs)
        for finding in found.findings:
            print(f"{finding.seed}: {finding.kind}\n{finding.report}", flush=True)
            _keep(finding, finding.text, options)
        total.add(found)
        number += 1
        if total.specs % REPORT_EVERY == 0:
            _progress(total, number)
    return total


def _progress(total: Tally, number: int) -> None:
    own, made = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    seconds = sum(used.ru_utime + used.ru_stime for used in (own, made))
    print(f"up to {number:,}: {total.compared:,} compared, {total.runs.total():,} searches, "
          f"{len(total.findings)} disagreements; {seconds:,.0f} s of processor time, "
          f"at most {own.ru_maxrss // 1024} MiB", flush=True)


def _keep(finding: Finding, text: str, options: argparse.Namespace) -> pathlib.Path:
    options.findings.mkdir(exist_ok=True)
    path = options.findings / f"{finding.seed.replace('/', '-')}.py"
    path.write_text(text, encoding="utf-8")
    return path


def _report(finding: Finding, options: argparse.Namespace, folder: pathlib.Path) -> None:
    """Shrink what was found and say how to see it again."""
    small = smallest(finding, folder, options.shrink)
    path = _keep(finding, small, options)
    print(f"\n{finding.seed}: {finding.kind}\n{finding.report}\n{small}")
    print(f"again: {pathlib.Path(sys.executable).name} -m tests.fuzz --file {path}")


def smallest(finding: Finding, folder: pathlib.Path, seconds: float,
             programs: Programs | None = None) -> str:
    """The spec of a finding, shrunk: the same engine must go on disagreeing in the same way."""
    engine, programs = finding.kind.split(":")[0], programs or Programs()
    wanted = Wanted(cpython=engine == "live", smt=engine == "smt", local=True)

    def fails(text: str) -> bool:
        return any(other.kind.split(":")[0] == engine
                   for other in examine(text, folder, wanted, programs=programs).findings)

    return shrink(finding.text, fails, seconds)


if __name__ == "__main__":
    sys.exit(main())
