"""Specs: component classes that a user checks, found in files and compiled to systems."""
from __future__ import annotations

import functools
import importlib.util
import inspect
import itertools
import pathlib
import sys
import traceback
from dataclasses import dataclass, field
from typing import Any

from checker.errors import EXIT_USAGE, Diagnostic, Label, SpecError, UserError
from checker.frontend.aliases import replaced_meanwhile
from checker.frontend.elaborate import Elaborated, Marked, class_loc, elaborate
from checker.frontend.processes import Problems, process_domain, translate_process
from checker.frontend.properties import translate_properties
from checker.frontend.refuse import Refused, did_you_mean
from checker.ir.system import IMPLICIT, Process, Property, System, Variable, over_instances
from checker.lang.component import MARK, Component, Fault, ProcessMark
from checker.source import Loc, source_lines, source_text
from checker.types import Type
from checker.values import domain, lowest


@dataclass(frozen=True)
class Spec:
    """A spec as its author wrote it; `system` compiles it with its constants fixed."""

    name: str
    cls: type[Component]
    path: str
    doc: str
    instances: dict[str, dict[str, Any]]
    faults: tuple[Fault, ...]
    intended: dict[str, str] = field(default_factory=dict)

    @functools.cached_property
    def constants(self) -> dict[str, Any]:
        """The constructor's parameters with their defaults."""
        parameters = list(inspect.signature(self.cls.__init__).parameters.values())[1:]
        return {p.name: p.default for p in parameters if p.kind is not p.VAR_KEYWORD}

    def arguments(self, instance: str | None = None, constants: dict[str, Any] | None = None,
                  ) -> dict[str, Any]:
        """The constants of an instance with others replaced. Raises UserError for unknown ones."""
        if instance is not None and instance not in self.instances:
            raise UserError(f"{self.name} has no instance {instance!r}",
                            hint=did_you_mean(instance, self.instances), exit_status=EXIT_USAGE)
        chosen = dict(self.instances.get(instance, {})) if instance else {}
        for name in constants or {}:
            if name not in self.constants:
                raise UserError(f"{self.name} has no constant {name!r}",
                                hint=did_you_mean(name, self.constants), exit_status=EXIT_USAGE)
        return {**chosen, **(constants or {})}

    def system(self, instance: str | None = None, *, preemptible: bool = False,
               fault: Fault | None = None, **constants: Any) -> System:
        """Compile. A fault's constants replace the instance's; `constants` replace both.

        Raises SpecError where the spec is at fault, UserError for unknown constants.
        """
        if fault is not None:
            instance = fault.instance or instance
            constants = {**fault.constants, **constants}
        return compile_system(self, self.arguments(instance, constants), preemptible)

    def fault(self, name: str) -> Fault:
        """The fault of that name. Raises UserError where there is none."""
        for fault in self.faults:
            if fault.name == name:
                return fault
        raise UserError(f"{self.name} has no fault {name!r}",
                        hint=did_you_mean(name, [f.name for f in self.faults]))


def compile_system(spec: Spec, constants: dict[str, Any], preemptible: bool = False) -> System:
    """Elaborate and translate; all errors of all processes and properties are reported."""
    elaborated = elaborate(spec.cls, constants)
    diagnostics: list[Diagnostic] = []
    processes = _processes(elaborated, preemptible, diagnostics)
    properties = _properties(elaborated, diagnostics)
    diagnostics.extend(replaced_meanwhile(elaborated.aliases))
    diagnostics.extend(_check_names(spec, elaborated))
    if diagnostics:
        raise SpecError(diagnostics)
    every = {**{k: v for k, v in spec.constants.items() if v is not inspect.Parameter.empty},
             **constants}
    return System(spec.name, spec.path, every, _variables(elaborated, processes),
                  tuple(processes), tuple(properties), dict(spec.intended))


def _processes(elaborated: Elaborated, preemptible: bool,
               diagnostics: list[Diagnostic]) -> list[Process]:
    domains: list[tuple[Marked, Type | None]] = []
    for marked in elaborated.processes:
        try:
            domains.append((marked, process_domain(elaborated, marked)))
        except Refused as refused:
            _note(refused, diagnostics)
    instances = sum(1 if of is None else len(domain(of)) for _, of in domains)
    found = []
    for marked, of in domains:
        try:
            found.append(translate_process(elaborated, marked, of, instances, preemptible))
        except Refused as refused:
            _note(refused, diagnostics)
        except Problems as problems:
            diagnostics.extend(problems.diagnostics)
    return found


def _properties(elaborated: Elaborated, diagnostics: list[Diagnostic]) -> list[Property]:
    found = []
    for marked in elaborated.properties:
        try:
            found.extend(translate_properties(elaborated, marked))
        except Refused as refused:
            _note(refused, diagnostics)
    return found


def _note(refused: Refused, diagnostics: list[Diagnostic]) -> None:
    if refused.diagnostic is not None:
        diagnostics.append(refused.diagnostic)


def _variables(elaborated: Elaborated, processes: list[Process]) -> tuple[Variable, ...]:
    """The declared variables, then each process's location and persistent locals."""
    found = list(elaborated.variables.values())
    for process in processes:
        at = over_instances(process, process.location_type)
        found.append(Variable(process.location_variable, at, (lowest(at),), "location",
                              process.name, "at", loc=process.loc))
        for name, of in process.locals.items():
            kept = over_instances(process, of)
            found.append(Variable(process.local_variable(name), kept, (lowest(kept),), "local",
                                  process.name, name, loc=process.loc))
    return tuple(found)


def _check_names(spec: Spec, elaborated: Elaborated) -> list[Diagnostic]:
    """Faults name properties and constants that exist; so do instances (E120)."""
    declared = [m.name for m in elaborated.properties]
    problems = []
    for fault in spec.faults:
        for name in fault.broken:
            if name.split("(")[0] not in declared and name not in IMPLICIT:
                problems.append((f"the fault {fault.name!r} breaks {name!r}, which is no property",
                                 did_you_mean(name, [*declared, *IMPLICIT])))
        problems.extend((f"the fault {fault.name!r} sets {name!r}, which is no constant",
                         did_you_mean(name, spec.constants))
                        for name in fault.constants if name not in spec.constants)
        if fault.instance is not None and fault.instance not in spec.instances:
            problems.append((f"the fault {fault.name!r} is of instance {fault.instance!r}, "
                             "which is not defined", did_you_mean(fault.instance, spec.instances)))
    for instance, constants in spec.instances.items():
        problems.extend((f"the instance {instance!r} sets {name!r}, which is no constant",
                         did_you_mean(name, spec.constants))
                        for name in constants if name not in spec.constants)
    names = [f.name for f in spec.faults]
    problems.extend((f"two faults are called {name!r}", "give each its own name")
                    for name in dict.fromkeys(names) if names.count(name) > 1)
    return [Diagnostic("E120", headline, (Label(_mention(spec.cls, headline)),), hint)
            for headline, hint in problems]


def _mention(cls: type[Component], headline: str) -> Loc:
    """The line of the class body that mentions the first quoted name, for the caret."""
    loc = class_loc(cls)
    quoted = [part for i, part in enumerate(headline.split("'")) if i % 2]
    lines = source_lines(loc.path)
    for wanted in reversed(quoted):
        for number in range(loc.line, len(lines) + 1):
            column = lines[number - 1].find(wanted)
            if column >= 0:
                return Loc(loc.path, number, column, number, column + len(wanted))
    return loc


# ── files ────────────────────────────────────────────────────────────────────────────────────

_modules = itertools.count()


def load(path: str | pathlib.Path) -> list[Spec]:
    """The specs of a Python file. Raises UserError or SpecError where it holds none."""
    file = pathlib.Path(path).resolve()
    if not file.is_file():
        raise UserError(f"{path}: there is no such file",
                        hint="give the path of a Python file, or of a folder below spec/")
    module = import_file(file)
    classes = [thing for thing in vars(module).values()
               if inspect.isclass(thing) and issubclass(thing, Component)
               and thing.__module__ == module.__name__]
    chosen = [cls for cls in classes if "instances" in vars(cls)]
    if not chosen:
        chosen = [cls for cls in classes if _has_processes(cls)]
        if len(chosen) != 1:
            raise SpecError([Diagnostic(
                "E126", f"{file.name} holds no spec", (Label(Loc(str(file), 1, 0, 1, 1)),),
                "give the component class that is to be checked an attribute "
                "`instances = {\"small\": {...}}`")])
    return [_spec(cls, str(file)) for cls in dict.fromkeys(chosen)]


def _has_processes(cls: type) -> bool:
    return any(isinstance(getattr(getattr(cls, name, None), MARK, None), ProcessMark)
               for name in dir(cls))


def _spec(cls: type[Component], path: str) -> Spec:
    return Spec(cls.__name__, cls, path, inspect.getdoc(cls) or "",
                dict(vars(cls).get("instances", {})), tuple(vars(cls).get("faults", ())),
                dict(getattr(cls, "intended", {})))


def import_file(file: pathlib.Path) -> Any:
    """Import a spec's file: as part of its package where it lies in one, else on its own."""
    source_text.cache_clear()
    source_lines.cache_clear()
    root, parts = file.parent, [file.stem]
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    name = ".".join(parts) if len(parts) > 1 else f"_spec_{next(_modules)}_{file.stem}"
    if len(parts) > 1 and name in sys.modules and _file_of(sys.modules[name]) == str(file):
        return sys.modules[name]
    added = str(root if len(parts) > 1 else file.parent)
    sys.path.insert(0, added)
    try:
        specification = importlib.util.spec_from_file_location(name, file)
        assert specification and specification.loader
        module = importlib.util.module_from_spec(specification)
        sys.modules[name] = module
        specification.loader.exec_module(module)
        return module
    except SyntaxError as error:
        sys.modules.pop(name, None)
        line, column = error.lineno or 1, (error.offset or 1) - 1
        loc = Loc(error.filename or str(file), line, column, line, column + 1)
        raise SpecError([Diagnostic("E126", f"this is not Python: {error.msg}",
                                    (Label(loc),))]) from None
    except Exception as error:
        sys.modules.pop(name, None)
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
        line = frames[-1].lineno or 1 if frames else 1
        text = (source_lines(str(file)) or ("",))[line - 1]
        loc = Loc(str(file), line, len(text) - len(text.lstrip()), line, len(text.rstrip()))
        raise SpecError([Diagnostic("E126", f"the file can not be imported: "
                                    f"{type(error).__name__}: {error}", (Label(loc),))]) from error
    finally:
        sys.path.remove(added)


def _file_of(module: Any) -> str:
    return str(pathlib.Path(getattr(module, "__file__", "") or "").resolve())
