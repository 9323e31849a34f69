"""The kept proofs: a small part of what `python -m tests.anysize` asks of each in full."""
import dataclasses

import pytest
from tests.anysize import audit

from checker.engines import native
from checker.engines.smt.anysize import kept_lemmas
from checker.engines.smt.anysize.certificate import obligations
from checker.lang.component import Fault

QUICK = ("votes/Counter", "virtio_mem/Telling", "protocols/ShardedStore", "protocols/TicketLock",
         "protocols/ToyConsensus")
"""Those that are proved in two seconds, so that they can be proved often."""
TESTED = (*QUICK, "votes/SignedCounter", "votes/TwoSides", "votes/FourKinds")
"""What is kept besides has tests of its own, or is asked by `python -m tests.anysize` alone."""
KEPT = {subject.name: subject for subject in audit.kept_subjects() if subject.name in TESTED}
IN_FULL = "votes/Counter"


def few(name, things, most):
    """The step through `things` that takes no more than a few of them; all of one spec."""
    return 1 if name == IN_FULL else max(1, -(-len(things) // most))


@pytest.fixture(params=KEPT)
def subject(request):
    return KEPT[request.param]


def test_there_are_kept_proofs():
    assert set(KEPT) == set(TESTED)


def test_the_lemmas_are_inductive_and_prove_what_the_file_says(subject):
    assert audit.proved(subject).wrong == []
    known = {p.name for p in subject.system().properties} | set(subject.proof.judged)
    assert set(subject.proves) <= known


def test_the_hypotheses_are_satisfiable(subject):
    found = audit.satisfiable(subject)
    assert found.wrong == [] and found.number == len(subject.proof.prover.situations)


def test_no_lemma_is_superfluous(subject):
    found = audit.superfluous(subject)
    assert found.number == len(subject.lemmas) and found.wrong == []


@pytest.mark.parametrize("name", QUICK)
def test_a_fault_is_a_reachable_counterexample(name):
    found = audit.faults(KEPT[name], every=few(name, KEPT[name].spec.faults, 1))
    assert found.wrong == []


def test_a_lemma_holds_at_a_size_that_it_was_not_learned_from(subject):
    if not native.available():
        pytest.skip("needs a C compiler")
    found = audit.larger(subject, most=200_000)
    assert found.number and found.wrong == []


@pytest.mark.parametrize("name", ["votes/Counter", "protocols/TicketLock"])
def test_both_solvers_agree(name):
    pytest.importorskip("cvc5")
    found = audit.certificate(KEPT[name])
    assert found.number and found.wrong == []


def test_a_certificate_says_of_each_step_what_it_preserves_or_that_it_is_impossible():
    proof = KEPT["votes/Counter"].proof
    stated = {(each.where, each.claim) for each in obligations(proof)}
    for situation in proof.prover.situations:
        impossible = (situation.name, "impossible") in stated
        assert not (impossible and situation.path is None)
        for name in situation.after:
            assert ((situation.name, name) in stated) is not impossible
    assert any(claim == "impossible" for _, claim in stated)


def test_seeds_and_orders_do_not_matter():
    one = next(s for s in audit.found_subjects() if s.spec.name == "DecentralizedLock")
    found = audit.seeds(one, count=2)
    assert found.number == 2 and found.wrong == []


def test_lemmas_are_found_again_and_kept_ones_prove_the_same_in_any_order():
    found = audit.seeds(KEPT["protocols/ToyConsensus"], count=2)
    assert found.number == 4 and found.wrong == []


def test_a_fault_is_traced_without_lemmas():
    found = audit.traces(KEPT["protocols/ShardedStore"])
    assert found.number == 1 and found.wrong == []


# ── the checks notice what they are for ──────────────────────────────────────────────────────

@pytest.fixture
def sharded():
    """One without what a test has found out about it before."""
    return dataclasses.replace(KEPT["protocols/ShardedStore"])


def test_a_superfluous_lemma_is_noticed(sharded):
    more = (*sharded.lemmas, "not any(self.moving[n, k] is None and self.moving[n, k] is not None "
            "for n in self.node for k in self.key)")
    sharded.__dict__["proof"] = sharded.prove(more)
    assert len(audit.superfluous(sharded).wrong) == 1


def test_a_false_lemma_is_noticed(sharded):
    sharded.proof.lemmas += ("all(self.moving[n, k] is None for n in self.node for k in self.key)",)
    assert audit.larger(sharded).wrong


def test_hypotheses_that_contradict_each_other_are_noticed(sharded):
    sharded.__dict__["proof"] = sharded.prove(
        ["all(self.moving[n, k] is None for n in self.node for k in self.key)"])
    proof = sharded.proof
    text = next(iter(proof.dropped))
    name = next(n for n in proof.prover.claims if n.startswith("lemma "))
    proof.hypotheses += (name,)
    assert text and any("excluded" in each for each in audit.satisfiable(sharded).wrong)


def test_other_lemmas_for_another_seed_are_noticed(sharded, monkeypatch):
    infer = audit.Subject.infer

    def other(subject, seed=0, **more):
        found = infer(subject, seed, **more)
        found.lemmas = found.lemmas[seed % 2:]
        return found

    lock = next(s for s in audit.found_subjects() if s.spec.name == "DecentralizedLock")
    monkeypatch.setattr(audit.Subject, "infer", other)
    assert audit.seeds(lock, count=1).wrong


def test_other_verdicts_for_another_order_are_noticed(monkeypatch):
    prove = audit.Subject.prove

    def forgetful(subject, lemmas=None, **more):
        return prove(subject, lemmas and sorted(lemmas)[1:], **more)

    toy = KEPT["protocols/ToyConsensus"]
    assert toy.proof.lemmas
    monkeypatch.setattr(audit.Subject, "prove", forgetful)
    assert any("other verdicts" in text for text in audit.seeds(toy, count=1).wrong)


def test_a_fault_that_breaks_nothing_is_noticed(sharded):
    harmless = Fault("harmless", breaks="one_owner", forgets=True)
    spec = dataclasses.replace(sharded.spec, faults=(harmless,))
    one = audit.Subject(spec, sharded.instance, kept=True)
    wrong = audit.faults(one).wrong
    assert any("proved all the same" in text for text in wrong)


def test_what_the_file_says_is_what_has_to_be_proved():
    ticket = KEPT["protocols/TicketLock"]
    assert kept_lemmas(ticket.spec.path, "TicketLock").proves == ticket.proves == (
        "mutual_exclusion", "overflow")
