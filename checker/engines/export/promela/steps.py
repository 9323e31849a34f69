"""The steps of a process in Promela: one `inline` for each location.

A step runs as one `d_step`, so that SPIN sees no state within it. Choices at its beginning are
made outside, by an option of the main loop for each value; a step that chooses later is `atomic`
instead, and what it keeps between its statements are variables that are 0 between steps.
"""
from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from checker.engines.export.names import source
from checker.engines.export.promela import text
from checker.engines.export.promela.expressions import Expressions
from checker.engines.export.promela.text import P, binary, number
from checker.engines.export.promela.values import (Compiled, Fields, Leaf, Row, assignments,
                                                   constant, leaves, positions, shift, stored)
from checker.engines.export.structure import (Body, End, If, Item, Loop, falls_through, items,
                                              step_body)
from checker.ir.nodes import DONE, Assign, Check, Choose, Location, Place
from checker.ir.system import Process
from checker.source import Loc
from checker.text import Writer
from checker.types import Type, size
from checker.values import lowest

MOST_OPTIONS = 64
"""Combinations of choices at the beginning of a step that are options of the main loop."""

Env = dict[object, Compiled]
Judged = Callable[[Process, Location], bool]
"""Whether the steps from a location are judged by the step invariants."""


@dataclass(slots=True)
class Step:
    """The step from one location: its inline's body, and how the main loop calls it."""

    location: Location
    name: str
    body: Writer = field(default_factory=lambda: Writer("  "))
    leading: list[Choose] = field(default_factory=list)
    chooses: bool = False


class Steps:
    """The steps of one process. `temporaries` are the leaves that its steps need besides the
    state, with whether they are a part of it; `failing` the kinds of checks. With `resident` all
    of them are: SPIN's breadth-first search knows no others."""

    def __init__(self, process: Process, t: Expressions, *, judged: Judged,
                 resident: bool) -> None:
        self.process, self.t, self.judged, self.resident = process, t, judged, resident
        over = process.domain is not None
        self.parameter = t.names.name(("parameter", process.parameter),
                                      process.parameter) if over else ""
        self.first = next(i.number for i in t.system.instances if i.process is process)
        self.moves = len(process.location_type.members) > 1
        self.temporaries: dict[str, tuple[Leaf, bool]] = {}
        self.failing: set[str] = set()
        self.held = 0
        """Numbers that an assignment holds back until all are read, at most."""

    # ── what the process keeps ──────────────────────────────────────────────────────────────

    def own(self, variable: str, key: P | None = None) -> Compiled:
        """What a variable of the process holds, for the instance in the parameter or for `key`."""
        whole = self.t.variable(variable)
        if self.process.domain is None:
            return whole
        assert isinstance(whole, Row)
        me = P(self.parameter) if key is None else key
        return whole.at(binary("-", me, number(shift(self.process.domain))))

    def code(self, location: str) -> P:
        """The number of a location, by its name."""
        name = self.t.names.name(("location", self.process.name, location),
                                 f"{self.process.name}__{location}")
        return P(name)

    def at(self, location: str, key: P | None = None) -> P:
        """The condition that the instance waits at the location."""
        if not self.moves:
            return text.TRUE
        where = self.own(self.process.location_variable, key)
        assert isinstance(where, P)
        return binary("==", where, self.code(location))

    def waiting(self, location: Location, key: P | None = None) -> Env:
        """What an expression finds while the instance waits."""
        env: Env = {("local", name): self.own(self.process.local_variable(name), key)
                    for name in location.live}
        if self.process.domain is None:
            env["me"] = number(self.first)
        else:
            me = P(self.parameter) if key is None else key
            env["local", self.process.parameter] = me
            env["me"] = binary("+", me, number(self.first - shift(self.process.domain)))
        return env

    # ── one step ────────────────────────────────────────────────────────────────────────────

    def step(self, location: Location, name: str) -> Step:
        body = step_body(self.process, location.entry)
        found = Step(location, name)
        found.leading, body = self._leading(body)
        found.chooses = any(isinstance(item, Choose) for item in items(body))
        env = self.waiting(location)
        for local in self.process.locals:
            env["local", local] = self.own(self.process.local_variable(local))
        for choose in found.leading:
            parameter = P(self.choice(choose))
            if choose.variable in self.process.locals:
                target = env["local", choose.variable]
                for place, value in assignments(target, choose.domain, parameter):
                    found.body(f"{place} = {value};")
            else:
                env["local", choose.variable] = parameter
        _Run(self, found, body).body(body, env)
        return found

    def choice(self, choose: Choose) -> str:
        """The inline's parameter for a choice at the beginning."""
        return self.t.names.name(("parameter", choose.variable), choose.variable)

    def _leading(self, body: Body) -> tuple[list[Choose], Body]:
        """The choices with which a step begins, as many as make few enough options."""
        assigned = {item.place.name for item in items(body)
                    if isinstance(item, Assign) and item.place.local}
        leading: list[Choose] = []
        while body and isinstance(body[0], Choose) and body[0].variable not in assigned:
            if math.prod(size(c.domain) for c in [*leading, body[0]]) > MOST_OPTIONS:
                break
            leading, body = [*leading, body[0]], body[1:]
        return leading, body

    def options(self, step: Step, key: P | None) -> Iterator[tuple[list[P], P]]:
        """The choices at the beginning, and the condition under which each may be made."""
        env = self.waiting(step.location, key)
        yield from self._options(step.leading, env, [])

    def _options(self, leading: list[Choose], env: Env,
                 made: list[P]) -> Iterator[tuple[list[P], P]]:
        if not leading:
            yield made, text.TRUE
            return
        choose = leading[0]
        for value, _ in positions(choose.domain):
            inner = {**env, ("local", choose.variable): value}
            here = self.t.scalar(choose.where, inner)
            for further, where in self._options(leading[1:], inner, [*made, value]):
                condition = text.conjunction(here, where)
                if condition != text.FALSE:
                    yield further, condition

    def temporary(self, name: str, of: Type, *, kept: bool) -> Compiled:
        """A local of the running step; a kept one is another variable than one that is not."""
        base = f"{self.process.name}_{name}{'_kept' * kept}"
        for leaf in leaves(base, of):
            self.temporaries[leaf.name] = leaf, kept
        return stored(self.t.leaf, base, of)


class _Run:
    """Writes the body of one step."""

    def __init__(self, steps: Steps, step: Step, body: Body) -> None:
        self.steps, self.t, self.process = steps, steps.t, steps.process
        self.assigned = {item.place.name for item in items(body)
                         if isinstance(item, Assign) and item.place.local}
        self.assigned |= {c.variable for c in [*items(body), *step.leading]
                          if isinstance(c, Choose)}
        self.location, self.write = step.location, step.body
        self.atomic, self.kept = step.chooses, step.chooses or steps.resident
        self.checked = False
        self.used: dict[str, Type] = {}
        self.line = 0

    def body(self, body: Body, env: Env) -> None:
        """The items in order; `env` learns where the locals are that they assign."""
        for place, item in enumerate(body):
            if isinstance(item, End):
                return self._end(item)
            if isinstance(item, If) and any(isinstance(i, End) for i in items((item,))):
                return self._branches(item, body[place + 1:], env)
            self._item(item, env)
        return self._not_empty()

    def _not_empty(self) -> None:
        """A statement where there is none since the branch, or the step, began."""
        lines = [line for line in self.write.text().splitlines()
                 if line and not line.lstrip().startswith("/*")]
        if not lines or lines[-1].endswith("->"):
            self.write("skip;")

    def _item(self, item: Item, env: Env) -> None:
        self._remark(item)
        match item:
            case Assign():
                self._assign(item, env)
            case Choose():
                self._choose(item, env)
            case If():
                self._branches(item, (), env)
            case Loop():
                for value, _ in positions(item.statement.domain):
                    env["local", item.statement.variable] = value
                    for inner in item.body:
                        self._item(inner, env)
            case Check():
                self._check(item, env)

    def _remark(self, item: object) -> None:
        """The line of the spec, where it is another one."""
        loc = getattr(item, "loc", None)
        if isinstance(loc, Loc) and loc.line and loc.line != self.line:
            self.line = loc.line
            self.write(remark(source(loc)))

    # ── control ─────────────────────────────────────────────────────────────────────────────

    def _branches(self, item: If, rest: Body, env: Env) -> None:
        """A conditional; what follows goes into the branches that get there."""
        self._remark(item)
        test = self.t.scalar(item.condition, env)
        if test.known is not None:
            branch = item.then if test.known else item.otherwise
            return self.body((*branch, *(rest if falls_through(branch) else ())), env)
        self.write("if")
        for guard, branch in ((f"({test})", item.then), ("else", item.otherwise)):
            self.write(f":: {guard} ->")
            with self.write.indent():
                self.body((*branch, *(rest if falls_through(branch) else ())), env)
        self.write("fi;")
        return None

    def _check(self, item: Check, env: Env) -> None:
        """Where one fails, the step runs on, to no effect: see `_end`."""
        test = self.t.scalar(item.condition, env)
        if test == text.TRUE:
            return
        self.checked = True
        self.steps.failing.add(item.kind)
        name = self.t.names.name(("property", item.kind), item.kind)
        self.write("if")
        self.write(f":: (!failed && {text.negation(test).within(text.COMPARE)}) -> "
                   f"failed = true; assert(!{name});")
        self.write(":: else")
        self.write("fi;")

    def _choose(self, item: Choose, env: Env) -> None:
        target, guarded = self._local(item.variable, item.domain), False
        self.write("if")
        for value, _ in positions(item.domain):
            env["local", item.variable] = value
            where = self.t.scalar(item.where, env)
            if where != text.FALSE:
                set_ = "; ".join(f"{place} = {new}" for place, new
                                 in assignments(target, item.domain, value))
                guard = "" if where == text.TRUE else f"({where}) -> "
                guarded |= bool(guard)
                self.write(f":: {guard}{set_}  {remark(f'{item.kind} {item.name}')}")
        if guarded and self.checked:
            self.write(":: else")             # only behind a check that failed
        self.write("fi;")
        env["local", item.variable] = target

    # ── assignments ─────────────────────────────────────────────────────────────────────────

    def _local(self, name: str, of: Type) -> Compiled:
        """Where a local is kept."""
        if name in self.process.locals:
            return self.steps.own(self.process.local_variable(name))
        self.used[name] = of
        return self.steps.temporary(name, of, kept=self.kept)

    def _assign(self, item: Assign, env: Env) -> None:
        target, of = self._place(item.place, env)
        value = self.t.compile(item.value, env)
        pairs = [(place, new) for place, new in assignments(target, of, value)
                 if place.text != new.text]
        self._store(pairs)
        if item.place.local and not item.place.path:
            env["local", item.place.name] = target

    def _place(self, place: Place, env: Env) -> tuple[Compiled, Type]:
        of: Type = place.root
        if place.local:
            target = self._local(place.name, of)
            env.setdefault(("local", place.name), target)
        else:
            target = self.t.variable(place.name)
        for key in place.path:
            if isinstance(key, str):
                assert isinstance(target, Fields)
                target, of = target.parts[key], of.field_type(key)
            else:
                assert isinstance(target, Row)
                target, of = target.at(self.t.position(key, of.key, env)), of.value
        return target, of

    def _store(self, pairs: list[tuple[P, P]]) -> None:
        """Assign them all at once: none may read what another one has just written."""
        read_late = any(place.text in new.text for i, (_, new) in enumerate(pairs)
                        for place, _ in pairs[:i])
        if not read_late:
            for place, new in pairs:
                self.write(f"{place} = {new};")
            return
        self.steps.held = max(self.steps.held, len(pairs))
        if self.atomic:
            self.write("d_step {")
        for i, (_, new) in enumerate(pairs):
            self.write(f"held[{i}] = {new};")
        for i, (place, _) in enumerate(pairs):
            self.write(f"{place} = held[{i}];")
        for i in range(len(pairs)) if self.steps.resident else ():
            self.write(f"held[{i}] = 0;")
        if self.atomic:
            self.write("};")

    # ── the end ─────────────────────────────────────────────────────────────────────────────

    def _end(self, end: End) -> None:
        """The process waits at its next location. A step that failed a check is no step: SPIN
        is led to the first state, which it knows."""
        if not self.checked:
            self._wait(end)
            return
        self.write("if")
        self.write(":: failed -> failed = false; c_code { restart(); };")
        self.write(":: else ->")
        with self.write.indent():
            self._wait(end)
        self.write("fi;")

    def _wait(self, end: End) -> None:
        steps, process = self.steps, self.process
        if end.location != self.location.name and steps.moves:
            self.write(f"{steps.own(process.location_variable)} = {steps.code(end.location)};")
        live = process.locations[end.location].live if end.location != DONE else ()
        for name, of in process.locals.items():
            if name not in live and (name in self.location.live or name in self.assigned):
                self._reset(steps.own(process.local_variable(name)), of)
        if self.kept:
            for name, of in self.used.items():
                target = steps.temporary(name, of, kept=True)
                for place, _ in assignments(target, of, constant(of, lowest(of))):
                    self.write(f"{place} = 0;")      # as it was declared
        if steps.judged(process, self.location):
            self.write("judge();")
        self._not_empty()

    def _reset(self, target: Compiled, of: Type) -> None:
        for place, value in assignments(target, of, constant(of, lowest(of))):
            self.write(f"{place} = {value};")


def remark(note: str) -> str:
    """A comment; what would end it early is taken apart."""
    return f"/* {note.replace('*/', '* /').replace('/*', '/ *')} */"
