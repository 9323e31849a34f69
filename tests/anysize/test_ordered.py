"""Ordered sets of any size: their translation, the proofs that rest on it, what is refused."""
import functools
import pathlib

import pytest
import z3
from tests.anysize.structure import Structure

from checker.engines import native
from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.explore import explore
from checker.engines.smt.anysize import (OutsideFragment, check_certificate, prove_any_size,
                                         write_certificate)
from checker.engines.smt.anysize.finite import reachable
from checker.engines.smt.anysize.lemmas import read_lemma, show_lemma
from checker.frontend.spec import load

HERE = pathlib.Path(__file__).resolve().parent
SPEC = HERE.parents[1] / "spec"
STATES = 5


@functools.cache
def specs(path):
    return {spec.name: spec for spec in load(path)}


BLOCKS, PAGES = SPEC / "virtio_mem" / "telling.py", SPEC / "virtio_balloon" / "telling.py"
PROVED = {"blocks": BLOCKS, "pages": PAGES}
TRANSLATED = {"orders": HERE / "orders.py",
              "ring": HERE.parent / "protocols" / "ring_election.py", **PROVED}


def only(path):
    [spec] = specs(path).values()
    return spec


@pytest.fixture(scope="module", params=[(name, size) for name in TRANSLATED for size in (1, 2)],
                ids=lambda each: f"{each[0]}-{each[1]}")
def structure(request):
    name, size = request.param
    return Structure(only(TRANSLATED[name]), size)


def test_steps_agree_with_the_interpreter(structure):
    """Counts and properties, too, in states from all over the first thousands."""
    sample = reachable(structure.system, 1_500)
    chosen = sample.states[:: max(1, len(sample.states) // STATES)][:STATES]
    for declared in structure.family.system.properties:
        if declared.kind == "invariant":
            structure.encoding.holds(declared.expr)
    for state in chosen:
        structure.agrees(state)
        structure.judges_alike(state)


# ── the proofs ───────────────────────────────────────────────────────────────────────────────

LARGER = {"blocks": dict(blocks=2, listeners=3), "pages": dict(pages=3, slots=3, threads=2)}


@functools.cache
def kept(name):
    return prove_any_size(only(PROVED[name]), infer=False)


@pytest.mark.parametrize("name", PROVED)
def test_proved_with_the_lemmas_beside_the_spec(name):
    found = kept(name)
    assert found.complete and not found.dropped, found.judged
    assert all(judged.outcome == "proved" for kind, judged in found.judged.items()
               if kind != "deadlock")
    assert found.prover.possible(0, found.hypotheses).outcome == "sat"


def test_both_solvers_agree(tmp_path):
    pytest.importorskip("cvc5")
    written = write_certificate(kept("blocks"), tmp_path)
    assert check_certificate(tmp_path).agreed == {"z3": written, "cvc5": written}


@pytest.mark.parametrize("name", PROVED)
def test_every_step_is_possible(name):
    """Hypotheses that exclude a step prove whatever one likes of it. Some turns are excluded."""
    found = kept(name)
    possible = {(situation.path.process.name, situation.path.location.name)
                for number, situation in enumerate(found.prover.situations) if situation.path
                and found.prover.possible(number, found.hypotheses).outcome != "unsat"}
    assert possible == {(process.name, place) for process in
                        found.prover.encoding.system.processes for place in process.locations}


@pytest.mark.parametrize("name", PROVED)
def test_lemmas_hold_at_a_larger_size(name):
    system = only(PROVED[name]).system(**LARGER[name])
    try:
        states = list(native.reachable(system))[::1000]
    except native.NoCompiler:
        pytest.skip("needs a C compiler")
    for text in kept(name).lemmas:
        expr = read_lemma(system, text)
        assert all(evaluate(expr, Scope(system, state)) for state in states), text


@pytest.mark.parametrize("name, fault", [(name, fault) for name, path in PROVED.items()
                                         for fault in only(path).faults[:2]],
                         ids=lambda each: getattr(each, "name", each))
def test_a_fault_is_a_reachable_counterexample(name, fault):
    found = prove_any_size(only(PROVED[name]), fault=fault, infer=False,
                           explorer=_explore)
    assert not set(fault.broken) & set(found.named("proved"))
    # What breaks at a larger size only may be a step from an unreachable state at a smaller one.
    shown = {name: judged for name in fault.broken
             if (judged := found.judged[name]).gap is not None and judged.gap.is_violation}
    assert shown
    for broken, judged in shown.items():
        shortest = _explore(judged.gap.system).violations[broken]
        assert len(judged.gap.path) == len(shortest)
        assert judged.gap.cti.before in judged.gap.path[-2:]    # a check fails on the way


def _explore(system):
    try:
        return native.explore(system)
    except native.NoCompiler:
        return explore(system)


# ── remainders ───────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("divisor", [-2, 0, 1, 3])
def test_a_remainder_is_told_once_round(divisor):
    encoding = Structure(only(HERE / "orders.py")).encoding
    a, b = z3.Ints("a b", ctx=encoding.space.context)
    solver = z3.Solver(ctx=encoding.space.context)
    told = encoding.space.remainder(a, b)
    for number in range(-7, 8):
        solver.push()
        solver.add(a == number, b == divisor)
        remainder = number % divisor if divisor else 0
        assert solver.check(told == remainder) == z3.sat
        known = solver.check(told != remainder) == z3.unsat
        assert known == (-divisor <= number < 2 * divisor), number
        solver.pop()


@pytest.mark.parametrize("factor, outcome", [(1, "proved"), (3, "unknown")])
def test_nothing_is_proved_of_a_remainder_further_round(factor, outcome, tmp_path):
    """Both claims are true; a row holds n at most, and n is less than two rounds."""
    file = tmp_path / "spec.py"
    file.write_text(HEAD.format(state="", code=f"""row = {factor} * self.row[0]
            if row % self.n > row:
                self.seen = True"""))
    judged = prove_any_size(load(file)[0], lemmas=("not self.seen",),
                            infer=False).judged["fine"]
    assert judged.outcome == outcome, judged


# ── what is refused ──────────────────────────────────────────────────────────────────────────

HEAD = """from checker import *
class Spec(Component):
    def __init__(self, *, n=2):
        self.slot = Range(n)
        self.n = n
        self.row = Map(self.slot, Int(0, n))
        self.map = Map(self.slot, Bool)
        self.seen = Bool
        {state}
    @process(daemon=True)
    async def work(self):
        while True:
            await step("go")
            {code}
    @invariant
    def fine(self):
        return not self.seen or any(self.map[s] for s in self.slot)
"""
REFUSED = {
    "what an earlier round wrote": (
        "P107", "", "for s in self.slot:\n                if s > 0:\n"
        "                    self.row[s] = self.row[s - 1]", "row"),
    "a running total": (
        "P107", "", "for s in self.slot:\n                if self.map[s]:\n"
        "                    self.seen = True\n                if self.seen:\n"
        "                    self.row[s] = 0", "seen"),
    "a loop in a loop": (
        "P107", "", "for s in self.slot:\n                for q in self.slot:\n"
        "                    if q == s:\n                        self.map[q] = True", "loop"),
    "a turn that need not wait": (
        "P101", "", "for s in self.slot:\n                if self.map[s]:\n"
        "                    await step('one')\n                    self.row[s] = 0", ""),
    "a beginning that depends on the size": (
        "P109", "self.full = Int(0, n, init=n)", "self.full = 0", "full"),
    "a beginning that is not alike": (
        "P109", "self.odd = Map(self.slot, Bool(init=ANY))\n"
        "        self.first = Map(self.slot, Int(0, n + 1, init=n))", "self.first[0] = 0", "first"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_outside_the_fragment(what, tmp_path):
    code, state, body, named = REFUSED[what]
    file = tmp_path / "spec.py"
    file.write_text(HEAD.format(state=state, code=body))
    judged = prove_any_size(load(file)[0]).judged["fine"]
    assert judged.outcome == "refused" and f"[{code}]" in judged.reason, judged
    assert named in judged.reason and judged.loc.line, judged.reason


@pytest.mark.parametrize("text", ["all(self.map[s] for s in range(m))", "self.row[0] < other",
                                  "all(self.map[s] for s in range(n * n))"])
def test_a_lemma_names_a_constant_that_is_none(text, tmp_path):
    file = tmp_path / "spec.py"
    file.write_text(HEAD.format(state="", code="self.seen = False"))
    with pytest.raises(OutsideFragment, match="P111"):
        read_lemma(load(file)[0].system(), text)


def test_lemmas_about_ranges_are_written_and_read():
    system = only(BLOCKS).system()
    for text in kept("blocks").lemmas:
        whole = kept("blocks").prover.encoding.system
        assert show_lemma(whole, read_lemma(whole, text)) == text
        assert "blocks" not in show_lemma(system, read_lemma(system, text))
