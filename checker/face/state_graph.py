"""The state graph of a small system: states, who steps from one to the other, its components.

This is for looking at, not for checking: the interpreter makes it and networkx analyses it. In
the picture a state has its number, in breadth-first order, and what differs there from the first
initial state; states that can reach each other share a frame.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import networkx

from checker.engines.interp.step import enabled, initial_states, steps
from checker.errors import EXIT_UNKNOWN, UserError
from checker.face.drawing import cut, picture, quoted
from checker.face.machine import START
from checker.ir.system import State, System
from checker.results.shown import changes, shown
from checker.text import Writer

MOST_DRAWN = 400
"""States; of a picture with more of them nothing can be seen."""
MOST_SHOWN = 10
"""Components that are listed one by one, the largest first."""


@dataclass
class StateGraph:
    """Reachable states by number; `graph` has the numbers as nodes, `actors` on its edges.

    `failing` counts steps that a false check ends; they lead nowhere. `ended` are the states
    in which no process can step.
    """

    system: System
    states: list[State] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    graph: networkx.DiGraph = field(default_factory=networkx.DiGraph)
    initial: int = 0
    steps: int = 0
    failing: int = 0
    ended: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Part:
    """A strongly connected component: its states, and whether anything leads out of it."""

    states: tuple[int, ...]
    cyclic: bool
    closed: bool


def build(system: System, limit: int) -> StateGraph:
    """The graph of all reachable states. Raises UserError where there are more than `limit`."""
    found = StateGraph(system)
    number: dict[State, int] = {}

    def add(state: State, depth: int) -> int:
        if state not in number:
            if len(number) == limit:
                raise UserError(f"{system.name}: more than {limit:,} states, too many to look at",
                                hint="choose a smaller instance or constants, or raise --limit",
                                exit_status=EXIT_UNKNOWN)
            number[state] = len(found.states)
            found.graph.add_node(number[state])
            found.states.append(state)
            found.depths.append(depth)
        return number[state]

    for state in initial_states(system):
        add(state, 0)
    found.initial = len(found.states)
    for at, state in enumerate(found.states):           # which grows meanwhile
        for step in steps(system, state):
            if step.after is None:
                found.failing += 1
                continue
            found.steps += 1
            target = add(step.after, found.depths[at] + 1)
            actors = found.graph.get_edge_data(at, target, {}).get("actors", ())
            actor = f"{step.instance}: {step.location.label}"
            found.graph.add_edge(at, target, actors=tuple(dict.fromkeys((*actors, actor))))
        if not any(enabled(system, state, instance) for instance in system.instances):
            found.ended.append(at)
    return found


def components(found: StateGraph) -> list[Part]:
    """The strongly connected components, the largest first, then by their first states."""
    graph = found.graph
    parts = []
    for nodes in networkx.strongly_connected_components(graph):
        first = min(nodes)
        parts.append(Part(tuple(sorted(nodes)), len(nodes) > 1 or graph.has_edge(first, first),
                          all(target in nodes for n in nodes for target in graph[n])))
    return sorted(parts, key=lambda part: (-len(part.states), part.states))


# ── text ─────────────────────────────────────────────────────────────────────────────────────

def summary(found: StateGraph) -> Iterator[str]:
    """The graph in words and numbers."""
    parts = components(found)
    cyclic = [part for part in parts if part.cyclic]
    yield (f"{_count(len(found.states), 'state')}, {found.initial:,} of them initial; "
           f"{_count(found.steps, 'step')}; depth {max(found.depths)}")
    if found.failing:
        yield f"{_count(found.failing, 'step')} more fail a check and lead nowhere"
    ends = ", ".join(map(str, found.ended[:MOST_SHOWN]))
    more = ", ..." if len(found.ended) > MOST_SHOWN else ""
    yield (f"{_count(len(found.ended), 'state')} in which nothing can step: {ends}{more}"
           if found.ended else "in every state some process can step")
    closed = sum(part.closed for part in parts)
    yield (f"{_count(len(parts), 'component')}: in {len(cyclic):,} of them a run can stay for "
           f"ever, {closed:,} can not be left")
    for part in cyclic[:MOST_SHOWN]:
        first = ", ".join(map(str, part.states[:3])) + ", ..." * (len(part.states) > 3)
        left = "can not be left" if part.closed else "can be left"
        yield (f"  {_count(len(part.states), 'state')} ({first}), from depth "
               f"{min(found.depths[n] for n in part.states)}, {left}")
    if len(cyclic) > MOST_SHOWN:
        yield f"  and {len(cyclic) - MOST_SHOWN:,} more in which a run can stay"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


# ── pictures ─────────────────────────────────────────────────────────────────────────────────

def dot(found: StateGraph) -> str:
    """The graph for Graphviz. Raises UserError where it is too large for a picture."""
    _drawable(found)
    write = Writer()
    with write.block(f"digraph {quoted(found.system.name)} {{"):
        write("node [shape=box, style=rounded, fontname=monospace, fontsize=10];")
        write("edge [fontname=monospace, fontsize=8];")
        for number, part in enumerate(components(found)):
            if len(part.states) == 1:
                _dot_states(write, found, part)
                continue
            with write.block(f"subgraph cluster_{number} {{"):
                write("style=dotted;")
                _dot_states(write, found, part)
        for source, target, data in found.graph.edges(data=True):
            write(f"{source} -> {target} [label={quoted(_actors(data))}];")
    return write.text()


def _dot_states(write: Writer, found: StateGraph, part: Part) -> None:
    for n in part.states:
        shape = ", peripheries=2" if n < found.initial else ""
        shape += ', style="rounded,filled"' if n in found.ended else ""
        write(f"{n} [label={quoted(_label(found, n))}, "
              f"tooltip={quoted(_whole(found, n))}{shape}];")


def svg(found: StateGraph) -> str:
    """The graph as a picture. Raises UserError where it is too large for one."""
    _drawable(found)
    graph = networkx.DiGraph()
    graph.add_node(START, label="")
    for n in range(len(found.states)):
        graph.add_node(f"state {n}", label=_label(found, n), title=_whole(found, n))
    for n in range(found.initial):
        graph.add_edge(START, f"state {n}", label="")
    for source, target, data in found.graph.edges(data=True):
        graph.add_edge(f"state {source}", f"state {target}", label=_actors(data))
    return picture(found.system.name, [("states", graph)])


def _drawable(found: StateGraph) -> None:
    if len(found.states) > MOST_DRAWN:
        raise UserError(f"{found.system.name}: {len(found.states):,} states do not fit a picture; "
                        f"{MOST_DRAWN} do", hint="choose a smaller instance or constants")


def _actors(data: dict[str, tuple[str, ...]]) -> str:
    return " | ".join(data["actors"])


def _label(found: StateGraph, n: int) -> str:
    """The number of a state and what differs there from the first initial state."""
    parts = [f"{c.name}={c.after}" for c in changes(found.system, found.states[0], found.states[n])]
    return cut(f"{n} {' '.join(parts)}".strip())


def _whole(found: StateGraph, n: int) -> str:
    return ", ".join(f"{variable.name}={shown(found.system, variable.type, value)}"
                     for variable, value in zip(found.system.variables, found.states[n]))
