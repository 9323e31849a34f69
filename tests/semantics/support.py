"""One body, every engine: what each engine says of a spec, in one form that can be compared.

A spec's text is loaded and given to the interpreter, to CPython, to the native engine and to
Z3's bounded search. Their answers become `Said`: how many states and successors, and for each
property that failed (or was witnessed) the number of steps to where it shows, and the outcomes
of liveness where an engine decides them. The interpreter is the definition; every other engine
has to say the same, as far as it says anything.
"""
from __future__ import annotations

import itertools
import pathlib
import textwrap
from dataclasses import dataclass, field

from checker.engines import native
from checker.engines.interp.explore import explore
from checker.engines.interp.liveness import check_liveness
from checker.engines.live import Unsupported, explore_by_replay
from checker.engines.smt.bmc import search
from checker.frontend import load
from checker.frontend.spec import Spec
from checker.ir.system import System
from checker.ir.verify import verify
from checker.judgement.certify import certify
from checker.results.exploration import Exploration, Liveness

ENGINES = ("interp", "live", "native", "smt")
LIMIT = 20_000             # states; what an engine can not finish within it is no test
BOUND = 4                  # steps that the bounded search looks ahead, unless a test says more

PRELUDE = "from checker import *\n\n\n"


class Unavailable(Exception):
    """An engine that can not take part; the message says why."""


@dataclass(frozen=True)
class Said:
    """What an engine says. `bound` limits it to what happens within so many steps."""

    violated: dict[str, int]
    witnessed: dict[str, int]
    distinct: int | None = None
    generated: int | None = None
    initial: int | None = None
    levels: tuple[int, ...] | None = None
    fired: frozenset[tuple[str, str]] | None = None
    live: dict[str, str] | None = None
    bound: int | None = None

    def within(self, bound: int | None) -> Said:
        """The part of it that a search of `bound` steps can know."""
        if bound is None:
            return self
        return Said(*({name: steps for name, steps in found.items() if steps <= bound}
                      for found in (self.violated, self.witnessed)), bound=bound)


@dataclass
class Tested:
    """A loaded spec, its system, and what each engine said of it, computed once."""

    spec: Spec
    system: System
    answers: dict[str, Said] = field(default_factory=dict)

    def said(self, engine: str, bound: int = BOUND) -> Said:
        if engine not in self.answers:
            self.answers[engine] = RUN[engine](self, bound)
        return self.answers[engine]


_numbers = itertools.count()


def write(text: str, folder: pathlib.Path) -> pathlib.Path:
    """A spec's text as a file of its own: modules are told apart by their paths."""
    path = folder / f"spec{next(_numbers)}.py"
    path.write_text(text, encoding="utf-8")
    return path


def component(body: str, before: str = "") -> str:
    """The text of a spec: `before`, and the component `Tested` with the given body."""
    members = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    return (f"{PRELUDE}{textwrap.dedent(before)}\n\nclass Tested(Component):\n"
            f"    instances = {{'small': {{}}}}\n\n{members}\n")


def tested(path: pathlib.Path, **options) -> Tested:
    """Compile the (last) spec of a file; the IR must be legal."""
    spec = load(path)[-1]
    system = spec.system(**options)
    verify(system)
    return Tested(spec, system)


# ── engines ──────────────────────────────────────────────────────────────────────────────────

def explored(system: System, found: Exploration,
             live: dict[str, Liveness] | None = None) -> Said:
    """The answer of an explicit search, each of its paths and lassos certified."""
    if not found.complete:
        raise Unavailable(found.reason)
    for name, path in (found.violations | found.witnesses).items():
        certify(system, name, path)
    return Said({name: len(path) - 1 for name, path in found.violations.items()},
                {name: len(path) - 1 for name, path in found.witnesses.items()},
                found.distinct, found.generated, found.initial, tuple(found.levels),
                frozenset(found.fired), None if live is None else outcomes(system, live))


def outcomes(system: System, live: dict[str, Liveness]) -> dict[str, str]:
    """What was decided of each liveness property; its lassos are certified."""
    for name, answer in live.items():
        if answer.outcome == "violated":
            certify(system, name, answer.path, answer.loop)
    return {name: answer.outcome for name, answer in live.items()}


def _interp(it: Tested, bound: int) -> Said:
    return explored(it.system, explore(it.system, limit=LIMIT), check_liveness(it.system))


def _live(it: Tested, bound: int) -> Said:
    try:
        return explored(it.system, explore_by_replay(it.spec, it.system, LIMIT))
    except Unsupported as reason:
        raise Unavailable(str(reason)) from None


def _native(it: Tested, bound: int) -> Said:
    try:
        found = native.explore(it.system, threads=1, limit=LIMIT)
        return explored(it.system, found, found.live)
    except (native.NoCompiler, native.Unsupported) as reason:
        raise Unavailable(str(reason)) from None


def _smt(it: Tested, bound: int) -> Said:
    """Up to the bound, or to where it is decided that nothing is left to find."""
    found = search(it.system, bound=bound, seconds=20.0)
    if found.reason and found.depth < 0:
        raise Unavailable(found.reason)
    for name, path in (found.violations | found.witnesses).items():
        certify(it.system, name, path)
    return Said({name: len(path) - 1 for name, path in found.violations.items()},
                {name: len(path) - 1 for name, path in found.witnesses.items()},
                bound=None if found.exhausted else found.depth)


RUN = {"interp": _interp, "live": _live, "native": _native, "smt": _smt}


def differences(reference: Said, other: Said) -> list[str]:
    """What `other` says differently, as far as it says anything."""
    expected = reference.within(other.bound)
    found = []
    for name in ("violated", "witnessed", "distinct", "generated", "initial", "levels", "fired",
                 "live"):
        mine, theirs = getattr(expected, name), getattr(other, name)
        if mine is not None and theirs is not None and mine != theirs:
            found.append(f"{name}: {_shown(mine)}, not {_shown(theirs)}")
    return found


def _shown(thing: object) -> str:
    return str(sorted(thing) if isinstance(thing, frozenset) else thing)
