"""From merged steps to the steps of the system: the states between, which no search has stored.

See `ir/merging.py`. The interpreter takes the steps again: from a state of the path one step of an
instance, and on with that instance for as long as it waits at a merged location, until that is
the next state of the path. What comes before the first state is found likewise: from an initial
state, each instance goes on in turn.

Merged steps are taken as early as can be. A reader wants them where they matter: so at last each
is put off until its instance takes another step, and left out where it takes none. They commute
with what the others do, and no property sees them.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from checker.engines.interp.step import (Step, initial_states, instance_value, location_of, steps,
                                         steps_of)
from checker.ir.merging import Place
from checker.ir.system import IMPLICIT, Instance, State, System
from checker.ir.walk import step_access
from checker.results.exploration import Path

Run = tuple[Step, ...]
"""Steps that follow each other, none of which fails."""


def unmerged(system: System, merged: frozenset[Place], name: str, path: Path) -> Path:
    """A path of single steps from an initial state, that shows of the property `name` what `path`
    does.

    Raises RuntimeError where there is none: the search has gone wrong then.
    """
    if not merged:
        return path
    walk = _Walk(system, merged)
    initial, run = walk.beginning(path[0])
    for before, after in zip(path, path[1:]):
        run += walk.between(before, after)
    return (initial, *walk.put_off(initial, run, walk.needed(name, path[-1])))


class _Walk:
    def __init__(self, system: System, merged: frozenset[Place]) -> None:
        self.system, self.merged = system, merged
        self.instances = [i for i in system.instances
                          if any(process == i.process.name for process, _ in merged)]
        written = self._written()
        self.kept = [position for name, position in system.position.items()
                     if name not in written]

    def _written(self) -> set[str]:
        """The variables that change before the first state of a path."""
        found: set[str] = set()
        for name, location in self.merged:
            process = self.system.process[name]
            own = map(process.local_variable, process.locals)
            found |= {process.location_variable, *own, *step_access(process, location).writes}
        return found

    def beginning(self, first: State) -> tuple[State, Run]:
        """An initial state, and what leads from there to the first state of a path."""
        for state in initial_states(self.system):
            if all(state[position] == first[position] for position in self.kept):
                run = self._settled(state, first, 0)
                if run is not None:
                    return state, run
        raise RuntimeError("the native engine begins a path with no initial state")

    def _settled(self, state: State, first: State, turn: int) -> Run | None:
        """What leads from `state` to `first` if the instances from number `turn` on go on."""
        if turn == len(self.instances):
            return () if state == first else None
        instance = self.instances[turn]
        for run in self._runs(state, instance):
            end = _end(run, state)
            if self._stands_alike(end, first, instance):
                rest = self._settled(end, first, turn + 1)
                if rest is not None:
                    return run + rest
        return None

    def _stands_alike(self, one: State, other: State, instance: Instance) -> bool:
        process = instance.process
        return all(instance_value(self.system, one, instance, name)
                   == instance_value(self.system, other, instance, name) for name in
                   (process.location_variable, *map(process.local_variable, process.locals)))

    def between(self, before: State, after: State) -> Run:
        """The steps of the merged step from one state of a path to the next."""
        taken = [step for step in steps(self.system, before) if step.after is not None]
        for step in taken:
            if step.after == after:
                return (step,)
        for step in taken:
            for run in self._runs(step.after, step.instance):
                if _end(run, before) == after:
                    return (step, *run)
        raise RuntimeError("no step that the native engine merged leads on in its path")

    def _runs(self, state: State, instance: Instance) -> Iterator[Run]:
        """How the instance may go on from merged locations: not at all, by one step, and so on."""
        yield ()
        if self._waits_merged(state, instance):
            for step in steps_of(self.system, state, instance):
                if step.after is not None:
                    yield from ((step, *run) for run in self._runs(step.after, instance))

    def _waits_merged(self, state: State, instance: Instance) -> bool:
        location = location_of(self.system, state, instance)
        return location is not None and (instance.process.name, location.name) in self.merged

    # ── where merged steps matter ───────────────────────────────────────────────────────────

    def needed(self, name: str, last: State) -> set[int]:
        """The numbers of those who have to have taken all their steps for the last state to show
        what it does: somebody who fails the check, or, in a deadlock, everybody."""
        if name not in IMPLICIT:
            return set()
        failing = [step.instance.number for step in steps(self.system, last)
                   if step.failed is not None and step.failed.kind == name]
        return set(failing[:1]) or {instance.number for instance in self.system.instances}

    def put_off(self, initial: State, run: Run, needed: set[int]) -> Path:
        """The states after the initial one, where merged steps come as late as they can."""
        waiting: dict[int, list[Step]] = defaultdict(list)
        order: list[Step] = []
        for step in run:
            waiting[step.instance.number].append(step)
            if (step.instance.process.name, step.location.name) not in self.merged:
                order += waiting.pop(step.instance.number)
        for number in sorted(needed & set(waiting)):
            order += waiting[number]
        path, state = list[State](), initial
        for step in order:
            state = self._again(state, step)
            path.append(state)
        return tuple(path)

    def _again(self, state: State, step: Step) -> State:
        """What the same step leads to from another state."""
        for other in steps_of(self.system, state, step.instance):
            if other.after is not None and other.choices == step.choices:
                return other.after
        raise RuntimeError("a step that the native engine merged can not be put off")


def _end(run: Run, state: State) -> State:
    return run[-1].after if run else state
