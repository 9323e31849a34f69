"""Mistakes that are declared and not made: what only a fault has, and nobody runs.

A fault may break its properties by half of what it does. So every step and every branch that is
its own (see `judgement/branches.py`) has to be taken. Others may well be out of reach behind a
mistake, and a finding has none of its own: what it has is the version's, or the situation's.

Branches take searches of their own, so what they told is kept by content, as a compiled spec is.
"""
from __future__ import annotations

import contextlib
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from checker.errors import SpecError, UserError
from checker.face.compiled import Compiled, compiled, entry, read_entry, write_entry
from checker.face.plan import Job
from checker.face.search import Limits, search
from checker.ir.system import System
from checker.judgement.branches import KINDS, Known, Own, known_branches, own_branches, probed
from checker.judgement.vacuity import Complaint, never_fires
from checker.results.exploration import Exploration

LOOKED_AT = 1_000_000
"""States; branches of a fault that has more are not looked at, since that takes another search."""


def unmade(job: Job, system: System, found: Exploration, limits: Limits) -> tuple[Complaint, ...]:
    """What a complete search says that a fault does not do; nothing where it is no fault."""
    if job.fault is None or job.fault.finding or not found.complete:
        return ()
    missing = never_fires(system, found)
    if missing:
        known = set(_labels(system, found.fired))
        for instance in dict.fromkeys((job.instance, job.at)):
            known |= set(_labels(compiled(replace(job, instance=instance, fault=None)).system))
        missing = tuple(c for c in missing if c.name not in known)
    return (*missing, *_never_run(job, system, found, limits))


def _labels(system: System, fired: Container[tuple[str, str]] | None = None) -> Iterator[str]:
    """The labels of a system's steps; of those in `fired`, where that is given."""
    for process in system.processes:
        for at in process.locations.values():
            if fired is None or (process.name, at.name) in fired:
                yield at.label


def _never_run(job: Job, system: System, found: Exploration, limits: Limits) -> list[Complaint]:
    """The branches that the fault alone has and that are never run, as they are kept or as
    searches tell now. Nothing is said, nor kept, where one of these did not come to its end."""
    if found.distinct > LOOKED_AT:
        return []
    # The system alone is not enough: what it is held against has the same constants, but for
    # those of the fault, which the user may have set as well.
    file = entry(job, "branches", job.instance, job.at, sorted(job.constants.items()))
    kept = read_entry(file)
    if kept is None:
        kept = _asked(job, system, found, limits)
        if kept is not None:
            write_entry(file, kept)
    return kept or []


def _asked(job: Job, system: System, found: Exploration, limits: Limits) -> list[Complaint] | None:
    """What searches say; None where one of them did not come to its end."""
    missing = _missing(system, found, own_branches(system, _as_it_should_be(job)), limits)
    if missing is None:
        return None
    changed = [own for own in missing if not own.added]
    if changed:             # perhaps the spec as it should be does not run it here, either
        right = compiled(replace(job, instance=job.at, fault=None)).system
        known = _missing(right, Exploration(True), changed, limits)
        if known is None:
            return None
        missing = [own for own in missing if own not in known]
    return [_complaint(own) for own in missing]


def _complaint(own: Own) -> Complaint:
    never = "true" if own.holds else "run"
    return Complaint("never_run", own.text, f"`{own.text}`, which only the fault "
                     f"{'has' if own.added else 'reads so'}, is never {never}", own.loc)


def _missing(system: System, found: Exploration, branches: Iterable[Own],
             limits: Limits) -> list[Own] | None:
    """Those of the branches that no step takes; `found` says which checks fail anyhow. None
    where a search did not come to its end."""
    free = [kind for kind in KINDS if kind not in found.violations]
    left, missing = list(branches), []
    budget = replace(limits, reduce=(), checkpoint=None, stop_early=False, fewest_switches=False)
    while left and free:
        probes = dict(zip(left, free))
        left = left[len(probes):]
        seen, _ = search(Compiled(probed(system, probes)), budget, None)
        if not seen.complete:
            return None
        missing += [own for own, kind in probes.items() if kind not in seen.violations]
    return missing


_latest: tuple[Job, Known] | None = None


def _as_it_should_be(job: Job) -> Known:
    """What the spec says without its faults, in all its instances. Kept until another spec comes,
    as a spec's faults follow each other."""
    global _latest
    right = replace(job, instance=None, fault=None, files=())
    if _latest is None or _latest[0] != right:
        systems = []
        for instance in (job.instance, *job.spec.instances):
            with contextlib.suppress(SpecError, UserError):     # the user's constants may not fit
                systems.append(compiled(replace(right, instance=instance)).system)
        _latest = right, known_branches(systems)
    return _latest[1]
