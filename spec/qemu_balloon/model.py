"""QEMU's balloon device: it discards what the guest asks it to, and nothing else.

Each class is the device, or a part of it, at one time of its history, from v3.1 to today.
README.md tells what is modelled, what is not, and what was found.
"""
from spec.qemu_balloon.faults import (bitmap_findings, clears_findings, element_findings,
                                      madvise_findings, one_bit_findings, resets_findings,
                                      run_findings, today_faults, today_findings)
from spec.qemu_balloon.hinting_faults import first_hinting_findings, hinting_faults
from spec.qemu_balloon.hinting_rules import Hints
from spec.qemu_balloon.machine import Machine
from spec.qemu_balloon.size import Sizes
from spec.qemu_balloon.size_faults import size_faults
from spec.qemu_balloon.stats_faults import old_stats_findings, stats_faults
from spec.qemu_balloon.stats_rules import StatsQueue

ONE = {**Machine.version, "counters": "one", "drops_reference": False}
BASIC = {
    "small": dict(users=()),
    "ci": dict(users=("vfio", "postcopy"), discard_fails=True),
    "large": dict(pages=4, users=("vfio", "postcopy"), discard_fails=True),
}
"""Host pages as small as the balloon's: what most machines have, and what was tested."""
PARTS = {
    "small": dict(subpages=2, users=()),
    "ci": dict(subpages=2, users=("vfio", "postcopy"), discard_fails=True),
    "large": dict(pages=4, subpages=2, users=("vfio", "postcopy"), discard_fails=True),
    "three parts": dict(pages=3, subpages=3, users=(), resets=False, guest="waits"),
    "two host pages": dict(pages=4, subpages=2, users=(), resets=False, guest="waits"),
}


class Madvise(Machine):
    """v3.1, 2018: madvise for each balloon page, as large as it is."""

    version = {**ONE, "bitmap": "none"}
    instances = BASIC
    faults = madvise_findings()


class Remembers(Machine):
    """ed48c59875b6, February 2019: a bitmap collects the balloon pages of a host page."""

    version = {**ONE, "bitmap": "for ever", "bits": "all"}
    instances = BASIC
    faults = bitmap_findings()


class ClearsOnDeflate(Machine):
    """b27b32391404, v4.0: a deflate clears the page's bit."""

    version = {**ONE, "bitmap": "for ever", "bits": "all", "deflates": "clears"}
    instances = BASIC
    faults = clears_findings()


class OneBit(Machine):
    """483f13524bb2, July 2019: one bit for one balloon page."""

    version = {**ONE, "bitmap": "for ever", "deflates": "clears"}
    instances = BASIC
    faults = one_bit_findings()


class ResetsOnDeflate(Machine):
    """2ffc49eea1bb, July 2019: a deflate resets the whole bitmap."""

    version = {**ONE, "bitmap": "for ever", "deflates": "resets"}
    instances = BASIC
    faults = resets_findings()


class OneRun(Machine):
    """a8cd64d48832, July 2019: the bitmap is as long-lived as one run of the handler."""

    version = {**ONE, "bitmap": "run"}
    instances = BASIC
    faults = run_findings()


class OneElement(Machine):
    """1b47b37c33ec, v4.1: the bitmap is as long-lived as one request."""

    version = {**ONE, "bitmap": "element"}
    instances = {**PARTS, "gives back": dict(users=(), guest="waits", gives_back=True)}
    faults = element_findings()


class Today(Machine):
    """Since v6.0: four counters, and migrations that are asked instead of voting."""

    intended = {"votes.coordinated.count": "nobody coordinates discards here, as in spec/votes"}
    instances = {
        "small": dict(subpages=2),
        "ci": dict(subpages=2, users=("vfio", "postcopy", "snapshot"), discard_fails=True),
        "large": dict(pages=4, subpages=2, users=("vfio", "postcopy", "snapshot"),
                      discard_fails=True),
        "rom": dict(rom=True),
        "reports": dict(subpages=2, users=("vfio",), reports=True, guest="waits"),
        "live": dict(subpages=2, users=("vfio",), guest="waits", live=True),
    }
    faults = [*today_faults(), *today_findings()]



FIRST = {**Hints.version, "checks_requested": False, "start_locks": False, "cleanup": "stop",
         "hints_before_postcopy": True}


class FirstHinting(Hints):
    """c13c4153f76d, v4.0: free page hinting as it came."""

    version = FIRST
    instances = {
        "small": dict(),
        "ci": dict(slots=4),
        "large": dict(pages=2),
    }
    faults = first_hinting_findings()


class Hinting(Hints):
    """Since v5.1: with the fixes of 2019 and 2020."""

    instances = {
        "small": dict(strict=True),
        "ci": dict(strict=True, pages=2),
        "live": dict(strict=True, shrinks=False, live=True),
        "large": dict(strict=True, pages=2, syncs=3, slots=4),
    }
    faults = hinting_faults()


class Stats2016(StatsQueue):
    """Since 2016, v2.6: elements are detached by a reset, and popped again after a migration."""

    version = dict(reset_clears=False)
    instances = {"small": dict(), "ci": dict(), "live": dict(live=True)}
    faults = old_stats_findings()


class Stats(StatsQueue):
    """Since v10.0, 2025: a reset forgets the numbers, too."""

    instances = {"small": dict(strict=True), "ci": dict(strict=True),
                 "live": dict(strict=True, live=True)}
    faults = stats_faults()


class Size(Sizes):
    """What QMP, the configuration and the guest make of the balloon's size, today."""

    instances = {"small": dict(), "ci": dict(changes=2), "live": dict(live=True),
                 "large": dict(board=4, dimm=3, changes=4)}
    faults = size_faults()


SPECS = {spec.__name__: spec for spec in (Madvise, Remembers, ClearsOnDeflate, OneBit,
                                          ResetsOnDeflate, OneRun, OneElement, Today,
                                          FirstHinting, Hinting, Stats2016, Stats, Size)}
