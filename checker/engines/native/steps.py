"""The steps of a process in C: one function for each location, and the dispatch between them.

A step works on a copy `s` of the state before; locals of the process are locals of the function.
Blocks stand in an order in which every jump goes forward. Where the step makes choices, its whole
body runs once for each combination of options (see `struct choices` in model.h).

Where all instances of a process always wait at the same place, a function says for one whether it
is ready, and those that are take the step one after another. Trying them in turn is as good, but
whether the next one is ready is what processors foresee worst.

A step that ends at a location of `ir/merging.py` goes on with the step from there: it calls that
function instead of handing the state over. Where a check fails in there, the state before it is a
successor like others, and the check fails again when that is expanded.

What a step leaves as it was is not stored again: a local that was dead before the step and is
dead after it, one that is live throughout and never assigned, the location of a loop of one step.
"""
from __future__ import annotations

import re
from collections.abc import Iterable

from checker.engines.native import cexpr
from checker.engines.native.cexpr import C, Names, call, cast, comment, literal
from checker.engines.native.expressions import Expressions, origin
from checker.engines.native.layout import WORD
from checker.engines.native.parts import Spot, declared, function
from checker.ir.dependence import ends
from checker.ir.nodes import (DONE, Assign, Block, Branch, Check, Choose, Const, Expr, ForEach,
                              Goto, Location, Place, Statement, When, Yield)
from checker.ir.system import IMPLICIT, Process
from checker.ir.walk import (all_statements, free_locals, place_value, statement_expressions,
                             targets)
from checker.text import Writer
from checker.types import NUMBERS, Bool, Type, bounds, size
from checker.values import lowest, ordinal


def assigned_locals(statements: Iterable[Statement]) -> set[str]:
    found = set()
    for statement in all_statements(statements):
        if isinstance(statement, Assign) and statement.place.local:
            found.add(statement.place.name)
        elif isinstance(statement, Choose):
            found.add(statement.variable)
    return found


def read_locals(statements: Iterable[Statement]) -> set[str]:
    """The locals that the statements read, without those that their own loops bind."""
    found: set[str] = set()
    for statement in statements:
        for expr in statement_expressions(statement):
            found |= free_locals(expr)
        match statement:
            case When(_, then, otherwise):
                found |= read_locals((*then, *otherwise))
            case ForEach(variable, _, body):
                found |= read_locals(body) - {variable}
    return found


def block_order(process: Process, entry: int) -> list[int]:
    """The blocks that a step may run, each after all its predecessors."""
    order: list[int] = []

    def visit(number: int) -> None:
        if number in order:
            return
        for target in reversed(targets(process.blocks[number].terminator)):
            visit(target)
        order.append(number)

    visit(entry)
    return order[::-1]


class ProcessCode:
    """The C functions of one process, written to `write`."""

    def __init__(self, process: Process, translate: Expressions, names: Names, write: Writer,
                 locations: dict[tuple[str, str], int], labels: dict[tuple[str, str], int],
                 judged: bool, one_by_one: bool, merged: set[str], goes_on: bool) -> None:
        self.process, self.t, self.names, self.write = process, translate, names, write
        self.locations = locations      # the number of each location, by process and name
        self.labels = labels            # for the labels of steps, likewise; see emit.py
        self.judged = judged            # whether there are properties of steps
        self.one_by_one = one_by_one    # whether instances are asked for their steps alone, too
        self.merged = merged            # the locations that no step ends at
        self.goes_on = goes_on          # whether what precedes the first await does not, either
        self.calls: dict[str, tuple[str, list[str]]] = {}       # the functions of the locations

    # ── names and small pieces ──────────────────────────────────────────────────────────────

    @property
    def key_parameter(self) -> str | None:
        """The declaration of the parameter that tells the instances apart."""
        if self.process.domain is None:
            return None
        of = "number" if isinstance(self.process.domain, NUMBERS) else "word"
        return f"{of} {self.t.local(self.process.parameter)}"

    def own_path(self) -> list[C]:
        """Where a variable of the process keeps the value of the running instance."""
        domain = self.process.domain
        if domain is None:
            return []
        key = C(self.t.local(self.process.parameter))
        return [cexpr.plus(key, -bounds(domain)[0]) if isinstance(domain, NUMBERS) else key]

    def read_own(self, variable: str) -> C:
        return self.t.accessors.read("s", variable, self.own_path())

    def write_own(self, write: Writer, variable: str, value: C, note: str = "") -> None:
        line = self.t.accessors.write(variable, self.own_path(), value)
        if line is not None:
            write(line + (f" {comment(note)}" if note else ""))

    def location_code(self, name: str) -> int:
        return ordinal(self.process.location_type, name)

    def parameters(self, body: str) -> list[str]:
        """The parameters of a function with this body: the instance's key and number, and whether
        its step is merged with the one before, if used."""
        wanted = [self.key_parameter, "number me", "bool goes_on"]
        return [p for p in wanted if p and re.search(rf"\b{p.split()[1]}\b", body)]

    def declare(self, write: Writer, name: str, live: bool) -> None:
        """Declare a local: its value in the state where it is live, else the lowest."""
        of = self.local_types[name]
        if live:
            value = self.read_own(self.process.local_variable(name))
        else:
            value = self.t.coding.constant(of, self.t.codes.encode(of, lowest(of)))
        c_name = self.t.local(name)
        if self.t.codes.wide(of):
            count = self.t.codes.words(of)
            write(f"word {c_name}[{count}];")
            write(f"{call('wide_copy', c_name, value, count)};")
        else:
            # An option is counted up, which C's bool can not be.
            counted = isinstance(of, Bool) and name in self.chosen
            ctype = "word" if counted else self.t.coding.ctype(of)
            write(f"{declared(ctype, c_name)} = {value};")

    # ── one step ────────────────────────────────────────────────────────────────────────────

    def step(self, name: str, title: str, entry: int, location: Location | None) -> list[str]:
        """The function of a step from `entry`; without a location, from the beginning. Returns
        its parameters after `work` and `before`."""
        order = block_order(self.process, entry)
        blocks = [self.process.blocks[number] for number in order]
        statements = [s for block in blocks for s in all_statements(block.statements)]
        self.location = location
        self.source_live = set(location.live) if location else set()
        self.assigned = assigned_locals(statements)
        self.chosen = {s.variable for s in statements if isinstance(s, Choose)}
        self.last_line = 0
        self.local_types = self._types_of_locals(blocks)
        body = Writer()
        if self.chosen:
            body("struct choices choices = {0};")
            with body.block("do {", "} while (another(&choices));"):
                self._body(body, order)
        else:
            self._body(body, order)
        text = body.text()
        parameters = self.parameters(text)
        self.write(comment(title))
        head = ", ".join(["struct work *work", "const word *before", *parameters])
        with function(self.write, f"static void {name}({head})"):
            for line in text.rstrip("\n").split("\n"):
                self.write(line)
        return parameters

    def _types_of_locals(self, blocks: list[Block]) -> dict[str, Type]:
        """The locals that the step needs to know, with their types."""
        read: set[str] = set()
        types: dict[str, Type] = {}
        for block in blocks:
            read |= read_locals(block.statements)
            match block.terminator:
                case Branch(condition):
                    read |= free_locals(condition)
                case Yield(location):
                    live = self.process.locations[location].live
                    read |= {name for name in live if not self._unchanged(name)}
            for s in all_statements(block.statements):
                if isinstance(s, Assign) and s.place.local:
                    types[s.place.name] = s.place.root
                elif isinstance(s, Choose):
                    types[s.variable] = s.domain
        types |= self.process.locals
        types.pop(self.process.parameter, None)
        return {name: types[name] for name in sorted(read & set(types))}

    def _body(self, write: Writer, order: list[int]) -> None:
        write("word s[WORDS];")
        write("copy(s, before);")
        for name in self.local_types:
            self.declare(write, name, name in self.source_live)
        jumped = self._jumped_to(order)
        for number, following in zip(order, [*order[1:], None]):
            block = self.process.blocks[number]
            if number in jumped:
                write(f"block_{number}:")
            self._statements(write, block.statements)
            self._terminator(write, block, following)
        if "goto next;" in write.text():
            write("next:;")                 # a label needs a statement

    def _jumped_to(self, order: list[int]) -> set[int]:
        """The blocks that need a label: targets other than the block that follows directly."""
        found: set[int] = set()
        for number, following in zip(order, [*order[1:], None]):
            found |= set(targets(self.process.blocks[number].terminator)) - {following}
        return found

    def _leave(self, write: Writer, *, last: bool = False) -> None:
        """The end of a run; where the text ends too, there is nothing to leave."""
        if not last:
            write("goto next;" if self.chosen else "return;")

    def _terminator(self, write: Writer, block: Block, following: int | None) -> None:
        match block.terminator:
            case Goto(target):
                if target != following:
                    write(f"goto block_{target};")
            case Branch(condition, then, otherwise):
                test = self.t.compile(condition)
                if then == following:
                    test, then, otherwise = cexpr.negation(test), otherwise, then
                write(f"if ({test})")
                with write.indent():
                    write(f"goto block_{then};")
                if otherwise != following:
                    write(f"goto block_{otherwise};")
            case Yield(location):
                self._wait(write, location, set(self.process.locations[location].live))
                self._leave(write, last=following is None)
            case _:
                self._wait(write, DONE, set())
                self._leave(write, last=following is None)

    def _wait(self, write: Writer, location: str, live: set[str]) -> None:
        """The end of a step: store what the process keeps, and hand over the successor."""
        if self.location is None or self.location.name != location:
            self.write_own(write, self.process.location_variable,
                           literal(self.location_code(location)), location)
        for name, of in self.process.locals.items():
            variable = self.process.local_variable(name)
            if name in live and not self._unchanged(name):
                self.write_own(write, variable, C(self.t.local(name)))
            elif name not in live and (self.location is None or name in self.source_live):
                self.write_own(write, variable, self.t.coding.constant(of, 0))
        if self.location is not None:
            number = self.locations[self.process.name, self.location.name]
            write(f"work->fired[{number}] = true;")
            if self.judged:
                write("judge_step(work, before, s);")
        if location in self.merged and (self.location is not None or self.goes_on):
            write(f"{self._call_step(location, 's', goes_on='true')};")
        else:
            write("emit(work, s);")

    def _call_step(self, location: str, before: str, *, goes_on: str) -> C:
        name, parameters = self.calls[location]
        arguments = [goes_on if p == "bool goes_on" else p.split()[1] for p in parameters]
        return call(name, "work", before, *arguments)

    def _unchanged(self, name: str) -> bool:
        return name in self.source_live and name not in self.assigned

    # ── statements ──────────────────────────────────────────────────────────────────────────

    def _statements(self, write: Writer, statements: tuple[Statement, ...]) -> None:
        for statement in statements:
            line = statement.loc.line
            if line and line != self.last_line:
                self.last_line = line
                write(comment(f"{origin(statement.loc)}  {statement.loc.text()}".rstrip()))
            self._statement(write, statement)

    def _statement(self, write: Writer, statement: Statement) -> None:
        match statement:
            case Assign(place, value):
                self._assign(write, place, value)
            case Check(condition, kind):
                with write.block(f"if ({cexpr.negation(self.t.compile(condition))}) {{"):
                    self._fail(write, kind)
            case When(condition, then, otherwise):
                with write.block(f"if ({self.t.compile(condition)}) {{"):
                    self._statements(write, then)
                if otherwise:
                    with write.block("else {"):
                        self._statements(write, otherwise)
            case ForEach(variable, of, body):
                with self.t.loop(write, variable, of):
                    self._statements(write, body)
            case Choose():
                self._choose(write, statement)

    def _fail(self, write: Writer, kind: str) -> None:
        assert self.location is not None, "a check before the first await"
        failed = f"fail(work, {IMPLICIT.index(kind)} {comment(kind)}, before);"
        if self.location.name in self.merged:
            write("if (goes_on)")
            with write.indent():
                write("emit(work, before);")
            write("else")
            with write.indent():
                write(failed)
        else:
            write(failed)
        self._leave(write)

    def _assign(self, write: Writer, place: Place, value: Expr) -> None:
        path, of = self.t.path(place.path, place.root)
        new = self.t.as_type(value, of)
        if not place.local:
            line = self.t.accessors.write(place.name, path, new)
        elif place.name not in self.local_types:
            return                                      # nobody reads it
        else:
            line = self._assign_local(place, path, new)
        if line is not None:
            write(line)

    def _assign_local(self, place: Place, path: list[C | str], value: C) -> str | None:
        name, wide = self.t.local(place.name), self.t.codes.wide(place.root)
        if not path and not wide:
            return f"{name} = {value};"
        spot = Spot(place.root, self.t.coding)
        for key in path:
            spot.enter(key)
        return spot.write(C(name if wide else f"&{name}"), value)

    def _choose(self, write: Writer, choose: Choose) -> None:
        name, of = self.t.local(choose.variable), choose.domain
        numeric, count = isinstance(of, NUMBERS), size(of)
        lo = bounds(of)[0] if numeric else 0

        def value(option: C) -> C:
            return cexpr.plus(cast("number", option), lo) if numeric else option

        write(comment(f"{choose.kind} {choose.name}"))
        if isinstance(choose.where, Const) and choose.where.value:
            option = value(call("any_option", "&choices", count))
            read = choose.variable in self.local_types
            write(f"{name} = {option};" if read else f"{call('any_option', '&choices', count)};")
            return
        test = cexpr.binary("&&", cexpr.binary("<", C(name), literal(lo + count)),
                            cexpr.negation(self.t.compile(choose.where)))
        write(f"for ({name} = {value(call('first_option', '&choices'))}; {test}; {name}++)")
        with write.indent():
            write(";")
        with write.block(f"if ({cexpr.binary('==', C(name), literal(lo + count))}) {{"):
            write("no_option(&choices);")
            write("goto next;")
        write(f"{call('take_option', '&choices', cexpr.plus(C(name), -lo), count)};")

    # ── the process ─────────────────────────────────────────────────────────────────────────

    def all(self) -> None:
        """Every function of the process; their names and parameters are in `functions`."""
        process = self.process
        self.functions: dict[str, tuple[str, list[str]]] = {}
        for location in self._followers_first():
            name = self.names.name(("step", process.name, location.name),
                                   f"{process.name}_{location.name}")
            title = f"{process.name} at {location.name}"
            if location.loc.line:
                title += f"  {origin(location.loc)}  {location.loc.text()}".rstrip()
            self.calls[location.name] = name, self.step(name, title, location.entry, location)
        name = self.names.name(("start", process.name), f"start_{process.name}")
        parameters = self.step(name, f"{process.name} up to its first await", process.start, None)
        self.functions["start"] = name, parameters
        together = self.together()
        if together:
            self.functions["step"] = self.calls[together.name]
            self._ready(together)
        if self.one_by_one or not together:
            self._dispatch()
        self._waits()

    def _followers_first(self) -> list[Location]:
        """The locations, those that are merged before the ones whose steps go on with them."""
        order: list[str] = []

        def visit(name: str) -> None:
            for following in sorted(ends(self.process, name) & self.merged):
                if following not in order:
                    visit(following)
            if name not in order:
                order.append(name)

        for name in self.process.locations:
            visit(name)
        return [self.process.locations[name] for name in order]

    def together(self) -> Location | None:
        """The place where all instances wait, if their steps from there can be tried together."""
        process = self.process
        if process.domain is not None and size(process.domain) > WORD or process.finishes:
            return None
        locations = list(process.locations.values())
        if len(locations) != 1 or locations[0].lock or not self._has_one_result(locations[0]):
            return None
        return locations[0]

    def _ready(self, location: Location) -> None:
        body = Writer()
        self._locals(body, [location.guard])
        body(f"return {self.t.compile(location.guard)};")
        self._define("ready", "inline bool", ["const word *s"], body)

    def _case(self, write: Writer, location: Location, exprs: list[Expr]) -> None:
        """The head of a case, and the locals that its expressions mention."""
        write(f"case {self.location_code(location.name)}: {{ {comment(location.name)}")
        with write.indent():
            self._locals(write, exprs)

    def _locals(self, write: Writer, exprs: list[Expr]) -> None:
        mentioned = frozenset().union(*map(free_locals, exprs))
        self.local_types = {n: of for n, of in self.process.locals.items() if n in mentioned}
        self.chosen = set()
        for name in self.local_types:
            self.declare(write, name, True)

    def _dispatch(self) -> None:
        """The function that takes the steps of one instance and says whether there are any."""
        body = Writer()
        with body.block(f"switch ({self.read_own(self.process.location_variable)}) {{"):
            for location in self.process.locations.values():
                lock = place_value(location.lock) if location.lock else None
                self._case(body, location, [location.guard, *([lock] if lock else [])])
                with body.indent():
                    step = self._call_step(location.name, "s", goes_on="false")
                    self._try_step(body, location, lock, step)
                body("}")
        body("return 0;")
        self._define("steps", "unsigned", ["struct work *work", "const word *s"], body)

    def _try_step(self, write: Writer, location: Location, lock: Expr | None, step: C) -> None:
        blocked = "0"
        if lock is not None:
            held = cexpr.binary("!=", self.t.compile(lock), cexpr.ZERO)
            write(f"const unsigned blocked = {held} ? BLOCKED : 0;")
            blocked = "blocked"
        enabled = "ENABLED" if lock is None else "ENABLED | blocked"
        if not (isinstance(location.guard, Const) and location.guard.value):
            write(f"if ({cexpr.negation(self.t.compile(location.guard))})")
            with write.indent():
                write(f"return {blocked};")
        label = cexpr.plus(C("me"), self.labels[self.process.name, location.name])
        if self._has_one_result(location):
            write(f"if (!{call('is_repeat', 'work', label)})")
            with write.indent():
                write(f"{step};")
        else:
            write(f"{call('try_step', 'work', label)};")
            write(f"{step};")
        write(f"return {enabled};")

    def _has_one_result(self, location: Location) -> bool:
        """Whether a step from there, and those merged with it, always have one successor, which is
        no step's property to judge."""
        following = ends(self.process, location.name) & self.merged
        if not all(self._has_one_result(self.process.locations[name]) for name in following):
            return False
        blocks = (self.process.blocks[n] for n in block_order(self.process, location.entry))
        return not self.judged and not any(isinstance(s, (Choose, Check)) for block in blocks
                                           for s in all_statements(block.statements))

    def _waits(self) -> None:
        """The function that says whom one instance waits for, see wait_chains() in engine.h."""
        body = Writer()
        with body.block(f"switch ({self.read_own(self.process.location_variable)}) {{"):
            for location in self.process.locations.values():
                if location.lock is not None:
                    lock = place_value(location.lock)
                    self._case(body, location, [lock])
                    with body.indent():
                        body(f"return {cast('unsigned', self.t.compile(lock))};")
                    body("}")
            if self.process.finishes:
                body(f"case {self.location_code(DONE)}: {comment(DONE)}")
                with body.indent():
                    body("return FINISHED;")
        body("return NOT_WAITING;")
        self._define("waits", "unsigned", ["const word *s"], body)

    def _define(self, role: str, result: str, first: list[str], body: Writer) -> None:
        text = body.text()
        parameters = self.parameters(text)
        name = self.names.name((role, self.process.name), f"{role}_{self.process.name}")
        self.functions[role] = name, parameters
        with function(self.write, f"static {result} {name}({', '.join(first + parameters)})"):
            if not re.search(r"\bs\b", text):
                self.write("(void)s;")       # the location takes no bits: there is but one
            for line in text.rstrip("\n").split("\n"):
                self.write(line)
