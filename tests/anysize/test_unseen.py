"""Lemmas that no small size asks for, and what a small size says that a step's proof needs."""
import pathlib

from tests.anysize.support import spec

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.smt.anysize.family import family
from checker.engines.smt.anysize.finite import reachable
from checker.engines.smt.anysize.kept import lemma_file
from checker.engines.smt.anysize.lemmas import read_file, read_lemma, show_lemma
from checker.engines.smt.anysize.selection import Bench
from checker.engines.smt.anysize.tables import Tables
from checker.engines.smt.anysize.unseen import unseen
from checker.frontend.spec import load

SPEC = pathlib.Path(__file__).resolve().parents[2] / "spec"


def small(one, most):
    """The spec for every size, at size 2, and states of that."""
    whole = family(lambda sizes: one.system(**sizes), one.constants)
    system = whole.compile(dict.fromkeys(whole.constants, 2))
    return whole, system, reachable(system, most).states


def test_of_locals_that_hold_elements_and_of_sets_that_exclude_each_other():
    [one] = load(SPEC / "virtio_balloon" / "telling.py")
    whole, system, states = small(one, 6_000)
    found = unseen(Tables(whole.system, [(system, states)]))
    assert found == [
        'all(any(self.compacts.p[t] == any_ for any_ in self.page) '
        'or self.compacts.at[t] == "scan" for t in self.thread)',
        'all(any(self.compacts.migrate_pages.n[t] == any_ for any_ in self.page) '
        'or self.compacts.at[t] in ("scan", "isolate_movable_page", "unmap_and_move", '
        '"putback_movable_page") for t in self.thread)',
        'sum(self.listed[any_] or self.isolated[any_] for any_ in self.page) '
        '== sum(self.listed[any_] for any_ in self.page) '
        '+ sum(self.isolated[any_] for any_ in self.page)']
    for text in found:
        expr = read_lemma(system, text)
        assert all(evaluate(expr, Scope(system, state)) for state in states[::20]), text


def test_a_core_suffices_and_has_no_lemma_too_many():
    one = spec("ticket_lock")
    whole, system, _ = small(one, 100)
    bench = Bench(system)
    file = lemma_file(one.path)
    kept = [show_lemma(whole.system, each.expr) for each
            in read_file(whole.system, str(file), file.read_text(encoding="utf-8"), [])]
    [process] = system.processes
    needed = 0
    for claim in (*kept, "mutual_exclusion"):
        for location in process.locations:
            step = process.name, location
            core = bench.core(claim, step, frozenset(), kept)
            within = bench.steps_of(*step)
            assert bench.breaks(claim, sorted(core), within).outcome == "unsat"
            for other in core:
                assert bench.breaks(claim, sorted(core - {other}), within).outcome == "sat"
            needed += len(core)
    assert needed > 10


def test_a_core_that_is_known_is_added_to_and_kept_where_it_does():
    one = spec("ticket_lock")
    _, system, _ = small(one, 100)
    bench = Bench(system)
    [process] = system.processes
    step = process.name, next(iter(process.locations))
    claim = "mutual_exclusion"
    assert bench.core(claim, step, frozenset({claim}), []) == {claim}
