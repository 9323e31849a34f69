"""Several counterexamples to one property, with the native engine: see `c/kinds.h`.

The engine is told which bits of a state say where a process instance waits, and which of the
instances can not be told apart; the rest is its own.
"""
from __future__ import annotations

from checker.engines.native.emit import Generated
from checker.engines.native.layout import Layout
from checker.engines.native.run import run
from checker.ir.control import groups
from checker.ir.system import Instance
from checker.results.exploration import Report, Variety
from checker.values import ordinal


def kinds(generated: Generated, name: str, most: int, *, threads: int | None = None,
          limit: int | None = None, memory: int | None = None,
          report: Report | None = None) -> Variety:
    """Paths to violations of the safety property `name`, shortest first, no two of the same kind.

    `generated` is what `prepare` gave, without reductions: a search that leaves out states leaves
    out kinds. Ends with the level on which there are `most` kinds, and where `explore` would.
    """
    assert not generated.reductions.used, "a reduced search does not find all kinds"
    asked = [f"kinds={most}", f"property={generated.properties.index(name)}",
             f"points={points(generated.layout, name)}"]
    found = run(generated, asked, threads=threads, limit=limit, memory=memory, report=report)
    return Variety(tuple(found.kinds), found.reason)


def points(layout: Layout, name: str) -> str:
    """Where the engine finds what tells two counterexamples to the property apart."""
    return ";".join(
        f"{len(group.rows)}x{len(group.rows[0])}:"
        + ",".join(_point(layout, instance) for row in group.rows for instance in row)
        for group in groups(layout.system, name))


def _point(layout: Layout, instance: Instance) -> str:
    """The first bit and the number of bits of where an instance waits."""
    process, codes = instance.process, layout.codes
    bit, width = layout.places[process.location_variable], codes.bits(process.location_type)
    if process.domain is not None:
        bit += codes.elements(process.location_type).offset(
            ordinal(process.domain, instance.key))
    return f"{bit if width else 0}+{width}"
