"""What is proved for every size, with which lemmas, and that nothing of it is for show."""
import dataclasses

import pytest
from tests.anysize.support import TESTS, proof, spec, with_lemmas

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.explore import explore
from checker.engines.smt.anysize import (OutsideFragment, check_certificate, lemma_text,
                                         prove_any_size, write_certificate)
from checker.engines.smt.anysize.finite import Sample, reachable
from checker.engines.smt.anysize.lemmas import read_file, read_lemma, show_lemma
from checker.frontend.spec import load
from checker.ir.system import IMPLICIT

INFERRED = {"lock_server": 11, "decentralized_lock": 8, "two_phase": 8, "tcommit": 0,
            "allocator": 0, "ricart_agrawala": 2, "group_attach": 4}
"""Protocols proved without help, quickly, with the number of lemmas."""
LARGER = {"lock_server": dict(nodes=4), "decentralized_lock": dict(nodes=4),
          "two_phase": dict(managers=4)}


@pytest.mark.parametrize("name", INFERRED)
def test_proved_without_help(name):
    found = proof(name)
    assert found.complete, found.judged
    assert len(found.lemmas) == INFERRED[name]
    assert all(found.judged[kind].outcome == "proved" for kind in IMPLICIT
               if kind in found.judged and kind != "deadlock")
    assert found.judged["deadlock"].outcome == "unknown"      # not claimed, so not proved


@pytest.mark.parametrize("name", ["ticket_lock", "toy_consensus", "sharded_store",
                                  "ring_election"])
def test_proved_with_the_lemmas_beside_the_spec(name):
    from checker.engines.smt.anysize import prove_any_size

    found = prove_any_size(spec(name), infer=False)
    assert found.complete and not found.inferred, found.judged


@pytest.mark.parametrize("name", ["lock_server", "decentralized_lock", "two_phase"])
def test_kept_lemmas_suffice_and_none_is_superfluous(name):
    kept = proof(name).lemmas
    assert with_lemmas(name, kept).complete
    for lemma in kept:
        rest = [other for other in kept if other != lemma]
        assert not with_lemmas(name, rest, most_states=1).complete, lemma


@pytest.mark.parametrize("name", LARGER)
def test_kept_lemmas_hold_at_a_larger_size(name):
    system = spec(name).system(**LARGER[name])
    sample = reachable(system, 3_000)
    for text in proof(name).lemmas:
        expr = read_lemma(system, text)
        assert all(evaluate(expr, Scope(system, state)) for state in sample.states), text


@pytest.mark.parametrize("name", ["lock_server", "group_attach"])
def test_hypotheses_are_satisfiable(name):
    """The initial states satisfy them; what proves everything proves nothing."""
    found = with_lemmas(name, ()) if name == "group_attach" else proof(name)
    answer = found.prover.possible(0, found.hypotheses)
    assert answer.outcome == "sat"


def test_seeds_do_not_matter():
    assert {proof("lock_server", seed).lemmas for seed in range(10)} == {
        proof("lock_server").lemmas}


def test_lemmas_are_written_and_read_as_python():
    found = proof("two_phase")
    system = spec("two_phase").system()
    text = lemma_text(found.name, found.sizes, found.lemmas, '"""Mine."""\nA = ("a",)\n')
    read = read_file(system, "lemmas.py", text)
    assert [show_lemma(system, written.expr) for written in read] == list(found.lemmas)
    shorter = lemma_text(found.name, found.sizes, found.lemmas[:1], text)
    assert shorter.startswith('"""Mine."""') and len(read_file(system, "", shorter)) == 1
    assert not read_file(spec("lock_server").system(), "", text)     # another spec's


@pytest.mark.parametrize("name", ["decentralized_lock", "group_attach", "sharded_store",
                                  "toy_consensus", "ticket_lock", "ricart_agrawala",
                                  "ring_election"])
def test_a_fault_is_a_reachable_counterexample(name):
    """At a size up to 3, with the explorer's trace; its last step is the one that breaks."""
    from checker.engines.smt.anysize import prove_any_size

    for fault in spec(name).faults:
        found = prove_any_size(spec(name), fault=fault, infer=False)
        for broken in fault.broken:
            judged = found.judged[broken]
            assert judged.outcome == "failed" and judged.gap.label == "reachable"
            assert max(judged.gap.size.values()) <= 3
            explored = explore(judged.gap.system).violations[broken]
            assert len(judged.gap.path) == len(explored)
            assert judged.gap.cti is not None and judged.gap.cti.before == judged.gap.path[-2]


def test_an_unreachable_counterexample_comes_with_what_excludes_it():
    found = with_lemmas("lock_server", ())
    gap = found.judged["mutual_exclusion"].gap
    assert gap.label == "unreachable at this size" and 1 <= len(gap.hints) <= 3
    for hint in gap.hints:
        assert not evaluate(read_lemma(gap.system, hint), Scope(gap.system, gap.cti.before))
    assert "excluded by" in gap.render()


@pytest.mark.parametrize("name", ["lock_server", "two_phase", "ricart_agrawala"])
def test_certificates_are_judged_by_both_solvers(name, tmp_path):
    pytest.importorskip("cvc5")
    written = write_certificate(proof(name), tmp_path)
    checked = check_certificate(tmp_path)
    assert checked.complete and checked.agreed == {"z3": written, "cvc5": written}


def test_the_command_checks_what_prove_wrote(tmp_path, capsys):
    from checker.face.cli import main

    spec_file = str(TESTS / "protocols" / "lock_server.py")
    folder = str(tmp_path / "certificate")
    assert main(["prove", spec_file, "--any-size", "--certificate", folder]) == 0
    assert main(["certificate", folder, "--solver", "z3"]) == 0
    assert "48 of 48 obligations" in capsys.readouterr().out
    first = next(iter(sorted((tmp_path / "certificate").glob("*.smt2"))))
    first.write_text("(declare-const a Bool)(assert a)(check-sat)")
    assert main(["certificate", folder, "--solver", "z3"]) == 1
    assert f"{first.name}: sat" in capsys.readouterr().out
    assert main(["certificate", str(tmp_path)]) == 3
    assert main(["prove", spec_file, "--certificate", folder]) == 2
    assert main(["prove", spec_file, "--any-size", "--property", "nothing"]) == 2


def test_the_holder_of_a_lock_is_read_and_written():
    system = load(TESTS.parent / "spec" / "votes" / "model.py")[1].system("ci")
    text = "all(self.bql.lock.holder == self.vfio.life[g] for g in self.group)"
    assert show_lemma(system, read_lemma(system, text)) == text
    with pytest.raises(OutsideFragment, match="P111"):
        read_lemma(system, "self.bql.lock.holder == self.vfio.life")
    text = 'self.balloon.inflate.at not in ("BQL balloon", "balloon: zap")'
    assert show_lemma(system, read_lemma(system, text)) == text


def test_a_certificate_with_a_satisfiable_file_is_none(tmp_path):
    write_certificate(proof("tcommit"), tmp_path)
    first = next(iter(sorted(tmp_path.glob("*.smt2"))))
    first.write_text("(declare-const a Bool)(assert a)(check-sat)")
    assert not check_certificate(tmp_path, ["z3"]).complete
    first.unlink()
    with pytest.raises(ValueError):
        check_certificate(tmp_path)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_candidates_does_not_matter(seed, monkeypatch):
    import random

    from checker.engines.smt.anysize import prove_any_size
    from checker.engines.smt.anysize import proof as module

    def shuffled(*args, **more):
        found = list(candidates(*args, **more))
        random.Random(seed).shuffle(found)
        return found

    candidates = module.candidates
    monkeypatch.setattr(module, "candidates", shuffled)
    found = prove_any_size(spec("lock_server"), lemmas=())
    assert found.lemmas == proof("lock_server").lemmas


def test_many_lemmas_are_not_tried_for_removal(monkeypatch):
    """They are inductive, and prove everything; nobody asks which of them are needed."""
    from checker.engines.smt.anysize import proof as module

    monkeypatch.setattr(module, "MOST_THINNED", 0)
    told = []
    found = prove_any_size(spec("lock_server"), lemmas=(), report=told.append)
    assert found.complete and len(found.lemmas) >= len(proof("lock_server").lemmas)
    again = with_lemmas("lock_server", found.lemmas)
    assert again.complete and not again.dropped and again.lemmas == found.lemmas
    assert not any("lemmas may be needed" in text for text in told)


def test_cvc5_agrees_on_lemmas_with_alternating_quantifiers(tmp_path):
    pytest.importorskip("cvc5")
    from checker.engines.smt.anysize import prove_any_size

    write_certificate(prove_any_size(spec("toy_consensus")), tmp_path)
    assert check_certificate(tmp_path).complete


def test_some_states_do_where_there_are_too_many():
    """Lemmas are learned from a part of the states; what is false elsewhere is not proved."""
    def some(system, most):
        found = reachable(system, 3_000)
        part = [state for number, state in enumerate(found.states) if number % 5]
        return dataclasses.replace(found, states=part, complete=False)

    found = prove_any_size(spec("lock_server"), lemmas=(), states=some)
    assert found.complete and found.candidates
    nothing = prove_any_size(spec("lock_server"), lemmas=(), explain=False,
                             states=lambda system, most: Sample(system, (), complete=False))
    assert not nothing.complete and not nothing.candidates


DOOR = '''
from checker import Bool, Component, Fault, Index, Map, eventually, invariant, process, step


class Door(Component):
    """Whoever knocks while it is closed is let in."""

    def __init__(self, *, guests=1, closes=True):
        self.guest = Index("guest", guests)
        self.open = Bool
        self.inside = Map(self.guest, Bool)
        self.closes = closes

    @process(each="guest")
    async def visit(self, g):
        await step("knock")
        if not self.open:
            self.inside[g] = True
            self.open = self.closes

    @invariant
    def one_at_a_time(self):
        return all(not (self.inside[g] and self.inside[h])
                   for g in self.guest for h in self.guest if g != h)

    @eventually(each="guest")
    def enters(self, g):
        return self.inside[g]

    instances = {"ci": dict(guests=2), "alone": dict()}
    faults = [Fault("stays_open", breaks="one_at_a_time", instance="alone", closes=False)]
'''


def test_a_fault_of_another_instance_is_looked_at_in_that_instance(tmp_path):
    """Its sizes are those of its own instance, whatever the instance that is proved."""
    file = tmp_path / "door.py"
    file.write_text(DOOR)
    door = load(file)[0]
    found = prove_any_size(door, instance="ci", fault=door.faults[0], infer=False)
    assert found.judged["one_at_a_time"].gap.label == "reachable"
    assert found.judged["one_at_a_time"].gap.size == {"guests": 2}


def test_liveness_of_each_element_is_left_to_exploration(tmp_path):
    file = tmp_path / "door.py"
    file.write_text(DOOR)
    found = prove_any_size(load(file)[0], instance="ci")
    assert found.judged["one_at_a_time"].outcome == "proved"
    assert "enters" not in str(found.judged)


SIDES = '''
from checker import *

class Sides(Component):
    def __init__(self, *, guests=2):
        self.guest = Index("guest", guests)
        self.side = Range(2)
        self.served = Map(self.guest, Bool)
        self.left = Bool
        self.right = Bool

    @process(each="side")
    async def work(self, s):
        await step("go")
        if s == 1:
            self.right = True
        elif not self.right:
            self.left = True

    @invariant
    def nobody_is_served(self):
        return not any(self.served[g] for g in self.guest)
'''


def test_where_one_instance_waits_is_not_where_another_does(tmp_path):
    """The second side breaks it, after the first: what is known of the first while that waits is
    not true any more."""
    file = tmp_path / "sides.py"
    file.write_text(SIDES)
    lemma = 'not ((self.work.at[0] == "go" or self.right) and self.left)'
    found = prove_any_size(load(file)[0], lemmas=(lemma,), infer=False, explain=False)
    assert found.dropped and not found.lemmas
    assert found.judged["nobody_is_served"].outcome == "proved"


@pytest.mark.parametrize("lemma", ["False", "1 == 2"])
def test_nothing_follows_from_a_lemma_that_is_plainly_false(lemma):
    found = with_lemmas("group_attach", (lemma,), explain=False)
    assert found.dropped == (lemma,)
    assert found.judged["no_stale_mapping"].outcome == "unknown"
