"""A trace as text: one lane for each process instance, and only what changes.

    invariant low is violated after 2 steps                                    model.py:31

         take(thread0)  take(thread1)
      0                                (initial)
           lock=free  total=0
      1  acquire        ·              model.py:12
           lock: free → take(thread0)
      ...
    `total <= 3` is False   (model.py:31)
      total is 4
    replay: checker replay counterexamples/low.itf.json

Lanes shrink when there are many instances, and are given up for `actor: label` where even
narrow ones do not fit. Nothing here is measured in anything but characters, so the same trace
gives the same text on every terminal.
"""
from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from checker.ir.nodes import DONE
from checker.results.shown import changes, of_instance, shown
from checker.results.trace import ChoiceMade, Trace, TraceStep
from checker.source import NOWHERE, Loc

WIDTH = 100
NARROWEST_LANE = 7
NUMBER = 5                 # columns of the state's number, with the space after it
DETAIL = " " * 7           # what stands below a step
BETWEEN = "   "            # between details on one line

LineKind = Literal["headline", "doc", "lanes", "initial", "step", "change", "failure", "loop",
                   "explanation", "replay", "blank"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the text and what it is, so that a face can give it a colour."""

    kind: LineKind
    text: str


def render(trace: Trace, *, width: int = WIDTH) -> str:
    """The text of a trace, without trailing spaces; lines keep to `width` where words allow."""
    return "\n".join(line.text for line in render_lines(trace, width=width)) + "\n"


def render_lines(trace: Trace, *, width: int = WIDTH) -> list[Line]:
    """The same text as lines with their kinds."""
    lines = [*_head(trace, width), *_body(trace, width), *_foot(trace, width)]
    return [Line(line.kind, line.text.rstrip()) for line in lines]


# ── before and after the steps ───────────────────────────────────────────────────────────────

def _head(trace: Trace, width: int) -> Iterator[Line]:
    declared = trace.system.property_named(trace.property)
    source = _source(declared.loc if declared else trace.steps[-1].failure_loc or NOWHERE
                     if trace.steps else NOWHERE)
    headline = _headline(trace)
    if len(headline) + 2 + len(source) <= width:
        yield Line("headline", headline + source.rjust(width - len(headline)))
    else:
        yield from _wrapped("headline", f"{headline}  {source}", width, "")
    if declared and declared.doc.strip():
        yield from _wrapped("doc", declared.doc.strip().splitlines()[0], width, "  ")
    yield Line("blank", "")


def _headline(trace: Trace) -> str:
    count = len(trace.steps)
    after = f"after {count} step" + "s" * (count != 1)
    match trace.kind:
        case "sometimes":
            return f"sometimes {trace.property}: seen {after}"
        case "step_invariant":
            return f"step invariant {trace.property} is violated by step {count}"
        case "eventually" | "leads_to":
            word = trace.kind.replace("_", " ")
            return f"{word} {trace.property} is violated by a run that never gets there"
        case "implicit" if trace.property == "deadlock":
            return f"deadlock {after}"
        case "implicit":
            return f"{trace.property.replace('_', ' ')} in step {count}"
    return f"{trace.kind} {trace.property} is violated {after}"


def _foot(trace: Trace, width: int) -> Iterator[Line]:
    if trace.explanation:
        yield Line("blank", "")
        for text in trace.explanation:
            margin = text[:len(text) - len(text.lstrip())]
            yield from _wrapped("explanation", text.strip(), width, margin)
    if trace.meta.get("command"):
        yield Line("blank", "")
        # Never wrapped: it is there to be copied.
        yield Line("replay", f"replay: {trace.meta['command']}")


def _wrapped(kind: LineKind, text: str, width: int, margin: str) -> Iterator[Line]:
    for line in textwrap.wrap(text, width, initial_indent=margin,
                              subsequent_indent=margin + "  " * bool(margin),
                              drop_whitespace=True, break_on_hyphens=False):
        yield Line(kind, line)


def _source(loc: Loc) -> str:
    return str(loc) if loc.line else ""


# ── the steps ────────────────────────────────────────────────────────────────────────────────

def _body(trace: Trace, width: int) -> Iterator[Line]:
    lanes = _lanes(trace, width)
    if lanes:
        names = "  ".join(_cut(actor, room).ljust(room) for actor, room in lanes.items())
        yield Line("lanes", " " * NUMBER + names)
    yield from _initial(trace, lanes, width)
    looping = trace.loop if trace.loop is not None and trace.loop < len(trace.states) - 1 else None
    told: set[str] = set()
    for number, step in enumerate(trace.steps, 1):
        if looping == number - 1:
            yield Line("loop", f"{'':>{NUMBER}}── from here on, over and over:")
        # A label that its lane cuts short stands in full below, the first time.
        short = bool(lanes) and len(step.label) > lanes[step.actor] and step.label not in told
        told.add(step.label)
        yield from _step(trace, number, step, lanes, width, [step.label] * short)
    if looping is not None:
        yield Line("loop", f"{'':>{NUMBER}}── back to state {looping}")
    elif trace.loop is not None:
        yield Line("loop", f"{'':>{NUMBER}}── nothing can step any more: the run ends here")


def _lanes(trace: Trace, width: int) -> dict[str, int]:
    """The room of each acting instance's lane, in the order of instances; {} for no lanes."""
    acting = {step.actor for step in trace.steps}
    actors = [str(i) for i in trace.system.instances if str(i) in acting]
    wanted = {actor: max(len(actor), *(len(step.label) for step in trace.steps
                                       if step.actor == actor)) for actor in actors}
    room = width // 2 - NUMBER         # the other half is for sources, choices and provenance
    if not actors or sum(wanted.values()) + 2 * len(actors) <= room:
        return wanted
    even = room // len(actors) - 2
    if even < NARROWEST_LANE:
        return {}
    return {actor: min(even, most) for actor, most in wanted.items()}


def _cut(text: str, room: int) -> str:
    """An actor's name, or its ends with a mark between: both ends tell names apart."""
    if len(text) <= room:
        return text
    tail = (room - 1) // 2
    return text[:room - 1 - tail] + "…" + text[len(text) - tail:]


def _begun(text: str, room: int) -> str:
    """A label, or its beginning."""
    return text if len(text) <= room else text[:room - 1] + "…"


def _initial(trace: Trace, lanes: dict[str, int], width: int) -> Iterator[Line]:
    blank = sum(lanes.values()) + 2 * len(lanes)
    yield Line("initial", f"{0:>{NUMBER - 2}}  {'':{blank}}(initial)")
    values = [f"{v.name}={shown(trace.system, v.type, value)}"
              for v, value in zip(trace.system.variables, trace.initial) if v.kind == "shared"]
    yield from _details("change", values, width)


def _step(trace: Trace, number: int, step: TraceStep, lanes: dict[str, int],
          width: int, full: list[str]) -> Iterator[Line]:
    """The row of a step, what did not fit into the row, and what the step changed."""
    row = f"{number:>{NUMBER - 2}}  "
    if lanes:
        row += "".join((_begun(step.label, room) if actor == step.actor else "·").ljust(room)
                       + "  " for actor, room in lanes.items())
    else:
        row += f"{step.actor}: {step.label}  "
    notes = [_choice(choice) for choice in step.choices]
    notes += [note for note in (_source(step.loc), step.provenance) if note]
    if _ends(trace, step):
        notes.append(f"{step.actor} is done")
    fitting = 0
    while fitting < len(notes) and len(row + BETWEEN.join(notes[:fitting + 1])) <= width:
        fitting += 1
    if not lanes and len(row.rstrip()) > width:
        yield from _wrapped("step", row.strip(), width, " " * (NUMBER - 2 - len(str(number))))
    else:
        yield Line("step", row + BETWEEN.join(notes[:fitting]))
    before = trace.states[number - 1]
    changed = [] if step.after is None else changes(trace.system, before, step.after)
    yield from _details("change", [*full, *notes[fitting:], *map(str, changed)], width)
    if step.after is None:
        yield from _wrapped("failure", f"fails: {step.failure}", width, DETAIL)


def _choice(choice: ChoiceMade) -> str:
    if choice.kind == "fails":
        return f"{choice.name} {'fails' if choice.value else 'succeeds'}"
    return f"{choice.name}={choice.shown}"


def _ends(trace: Trace, step: TraceStep) -> bool:
    if step.after is None:
        return False
    instance = next(i for i in trace.system.instances if str(i) == step.actor)
    position = trace.system.position[instance.process.location_variable]
    return of_instance(instance, step.after[position]) == DONE


def _details(kind: LineKind, parts: list[str], width: int) -> Iterator[Line]:
    """The parts in as few lines as they fit in; one that is too long for a line is wrapped."""
    line = ""
    for part in parts:
        joined = line + BETWEEN + part if line else part
        if line and len(DETAIL + joined) > width:
            yield from _wrapped(kind, line, width, DETAIL)
            joined = part
        line = joined
    if line:
        yield from _wrapped(kind, line, width, DETAIL)
