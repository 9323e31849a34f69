"""The verifier: what must be true of a system before any engine sees it.

Everything that an engine takes for granted is checked here once: types, names, control flow.
A fault is a defect of the front end (or of a test's handmade system), never of a spec, so it
comes as an assertion with the text of the offending node.

Locals are followed along the blocks: a step starts with the process's parameter and with the
locals that are live at its location, and every other local must have been assigned on each path
before it is read. This also proves `Location.live` large enough.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from checker.ir.nodes import (Assign, Branch, Check, Choose, Const, Expr, Field, ForEach, Local,
                              Location, Me, Node, Op, Place, Quantifier, Statement, Var, When,
                              Yield)
from checker.ir.ops import OPERATORS
from checker.ir.show import show_expr, show_place, show_statement, show_terminator
from checker.ir.system import IMPLICIT, Process, Property, System, over_instances
from checker.ir.typing import RULES, compatible, is_bool, is_number
from checker.ir.walk import all_statements, children, targets
from checker.types import SCALARS, Lock, Map, Record, Set, Type
from checker.values import belongs

Locals = dict[str, Type]
"""The locals that surely have a value, with their types."""


class IllegalIR(AssertionError):
    """The system breaks the rules of the IR; `faults` says where and how."""

    def __init__(self, system: System, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join([f"illegal IR in {system.name}:", *faults]))


def verify(system: System) -> None:
    """Check the whole system. Raises IllegalIR with every fault found."""
    verifier = _Verifier(system)
    verifier.variables()
    for process in system.processes:
        verifier.process(process)
    for declared in system.properties:
        verifier.declared(declared)
    if verifier.faults:
        raise IllegalIR(system, verifier.faults)


@dataclass
class _Verifier:
    system: System
    faults: list[str] = field(default_factory=list)
    where: str = ""
    running: Process | None = None      # the process whose code is checked, None for a property
    primed: bool = False                # whether primed variables have a meaning here

    def fault(self, what: str, node: Node | None = None, text: str = "") -> None:
        place = f" ({node.loc})" if node is not None and node.loc.line else ""
        self.faults.append(f"{self.where}{place}: {what}" + (f": {text}" if text else ""))

    # ── declarations ────────────────────────────────────────────────────────────────────────

    def variables(self) -> None:
        self.where = "variables"
        self.unique("variable", (v.name for v in self.system.variables))
        self.unique("process", (p.name for p in self.system.processes))
        self.unique("property", (*IMPLICIT, *(p.name for p in self.system.properties)))
        for variable in self.system.variables:
            if not variable.initial:
                self.fault(f"{variable.name} has no initial value")
            for value in variable.initial:
                if not belongs(variable.type, value):
                    self.fault(f"{variable.name}: initial {value!r} is not of {variable.type}")
            if (variable.kind == "shared") == (variable.process in self.system.process):
                self.fault(f"{variable.name}: a {variable.kind} variable of process "
                           f"{variable.process!r}")

    def unique(self, what: str, names: Iterable[str]) -> None:
        seen: set[str] = set()
        for name in names:
            if name in seen:
                self.fault(f"two of {what} {name}")
            seen.add(name)

    def declared(self, declared: Property) -> None:
        self.where, self.running = f"property {declared.name}", None
        self.primed = declared.kind == "step_invariant"
        if (declared.kind == "leads_to") != (declared.target is not None):
            self.fault("exactly a leads_to has a target")
        targets_ = () if declared.target is None else (declared.target,)
        for expr in (declared.expr, *targets_, *declared.antecedents):
            self.condition(expr, {})
        self.primed = False

    def process(self, process: Process) -> None:
        self.where, self.running = f"process {process.name}", process
        self.own_variable(process.location_variable, process.location_type, process)
        for name, of in process.locals.items():
            self.own_variable(process.local_variable(name), of, process)
        if process.domain is not None:
            self.domain(process.domain)
            if process.parameter in process.locals:
                self.fault(f"the parameter %{process.parameter} is also a persistent local")
        broken = self.control_flow(process)
        for location in process.locations.values():
            self.location(location)
        if not broken:
            parameter = ({} if process.domain is None else {process.parameter: process.domain})
            self.step(process, process.start, parameter)
            for location in process.locations.values():
                live = {n: process.locals[n] for n in location.live if n in process.locals}
                self.step(process, location.entry, parameter | live)

    def own_variable(self, name: str, of: Type, process: Process) -> None:
        variable = self.system.variable.get(name)
        if variable is None:
            self.fault(f"there is no variable {name}")
        elif variable.type != over_instances(process, of) or variable.process != process.name:
            self.fault(f"variable {name} is {variable.type} of process {variable.process!r}")

    # ── control flow ────────────────────────────────────────────────────────────────────────

    def control_flow(self, process: Process) -> bool:
        """Whether blocks are missing or form a cycle within a step."""
        entries = [process.start, *(at.entry for at in process.locations.values())]
        for number in entries:
            if number not in process.blocks:
                self.fault(f"block {number} does not exist")
                return True
        for number, block in process.blocks.items():
            text = show_terminator(block.terminator)
            for target in targets(block.terminator):
                if target not in process.blocks:
                    self.fault(f"block {number}: no such block", block.terminator, text)
                    return True
            if (isinstance(block.terminator, Yield)
                    and block.terminator.location not in process.locations):
                self.fault(f"block {number}: no such location", block.terminator, text)
        return self.cyclic(process)

    def cyclic(self, process: Process) -> bool:
        """Remove blocks without a predecessor until none is left; a rest is a cycle."""
        edges = {n: set(targets(b.terminator)) for n, b in process.blocks.items()}
        while edges:
            entered = set().union(*edges.values())
            free = [n for n in edges if n not in entered]
            if not free:
                self.fault(f"blocks {sorted(edges)} hold a cycle without a yield")
                return True
            for number in free:
                del edges[number]
        return False

    def location(self, location: Location) -> None:
        process = self.running
        assert process is not None
        if process.locations.get(location.name) is not location:
            self.fault(f"location {location.name} is kept under another name", location)
        for name in location.live:
            if name not in process.locals:
                self.fault(f"%{name} is live at {location.name} but not declared", location)
        known = {n: process.locals[n] for n in location.live if n in process.locals}
        if process.domain is not None:
            known[process.parameter] = process.domain
        self.condition(location.guard, known)
        if (location.kind == "acquire") != (location.lock is not None):
            self.fault(f"{location.name}: exactly an acquire has a lock", location)
        if location.lock is not None:
            self.place(location.lock, known)
            if not isinstance(location.lock.type, Lock):
                self.fault("not a lock", location, show_place(location.lock))

    def step(self, process: Process, entry: int, known: Locals) -> None:
        """Follow the blocks of a step in an order that has every predecessor first."""
        arriving: dict[int, list[Locals]] = {entry: [known]}
        for number in _topological(process, entry):
            incoming, block = arriving[number], process.blocks[number]
            env = {n: of for n, of in incoming[0].items() if all(n in other for other in incoming)}
            env = self.statements(block.statements, env)
            if isinstance(block.terminator, Branch):
                self.condition(block.terminator.condition, env)
            for target in targets(block.terminator):
                arriving.setdefault(target, []).append(env)

    # ── statements ──────────────────────────────────────────────────────────────────────────

    def statements(self, statements: Iterable[Statement], env: Locals) -> Locals:
        for statement in statements:
            env = self.statement(statement, env)
        return env

    def statement(self, statement: Statement, env: Locals) -> Locals:
        """Check one statement; the locals known after it."""
        match statement:
            case Assign(place, value):
                return self.assign(statement, place, value, env)
            case Check(condition):
                self.condition(condition, env)
            case When(condition, then, otherwise):
                self.condition(condition, env)
                first, second = self.statements(then, env), self.statements(otherwise, env)
                return {name: of for name, of in first.items() if name in second}
            case Choose(variable, of, where):
                self.domain(of)
                bound = env | {variable: of}
                self.condition(where, bound)
                return bound
            case ForEach(variable, of, body):
                self.domain(of)
                for inner in all_statements(body):
                    if isinstance(inner, Choose):
                        self.fault("a choice inside a loop", inner, show_statement(inner))
                after = self.statements(body, env | {variable: of})
                return {name: t for name, t in after.items() if name != variable or name in env}
        return env

    def assign(self, statement: Assign, place: Place, value: Expr, env: Locals) -> Locals:
        self.place(place, env)
        self.expression(value, env)
        if not compatible(value.type, place.type):
            self.fault(f"{value.type} assigned to {place.type}", statement,
                       show_statement(statement))
        return env | {place.name: place.root} if place.local else env

    def place(self, place: Place, env: Locals) -> None:
        text = show_place(place)
        if place.local:
            kept = env.get(place.name, self.persistent(place.name))
            if kept is not None and not compatible(kept, place.root):
                self.fault(f"%{place.name} is {kept}, not {place.root}", place, text)
        elif place.name not in self.system.variable:
            self.fault(f"there is no variable {place.name}", place, text)
        elif self.system.variable[place.name].type != place.root:
            self.fault(f"{place.name} is not {place.root}", place, text)
        at: Type | None = place.root
        for key in place.path:
            if isinstance(key, str):
                at = at.field_type(key) if isinstance(at, Record) else None
            else:
                self.expression(key, env)
                at = at.value if isinstance(at, Map) and compatible(key.type, at.key) else None
        if at != place.type:
            self.fault(f"the place is {at}, not {place.type}", place, text)

    def persistent(self, name: str) -> Type | None:
        return None if self.running is None else self.running.locals.get(name)

    # ── expressions ─────────────────────────────────────────────────────────────────────────

    def condition(self, expr: Expr, env: Locals) -> None:
        self.expression(expr, env)
        if not is_bool(expr.type):
            self.fault(f"a condition of type {expr.type}", expr, show_expr(expr))

    def domain(self, of: Type) -> None:
        if not isinstance(of, SCALARS):
            self.fault(f"{of} is not a scalar type")

    def expression(self, expr: Expr, env: Locals) -> None:
        if isinstance(expr, Quantifier):
            self.domain(expr.domain)
            self.expression(expr.body, env | {expr.variable: expr.domain})
        else:
            for child in children(expr):
                self.expression(child, env)
        wrong = self.ill_typed(expr, env)
        if wrong:
            self.fault(wrong, expr, show_expr(expr) if _arity_fits(expr) else repr(expr))

    def ill_typed(self, expr: Expr, env: Locals) -> str:
        """What is wrong with this node, its children aside; "" where nothing is."""
        match expr:
            case Const(value, of):
                return "" if belongs(of, value) else f"{value!r} is not a value of {of}"
            case Var(name, of, primed):
                return self.ill_typed_variable(name, of, primed)
            case Local(name, of):
                if name not in env:
                    return f"%{name} may have no value here"
                return "" if compatible(env[name], of) else f"%{name} is {env[name]}, not {of}"
            case Me(of):
                if self.running is None:
                    return "me outside a process"
                return "" if is_number(of) else f"me is a number, not {of}"
            case Field(record, name, of):
                found = record.type.field_type(name) if isinstance(record.type, Record) else None
                return "" if found == of else f"field {name} of {record.type} is not {of}"
            case Quantifier(kind, _, _, body, of):
                return _ill_typed_quantifier(kind, expr.domain, body.type, of)
        return _ill_typed_operator(expr)

    def ill_typed_variable(self, name: str, of: Type, primed: bool) -> str:
        if name not in self.system.variable:
            return f"there is no variable {name}"
        if primed and not self.primed:
            return "a primed variable outside a step invariant"
        kept = self.system.variable[name].type
        return "" if kept == of else f"{name} is {kept}, not {of}"


def _topological(process: Process, entry: int) -> list[int]:
    """The blocks reachable from `entry`, each after all that lead to it (no cycles here)."""
    order: list[int] = []
    seen: set[int] = set()

    def visit(number: int) -> None:
        if number not in seen:
            seen.add(number)
            for target in targets(process.blocks[number].terminator):
                visit(target)
            order.append(number)

    visit(entry)
    return order[::-1]


def _arity_fits(expr: Expr) -> bool:
    return not isinstance(expr, Op) or (
        expr.op in OPERATORS and OPERATORS[expr.op].arity in (-1, len(expr.args)))


def _ill_typed_operator(expr: Op) -> str:
    if not _arity_fits(expr):
        return f"no operator {expr.op} with {len(expr.args)} arguments"
    types = tuple(arg.type for arg in expr.args)
    if RULES[expr.op](types, expr.type):
        return ""
    return f"{expr.op} of ({', '.join(map(str, types))}) is not {expr.type}"


def _ill_typed_quantifier(kind: str, over: Type, body: Type, of: Type) -> str:
    match kind:
        case "any" | "all":
            fits = is_bool(body) and is_bool(of)
        case "sum":
            fits = is_number(body) and is_number(of)
        case _:
            fits = is_bool(body) and isinstance(of, Set) and of.of == over
    return "" if fits else f"{kind} over {over} of {body} is not {of}"
