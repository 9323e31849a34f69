"""Every reachable state, found by CPython.

A coroutine can not be copied, so the search walks: from a state it takes a step not taken yet,
and goes on from where that leads, until nothing is left to do there; then it begins again and
repeats the steps to a state with something left. Once every step of every state has been taken,
the levels and the shortest paths are read off the graph of states.

NOTE(walks). A walk reaches states by arbitrary paths, with arbitrary values in dead locals and
with whatever CPython keeps beside the state; that makes it a better test of the claim that none
of this matters than a search that reaches each state by one shortest path only.
"""
from __future__ import annotations

import itertools
import time
from collections import deque
from dataclasses import dataclass, field

from checker.engines.live.lockstep import LockStep, Move, Start, Taken
from checker.engines.live.run import Script
from checker.frontend.spec import Spec
from checker.ir.system import State, System
from checker.results.exploration import Exploration, Path

LONGEST_WALK = 60          # steps before a walk begins again: what is repeated stays short
LONGEST_HOP = 3            # known steps to a state with something left, rather than begin again


def explore_by_replay(spec: Spec, system: System, limit: int | None = None) -> Exploration:
    """Visit every reachable state of a small system under CPython.

    `limit` is the most distinct states to visit. Raises Disagreement where the interpreter sees
    something else, Unsupported where CPython can not run the system.
    """
    return _Walks(spec, system, limit).run()


@dataclass
class _Node:
    """A state: how it was reached first, what is left to do, and the steps taken from it."""

    start: Start
    moves: tuple[Move, ...]
    path: tuple[State, ...]
    left: list[Move]
    after: dict[Move, State] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)
    violated: tuple[str, ...] = ()
    witnessed: tuple[str, ...] = ()
    steps_violated: list[tuple[str, State]] = field(default_factory=list)
    runs: dict[int, int] = field(default_factory=dict)


class _Walks:
    def __init__(self, spec: Spec, system: System, limit: int | None) -> None:
        self.system, self.limit = system, limit
        self.both = LockStep(spec, system)
        self.nodes: dict[State, _Node] = {}
        self.unfinished: deque[State] = deque()
        self.initial: list[State] = []
        self.found = Exploration(True, engine="live")
        self.full = False

    def run(self) -> Exploration:
        started = time.perf_counter()
        for values in itertools.product(*(v.initial for v in self.system.variables)):
            self._begin_everywhere(values)
        missing = set(self.both.initial) - set(self.initial)
        if missing:
            raise self.both.differ(f"CPython never begins in {len(missing)} initial states")
        while self.unfinished and not self.full:
            state = self.unfinished.popleft()
            if self.nodes[state].left:
                self._walk(state)
                self.unfinished.append(state)
        if self.full:
            self.found.complete = False
            self.found.reason = f"the limit of {self.limit:,} states was reached"
        self._count()
        self.found.seconds = time.perf_counter() - started
        return self.found

    def _begin_everywhere(self, values: State) -> None:
        """Every way to begin with these values: all choices made before the first awaits."""
        pending: list[Script] = [()]
        while pending:
            script = pending.pop()
            outcome = self.both.begin(Start(values, script))
            counts = tuple(choice.count for choice in outcome.chosen)
            pending.extend(_siblings(script, outcome.script, counts))
            if self.both.state not in self.nodes:
                self.initial.append(self.both.state)
                self._add(Start(values, outcome.script), ())

    def _add(self, start: Start, moves: tuple[Move, ...]) -> None:
        """Note the state where both are, which is new."""
        judged = self.both.judge_state()
        left: list[Move] = [(number, ()) for number in self.both.enabled()]
        node = _Node(start, moves, tuple(self.both.states), left,
                     violated=judged.violated, witnessed=judged.witnessed)
        self.nodes[self.both.state] = node
        self.unfinished.append(self.both.state)

    def _walk(self, state: State) -> None:
        """From a state, take steps that were not taken before, as long as there are any."""
        node = self.nodes[state]
        self.both.repeat(node.start, node.moves, node.path)
        moves, start = node.moves, node.start
        while len(moves) < len(self.nodes[state].moves) + LONGEST_WALK:
            for move, reached in self._hops(node):
                self.both.take(*move)
                moves, node = (*moves, move), self.nodes[reached]
            if not node.left:
                return
            number, script = node.left.pop()
            taken = self.both.take(number, script)
            self._note(node, number, script, taken)
            if taken.after is None:
                return
            moves = (*moves, (number, taken.script))
            if taken.after not in self.nodes:
                if self.limit is not None and len(self.nodes) >= self.limit:
                    self.full = True
                    return
                self._add(start, moves)
            node = self.nodes[taken.after]

    def _hops(self, node: _Node) -> list[tuple[Move, State]]:
        """Known steps from a state with nothing left to one with something left, if near."""
        near: list[tuple[_Node, list[tuple[Move, State]]]] = [(node, [])]
        passed: set[State] = set()
        for here, hops in near:
            if here.left:
                return hops
            if len(hops) < LONGEST_HOP:
                for move, state in here.after.items():
                    if state not in passed and state in self.nodes:
                        passed.add(state)
                        near.append((self.nodes[state], [*hops, (move, state)]))
        return []

    def _note(self, node: _Node, number: int, script: Script, taken: Taken) -> None:
        node.left.extend((number, sibling)
                         for sibling in _siblings(script, taken.script, taken.counts))
        node.runs[number] = node.runs.get(number, 0) + 1
        if taken.after is None:
            assert taken.failed is not None
            node.failing.append(taken.failed)
        else:
            node.after[number, taken.script] = taken.after
            node.steps_violated.extend((name, taken.after) for name in taken.violated)
            self.found.fired.add((taken.step.instance.process.name, taken.step.location.name))
        if not any(mover == number for mover, _ in node.left):
            self._check_complete(node, number, taken)

    def _check_complete(self, node: _Node, number: int, taken: Taken) -> None:
        """The interpreter must not have more steps than CPython."""
        before = self.both.states[-1 if taken.after is None else -2]
        expected = self.both.steps(before, number)
        if len(expected) != node.runs[number]:
            raise self.both.differ(f"{taken.step.instance} has {node.runs[number]} steps in "
                                   f"CPython, {len(expected)} in the interpreter")

    # ── reading off the graph ────────────────────────────────────────────────────────────────

    def _count(self) -> None:
        """Levels, shortest paths and totals, by a search of the graph."""
        found, parents = self.found, dict[State, State | None](dict.fromkeys(self.initial))
        level = list(self.initial)
        found.initial = len(level)
        while level:
            found.levels.append(len(level))
            following: list[State] = []
            for state in level:
                node = self.nodes[state]
                for name in (*node.violated, *node.failing):
                    found.violations.setdefault(name, _path(parents, state))
                for name in node.witnessed:
                    found.witnesses.setdefault(name, _path(parents, state))
                for name, after in node.steps_violated:
                    found.violations.setdefault(name, (*_path(parents, state), after))
                for after in node.after.values():
                    if after not in parents and after in self.nodes:
                        parents[after] = state
                        following.append(after)
            level = following
        found.distinct = len(self.nodes)
        found.generated = sum(len(node.after) for node in self.nodes.values())
        found.depth = len(found.levels) - 1


def _siblings(given: Script, made: Script, counts: tuple[int, ...]) -> list[Script]:
    """The scripts that differ from `made` first at a choice beyond those given."""
    return [(*made[:at], option) for at in range(len(given), len(made))
            for option in range(1, counts[at])]


def _path(parents: dict[State, State | None], state: State) -> Path:
    path: list[State] = []
    at: State | None = state
    while at is not None:
        path.append(at)
        at = parents[at]
    return tuple(reversed(path))
