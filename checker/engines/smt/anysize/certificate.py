"""Certificates: every obligation of a proof as a file of SMT-LIB 2 that other solvers can judge.

A proof by induction is a finite set of formulas none of which may be satisfiable: for each claim
that some initial state breaks it, for each path of a step and each claim that the path breaks it
although all hypotheses hold before, for each check that it fails. Each is a file on its own. What
a file rests on is in it: facts, axioms of counts, conditions of the path, and the hypotheses.

Whether the files say what the spec says is not for a solver to judge; `manifest.json` names that
assumption with the others. Only `unsat` counts.
"""
from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import z3

from checker.engines.smt.anysize.proof import AnySizeProof
from checker.engines.smt.anysize.prover import Prover
from checker.engines.smt.anysize.question import Situation
from checker.engines.smt.terms import Truth, neg

MANIFEST = "manifest.json"
SOLVERS = ("z3", "cvc5")
RLIMIT = 50_000_000


@dataclass(frozen=True, slots=True)
class Stated:
    """One obligation: what must not be possible, where, and the formulas that say so."""

    claim: str
    where: str
    parts: tuple[tuple[str, Truth], ...]


@dataclass
class Checked:
    """What each solver said of each file: "unsat", "sat", "unknown" or "not installed"."""

    files: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def agreed(self) -> dict[str, int]:
        """How many files each solver found unsatisfiable."""
        return {solver: sum(1 for found in self.files.values() if found.get(solver) == "unsat")
                for solver in SOLVERS}

    @property
    def complete(self) -> bool:
        """Whether there are files and every solver that is installed agreed on each."""
        return bool(self.files) and all(answer in ("unsat", "not installed")
                                        for found in self.files.values()
                                        for answer in found.values())


def obligations(proof: AnySizeProof) -> Iterator[Stated]:
    """Every obligation of the proved properties and the kept lemmas.

    Each supposes only those hypotheses that its proof has used, so that a file is short and soon
    judged. About a path that these rule out there is one obligation: that it is impossible.
    """
    prover = proof.prover
    assert prover is not None
    proved, supposed = set(proof.named("proved")), frozenset(proof.hypotheses)
    claims = [name for name in prover.claims
              if name in proof.hypotheses or name in proved]
    for number, situation in enumerate(prover.situations):
        premises = tuple(situation.premises())
        used = {name: prover.preserved(number, name, supposed).core
                for name in claims if name in situation.after}
        excluded = _excluded(situation, used)
        if excluded is not None:
            yield Stated("impossible", situation.name,
                         (*premises, *_supposed(situation, excluded)))
            continue
        for name, core in used.items():
            negated = situation.negated(prover.claims[name])
            yield Stated(name, situation.name, (*premises, *_supposed(situation, core),
                                                ("the claim is broken", negated)))
    yield from _checks(proof, prover, proved)


def _excluded(situation: Situation, used: Mapping[str, frozenset[str]]) -> frozenset[str] | None:
    """The hypotheses that rule a path out; None where it is possible, as far as is known.

    An invariant that is kept without being supposed is a sign that there may be no step at all.
    """
    for name, core in used.items():
        if situation.path is not None and name in situation.before and name not in core:
            answer = situation.refutes(sorted(core), [], patient=False)
            return answer.core if answer.outcome == "unsat" else None
    return None


def _checks(proof: AnySizeProof, prover: Prover, proved: set[str]) -> Iterator[Stated]:
    premises = tuple(prover.anywhere.premises())
    for number, (where, check) in enumerate(prover.obligations):
        if check.kind in proved:
            core = prover.passes(number, frozenset(proof.hypotheses)).core
            given = tuple(("path", part) for part in check.given)
            yield Stated(f"{check.kind} ({check.message})", where,
                         (*premises, *_supposed(prover.anywhere, core), *given,
                          ("the check fails", neg(check.holds))))


def _supposed(situation: Situation, names: Iterable[str]) -> Iterator[tuple[str, Truth]]:
    for name in sorted(names):
        yield f"hypothesis {name}", situation.encoding.holds(situation.claims[name].expr)


def write_certificate(proof: AnySizeProof, directory: str | pathlib.Path) -> int:
    """Write all obligations and the manifest; how many there are.

    Raises ValueError where nothing is proved.
    """
    if proof.prover is None or not proof.named("proved"):
        raise ValueError(f"{proof.name}: nothing is proved, so there is nothing to certify")
    folder = pathlib.Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.smt2"):
        stale.unlink()
    files = []
    for number, stated in enumerate(obligations(proof), 1):
        name = f"{number:04}-{_slug(stated.claim)}.smt2"
        (folder / name).write_text(smtlib(proof, stated), encoding="utf-8")
        files.append({"file": name, "claim": stated.claim, "where": stated.where})
    manifest = {"spec": proof.name, "for every size of": proof.sizes,
                "proved": list(proof.named("proved")), "lemmas": list(proof.lemmas),
                "assumptions": list(proof.assumptions), "obligations": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return len(files)


def smtlib(proof: AnySizeProof, stated: Stated) -> str:
    """One obligation as text, with what it rests on named in comments."""
    prover = proof.prover
    assert prover is not None
    solver = z3.Solver(ctx=prover.encoding.space.context)
    names = []
    for name, part in stated.parts:
        if part is not True:
            solver.add(part)
            names.append(name)
    heading = [f"; {proof.name}: {stated.claim}", f"; where: {stated.where}",
               "; to be found unsatisfiable", "; it rests on:"]
    heading += [f";   {name}" for name in dict.fromkeys(names)]
    heading += [f";   {name}: {text}" for name, text in zip(
        (n for n in proof.hypotheses if n.startswith("lemma ")), proof.lemmas)
        if f"hypothesis {name}" in names or name == stated.claim]
    comments = [line.replace("\n", " ") for line in heading]
    return "\n".join([*comments, "(set-logic ALL)", solver.to_smt2()])


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40]


# ── checking ─────────────────────────────────────────────────────────────────────────────────

def check_certificate(directory: str | pathlib.Path,
                      solvers: Sequence[str] = SOLVERS,
                      tell: Callable[[str], None] = lambda text: None) -> Checked:
    """Ask every solver about every file of a certificate, from the text alone.

    Raises ValueError where the folder holds none, or files that its manifest does not name.
    """
    folder = pathlib.Path(directory)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        named = [entry["file"] for entry in manifest["obligations"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder} holds no certificate: {error}") from None
    if sorted(named) != sorted(p.name for p in folder.glob("*.smt2")):
        raise ValueError(f"{folder}: the files are not those that {MANIFEST} names")
    checked = Checked()
    for name in named:
        tell(name)
        text = (folder / name).read_text(encoding="utf-8")
        checked.files[name] = {solver: _ASK[solver](text) for solver in solvers}
    return checked


def _ask_z3(text: str) -> str:
    context = z3.Context()
    solver = z3.Solver(ctx=context)
    solver.set("rlimit", RLIMIT)
    try:
        solver.from_string(text)
    except z3.Z3Exception as error:
        return f"error: {error}"
    return str(solver.check())


def _ask_cvc5(text: str) -> str:
    """Where cvc5's own heuristics give up, enumerating instances may do."""
    answer = "unknown"
    for option in ("", "enum-inst"):
        answer = _run_cvc5(text, option)
        if answer != "unknown":
            break
    return answer


def _run_cvc5(text: str, option: str) -> str:
    try:
        import cvc5
    except ImportError:
        return "not installed"
    solver = cvc5.Solver()
    solver.setOption("rlimit-per", str(RLIMIT // 100))
    if option:
        solver.setOption(option, "true")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "obligation")
    answer = "unknown"
    while True:
        command = parser.nextCommand()
        if command.isNull():
            return answer
        said = command.invoke(solver, parser.getSymbolManager()).strip()
        if said in ("sat", "unsat", "unknown"):
            answer = said
        elif said.startswith("(error"):
            return f"error: {said}"


_ASK = {"z3": _ask_z3, "cvc5": _ask_cvc5}
