"""One spec, every engine: what they say differently."""
from __future__ import annotations

import pathlib
import sys
import warnings
from collections import Counter
from dataclasses import dataclass, field

from checker.engines import native
from checker.engines.interp.explore import explore
from checker.engines.interp.liveness import check_liveness
from checker.engines.live import Disagreement
from checker.errors import SpecError
from tests.fuzz.reduced import differing, probed
from tests.fuzz.spec_author import Author
from tests.semantics.support import (Said, Tested, Unavailable, differences, explored, tested,
                                     write)

LARGEST = 600              # states; a larger system is passed over
ENGINES = ("live", "native")
SMT_BOUND = 3


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
    smt: int = 0
    reduced: Counter[str] = field(default_factory=Counter)
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
            f"{self.specs:,} specs: {self.compared:,} compared ({self.states:,} states, "
            f"{self.smt:,} of them with Z3), {self.too_large:,} too large, "
            f"{self.refused.total():,} refused {dict(self.refused.most_common())}",
            f"reduced: {dict(self.reduced.most_common())}",
            f"verdicts: {dict(self.verdicts.most_common())}",
            f"{len(self.features)} features; rarest: {', '.join(rare[:12])}",
            f"{len(self.findings)} disagreements"]


def examine(text: str, folder: pathlib.Path, *, smt: bool, seed: str = "") -> Tally:
    """Compile a spec and compare what the engines say of it."""
    tally = Tally(specs=1)
    try:
        it = _compiled(text, folder, tally)
        if it is not None:
            _compare(it, text, tally, (*ENGINES, "smt") if smt else ENGINES, seed)
    except Disagreement as found:
        tally.findings.append(Finding(seed, text, f"live: {_kind(found.what)}", str(found)))
    except Exception as error:             # whatever it is, it is a finding
        kind = f"{type(error).__name__}: {_kind(str(error))}"
        tally.findings.append(Finding(seed, text, kind, _shown(error)))
    return tally


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
    if not found.complete:
        tally.too_large += 1
        return None
    it.answers["interp"] = explored(it.system, found, check_liveness(it.system))
    return it


def _compare(it: Tested, text: str, tally: Tally, engines: tuple[str, ...], seed: str) -> None:
    reference = it.said("interp")
    for engine in engines:
        try:
            said = it.said(engine, SMT_BOUND)
        except Unavailable:
            continue
        tally.smt += engine == "smt"
        found = differences(reference, said)
        if found:
            kind = f"{engine}: {', '.join(part.split(':')[0] for part in found)}"
            report = "\n".join(f"{engine}: {part}" for part in found)
            tally.findings.append(Finding(seed, text, kind, report))
    if native.available():
        _compare_reduced(it, text, tally, reference, seed)
    tally.compared += 1
    tally.states += reference.distinct or 0
    tally.verdicts.update(name if not name.startswith("property") else "declared property"
                          for name in reference.violated)
    tally.verdicts.update(f"liveness {outcome}" for outcome in (reference.live or {}).values())


def _compare_reduced(it: Tested, text: str, tally: Tally, reference: Said, seed: str) -> None:
    """The native engine with each combination of reductions; and with partial order once more,
    asked what shows most."""
    answers = [*differing(it.system, reference)]
    part = probed(it.system)
    if part is not None:
        answers += differing(part, explored(part, explore(part)), [("partial-order",)])
    for name, found in answers:
        tally.reduced[name.split(" of ")[0] + " and partial order" * (" and " in name)] += 1
        if found:
            kind = f"reduced: {', '.join(part.split(':')[0] for part in found)}"
            tally.findings.append(Finding(seed, text, kind, "\n".join([name, *found])))


def examine_seed(seed: str, folder: pathlib.Path, *, smt: bool = False) -> Tally:
    """Write the spec of a seed and examine it."""
    author = Author(seed)
    text = author.spec()
    tally = examine(text, folder, smt=smt, seed=seed)
    if tally.compared:
        tally.features.update(author.features.keys())
    return tally
