"""Which steps concern their own process alone, so that each may be merged with the step before it.

A step of instance i from a location is *mergeable* where

1. it is always enabled: its guard is true, whatever the state;
2. no step of another instance reads or writes what it writes, or writes what it reads: so it
   commutes with every step of the others (and with what they do before their first await, which
   is about their locals only), and what it does depends on nothing but what i itself did before;
3. it is invisible: it writes nothing that a property reads; or the property says nothing as long
   as i holds a lock and stands where it does (`Analysis.visible`). A property of steps has to hold
   in a step that changes nothing it reads (`ir/steady.py`), as that is all it sees of this one;
4. it lies on no cycle of such steps: of each cycle one location is given up.

A *merged step* is a step together with the mergeable ones that follow it at once; what a process
does before its first await is followed by them as well (`beginning`). States in which somebody
waits at a mergeable location are then not stored, but for one case: a step in which a check may
fail is tried, and where it fails, the state before it is stored like any other.

Why nothing is lost. Let the *closure* of a state be what it becomes when everybody who waits at a
mergeable location goes on until he does not, or until a check of his would fail. (By 4 that has an
end; a choice gives several results.) The search visits the closure of every reachable state, by
induction over the steps that lead to it. A mergeable step leaves nothing in the closure that was
not there before it. Let any other step c of j lead from s to t, and let x be in the closure of t.
What the others did on their way from t to x commutes with c (2), is possible before it, and neither
enables nor disables it. So there is a y in the closure of s from which c and what j goes on to do
lead to x: that is one merged step. Now let something be wrong in s.

- A property of states reads in s what it reads in the closure of s (3). So it is false there,
  or in the same way a `sometimes` or an antecedent is true.
- A property of steps that is false from s to t: that was no mergeable step (3, `steady`). It is
  false from y to the state that c alone leads to, which is what the search judges.
- In a deadlock nobody is enabled, so nobody waits at a mergeable location (1): s is its own
  closure. Who waits for a lock in a circle, or for somebody who has ended, does so in the closure.
- A check that fails in a mergeable step fails whatever the others do (2): it fails in the closure.
  Any other step that fails in s fails in the closure as well.
- A step is taken from s by i: it is taken on the way to the closure, or from the closure.
- What a property of steps needs to say anything (an antecedent) is looked for in all steps that
  are taken. Where it is true of none but mergeable ones, and of those only after steps of others
  that are taken later here, it is missed. Then a complaint is wrong, and never its absence.

The closure of an initial state is visited whether processes go on from the beginning at once or
one after another. And nothing is added: each merged step is a sequence of steps of the system.
Liveness is another matter: what is fair is told from single steps.

That a sequence of steps of one process is one step where all but one commute with everything is
Lipton's reduction (Reduction: a method of proving properties of parallel programs, CACM 1975), for
temporal properties by Cohen and Lamport (Reduction in TLA, CONCUR 1998). SPIN merges local
statements when it generates its verifier (Holzmann, The engineering of a model checker: the Gnu
i-protocol case study revisited, SPIN workshop 1999). The conditions are those of a persistent set
of one process (Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, 1996).
"""
from __future__ import annotations

from checker.ir.dependence import (Analysis, Overlap, Touch, conflict, ends, ends_from,
                                   read_by)
from checker.ir.nodes import Choose, Const, Location
from checker.ir.system import Process, System
from checker.ir.walk import all_statements, blocks_from
from checker.types import size

Place = tuple[str, str]
"""A process and the name of one of its locations."""

MOST_RESULTS = 1 << 12
"""Of the choices in one merged step, and in all that happens before the search begins: these
successors are held all at once, whatever the limit for memory."""


def mergeable(system: System) -> frozenset[Place]:
    """The locations whose steps are merged with the ones before them."""
    analysis = Analysis(system)
    found: set[Place] = set()
    for process in system.processes:
        kept: list[str] = []
        for location in process.locations.values():
            more = [*kept, location.name]
            if (_alone(analysis, process, location) and not _closes(process, location.name, kept)
                    and all(_results(process, name, more) <= MOST_RESULTS for name in more)):
                kept = more
        found |= {(process.name, name) for name in kept}
    return frozenset(found)


def beginning(system: System, merged: frozenset[Place]) -> frozenset[str]:
    """The processes that go on from merged locations before the search begins."""
    found, results = set[str](), 1
    for process in system.processes:
        kept = [name for of, name in merged if of == process.name]
        first = ends_from(process, process.start) & set(kept)
        instances = 1 if process.domain is None else size(process.domain)
        more = max((_results(process, name, kept) for name in first), default=1) ** instances
        if first and results * more <= MOST_RESULTS:
            found.add(process.name)
            results *= more
    return frozenset(found)


def _alone(analysis: Analysis, process: Process, location: Location) -> bool:
    return (_always_enabled(location) and _unshared(analysis, process, location.name)
            and _invisible(analysis, process, location.name))


def _always_enabled(location: Location) -> bool:
    return isinstance(location.guard, Const) and location.guard.value is True


def _unshared(analysis: Analysis, process: Process, location: str) -> bool:
    """Whether no other instance has anything to do with what the step reads and writes."""
    mine = analysis.touches[process.name, location]
    for other in analysis.system.processes:
        same = other is process
        if same and (process.domain is None or size(process.domain) == 1):
            continue
        if any(conflict(mine, analysis.touches[other.name, theirs], same) is not Overlap.NEVER
               for theirs in other.locations):
            return False
    return True


def _invisible(analysis: Analysis, process: Process, location: str) -> bool:
    if analysis.visible(process, location):
        return False
    writes = [touch for touch in analysis.touches[process.name, location] if touch.write]
    return conflict(writes, _read_of_steps(analysis.system), False) is Overlap.NEVER


def _read_of_steps(system: System) -> frozenset[Touch]:
    """What the properties of steps read, before the step or after it."""
    return frozenset(touch for declared in system.properties_of("step_invariant")
                     for expr in (declared.expr, *declared.antecedents) for touch in read_by(expr))


def _results(process: Process, location: str, kept: list[str]) -> int:
    """The most results of the step from the location and those from `kept` ones after it."""
    options = 1
    for number in blocks_from(process, process.locations[location].entry):
        for statement in all_statements(process.blocks[number].statements):
            if isinstance(statement, Choose):
                options *= size(statement.domain)
    following = ends(process, location) & set(kept)
    return options * max((_results(process, name, kept) for name in following), default=1)


def _closes(process: Process, location: str, kept: list[str]) -> bool:
    """Whether steps through locations that are kept lead from this one back to it."""
    reached, pending = set[str](), [location]
    while pending:
        following = ends(process, pending.pop()) & {location, *kept}
        pending += following - reached
        reached |= following
    return location in reached
