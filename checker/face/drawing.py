"""State machines as pictures: Graphviz' DOT, and SVG drawn here.

The layout is that of Sugiyama's method in its simplest form: a location's layer is its distance
from the start, and within a layer locations stand near those that lead to them. Edges that lead
down are drawn straight, those that lead back or across layers bend around.
"""
from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

import networkx

from checker.face.machine import DONE, START, machine_graph
from checker.ir.system import System
from checker.text import Writer

LETTER, BOX, GAP_X, GAP_Y, MARGIN = 7.2, 30, 60, 60, 40
LONGEST_LABEL = 40

STYLE = """\
text { font: 12px monospace; text-anchor: middle; dominant-baseline: central; fill: #222 }
text.title { font-weight: bold; text-anchor: start }
text.edge { font-size: 10px; fill: #666; stroke: #fff; stroke-width: 3px; paint-order: stroke }
rect { fill: #eef3fa; stroke: #456; rx: 6 }
circle { fill: #222 }
path { fill: none; stroke: #456; marker-end: url(#arrow) }"""

Point = tuple[float, float]


def dot(system: System) -> str:
    """The state machines of all processes as one DOT file, a cluster for each."""
    write = Writer()
    with write.block(f"digraph {quoted(system.name)} {{"):
        write("node [shape=box, style=rounded, fontname=monospace, fontsize=11];")
        write("edge [fontname=monospace, fontsize=9];")
        for process in system.processes:
            graph = machine_graph(process)
            with write.block(f"subgraph {quoted('cluster_' + process.name)} {{"):
                write(f"label={quoted(process.name)};")
                for node, data in graph.nodes(data=True):
                    shape = ", shape=point" if node == START else ""
                    write(f"{_node(process.name, node)} [label={quoted(data['label'])}{shape}];")
                for source, target, data in graph.edges(data=True):
                    label = f" [label={quoted(cut(data['label']))}]" if data["label"] else ""
                    write(f"{_node(process.name, source)} -> "
                          f"{_node(process.name, target)}{label};")
    return write.text()


def _node(process: str, name: str) -> str:
    return quoted(f"{process}.{name}")


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


def cut(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[:LONGEST_LABEL - 1] + "…"


# ── SVG ──────────────────────────────────────────────────────────────────────────────────────

def svg(system: System) -> str:
    """The state machines of all processes as one SVG file, below each other."""
    return picture(system.name, [(p.name, machine_graph(p)) for p in system.processes])


def picture(title: str, graphs: Sequence[tuple[str, networkx.DiGraph]]) -> str:
    """Graphs with their titles as one SVG file, below each other. Nodes have a `label`, and a
    `title` for the mouse, or not; edges have a `label`. Everything begins at the node START."""
    body, width, top = Writer("  "), 0.0, float(MARGIN)
    with body.indent():
        for name, graph in graphs:
            width = max(width, len(name) * LETTER)
            body(f'<text class="title" x="{MARGIN}" y="{top:.0f}">{escape(name)}</text>')
            panel = _Panel(graph, top + BOX)
            panel.draw(body)
            width, top = max(width, panel.width), panel.bottom + GAP_Y
    size = f'width="{width + 2 * MARGIN:.0f}" height="{top:.0f}"'
    head = Writer("  ")
    head('<?xml version="1.0" encoding="UTF-8"?>')
    head(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>')
    with head.indent():
        head(f"<title>{escape(title)}</title>")
        head(f"<style>{STYLE}</style>")
        head('<marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
             'markerHeight="8" orient="auto"><polygon points="0,0 8,4 0,8" fill="#456"/>'
             "</marker>")
    return head.text() + body.text() + "</svg>\n"


class _Panel:
    """One process: where its locations stand, and how it is drawn."""

    def __init__(self, graph: networkx.DiGraph, top: float) -> None:
        self.graph, self.top = graph, top
        self.layers = _layers(graph)
        self.wide = {node: BOX / 3 if node == START else
                     len(data["label"]) * LETTER + 16 for node, data in graph.nodes(data=True)}
        rows = [sum(self.wide[n] + GAP_X for n in layer) - GAP_X for layer in self.layers]
        self.width = max(rows) + GAP_X * (1 + len(self.layers) // 3)
        self.bottom = top + (len(self.layers) - 1) * (BOX + GAP_Y) + BOX
        self.at: dict[str, Point] = {}
        for row, (layer, length) in enumerate(zip(self.layers, rows)):
            x = MARGIN + (max(rows) - length) / 2
            for node in layer:
                self.at[node] = x + self.wide[node] / 2, top + row * (BOX + GAP_Y) + BOX / 2
                x += self.wide[node] + GAP_X

    def draw(self, write: Writer) -> None:
        for number, (source, target, data) in enumerate(self.graph.edges(data=True)):
            self._edge(write, source, target, data["label"], number)
        for node, (x, y) in self.at.items():
            if node == START:
                write(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
                continue
            wide, label = self.wide[node], self.graph.nodes[node]["label"]
            write(f'<rect x="{x - wide / 2:.1f}" y="{y - BOX / 2:.1f}" width="{wide:.1f}" '
                  f'height="{BOX}"/>')
            title = self.graph.nodes[node].get("title", "")
            hover = f"<title>{escape(title)}</title>" if title else ""
            write(f'<text x="{x:.1f}" y="{y:.1f}">{hover}{escape(label)}</text>')

    def _edge(self, write: Writer, source: str, target: str, label: str, number: int) -> None:
        (x1, y1), (x2, y2) = self.at[source], self.at[target]
        half1, half2 = self.wide[source] / 2, self.wide[target] / 2
        if 0 < y2 - y1 <= BOX + GAP_Y:
            begin, end = (x1, y1 + (5 if source == START else BOX / 2)), (x2, y2 - BOX / 2)
            path, middle = f"M{_xy(begin)} L{_xy(end)}", ((x1 + x2) / 2, (y1 + y2) / 2)
        else:
            # Around the right side, each edge a little farther out than the one before.
            out = max(x1 + half1, x2 + half2) + 30 + 9 * (number % 5)
            begin, end = (x1 + half1, y1 - 5), (x2 + half2, y2 + 5 * (1 if y1 <= y2 else -1))
            if source == target:
                begin, end = (x1 + half1, y1 - 8), (x1 + half1, y1 + 8)
            path = f"M{_xy(begin)} C{out:.1f},{begin[1]:.1f} {out:.1f},{end[1]:.1f} {_xy(end)}"
            middle = (begin[0] + end[0]) / 8 + out * 3 / 4, (begin[1] + end[1]) / 2
        write(f'<path d="{path}"><title>{escape(f"{source} → {target}")}</title></path>')
        if label:
            write(f'<text class="edge" x="{middle[0]:.1f}" y="{middle[1]:.1f}">'
                  f"<title>{escape(label)}</title>{escape(cut(label))}</text>")


def _xy(point: Point) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"


def _layers(graph: networkx.DiGraph) -> list[list[str]]:
    """Locations by distance from the start, what nothing leads to and the end last."""
    distances = networkx.single_source_shortest_path_length(graph, START)
    last = max(distances.values()) + 1
    place = {node: distances.get(node, last) for node in graph}
    if DONE in place:
        place[DONE] = 1 + max(row for node, row in place.items() if node != DONE)
    layers: list[list[str]] = []
    for row in sorted(set(place.values())):
        above = {node: i for i, node in enumerate(layers[-1])} if layers else {}
        layers.append(sorted((n for n in graph if place[n] == row),
                             key=lambda node: _centre(graph, node, above)))
    return layers


def _centre(graph: networkx.DiGraph, node: str, above: dict[str, int]) -> float:
    """The mean position of what leads to a location from the layer above."""
    positions: Sequence[int] = [above[n] for n in graph.predecessors(node) if n in above]
    return sum(positions) / len(positions) if positions else 0.0
