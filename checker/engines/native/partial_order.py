"""The part of a generated file that takes the steps of one instance alone where that is enough.

`ir/dependence.py` says which steps those are, and where the other instances must not stand. The
locations of all instances of a process, as bits of a word, are compared with that.
"""
from __future__ import annotations

from collections.abc import Callable

from checker.engines.native import cexpr
from checker.engines.native.cexpr import C, Names, comment
from checker.engines.native.parts import function
from checker.engines.native.steps import ProcessCode
from checker.ir.dependence import Danger, LocalStep, local_steps
from checker.ir.merging import Place as Waiting
from checker.ir.system import Process, System
from checker.text import Writer
from checker.values import ordinal

MOST_LOCATIONS = 64
"""A process with more of them has no mask; where it matters, nothing is taken alone."""

Each = Callable[[Writer, Process, str], None]
"""Writes a line of C for each instance of a process."""


def usable(system: System, merged: frozenset[Waiting]) -> tuple[LocalStep, ...]:
    """The steps to take alone for which the masks are wide enough."""
    fits = {process.name for process in system.processes
            if len(process.location_type.members) <= MOST_LOCATIONS}
    return tuple(step for step in local_steps(system, merged) if _involved(step) <= fits)


def _involved(step: LocalStep) -> set[str]:
    return {step.process, *(danger.process for danger in step.dangers)}


class PartialOrderCode:
    """Writes `reduced`. `code` gives the C of a process, `steps` the call that takes the steps of
    the running instance, `each` is a loop over instances."""

    def __init__(self, system: System, names: Names, write: Writer, code: Callable[
                 [Process], ProcessCode], steps: Callable[[Process], str], each: Each) -> None:
        self.system, self.names, self.write = system, names, write
        self.code, self.steps, self.each = code, steps, each

    def all(self, local: tuple[LocalStep, ...]) -> None:
        alone: dict[str, list[LocalStep]] = {}
        for step in local:
            alone.setdefault(step.process, []).append(step)
        involved = {name for step in local for name in _involved(step)}
        head = "static unsigned reduced(struct work *work, const word *s)"
        with function(self.write, head):
            for process in self.system.processes:
                if process.name in involved:
                    self._occupied(process)
            self.write("const word *const held = work->next;")
            self.write("unsigned possible;")
            for name, steps in alone.items():
                self._process(self.system.process[name], steps)
            self.write("return successors(work, s);")

    def _occupied(self, process: Process) -> None:
        """The locations where somebody is, and those where two are."""
        once, twice = self._masks(process)
        self.write(f"word {once} = 0, {twice} = 0;")
        at = self.code(process).read_own(process.location_variable)
        bit = cexpr.binary("<<", cexpr.cast("word", C("1")), at)
        self.each(self.write, process, f"{twice} |= {once} & {bit}, {once} |= {bit};")

    def _masks(self, process: Process) -> tuple[str, str]:
        return tuple(self.names.name((kind, process.name), f"{kind}_{process.name}")
                     for kind in ("once", "twice"))

    def _process(self, process: Process, steps: list[LocalStep]) -> None:
        self.write(comment(process.name))
        at = self.code(process).read_own(process.location_variable)
        lines = Writer()
        for step in steps:
            here = ordinal(process.location_type, step.location)
            tests = [f"{at} == {here}"]
            for danger in step.dangers:
                tests += self._tests(process, here, danger)
            with lines.block(f"if ({' && '.join(tests)}) {{ {comment(step.location)}"):
                lines(f"possible = {self.steps(process)};")
                lines("if (work->next != held)")
                with lines.indent():
                    lines("return possible & ENABLED;")
        once, _ = self._masks(process)
        mask = sum(1 << ordinal(process.location_type, step.location) for step in steps)
        with self.write.block(f"if ({once} & {mask:#x}u) {{"):
            for line in self._looped(process, lines):
                self.write(line)

    def _looped(self, process: Process, lines: Writer) -> list[str]:
        """The lines within the loop over the instances of a process."""
        body = Writer()
        self.each(body, process, "@")
        found = []
        for line in body.text().rstrip("\n").split("\n"):
            if line.strip() == "@":
                indent = line[:len(line) - 1]
                found += [indent + inner for inner in lines.text().rstrip("\n").split("\n")]
            else:
                found.append(line)
        return found

    def _tests(self, process: Process, here: int, danger: Danger) -> list[str]:
        """That nobody is at a dangerous place; the instance itself does not count."""
        other = self.system.process[danger.process]
        once, twice = self._masks(other)
        tests = []
        mask = sum(1 << ordinal(other.location_type, name) for name in danger.anyone)
        if mask:
            if other is process and mask >> here & 1:
                rest = mask & ~(1 << here)
                tests.append(f"!({once} & {rest:#x}u)")
                tests.append(f"!({twice} & {1 << here:#x}u)")
            else:
                tests.append(f"!({once} & {mask:#x}u)")
        same = sum(1 << ordinal(other.location_type, name) for name in danger.same_key)
        if same:
            at = self.code(process).read_own(other.location_variable)
            tests.append(f"!bits({same:#x}u, {at}, 1)")
        return tests
