"""The generated C file of a system: the layout of its states, its steps and its properties.

`engine.h` says what the file has to define. It is written for readers: everything is named after
the spec and labelled with the lines that it comes from, and there is nothing in it but what
depends on the spec. The search itself is `c/engine.c`.
"""
from __future__ import annotations

import pathlib
import re
from dataclasses import dataclass

from checker.engines.native import cexpr
from checker.engines.native.cexpr import C, Names, call, cast, comment, literal
from checker.engines.native.expressions import Expressions, origin
from checker.engines.native.layout import WORD, Layout
from checker.engines.native.live import judged_live, write_live, write_members, write_tables
from checker.engines.native.parts import Accessors, function
from checker.engines.native.partial_order import PartialOrderCode
from checker.engines.native.reduce import NOTHING, Reductions
from checker.engines.native.steps import ProcessCode
from checker.engines.native.symmetry import SymmetryCode
from checker.ir.commuting import dependences
from checker.ir.nodes import DONE, Choose, Expr
from checker.ir.system import IMPLICIT, Process, Property, System
from checker.ir.walk import all_statements
from checker.text import Writer
from checker.types import NUMBERS, bounds, size

SOURCES = pathlib.Path(__file__).parent / "c"
HEADERS = ("engine.h", "model.h", "symmetry.h")
OF_STATES = ("invariant", "lemma", "sometimes")
JUDGED = (*OF_STATES, "step_invariant")


@dataclass(frozen=True)
class Generated:
    """The C text, and what the numbers in the engine's answer stand for."""

    text: str
    layout: Layout
    properties: tuple[str, ...]
    locations: tuple[tuple[str, str], ...]
    antecedents: tuple[tuple[str, int], ...]
    reductions: Reductions = NOTHING


def generate(system: System, reductions: Reductions = NOTHING) -> Generated:
    """The C file of a system. Raises Unsupported for what only the interpreter can do."""
    return _File(system, reductions).generated()


# What generated functions call their parameters and variables.
OWN_NAMES = """
    before blocked choices holder instance judge_step left me model next number possible ready
    result s state t value witnessed word work initial_values
    asked fair fields goal premise property turns
    all at goes_on colour e from held holder holder_element holder_first i image k length live order
    reduced said
    set_end to v whole
""".split()


def header_names() -> set[str]:
    """The functions and constants of the headers that a generated file includes."""
    text = "".join((SOURCES / name).read_text(encoding="utf-8") for name in HEADERS)
    return set(re.findall(r"\b[A-Za-z_]\w*(?=\()|\b[A-Z][A-Z_]+\b", text))


class _File:
    def __init__(self, system: System, reductions: Reductions) -> None:
        self.system, self.layout = system, Layout(system)
        self.reductions = reductions
        names = Names({*header_names(), *OWN_NAMES,
                       *(f"block_{n}" for p in system.processes for n in p.blocks)})
        self.accessors = Accessors(self.layout, names)
        self.t = Expressions(self.accessors, names)
        self.names, self.steps = names, Writer()
        self.judged = [p for p in system.properties if p.kind in JUDGED]
        self.live = [] if reductions.used else judged_live(system)
        self.numbers = {name: i for i, name in enumerate(
            (*IMPLICIT, *(p.name for p in self.judged + self.live)))}
        self.locations = {(p.name, name): i for i, (p, name) in enumerate(
            (p, name) for p in system.processes for name in p.locations)}
        self.labels = self._labels()
        self.commuting = bool(self.locations) and not (reductions.symmetry or reductions.alone)
        self.antecedents = {(p.name, n): i for i, (p, n) in enumerate(
            (p, n) for p in system.properties for n in range(len(p.antecedents)))}
        self.processes: dict[str, dict[str, tuple[str, list[str]]]] = {}

    def generated(self) -> Generated:
        self._judge_step()
        for process in self.system.processes:
            code = self._code(process)
            code.all()
            self.processes[process.name] = code.functions
        self._successors()
        self._start()
        self._examine()
        self._unfinished()
        self._wait_chains()
        if self.live:
            self._turns()
            write_live(self.steps, self.t, {self.numbers[p.name]: p for p in self.live})
        if self.reductions.symmetry:
            SymmetryCode(self.layout, self.names, self.steps, self.reductions.symmetry).all()
        if self.reductions.alone:
            self._reduced()
        self._model()
        head = Writer()
        self._head(head)
        parts = (head, self.accessors.text, self.t.functions, self.steps)
        text = "\n".join(part.text().strip("\n") + "\n" for part in parts if part.text().strip())
        return Generated(text, self.layout, tuple(self.numbers), tuple(self.locations),
                         tuple(self.antecedents), self.reductions)

    def _head(self, write: Writer) -> None:
        system = self.system
        write(comment(f"{system.name}: generated, {self.layout.bits} bits in "
                      f"{self.layout.words} word{'s' * (self.layout.words > 1)} for a state"))
        for variable in system.variables:
            place = self.layout.places[variable.name]
            write(comment(f"  word {place // WORD} from bit {place % WORD:2}: "
                          f"{variable.name}: {variable.type}"))
        choices = max((sum(isinstance(s, Choose) for block in p.blocks.values()
                           for s in all_statements(block.statements))
                       for p in system.processes), default=0)
        if choices:
            write(f"#define CHOICES {choices}")
        write('#include "model.h"')
        write()
        write(f"_Static_assert(WORDS == {self.layout.words}, \"the layout of the states\");")
        write()

    # ── steps ───────────────────────────────────────────────────────────────────────────────

    def _each(self, write: Writer, process: Process, body: str) -> None:
        """`body` for each instance of a process, its key in the parameter's name."""
        if process.domain is None:
            write(body)
            return
        with self.t.loop(write, process.parameter, process.domain):
            write(body)

    def _call(self, process: Process, role: str, first: list[str], me: C) -> str:
        name, parameters = self.processes[process.name][role]
        arguments = [str(me) if p == "number me" else p.split()[1] for p in parameters]
        return f"{name}({', '.join(first + arguments)})"

    def _code(self, process: Process) -> ProcessCode:
        judged = any(self.system.properties_of("step_invariant"))
        one_by_one = bool(self.live or self.reductions.alone)
        merged = {at for of, at in self.reductions.merged if of == process.name}
        return ProcessCode(process, self.t, self.names, self.steps, self.locations, self.labels,
                           judged, one_by_one, merged,
                           process.name in self.reductions.beginning)

    def _first_instance(self, process: Process) -> int:
        return next(i.number for i in self.system.instances if i.process is process)

    def _instances(self, process: Process) -> int:
        """How many it has; they are numbered one after another."""
        return 1 if process.domain is None else size(process.domain)

    def _labels(self) -> dict[tuple[str, str], int]:
        """By process and location what the number of an instance is added to for the label of its
        step (see `repeats.h`): labels count the steps of all instances from 1."""
        found, label = {}, 1
        for process in self.system.processes:
            for name in process.locations:
                found[process.name, name] = label - self._first_instance(process)
                label += self._instances(process)
        return found

    def _number(self, process: Process) -> C:
        """The number of the instance whose key is in the parameter's name."""
        first = self._first_instance(process)
        if process.domain is None:
            return literal(first)
        key = C(self.t.local(process.parameter))
        if isinstance(process.domain, NUMBERS):
            return cexpr.plus(key, first - bounds(process.domain)[0])
        return cexpr.plus(cast("number", key), first)

    def _successors(self) -> None:
        write = self.steps
        with function(write, "unsigned successors(struct work *work, const word *before)"):
            write("unsigned possible = 0;")
            self._successors_together()
            for process in self.system.processes:
                if "ready" in self.processes[process.name]:
                    continue
                step = self._call(process, "steps", ["work", "before"], self._number(process))
                self._each(write, process, f"possible |= {step};")
            if not self.system.processes:
                self._unused(write, "work", "before")
            write("return possible;")

    def _successors_together(self) -> None:
        """Of the processes whose instances all wait at one place for one result, see model.h."""
        together = [p for p in self.system.processes if "ready" in self.processes[p.name]]
        if not together:
            return
        words = max(self._label(p) + self._instances(p) - 1 for p in together) // WORD + 1
        self.steps(f"word ready[{words}] = {{0}};")
        for process in together:
            self._find_ready(process)
        taken = call("without_repeats", "work", "ready", words)
        self.steps(f"possible |= {taken} ? ENABLED : 0;")
        for process in together:
            self._take_ready(process)

    def _label(self, process: Process) -> int:
        """Of its first instance at its first place."""
        return (self._first_instance(process)
                + self.labels[process.name, next(iter(process.locations))])

    def _bit(self, process: Process) -> C:
        """The place in a set of instances of the one whose key is in the parameter's name."""
        if process.domain is None:
            return literal(0)
        least = bounds(process.domain)[0] if isinstance(process.domain, NUMBERS) else 0
        return cexpr.plus(C(self.t.local(process.parameter)), -least)

    def _find_ready(self, process: Process) -> None:
        write = self.steps
        with write.block("{ " + comment(process.name)):
            write("word instances = 0;")
            ready = cast("word", C(self._call(process, "ready", ["before"], self._number(process))))
            self._each(write, process,
                       f"instances |= {cexpr.binary('<<', ready, self._bit(process))};")
            write(f"{call('add_ready', 'ready', 'instances', self._label(process))};")

    def _take_ready(self, process: Process) -> None:
        write, domain, label = self.steps, process.domain, self._label(process)
        left = call("ready_from", "ready", label, self._instances(process))
        loop = f"for (word left = {left}; left; left &= left - 1) {{"
        with write.block(loop if domain is not None else f"if ({left}) {{"):
            if domain is not None:
                numbers = isinstance(domain, NUMBERS)
                key = cexpr.plus(call("first_of", "left"), bounds(domain)[0] if numbers else 0)
                write(f"const {'number' if numbers else 'word'} "
                      f"{self.t.local(process.parameter)} = {key};")
            write(f"work->label = {cast('uint16_t', cexpr.plus(self._bit(process), label))};")
            step = self._call(process, "step", ["work", "before"], self._number(process))
            write(f"{step};")

    def _write_steps(self, write: Writer) -> None:
        """The tables of the steps by location, and of those that depend on each other."""
        rows = []
        for process, name in self.locations:
            code = self.system.process[process]
            first = self._first_instance(code)
            label = self.labels[process, name] + first
            rows.append(f"{{{first}, {self._instances(code)}, {label}}}")
        write(f"static const struct steps steps[] = {{{', '.join(rows) or '{0}'}}};")
        if self.commuting:
            with write.block("static const char dependences[] =", ";"):
                for row in dependences(self.system):
                    write('"' + "".join(str(int(how)) for how in row) + '"')

    def _turns(self) -> None:
        write = self.steps
        with function(write, "static void turns(struct work *work, const word *before)"):
            for process in self.system.processes:
                me = self._number(process)
                step = self._call(process, "steps", ["work", "before"], me)
                self._each(write, process, f"took(work, {cast('unsigned', me)}, {step});")
            if not self.system.processes:
                self._unused(write, "work", "before")

    def _reduced(self) -> None:
        def steps(process: Process) -> str:
            return self._call(process, "steps", ["work", "s"], self._number(process))

        PartialOrderCode(self.system, self.names, self.steps, self._code, steps, self._each).all(
            self.reductions.alone)

    def _start(self) -> None:
        write = self.steps
        head = "void start(struct work *work, const word *state, unsigned instance)"
        with function(write, head):
            for process in self.system.processes:
                first = self._first_instance(process)
                with write.block(f"if (instance < {first + self._instances(process)}) {{"):
                    self._start_one(write, process, first)
            if not self.system.processes:
                self._unused(write, "work", "state", "instance")

    def _start_one(self, write: Writer, process: Process, first: int) -> None:
        name, parameters = self.processes[process.name]["start"]
        arguments = []
        for parameter in parameters:
            value = cast("number", C("instance"))
            if parameter != "number me":
                lo = bounds(process.domain)[0] if isinstance(process.domain, NUMBERS) else 0
                value = cexpr.plus(value, lo - first)
            arguments.append(str(value))
        write(f"{name}({', '.join(['work', 'state', *arguments])});")
        write("return;")

    def _unfinished(self) -> None:
        write = self.steps
        with function(write, "bool unfinished(const word *s)"):
            waited_for = [p for p in self.system.processes if not p.daemon]
            endless = any(not process.finishes for process in waited_for)
            for process in () if endless else waited_for:
                code = self._code(process)
                at = code.read_own(process.location_variable)
                done = f"{code.location_code(DONE)} {comment(DONE)}"
                test = f"if ({at} != {done})"
                self._each(write, process, f"{test}\n        return true;"
                           if process.domain is None else f"{test}\n            return true;")
            if endless or not waited_for:
                self._unused(write, "s")
            write(f"return {'true' if endless else 'false'};")

    def _wait_chains(self) -> None:
        write = self.steps
        with function(write, "void wait_chains(const word *s, unsigned *holder)"):
            for process in self.system.processes:
                waits = self._call(process, "waits", ["s"], self._number(process))
                self._each(write, process, f"*holder++ = {waits};")
            if not self.system.processes:
                self._unused(write, "s", "holder")

    @staticmethod
    def _unused(write: Writer, *names: str) -> None:
        for name in names:
            write(f"(void){name};")

    # ── properties ──────────────────────────────────────────────────────────────────────────

    def _examine(self) -> None:
        body = Writer()
        for declared in self.system.properties:
            if declared.kind != "step_invariant":
                self._judge(body, declared, "found_state(work, {}, s);")
        head = "void examine(struct work *work, const word *s)"
        with function(self.steps, head):
            self._copied(body, "work", "s")

    def _judge_step(self) -> None:
        """Only where there are step invariants; called for each step before it is emitted."""
        body = Writer()
        for declared in self.system.properties_of("step_invariant"):
            self._judge(body, declared, "found_step(work, {}, s, t);")
        if body.text().strip():
            head = "static void judge_step(struct work *work, const word *s, const word *t)"
            with function(self.steps, head):
                self._copied(body, "work", "s", "t")

    def _copied(self, body: Writer, *parameters: str) -> None:
        text = body.text()
        for name in parameters:
            if not re.search(rf"\b{name}\b", text):
                self.steps(f"(void){name};")
        for line in text.rstrip("\n").split("\n"):
            self.steps(line)

    def _judge(self, write: Writer, declared: Property, found: str) -> None:
        title = f"{declared.kind} {declared.name}"
        if declared.loc.line:
            title += f"  {origin(declared.loc)}"
        write(comment(title))
        if declared.kind in JUDGED:
            number = self.numbers[declared.name]
            value = self.t.compile(declared.expr)
            wanted = value if declared.kind == "sometimes" else cexpr.negation(value)
            write(f"if ({cexpr.binary('&&', C(f'work->open[{number}]'), wanted)})")
            with write.indent():
                write(found.format(number))
        for n, antecedent in enumerate(declared.antecedents):
            self._antecedent(write, self.antecedents[declared.name, n], antecedent)

    def _antecedent(self, write: Writer, number: int, antecedent: Expr) -> None:
        unseen = cexpr.negation(C(f"work->seen[{number}]"))
        write(f"if ({cexpr.binary('&&', unseen, self.t.compile(antecedent))})")
        with write.indent():
            write(f"work->seen[{number}] = true;")

    # ── the table of everything ─────────────────────────────────────────────────────────────

    def _model(self) -> None:
        write, layout = self.steps, self.layout
        initial = []
        for variable in self.system.variables:
            codes = [layout.codes.encode(variable.type, value) for value in variable.initial]
            if codes == [0]:
                continue
            write(comment(f"The initial values of {variable.name}, each as a whole state."))
            name = self.names.name(("initial", variable.name), f"initial_{variable.name}")
            words = [word for code in codes
                     for word in layout.split(code << layout.places[variable.name])]
            write(f"static const word {name}[] = {{{', '.join(f'{w:#x}' for w in words)}}};")
            initial.append(f"{{{len(codes)}, {name}}}")
        witnessed = ["false"] * len(IMPLICIT) + [
            str(p.kind == "sometimes").lower() for p in self.judged + self.live]
        if initial:
            write(f"static const struct initial initial_values[] = {{{', '.join(initial)}}};")
        self._write_steps(write)
        write(f"static const bool witnessed[] = {{{', '.join(witnessed)}}};")
        if self.live:
            write_tables(write, layout, self.live)
        write()
        with write.block("const struct model model = {", "};"):
            write(f".bits = {self.layout.end},")
            write(f".instances = {len(self.system.instances)},")
            write(f".locations = {len(self.locations)},")
            write(".steps = steps,")
            write(f".dependences = {'dependences' if self.commuting else 'NULL'},")
            write(f".properties = {len(self.numbers)},")
            write(f".antecedents = {len(self.antecedents)},")
            write(f".variables = {len(initial)},")
            write(f".initial = {'initial_values' if initial else 'NULL'},")
            write(".witnessed = witnessed,")
            if self.live:
                write_members(write, layout, self.live)
            if self.reductions.symmetry:
                write(".canonical = canonical,")
            if self.reductions.alone:
                write(".reduced = reduced,")
