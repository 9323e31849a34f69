"""Liveness: fair runs on which something never happens, on the explicit state graph.

`eventually P` fails on a fair run without P; `leads_to P, Q` on one that, from some state with P
on, is without Q. Runs are maximal: they end only where nothing can step. So the question is
whether the states without the goal, as far as they are reached without it, hold

- a state in which nothing can step, or
- a *fair* strongly connected set: one through which a run can go for ever and be fair to each
  process instance that asks for it (`Process.fair`).

The second is emptiness of a Streett automaton (Emerson and Lei, Modalities for Model Checking,
1987; Clarke, Grumberg and Peled, Model Checking, 6.3): a component where a *weak* instance can
always step and is never taken is dropped, since every part of it has the same fault; where a
*strong* instance can step somewhere and is never taken, the states where it can are removed and
what is left is divided again.

An instance can step where its guard holds. A step that fails a check leads nowhere; that
failure is a violation of its own, and no run goes on behind it.

The lasso shown has the shortest prefix, and then the shortest loop that is fair; where the
search for that would grow too large, a loop that goes from one obligation to the nearest next.
"""
from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.lasso import check_lasso
from checker.engines.interp.step import enabled, initial_states, steps_of
from checker.ir.nodes import Expr
from checker.ir.system import Instance, Property, State, System
from checker.results.exploration import Liveness, Progress, Report, Stage, rolled_up

LIMIT = 50_000                  # states of the graph; the interpreter needs seconds for them
MOST_LOOP_NODES = 100_000       # of the search for a shortest fair loop
MOST_ENTRIES = 8                # states at the same distance that are tried as the loop's start
REPORT_EVERY = 2_000            # states expanded between two reports
KINDS = ("eventually", "leads_to")


def check_liveness(system: System, *, limit: int = LIMIT,
                   report: Report | None = None) -> dict[str, Liveness]:
    """Decide every `eventually` and `leads_to` of the system, by name."""
    wanted = list(system.properties_of(*KINDS))
    if not wanted:
        return {}
    graph = _Graph(system)
    tell = _Teller(graph, report)
    try:
        complete = graph.build(limit, tell.graph_of)
        reason = f"more than {limit:,} states: the graph for liveness was not built"
        if complete:
            return {declared.name: tell.decided(declared, n / len(wanted))
                    for n, declared in enumerate(wanted)}
    except KeyboardInterrupt:
        reason = "interrupted"
    return {declared.name: Liveness(declared.name, "unknown", len(graph.states), reason=reason)
            for declared in wanted}


@dataclass
class _Teller:
    """Reports how far the judgement is, to whom it may concern."""

    graph: _Graph
    report: Report | None
    started: float = field(default_factory=time.perf_counter)

    def graph_of(self, expanded: int) -> None:
        self._tell(Stage("graph", "", expanded / max(len(self.graph.states), 1)))

    def decided(self, declared: Property, done: float) -> Liveness:
        self._tell(Stage("components", declared.name, done))
        return _decide(self.graph, declared)

    def _tell(self, stage: Stage) -> None:
        if self.report is not None:
            steps = sum(map(len, self.graph.edges))
            self.report(Progress(len(self.graph.states), steps, max(self.graph.distance), 0,
                                 time.perf_counter() - self.started, stage=stage))


# ── the graph ────────────────────────────────────────────────────────────────────────────────

@dataclass
class _Graph:
    """Reachable states by number, in breadth-first order; edges are (target, instance number).

    `able` holds for each state a bit for each fair instance that can step there, by the
    position of the instance in `fair`.
    """

    system: System
    states: list[State] = field(default_factory=list)
    number: dict[State, int] = field(default_factory=dict)
    parent: list[int | None] = field(default_factory=list)
    distance: list[int] = field(default_factory=list)
    edges: list[list[tuple[int, int]]] = field(default_factory=list)
    able: list[int] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)
    initial: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fair = [i for i in self.system.instances if i.process.fair]
        self.bit = {instance.number: 1 << n for n, instance in enumerate(self.fair)}
        self.weak = self._mask("weak")
        self.strong = self._mask("strong")

    def _mask(self, fair: str) -> int:
        return sum(self.bit[i.number] for i in self.fair if i.process.fair == fair)

    def build(self, limit: int, tell: Callable[[int], None]) -> bool:
        """Whether the whole graph fits the limit; `tell` hears how many states are expanded."""
        for state in initial_states(self.system):
            if state not in self.number:
                self.initial.append(self._add(state, None))
        at = 0
        while at < len(self.states) <= limit:
            if at % REPORT_EVERY == 0:
                tell(at)
            able, found = 0, []
            active = [i for i in self.system.instances
                      if enabled(self.system, self.states[at], i)]
            for instance in active:
                able |= self.bit.get(instance.number, 0)
                found.extend(self._targets(at, instance))
            self.edges.append(list(dict.fromkeys(found)))
            self.able.append(able)
            self.ended.append(not active)
            at += 1
        return len(self.states) <= limit

    def _targets(self, at: int, instance: Instance) -> Iterator[tuple[int, int]]:
        for step in steps_of(self.system, self.states[at], instance):
            if step.after is not None:
                yield self._add(step.after, at), instance.number

    def _add(self, state: State, parent: int | None) -> int:
        number = self.number.setdefault(state, len(self.states))
        if number == len(self.states):
            self.states.append(state)
            self.parent.append(parent)
            self.distance.append(0 if parent is None else self.distance[parent] + 1)
        return number

    def where(self, expr: Expr) -> list[bool]:
        """The truth of an expression in every state."""
        return [bool(evaluate(expr, Scope(self.system, state))) for state in self.states]

    def inner_edges(self, nodes: set[int]) -> Iterator[tuple[int, int, int]]:
        """Source, target and instance of the edges within a set of states."""
        for source in nodes:
            for target, instance in self.edges[source]:
                if target in nodes:
                    yield source, target, instance


# ── deciding a property ──────────────────────────────────────────────────────────────────────

def _decide(graph: _Graph, declared: Property) -> Liveness:
    """Look for a fair run through the states without the goal."""
    if declared.kind == "eventually":
        goal, begins = graph.where(declared.expr), graph.initial
    else:
        assert declared.target is not None
        goal = graph.where(declared.target)
        begins = [n for n, true in enumerate(graph.where(declared.expr)) if true]
    reached = _reach(graph, goal, begins)
    best = _best(graph, reached)
    if best is None:
        return Liveness(declared.name, "holds", len(graph.states))
    entry, loop = best
    nodes = _prefix(graph, reached, entry)
    path, at = rolled_up(tuple(graph.states[n] for n in nodes + loop[1:]), len(nodes) - 1)
    return Liveness(declared.name, "violated", len(graph.states), path, at,
                    check_lasso(graph.system, declared, path, at))


@dataclass
class _Reached:
    """The states that a run without the goal can be in, each with its distance from the start
    (what came before the run began included) and the state before it on the shortest such run;
    BEGIN for a state where it begins."""

    distance: dict[int, int]
    before: dict[int, int]


BEGIN = -1


def _reach(graph: _Graph, goal: list[bool], begins: Iterable[int]) -> _Reached:
    """Shortest runs without the goal, from states that have their own distance already."""
    found = _Reached({}, {})
    pending = [(graph.distance[n], n, BEGIN) for n in begins if not goal[n]]
    heapq.heapify(pending)
    while pending:
        distance, node, before = heapq.heappop(pending)
        if node in found.distance:
            continue
        found.distance[node], found.before[node] = distance, before
        for target, _ in graph.edges[node]:
            if not goal[target] and target not in found.distance:
                heapq.heappush(pending, (distance + 1, target, node))
    return found


def _prefix(graph: _Graph, reached: _Reached, entry: int) -> list[int]:
    """From an initial state to the entry: to where the run without the goal begins, and on."""
    path = [entry]
    while reached.before[path[-1]] != BEGIN:
        path.append(reached.before[path[-1]])
    at = graph.parent[path[-1]]
    while at is not None:
        path.append(at)
        at = graph.parent[at]
    return path[::-1]


def _best(graph: _Graph, reached: _Reached) -> tuple[int, list[int]] | None:
    """The entry and the loop (from the entry to it again; only the entry for an end)."""
    ends = [(reached.distance[n], n) for n in reached.distance if graph.ended[n]]
    components = [(min((reached.distance[n], n) for n in nodes), nodes)
                  for nodes in _fair_components(graph, set(reached.distance))]
    nearest = min((place for place, _ in components), default=None)
    if ends and (nearest is None or min(ends)[0] <= nearest[0]):
        return min(ends)[1], [min(ends)[1]]
    if nearest is None:
        return None
    loops = []
    for (distance, _), nodes in components:
        if distance == nearest[0]:
            entries = sorted(n for n in nodes if reached.distance[n] == distance)
            loops += [_fair_loop(graph, nodes, n) for n in entries[:MOST_ENTRIES]]
    loop = min(loops, key=lambda nodes: (len(nodes), nodes))
    return loop[0], loop


# ── fair components ──────────────────────────────────────────────────────────────────────────

def _fair_components(graph: _Graph, nodes: set[int]) -> Iterator[set[int]]:
    """Strongly connected sets of states in which a run can stay for ever and be fair."""
    import networkx     # here: most runs need no graph, and would wait for it to load

    pending = [nodes]
    while pending:
        within = pending.pop()
        digraph = networkx.DiGraph()
        digraph.add_nodes_from(sorted(within))
        digraph.add_edges_from((s, t) for s, t, _ in graph.inner_edges(within))
        for component in networkx.strongly_connected_components(digraph):
            if len(component) == 1 and not digraph.has_edge(*component, *component):
                continue
            taken, always, somewhere = _activity(graph, component)
            if graph.weak & always & ~taken:
                continue
            neglected = graph.strong & somewhere & ~taken
            if not neglected:
                yield component
            else:
                pending.append({n for n in component if not graph.able[n] & neglected})


def _activity(graph: _Graph, nodes: set[int]) -> tuple[int, int, int]:
    """The fair instances taken within the set, able to step everywhere, and somewhere in it."""
    taken, always, somewhere = 0, -1, 0
    for _, _, instance in graph.inner_edges(nodes):
        taken |= graph.bit.get(instance, 0)
    for node in nodes:
        always &= graph.able[node]
        somewhere |= graph.able[node]
    return taken, always, somewhere


# ── loops ────────────────────────────────────────────────────────────────────────────────────

Served = tuple[int, int]
"""On a loop so far: the instances that it is fair to already (taken or, for weak ones, unable
somewhere), and the strong instances that were able to step somewhere."""


def _serve(graph: _Graph, served: Served, taken: int, node: int) -> Served:
    """What a loop has served after a step of the instances `taken` to `node`."""
    able = graph.able[node]
    return served[0] | taken | (graph.weak & ~able), served[1] | (graph.strong & able)


def _is_fair(graph: _Graph, served: Served) -> bool:
    return not (graph.weak & ~served[0]) and not (graph.strong & served[1] & ~served[0])


def _fair_loop(graph: _Graph, nodes: set[int], entry: int) -> list[int]:
    """A short loop through `entry` that is fair: the shortest one where that is affordable."""
    return _shortest_loop(graph, nodes, entry) or _patient_loop(graph, nodes, entry)


def _shortest_loop(graph: _Graph, nodes: set[int], entry: int) -> list[int] | None:
    """Breadth-first over states paired with what was served; None where that grows too large."""
    start = entry, _serve(graph, (0, 0), 0, entry)
    before: dict[tuple[int, Served], tuple[int, Served] | None] = {start: None}
    pending = deque([start])
    while pending and len(before) <= MOST_LOOP_NODES:
        here = pending.popleft()
        for target, instance in graph.edges[here[0]]:
            if target not in nodes:
                continue
            following = target, _serve(graph, here[1], graph.bit.get(instance, 0), target)
            if target == entry and _is_fair(graph, following[1]):
                return _walked_back(before, here, [entry])
            if following not in before:
                before[following] = here
                pending.append(following)
    return None


def _walked_back(before: dict[tuple[int, Served], tuple[int, Served] | None],
                 last: tuple[int, Served], tail: list[int]) -> list[int]:
    path, at = tail, last
    while at is not None:
        path.append(at[0])
        at = before[at]
    return path[::-1]


def _patient_loop(graph: _Graph, nodes: set[int], entry: int) -> list[int]:
    """Go to the nearest step or state that serves somebody, until all are; then back."""
    path, served = [entry], _serve(graph, (0, 0), 0, entry)
    # Whoever can step somewhere in the set and is strong shall be taken, to be on the safe side.
    _, _, somewhere = _activity(graph, nodes)
    wanted = graph.weak | graph.strong & somewhere
    while wanted & ~served[0]:
        missing = wanted & ~served[0]

        def serves(instance: int, target: int) -> bool:
            return bool(missing & _serve(graph, (0, 0), graph.bit.get(instance, 0), target)[0])

        stretch = _nearest(graph, nodes, path[-1], serves)
        for instance, target in stretch:
            path.append(target)
            served = _serve(graph, served, graph.bit.get(instance, 0), target)
    if path[-1] != entry or len(path) == 1:
        path += [target for _, target in
                 _nearest(graph, nodes, path[-1], lambda _, target: target == entry)]
    return path


def _nearest(graph: _Graph, nodes: set[int], start: int,
             wanted: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    """The steps (instance, target) of a shortest way whose last step is a wanted one."""
    before: dict[int, tuple[int, int, int] | None] = {start: None}
    pending = deque([start])
    while pending:
        node = pending.popleft()
        for target, instance in graph.edges[node]:
            if target not in nodes:
                continue
            if wanted(instance, target):
                way, at = [(instance, target)], before[node]
                while at is not None:
                    way.append((at[1], at[2]))
                    at = before[at[0]]
                return way[::-1]
            if target not in before:
                before[target] = (node, instance, target)
                pending.append(target)
    raise AssertionError("a strongly connected set in which something can not be reached")
