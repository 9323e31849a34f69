r"""The properties of a system in TLA+: declared ones, deadlock, failing checks, fairness.

NOTE(stuttering). TLA+ can not tell a step that changes nothing from no step at all: in
`[][P]_vars` such steps are left out, and `WF_vars(A)` is not served by them. In the language they
are steps like others. So a step invariant that a step from a state to itself may break has a
second half, `..._stays`: its meaning for such steps, of the states from which there is one. And
the fairness of a process that may step so is written out, and served by being able to.
"""
from __future__ import annotations

from collections.abc import Callable

from checker.engines.export.names import source
from checker.engines.export.still import unprimed
from checker.engines.export.tla import text
from checker.engines.export.tla.expressions import Expressions
from checker.engines.export.tla.steps import Steps
from checker.engines.export.tla.text import COMPARE, T, bind, call, conjunction, disjunction
from checker.ir import build
from checker.ir.nodes import DONE
from checker.ir.system import IMPLICIT, Process, Property, System
from checker.ir.walk import place_value

LIVENESS = ("eventually", "leads_to")
STAYS = " (of a step that changes nothing)"
"""Behind the name of a step invariant: its half that is an invariant."""


class Properties:
    """Writes the second half of a module; the attributes are those of `module.Module`."""

    def __init__(self, system: System, t: Expressions, steps: dict[str, Steps],
                 fails: dict[str, list[tuple[Process, str]]]) -> None:
        self.system, self.t, self.steps, self.fails = system, t, steps, fails
        self.invariants: dict[str, str] = {}
        self.actions: dict[str, str] = {}
        self.temporal: dict[str, str] = {}
        self.witnesses: dict[str, str] = {}
        self.action_properties: list[str] = []
        self.fair = any(system.properties_of(*LIVENESS))
        self.lines: list[str] = []

    def __call__(self, line: str = "") -> None:
        self.lines.append(line)

    def written(self) -> list[str]:
        self._enabled()
        self._deadlock()
        self._checks()
        for declared in self.system.properties:
            self._declared(declared)
        if self.fair:
            self._fairness()
        return self.lines

    def name(self, key: object, wanted: str) -> str:
        return self.t.names.name(key, wanted)

    # ── instances ───────────────────────────────────────────────────────────────────────────

    def head(self, process: Process) -> list[str]:
        parameter = self.steps[process.name].parameter
        return [parameter] if parameter else []

    def each(self, quantifier: str, process: Process, body: T) -> T:
        """`body` for the instances of a process."""
        if process.domain is None:
            return body
        over = self.t.domain(process.domain)
        return bind(quantifier, self.t.local(process.parameter), over, body)

    def some(self, body: Callable[[Process], T]) -> T:
        return disjunction(*(self.each("\\E", p, body(p)) for p in self.system.processes))

    def enabled(self, process: Process) -> T:
        return call(self.name(("enabled", process.name), f"{process.name}_enabled"),
                    *self.head(process))

    def _enabled(self) -> None:
        """Whether an instance can step: one whose step would fail can."""
        for process in self.system.processes:
            steps = self.steps[process.name]
            guards = {n: steps.guard(at) for n, at in process.locations.items()}
            free = [n for n, guard in guards.items() if guard == text.TRUE]
            parts = [steps.at(*free)] if free else []
            if text.TRUE in parts:
                parts = [text.TRUE]
            parts += [conjunction(steps.at(n), guard) for n, guard in guards.items()
                      if guard != text.TRUE]
            self(f"{self.enabled(process)} ==")
            self.listed("\\/", parts)
        self("AnyEnabled ==")
        self.listed("\\/", [self.each("\\E", p, self.enabled(p)) for p in self.system.processes])

    def listed(self, op: str, parts: list[T]) -> None:
        for part in parts or [text.FALSE]:
            self(f"    {op} {part}")
        self()

    # ── implicit properties ─────────────────────────────────────────────────────────────────

    def _deadlock(self) -> None:
        r"""Nothing can step and somebody is not done, or somebody waits for ever for a lock."""
        done = [self.each("\\A", p, self.steps[p.name].at(DONE)) if p.finishes else text.FALSE
                for p in self.system.processes if not p.daemon]
        parts = []
        if conjunction(*done) != text.TRUE:
            self("\\* Every process that is no daemon has ended.")
            self(f"AllDone == {conjunction(*done)}")
            self()
            parts.append(disjunction(T("AllDone"), T("AnyEnabled")))
        if any(at.lock for p in self.system.processes for at in p.locations.values()):
            self._waits()
            n = len(self.system.instances)
            stuck = self.some(lambda p: call("Chain", self.identity(p), T(str(n))))
            parts.append(text.negation(stuck))
        if parts:
            name = self.invariants["deadlock"] = self.name("deadlock", "NoDeadlock")
            self(f"{name} ==")
            self.listed("/\\", parts)

    def identity(self, process: Process) -> T:
        return self.steps[process.name].me

    def _waits(self) -> None:
        """For which holders the instances wait, and whether one is never going to release."""
        def of(process: Process, found: T) -> str:
            inside = f"LET {self.head(process)[0]} == i_[2] IN " if self.head(process) else ""
            return f'i_[1] = "{process.name}" -> {inside}{found}'

        waits, ended = [], []
        for process in self.system.processes:
            steps, value = self.steps[process.name], T("Free")
            for location in process.locations.values():
                if location.lock is not None:
                    lock = self.t.compile(place_value(location.lock), steps.waiting(location))
                    value = text.conditional(steps.at(location.name), lock, value)
            waits.append(of(process, value))
            if process.finishes:
                ended.append(of(process, steps.at(DONE)))
        self("\\* Who holds the lock that instance i_ waits for; Free if it waits for none.")
        self("Waits(i_) ==")
        self("    CASE " + "\n      [] ".join(waits))
        self()
        self("\\* Whether i_ has ended, and will release nothing any more.")
        if ended:
            self("Done(i_) ==")
            self("    CASE " + "\n      [] ".join([*ended, "OTHER -> FALSE"]))
        else:
            self("Done(i_) == FALSE")
        self()
        self("\\* Whether i_ waits for one that is done, or along a chain longer than there are")
        self("\\* instances: a cycle.")
        self("RECURSIVE Chain(_, _)")
        self("Chain(i_, n_) ==")
        self("    \\/ n_ = 0")
        self("    \\/ /\\ Waits(i_) # Free")
        self("       /\\ Done(Waits(i_)) \\/ Chain(Waits(i_), n_ - 1)")
        self()

    def _checks(self) -> None:
        for kind in IMPLICIT:
            if kind not in self.fails:
                continue
            name = self.name(("no", kind), "No" + kind.title().replace("_", ""))
            self.invariants[kind] = name
            failing = []
            for process in self.system.processes:
                calls = [call(self.name(("fails", p.name, at), ""), *self.head(p),
                              text.string(kind))
                         for p, at in self.fails[kind] if p is process]
                if calls:
                    failing.append(self.each("\\E", process, disjunction(*calls)))
            self(f"\\* No step violates `{kind}`.")
            self(f"{name} == ~({disjunction(*failing)})")
            self()

    # ── declared properties ─────────────────────────────────────────────────────────────────

    def _declared(self, declared: Property) -> None:
        name = self.name(("property", declared.name), declared.name)
        self(f"\\* {declared.kind} {declared.name}  {source(declared.loc)}".rstrip())
        for line in declared.doc.strip().splitlines():
            self(f"\\* {line.strip()}".encode("ascii", "replace").decode().rstrip())
        match declared.kind:
            case "sometimes":
                self.witnesses[declared.name] = name
                self("\\* TLC does not look for it: check that ~name is no invariant."
                     .replace("~name", f"~{name}"))
            case "step_invariant":
                self._step_invariant(declared, name)
                return
            case "leads_to" | "eventually":
                self._liveness(declared, name)
                return
            case _:
                self.invariants[declared.name] = name
        self._define(name, self.t.compile(declared.expr, {}))

    def _define(self, name: str, value: T) -> None:
        if value.chain:
            self(f"{name} ==")
            self.listed(value.chain, list(value.parts))
        else:
            self(f"{name} == {value}")
            self()

    def _step_invariant(self, declared: Property, name: str) -> None:
        self.actions[declared.name] = name
        self._define(name, self.t.compile(declared.expr, {}))
        always = self.name(("always", declared.name), f"{name}_always")
        self(f"{always} == [][{name}]_vars")
        self()
        self.action_properties.append(always)
        stays = unprimed(declared.expr)
        if stays != build.TRUE:
            still = self.name(("stays", declared.name), f"{name}_stays")
            self("\\* The same of a step that changes nothing.")
            value = self.t.compile(stays, {})
            self(f"{still} == ENABLED (Next /\\ UNCHANGED vars) => {value.within(COMPARE)}")
            self()
            self.invariants[declared.name + STAYS] = still

    def _liveness(self, declared: Property, name: str) -> None:
        self.temporal[declared.name] = name
        value = self.t.compile(declared.expr, {}).within(COMPARE)
        if declared.target is None:
            self(f"{name} == <>({value})")
        else:
            target = self.t.compile(declared.target, {}).within(COMPARE)
            self(f"{name} == {value} ~> {target}")
        self()

    # ── fairness ────────────────────────────────────────────────────────────────────────────

    def _fairness(self) -> None:
        """Runs go on while anything can step, and are fair to the processes that ask for it."""
        processes = self.system.processes
        staying = any(self._may_stay(p) for p in processes)
        parts = [self._served("weak", T("AnyEnabled"), T("Next"), staying)]
        for process in processes:
            if process.fair:
                act = call(self.name(("process", process.name), ""), *self.head(process))
                served = self._served(process.fair, self.enabled(process), act,
                                      self._may_stay(process))
                parts.append(self.each("\\A", process, served))
        self("Fairness ==")
        self.listed("/\\", parts)
        self("FairSpec == Spec /\\ Fairness")
        self()

    def _may_stay(self, process: Process) -> bool:
        """Whether a step may lead from a state to itself, as far as one can see."""
        steps = self.steps[process.name]
        return any(steps.may_stutter(at) for at in process.locations.values())

    def _served(self, fair: str, enabled: T, act: T, staying: bool) -> T:
        idle = text.negation(enabled)
        taken = f"[]<><<{act}>>_vars"
        if not staying:
            rest = f"[]<>({idle})" if fair == "weak" else f"<>[]({idle})"
            return T(f"({rest} \\/ {taken})")
        stays = f"ENABLED ({act} /\\ UNCHANGED vars)"
        if fair == "weak":
            return T(f"([]<>({idle} \\/ {stays}) \\/ {taken})")
        return T(f"(<>[]({idle}) \\/ []<>({stays}) \\/ {taken})")
