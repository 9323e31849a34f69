"""The TLA+ module of a system, and the configuration with which TLC checks it.

`Next` has one action for each place where a process waits. A step that would fail a check is no
step of `Next`: that it could happen is an invariant of its own (`NoOverflow`, ...), as are the
deadlocks of the language. So TLC's states are exactly the checker's, also where something fails.
"""
from __future__ import annotations

import re
from dataclasses import dataclass

from checker.engines.export import beginning
from checker.engines.export.names import Names, origin, source
from checker.engines.export.tla import text
from checker.engines.export.tla.expressions import HELPERS, RESERVED, Expressions
from checker.engines.export.tla.properties import Properties
from checker.engines.export.tla.script import action, failures
from checker.engines.export.tla.steps import Steps
from checker.engines.export.tla.text import T, call
from checker.ir.nodes import Choose, Location, Quantifier
from checker.ir.system import Process, System, Variable
from checker.ir.walk import all_statements, block_expressions, subexpressions

WIDTH = 96


@dataclass(frozen=True)
class Module:
    """A module, its configuration, and which operators stand for which properties.

    By property name: `invariants` are true in every state where it holds, `actions` of every
    step, `temporal` of every run; a `sometimes` wants one of `witnesses` to be true somewhere.
    """

    name: str
    text: str
    config: str
    constants: tuple[str, ...]
    invariants: dict[str, str]
    actions: dict[str, str]
    temporal: dict[str, str]
    witnesses: dict[str, str]


def module(system: System) -> Module:
    """The module of a system. Raises Untranslatable."""
    return _Writer(system).module()


class _Writer:
    def __init__(self, system: System) -> None:
        self.system, self.names = system, Names(RESERVED)
        self.title = self.names.fresh(system.name)
        self.t = Expressions(system, self.names)
        for variable in self.t.kept:
            self.t.variable(variable.name)
        self._name_locals()
        self.steps = {p.name: Steps(p, self.t) for p in system.processes}
        self.lines: list[str] = []

    def _name_locals(self) -> None:
        """Every local gets its name before any definition inside an action does."""
        exprs = [e for p in self.system.properties for e in (p.expr, p.target) if e is not None]
        for process in self.system.processes:
            exprs += [location.guard for location in process.locations.values()]
            for block in process.blocks.values():
                exprs += block_expressions(block)
                for statement in all_statements(block.statements):
                    if isinstance(statement, Choose):
                        self.t.local(statement.variable)
        for part in (part for expr in exprs for part in subexpressions(expr)):
            if isinstance(part, Quantifier):
                self.t.local(part.variable)

    def __call__(self, line: str = "") -> None:
        self.lines.append(line)

    def module(self) -> Module:
        self._init()
        self.fails: dict[str, list[tuple[Process, str]]] = {}
        for process in self.system.processes:
            self._actions(process)
        self._next()
        properties = Properties(self.system, self.t, self.steps, self.fails)
        self.lines += properties.written()
        body = "\n".join(self.lines)
        self.lines = []
        constants = self._constants(body)
        self._head(constants)
        whole = "\n".join([*self.lines, body, "", "=" * WIDTH]) + "\n"
        config = [f"SPECIFICATION {'Spec' if not properties.fair else 'FairSpec'}"]
        config += [f"CONSTANT {name} = {name}" for name in constants]
        config += [f"INVARIANT {name}" for name in properties.invariants.values()]
        config += [f"PROPERTY {name}" for name in properties.temporal.values()]
        config += [f"PROPERTY {name}" for name in properties.action_properties]
        return Module(self.title, whole, "\n".join(config) + "\n", constants,
                      properties.invariants, properties.actions, properties.temporal,
                      properties.witnesses)

    # ── declarations ────────────────────────────────────────────────────────────────────────

    def _constants(self, body: str) -> tuple[str, ...]:
        elements = [e for _, of in sorted(self.t.indices.items()) for e in self.t.elements(of)]
        special = [name for name in ("Free", "None") if re.search(rf"\b{name}\b", body)]
        return (*elements, *special)

    def _head(self, constants: tuple[str, ...]) -> None:
        title = f" MODULE {self.title} "
        self(title.center(WIDTH, "-"))
        system = self.system
        self(f"\\* {system.name} of {'/'.join(system.path.split('/')[-2:])}, "
             f"written by `checker export`.")
        values = ", ".join(f"{k}={v}" for k, v in system.constants.items())
        if values:
            self(f"\\* Constants: {values.encode('ascii', 'replace').decode()}")
        self("\\* TLC needs the option -deadlock: a deadlock of the language is the invariant "
             "NoDeadlock.")
        self("EXTENDS Integers, Sequences, FiniteSets, TLC")
        self()
        if constants:
            self(f"CONSTANTS {', '.join(constants)}  \\* model values")
        for _, of in sorted(self.t.indices.items()):
            self(f"{self.t.domain(of)} == {{{', '.join(self.t.elements(of))}}}")
        self()
        names = [self.t.variable(v.name) for v in self.t.kept]
        width = max(map(len, names), default=0) + 1
        self("VARIABLES" if names else "\\* no variables")
        for number, (name, variable) in enumerate(zip(names, self.t.kept)):
            comma = "," if number + 1 < len(names) else ""
            of = str(variable.type).encode("ascii", "replace").decode()
            self(f"    {name + comma:{width}}  \\* {of}  {origin(variable.loc)}".rstrip())
        self()
        self(f"vars == <<{', '.join(names)}>>")
        self()
        for name in sorted(self.t.helpers):
            self.lines += [*HELPERS[name], ""]

    # ── the beginning ───────────────────────────────────────────────────────────────────────

    def _init(self) -> None:
        self("Init ==")
        for variable in self.system.variables:
            if variable.kind == "shared":
                self(f"    /\\ {self.t.variable(variable.name)} {self._among(variable)}")
        for process in self.system.processes:
            self._start(process)
        self()

    def _among(self, variable: Variable) -> str:
        shown = [str(self.t.value(variable.type, value))
                 for value in beginning.values("TLA+", variable)]
        return f"= {shown[0]}" if len(shown) == 1 else f"\\in {{{', '.join(shown)}}}"

    def _start(self, process: Process) -> None:
        own = [v for v in self.t.kept if v.process == process.name]
        names = [self.t.variable(v.name) for v in own]
        shown = [[str(self.t.value(v.type, value)) for v, value in zip(own, outcome)]
                 for outcome in beginning.outcomes("TLA+", self.system, process, own)]
        if len(shown) == 1:
            for name, value in zip(names, shown[0]):
                self(f"    /\\ {name} = {value}")
            return
        tuples = ", ".join(f"<<{', '.join(values)}>>" for values in shown)
        self(f"    /\\ \\E each_ \\in {{{tuples}}} :")
        for number, name in enumerate(names, 1):
            self(f"          /\\ {name} = each_[{number}]")

    # ── steps ───────────────────────────────────────────────────────────────────────────────

    def _actions(self, process: Process) -> None:
        steps = self.steps[process.name]
        head = [steps.parameter] if steps.parameter else []
        for location in process.locations.values():
            name = self._action_name(process, location)
            script = steps.script(location)
            self(f"\\* {process.name} at {location.name!a}  {source(location.loc)}".rstrip())
            self(f"{call(name, *head)} ==")
            guard = text.conjunction(steps.at(location.name), steps.guard(location))
            parts = guard.parts if guard.chain == "/\\" else (guard,)
            first = [f"    /\\ {part}" for part in parts if part != text.TRUE]
            self.lines += [*first, *action(script, 4), ""]
            failing = failures(script, 4)
            if failing:
                name = self.names.name(("fails", process.name, location.name), f"{name}_fails")
                self(f"{call(name, *head, 'kind_')} ==")
                self.lines += [*first, *failing, ""]
                for kind in set(re.findall(r'kind_ = "(\w+)"', "\n".join(failing))):
                    self.fails.setdefault(kind, []).append((process, location.name))

    def _action_name(self, process: Process, location: Location) -> str:
        """Labels may be conditions; where a process waits in one place, its own name will do."""
        wanted = process.name
        if len(process.locations) > 1:
            self.names.name(("process", process.name), process.name)
            automatic = location.label.startswith("until ")
            wanted += "_" + ("until" if automatic else location.name)
        key = ("action", process.name, location.name) if len(process.locations) > 1 else (
            "process", process.name)
        return self.names.name(key, wanted)

    def _next(self) -> None:
        """One action for each instance, and the choice between them."""
        alternatives = []
        for process in self.system.processes:
            steps = self.steps[process.name]
            head = [steps.parameter] if steps.parameter else []
            name = self.names.name(("process", process.name), process.name)
            if len(process.locations) > 1:
                self(f"{call(name, *head)} ==")
                for location in process.locations.values():
                    self(f"    \\/ {call(self._action_name(process, location), *head)}")
                self()
            alternatives.append(self._over(process, call(name, *head)))
        self("Next ==")
        for alternative in alternatives or [text.FALSE]:
            self(f"    \\/ {alternative}")
        if not alternatives:
            self("    /\\ UNCHANGED vars")
        self()
        self("Spec == Init /\\ [][Next]_vars")
        self()

    def _over(self, process: Process, body: T) -> T:
        """`body` for some instance of the process."""
        if process.domain is None:
            return body
        return text.bind("\\E", self.t.local(process.parameter), self.t.domain(process.domain),
                         body)
