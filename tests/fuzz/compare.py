"""One spec, every engine: what they say differently."""
from __future__ import annotations

import linecache
import pathlib
import sys
import warnings
from collections import Counter
from dataclasses import dataclass, field

from checker import source, values
from checker.engines import native
from checker.engines.interp.explore import explore
from checker.engines.interp.liveness import check_liveness
from checker.engines.live import Disagreement
from checker.errors import SpecError
from tests.fuzz.engines import Programs, answers, disagreements
from tests.fuzz.reduced import Task, as_users_do, tasks
from tests.fuzz.spec_author import Author
from tests.fuzz.steps import made_once
from tests.semantics.support import Tested, Unavailable, differences, explored, tested, write

LARGEST = 600              # states; a larger system is passed over,
MOST_TRANSITIONS = 60_000  # and one with more of these: choices among many values multiply
SMT_BOUND = 3


@dataclass(frozen=True)
class Wanted:
    """What a spec is put through, beside the interpreter and the native engines."""

    cpython: bool = True
    smt: bool = False
    users: bool = False        # the programs that a user would run, too
    local: bool = False        # local steps merged, by itself and with the other reductions


EVERYTHING = Wanted(smt=True, users=True, local=True)


@dataclass
class Finding:
    """A spec on which something went wrong. `kind` is what a shrunk spec has to keep."""

    seed: str
    text: str
    kind: str
    report: str


@dataclass
class Tally:
    """What a run of the fuzzer has done."""

    specs: int = 0
    compared: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    too_large: int = 0
    states: int = 0
    engines: Counter[str] = field(default_factory=Counter)
    runs: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    features: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name, value in vars(other).items():
            mine = getattr(self, name)
            if isinstance(mine, Counter):
                mine.update(value)
            else:
                setattr(self, name, mine + value)

    def lines(self) -> list[str]:
        """The tally for a person."""
        rare = [f"{name} {n}" for name, n in sorted(self.features.items(), key=lambda f: f[1])]
        return [
            f"{self.specs:,} specs: {self.compared:,} compared ({self.states:,} states), "
            f"{self.too_large:,} too large, "
            f"{self.refused.total():,} refused {dict(self.refused.most_common())}",
            f"also: {dict(self.engines.most_common())}",
            f"{self.runs.total():,} native searches, each on one thread and on two:",
            *(f"  reduced by {name}: {self._tables(name)}" for name in self._reductions()),
            f"verdicts: {dict(self.verdicts.most_common())}",
            f"{len(self.features)} features; rarest: {', '.join(rare[:12])}",
            f"{len(self.findings)} disagreements"]

    def _reductions(self) -> list[str]:
        return sorted({name for name, _, _ in self.runs}, key=lambda name: (len(name), name))

    def _tables(self, name: str) -> str:
        kinds = sorted({kind for of, _, kind in self.runs if of == name})
        return ", ".join(f"{kind} table " + " and ".join(
            f"{self.runs[name, threads, kind]:,}" for threads in ("1", "2")) for kind in kinds)


def examine(text: str, folder: pathlib.Path, wanted: Wanted = EVERYTHING, seed: str = "",
            programs: Programs | None = None) -> Tally:
    """Compile a spec and compare what the engines say of it."""
    tally = Tally(specs=1)
    try:
        with made_once():
            it = _compiled(text, folder, tally)
            if it is not None:
                _compare(it, text, tally, wanted, seed)
                if native.available():
                    _compare_native(it, text, tally, wanted, seed, programs or Programs())
    except Disagreement as found:
        tally.findings.append(Finding(seed, text, f"live: {_kind(found.what)}", str(found)))
    except Exception as error:             # whatever it is, it is a finding
        kind = f"{type(error).__name__}: {_kind(str(error))}"
        tally.findings.append(Finding(seed, text, kind, _shown(error)))
    finally:
        _forget()
    return tally


def _forget() -> None:
    """What is kept of a file for as long as its process runs is too much for thousands of files."""
    linecache.clearcache()
    for known in (*vars(source).values(), *vars(values).values()):
        if hasattr(known, "cache_clear"):
            known.cache_clear()


def _kind(what: str) -> str:
    """The part of a message that does not change while a spec shrinks."""
    words = [w for w in what.split("\n")[0].split() if w.isalpha()]
    return " ".join(words[:12])


def _shown(error: Exception) -> str:
    import traceback
    return "".join(traceback.format_exception(error)[-6:])


def _compiled(text: str, folder: pathlib.Path, tally: Tally) -> Tested | None:
    path = write(text, folder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)     # what shrinking makes is odd Python
            it = tested(path)
    except SpecError as error:
        tally.refused[error.diagnostics[0].code] += 1
        return None
    finally:
        path.unlink()                      # it was read; thousands of files would stay
        for name in [n for n in sys.modules if n.endswith(f"_{path.stem}")]:
            del sys.modules[name]
    found = explore(it.system, limit=LARGEST)
    if not found.complete or found.generated > MOST_TRANSITIONS:
        tally.too_large += 1
        return None
    it.answers["interp"] = explored(it.system, found, check_liveness(it.system))
    return it


def _compare(it: Tested, text: str, tally: Tally, wanted: Wanted, seed: str) -> None:
    """The interpreter with CPython and with Z3."""
    reference = it.said("interp")
    for engine in ["live"] * wanted.cpython + ["smt"] * wanted.smt:
        try:
            said = it.said(engine, SMT_BOUND)
        except Unavailable:
            continue
        tally.engines[engine] += 1
        _note(tally, seed, text, engine, engine, differences(reference, said))
    tally.compared += 1
    tally.states += reference.distinct or 0
    tally.verdicts.update(name if not name.startswith("property") else "declared property"
                          for name in reference.violated)
    tally.verdicts.update(f"liveness {outcome}" for outcome in (reference.live or {}).values())


def _note(tally: Tally, seed: str, text: str, engine: str, what: str, wrong: list[str]) -> None:
    if wrong:
        kind = f"{engine}: {', '.join(part.split(':')[0] for part in wrong)}"
        tally.findings.append(Finding(seed, text, kind, "\n".join([what, *wrong])))


def _compare_native(it: Tested, text: str, tally: Tally, wanted: Wanted, seed: str,
                    programs: Programs) -> None:
    """The interpreter with the native engine, and that with each of its kind."""
    try:
        for task in tasks(it.system, it.said("interp"), local=wanted.local):
            _compare_task(task, text, tally, wanted, seed, programs)
    except native.Unsupported as reason:
        tally.refused[f"native: {reason}"] += 1


def _compare_task(task: Task, text: str, tally: Tally, wanted: Wanted, seed: str,
                  programs: Programs) -> None:
    engine = "native" if task.name.startswith("nothing") else "reduced"
    with programs.program(task.generated) as program:
        wrong = _wrong(task)
        said = answers(program)
    if wrong and programs.quick:
        with programs.program(task.generated, quick=False):
            wrong = _wrong(task)
        tally.engines["tcc was wrong, not the engine"] += not wrong
    _note(tally, seed, text, engine, task.name, wrong)
    _note(tally, seed, text, "engines", task.name, disagreements(said))
    tally.runs.update((task.name, threads, kind) for (_, threads), (kind, _) in said.items())
    if wanted.users:
        for name, wrong in as_users_do(task):
            tally.engines[f"users' program {name}"] += 1
            _note(tally, seed, text, engine, f"{task.name}, users' program {name}", wrong)


def _wrong(task: Task) -> list[str]:
    try:
        return task.wrong(native.explore(task.system, threads=1, prepared=task.generated))
    except Exception as error:             # the program died, or its path is none
        return [f"{type(error).__name__}: {_shown(error)}"]


def examine_seed(seed: str, folder: pathlib.Path, wanted: Wanted = Wanted(),
                 programs: Programs | None = None) -> Tally:
    """Write the spec of a seed and examine it."""
    author = Author(seed)
    text = author.spec()
    tally = examine(text, folder, wanted, seed, programs)
    if tally.compared:
        tally.features.update(author.features.keys())
    return tally
