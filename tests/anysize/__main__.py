"""`python -m tests.anysize [CHECK...] [--spec NAME]`: everything that is asked of the proofs.

All kept proofs and all protocols of the literature, each check in full; the tests do a small
part. A line for each; exit status 1 where anything is wrong.
"""
from __future__ import annotations

import argparse
import os
import sys

from tests.anysize.audit import CHECKS, found_subjects, kept_subjects


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.anysize", description=__doc__)
    parser.add_argument("checks", nargs="*", metavar="CHECK",
                        help=f"of {', '.join(CHECKS)}; else all")
    parser.add_argument("--spec", action="append", metavar="NAME",
                        help="specs whose name contains this; may be given more than once")
    options = parser.parse_args()
    unknown = set(options.checks) - set(CHECKS)
    if unknown:
        parser.error(f"there is no check {', '.join(sorted(unknown))}: {', '.join(CHECKS)}")
    subjects = [subject for subject in (*kept_subjects(), *found_subjects())
                if not options.spec or any(part in subject.name for part in options.spec)]
    if not subjects:
        parser.error(f"no spec is called like {', '.join(options.spec)}")
    bad = 0
    for subject in subjects:
        for name in options.checks or CHECKS:
            started = _processor_time()
            found = CHECKS[name](subject)
            seconds = _processor_time() - started
            print(f"{'wrong' if found.wrong else 'good':5} {subject.name:28} {name:12} "
                  f"{found.number:>9,} {found.looked_at:12} {seconds:7.1f} s", flush=True)
            for text in found.wrong:
                print(f"      {text}")
            for text in found.notes:
                print(f"      note: {text}")
            bad += bool(found.wrong)
    return 1 if bad else 0


def _processor_time() -> float:
    """Of this process and of the searches that it has started."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    sys.exit(main())
