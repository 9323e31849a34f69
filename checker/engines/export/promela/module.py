"""The Promela model of a system: one process that takes any step of any instance, for ever.

SPIN's processes could stand for those of the system, but then its states would hold counters of
its own. Here everything is in global variables and the one process always waits at the head of
its loop, so that each state of SPIN is a state of the checker, no more and no less. (Where there
are several initial states, one more: that in which none of them has been chosen yet.)

Properties are options of the loop as well, possible only where a property is violated; they lead
back to the same state. Each asserts that its number, which has the property's name, is zero: so
SPIN's message says which it is.
"""
from __future__ import annotations

import re
from dataclasses import dataclass

from checker.engines.export import beginning
from checker.engines.export.names import Names, origin, source
from checker.engines.export.promela import text
from checker.engines.export.promela.expressions import RESERVED, Expressions
from checker.engines.export.promela.steps import Step, Steps, remark
from checker.engines.export.promela.text import P, binary
from checker.engines.export.promela.text import number as literal
from checker.engines.export.promela.values import (Leaf, assignments, constant, ctype, extent,
                                                   leaves, positions)
from checker.engines.export.promela.waits import stuck
from checker.engines.export.still import unprimed
from checker.ir.build import TRUE
from checker.ir.nodes import DONE, Location, Var
from checker.ir.system import Process, System, Variable
from checker.ir.walk import place_value, state_variables, step_access, subexpressions
from checker.text import Writer
from checker.types import Lock
from checker.values import Value

LIVENESS = ("eventually", "leads_to")
MOST_INLINE = 50_000
"""Characters of an inline; SPIN takes no more than 64 KiB."""

Pairs = list[tuple[str, str]]
"""Variables, or elements of arrays, and what they become."""


@dataclass(frozen=True)
class Model:
    """A model. `asserted` gives for the number in each assertion the property that it stands
    for; `extra` is how many states SPIN has more than the system; `left_out` are the properties
    that are not in it."""

    name: str
    text: str
    asserted: dict[int, str]
    extra: int
    left_out: tuple[str, ...]


def model(system: System, *, resident: bool = False) -> Model:
    """The model of a system; with `resident`, without variables that are no part of the state.
    Raises Untranslatable."""
    return _Writer(system, resident).model()


class _Writer:
    def __init__(self, system: System, resident: bool) -> None:
        self.system, self.names = system, Names(RESERVED)
        self.t = Expressions(system, self.names)
        self.write = Writer("  ")
        self.judged = list(system.properties_of("step_invariant"))
        for variable in self.t.kept:
            for leaf in leaves(variable.name, variable.type):
                extent(leaf.of, variable.loc)             # refused here, where the place is known
                self.t.leaf(leaf.name)
        self.steps = {p.name: Steps(p, self.t, judged=self._judges, resident=resident)
                      for p in system.processes}
        self.made: list[tuple[Process, Step]] = []
        self.resident = resident
        self.asserted: list[str] = []
        self.beginnings = [self._beginning(v) for v in self.t.kept if v.kind == "shared"]
        self.beginnings += [self._outcomes(p) for p in system.processes]

    def model(self) -> Model:
        for process in self.system.processes:
            for location in process.locations.values():
                name = self._step_name(process, location)
                self.made.append((process, self.steps[process.name].step(location, name)))
        options = Writer("  ")
        self._options(options)
        self._judged_states(options)
        judging = Writer("  ")
        self._judge(judging)
        self._head()
        self._declarations()
        self._restart()
        for line in judging.text().splitlines():
            self.write(line)
        for process, step in self.made:
            self._step(process, step)
        extra = self._loop(options)
        left = tuple(p.name for p in self.system.properties if p.kind in LIVENESS)
        return Model(self.system.name, self.write.text(),
                     dict(enumerate(self.asserted, 1)), extra, left)

    def _step_name(self, process: Process, location: Location) -> str:
        wanted = process.name
        if len(process.locations) > 1:
            wanted += "_until" if location.label.startswith("until ") else f"_{location.name}"
        return self.names.name(("step", process.name, location.name), wanted)

    def asserts(self, name: str) -> str:
        """The statement that tells of a violation of the property."""
        if name not in self.asserted:
            self.asserted.append(name)
        return f"assert(!{self.names.name(('property', name), name)})"

    # ── declarations ────────────────────────────────────────────────────────────────────────

    def _head(self) -> None:
        system, write = self.system, self.write
        write(f"/* {system.name} of {'/'.join(system.path.split('/')[-2:])}, "
              "written by `checker export`.")
        values = ", ".join(f"{k}={v}" for k, v in system.constants.items())
        if values:
            write(f" * Constants: {plain(values)}")
        left = [p.name for p in system.properties if p.kind in LIVENESS]
        if left:
            write(f" * Left out, for want of fairness between instances: {', '.join(left)}")
        write(" *")
        write(" *   spin -o1 -o2 -a FILE; cc -O2 -DSAFETY -DNOREDUCE -o pan pan.c; "
              "./pan -m10000000")
        write(" *")
        write(" * Without -o2 SPIN leaves variables out of the state that nobody reads. With")
        write(" * -DWITNESSES for spin, what is `sometimes` true is told like an error. */")

    def _declarations(self) -> None:
        write = self.write
        for process in self.system.processes:
            steps = self.steps[process.name]
            if steps.moves:
                write()
                write(remark(f"where {process.name} waits"))
                for n, location in enumerate(process.location_type.members):
                    write(f"#define {steps.code(location)} {n}")
        uniform = self._uniform()
        for variable in self.t.kept:
            write()
            write(remark(plain(f"{variable.name}: {variable.type}  {origin(variable.loc)}")))
            for leaf in leaves(variable.name, variable.type):
                initial = (uniform or {}).get(self.t.leaf(leaf.name), "0")
                self._declare(leaf, self.t.leaf(leaf.name), initial)
        write()
        for steps in self.steps.values():
            for leaf, kept in steps.temporaries.values():
                self._declare(leaf, self.t.leaf(leaf.name), hidden=not kept)
            for kind in steps.failing:
                self.asserts(kind)
        kept = self._kept()
        for leaf in self._looked_back_at():
            name = self.t.before(leaf.name)
            self._declare(leaf, name, hidden=not kept)
        held = max((steps.held for steps in self.steps.values()), default=0)
        if held:
            write(f"{'' if self.resident else 'hidden '}int held[{held}];")
        if any(steps.failing for steps in self.steps.values()):
            write(f"{'bool' if kept else 'hidden byte'} failed;")
        write()
        write("/* The properties: SPIN tells of a violation of the first as `!(1)`. */")
        for number, name in enumerate(self.asserted, 1):
            write(f"#define {self.names.name(('property', name), name)} {number}")
        write()

    def _kept(self) -> bool:
        """Whether what a step remembers has to be a part of the state."""
        return self.resident or any(step.chooses for _, step in self.made)

    def _declare(self, leaf: Leaf, name: str, initial: str = "0", *,
                 hidden: bool = False) -> None:
        """Declare a variable; a hidden one is no part of the state, and can not be a bit."""
        length = "" if leaf.length is None else f"[{leaf.length}]"
        of = ctype(leaf)
        kind = f"hidden {'byte' if of == 'bool' else of}" if hidden else of
        value = "" if initial in ("0", "false") else f" = {initial}"
        self.write(f"{kind} {name}{length}{value};")

    # ── the beginning ───────────────────────────────────────────────────────────────────────

    def _beginning(self, variable: Variable) -> list[Pairs]:
        return [self._pairs([variable], (value,))
                for value in beginning.values("Promela", variable)]

    def _outcomes(self, process: Process) -> list[Pairs]:
        own = [v for v in self.t.kept if v.process == process.name]
        return [self._pairs(own, outcome)
                for outcome in beginning.outcomes("Promela", self.system, process, own)]

    def _pairs(self, variables: list[Variable], state: tuple[Value, ...]) -> Pairs:
        return [(place.text, value.text) for variable, value in zip(variables, state)
                for place, value in assignments(self.t.variable(variable.name), variable.type,
                                                constant(variable.type, value))]

    def _uniform(self) -> dict[str, str] | None:
        """The initial value of each leaf, where there is one for all its elements."""
        found: dict[str, str] = {}
        for ways in self.beginnings:
            for place, value in ways[0]:
                if found.setdefault(place.split("[")[0], value) != value or len(ways) > 1:
                    return None
        return found

    def _restart(self) -> None:
        """The first state, made from any other one: in C, since it is needed in many places."""
        if not any(steps.failing for steps in self.steps.values()):
            return
        names = [place for ways in self.beginnings for place, _ in ways[0]]
        values = [value for ways in self.beginnings for _, value in ways[0]]
        with self.write.block("c_code {", "};"), self.write.block("int restart(void) {"):
            for name, value in zip(names, values):
                self.write(f"now.{name} = {value.replace('false', '0').replace('true', '1')};")
            self._clear_kept()
            self.write("return 0;")
        self.write()

    def _clear_kept(self) -> None:
        for steps in self.steps.values():
            for leaf, kept in steps.temporaries.values():
                for place in elements(self.t.leaf(leaf.name), leaf) if kept else ():
                    self.write(f"now.{place} = 0;")
        if self._kept():
            for leaf in self._looked_back_at():
                for place in elements(self.t.before(leaf.name), leaf):
                    self.write(f"now.{place} = 0;")

    @staticmethod
    def _clear(name: str, leaf: Leaf, write: Writer) -> None:
        for place in elements(name, leaf):
            write(f"{place} = 0;")

    # ── steps ───────────────────────────────────────────────────────────────────────────────

    def _step(self, process: Process, step: Step) -> None:
        steps, write = self.steps[process.name], self.write
        head = f"{process.name} at {step.location.name}"
        write(remark(plain(f"{head}  {source(step.location.loc)}".rstrip())))
        parameters = [steps.parameter] if steps.parameter else []
        guard = text.conjunction(steps.at(step.location.name), self.t.scalar(
            step.location.guard, steps.waiting(step.location)))
        arguments = f"({steps.parameter})" if parameters else ""
        write(f"#define {step.name}_enabled{arguments} ({guard})")
        parameters += [steps.choice(choose) for choose in step.leading]
        if len(step.body.text()) > MOST_INLINE:
            write()
            return
        with write.block(f"inline {step.name}({', '.join(parameters)}) {{"):
            if self._judges(process, step.location):
                write("remember();")
            for line in step.body.text().splitlines():
                write(line)
        write()

    def _keys(self, process: Process) -> list[P | None]:
        return [None] if process.domain is None else [k for k, _ in positions(process.domain)]

    def _enabled(self, step: Step, key: P | None) -> P:
        return P(f"{step.name}_enabled" + ("" if key is None else f"({key})"))

    def _options(self, write: Writer) -> None:
        """Each step of each instance."""
        for process, step in self.made:
            for key in self._keys(process):
                for made, where in self.steps[process.name].options(step, key):
                    whole = text.conjunction(self._enabled(step, key), where)
                    arguments = ", ".join(map(str, [*([] if key is None else [key]), *made]))
                    kind = "atomic" if step.chooses else "d_step"
                    if len(step.body.text()) <= MOST_INLINE:
                        write(f":: {kind} {{ {whole} -> {step.name}({arguments}) }}")
                        continue
                    with write.block(f":: {kind} {{ {whole} ->"):
                        self._in_place(write, step, process, key, made)

    def _in_place(self, write: Writer, step: Step, process: Process, key: P | None,
                  made: list[P]) -> None:
        """A body that is too long for an inline, its parameters replaced by their values."""
        steps, body = self.steps[process.name], step.body.text()
        names = [steps.parameter] * (key is not None)
        names += [steps.choice(choose) for choose in step.leading]
        for name, value in zip(names, [*([] if key is None else [key]), *made]):
            body = re.sub(rf"\b{name}\b", value.text, body)
        if self._judges(process, step.location):
            write("remember();")
        for line in body.splitlines():
            write(line)

    def _loop(self, options: Writer) -> int:
        """The process; how many states it adds to those of the system."""
        write = self.write
        extra = 0
        with write.block("active proctype system() {"):
            if self._uniform() is None:
                extra = 1
                with write.block("atomic {", "};"):
                    for ways in self.beginnings:
                        self._begin_somehow(ways)
            write("end:")
            write("do")
            for line in options.text().splitlines():
                write(line)
            write("od")
        return extra

    def _begin_somehow(self, ways: list[Pairs]) -> None:
        if len(ways) == 1:
            for place, value in ways[0]:
                if value not in ("0", "false"):
                    self.write(f"{place} = {value};")
            return
        self.write("if")
        for pairs in ways:
            self.write(":: " + "; ".join(f"{place} = {value}" for place, value in pairs))
        self.write("fi;")

    # ── properties ──────────────────────────────────────────────────────────────────────────

    def _judged_states(self, write: Writer) -> None:
        """An option for each violated property; none of them leads to another state."""
        def option(name: str, violated: P) -> None:
            if violated != text.FALSE:
                write(f":: d_step {{ {violated.within(text.COMPARE)} -> {self.asserts(name)} }}")

        option("deadlock", self._deadlock())
        for declared in self.system.properties_of("invariant", "lemma"):
            write(remark(plain(f"{declared.kind} {declared.name}  {origin(declared.loc)}")))
            option(declared.name, text.negation(self.t.scalar(declared.expr, {})))
        witnesses = list(self.system.properties_of("sometimes"))
        if witnesses:
            write("#ifdef WITNESSES")
            for declared in witnesses:
                option(declared.name, self.t.scalar(declared.expr, {}))
            write("#endif")

    def _deadlock(self) -> P:
        done = [self._at(p, DONE, key) if p.finishes else text.FALSE
                for p in self.system.processes if not p.daemon for key in self._keys(p)]
        enabled = [text.TRUE if step.location.guard == TRUE and not self.steps[p.name].moves
                   else self._enabled(step, key) for p, step in self.made for key in self._keys(p)]
        idle = text.conjunction(text.negation(text.conjunction(*done)),
                                text.negation(text.disjunction(*enabled)))
        return text.disjunction(idle, self._stuck())

    def _at(self, process: Process, location: str, key: P | None) -> P:
        return self.steps[process.name].at(location, key)

    def _stuck(self) -> P:
        """See `waits`: who waits for a lock that will never be released."""
        waiting: dict[int, list[tuple[P, P]]] = {}
        ended: dict[int, P] = {}
        number = 0
        for process in self.system.processes:
            for key in self._keys(process):
                steps = self.steps[process.name]
                for location in process.locations.values():
                    if location.lock is not None:
                        lock = self.t.scalar(place_value(location.lock),
                                             steps.waiting(location, key))
                        waiting.setdefault(number, []).append((steps.at(location.name, key), lock))
                if process.finishes:
                    ended[number] = steps.at(DONE, key)
                number += 1

        def waits(i: int, h: int) -> P:
            return text.disjunction(*(text.conjunction(at, binary("==", lock, literal(h + 1)))
                                      for at, lock in waiting[i]))
        locks = sum(leaf.length or 1 for v in self.t.kept for leaf in leaves(v.name, v.type)
                    if isinstance(leaf.of, Lock))
        return stuck(self.system, locks, list(waiting), waits,
                     lambda h: ended.get(h, text.FALSE))

    def _looked_back_at(self) -> list[Leaf]:
        """What the step invariants want to know of the state before the step."""
        names = {e.name for p in self.judged for e in subexpressions(p.expr)
                 if isinstance(e, Var) and not e.primed}
        return [leaf for v in self.t.kept if v.name in names
                for leaf in leaves(v.name, v.type)]

    def _judges(self, process: Process, location: Location) -> bool:
        """Whether a step from the location may break a step invariant: one that writes none of
        its variables may not, if the invariant is plainly true of steps that change nothing."""
        own = {process.location_variable, *map(process.local_variable, process.locals)}
        written = step_access(process, location.name).writes | own
        return any(state_variables(p.expr) & written or unprimed(p.expr) != TRUE
                   for p in self.judged)

    def _judge(self, write: Writer) -> None:
        if not self.judged:
            return
        looked, kept = self._looked_back_at(), self._kept()
        with write.block("inline remember() {"):
            for leaf in looked:
                for old, now in zip(elements(self.t.before(leaf.name), leaf),
                                    elements(self.t.leaf(leaf.name), leaf)):
                    write(f"{old} = {now};")
            write("skip")
        write()
        with write.block("inline judge() {"):
            for declared in self.judged:
                write(remark(f"step_invariant {declared.name}  {origin(declared.loc)}"))
                holds = self.t.scalar(declared.expr, {"primed": text.TRUE})
                write("if")
                write(f":: !({holds}) -> {self.asserts(declared.name)}")
                write(":: else")
                write("fi;")
            if kept:
                for leaf in looked:
                    self._clear(self.t.before(leaf.name), leaf, write)
            write("skip")
        write()


def elements(name: str, leaf: Leaf) -> list[str]:
    return [name] if leaf.length is None else [f"{name}[{i}]" for i in range(leaf.length)]


def plain(note: str) -> str:
    """ASCII, and nothing that ends a comment."""
    return note.replace("*/", "* /").encode("ascii", "replace").decode()
