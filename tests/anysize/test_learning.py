"""Lemmas that are made one by one: what is proved with them, and what they are made from."""
import functools
import itertools

import pytest
from tests.anysize.support import explore, spec, states

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.smt.anysize import prove_any_size
from checker.engines.smt.anysize.atoms import atoms
from checker.engines.smt.anysize.candidates import every_prefix
from checker.engines.smt.anysize.family import family
from checker.engines.smt.anysize.finite import reachable
from checker.engines.smt.anysize.learning import Learner
from checker.engines.smt.anysize.lemmas import read_lemma, show_lemma
from checker.engines.smt.anysize.tables import Tables

PROVED = {"ticket_lock": ("mutual_exclusion", "overflow"),
          "sharded_store": ("one_owner", "empty_choice"), "toy_consensus": ("one_decision",)}


@functools.cache
def found(name):
    return prove_any_size(spec(name), lemmas=(), states=states, explorer=explore)


@pytest.mark.parametrize("name", PROVED)
def test_proved_without_help(name):
    assert set(PROVED[name]) <= set(found(name).named("proved"))
    assert found(name).inferred and found(name).lemmas


@pytest.mark.parametrize("name", PROVED)
def test_the_lemmas_hold_in_all_reachable_states(name):
    system = spec(name).system()
    sample = reachable(system, 20_000)
    assert sample.complete
    for text in found(name).lemmas:
        expr = read_lemma(system, text)
        assert all(evaluate(expr, Scope(system, state)) for state in sample.states), text


def said(name, elements):
    """What can be said of elements of the sets of a spec, as texts."""
    one = spec(name)
    system = family(lambda sizes: one.system(**sizes), one.constants).system
    prefix = next(each for each in every_prefix(system) if [name for name, _ in each] == elements)
    return {show_lemma(system, atom.expr) for atom in atoms(system, prefix, measured=True)}


def test_numbers_are_looked_for_in_sets_of_numbers():
    texts = said("ring_election", ["n", "o"])
    assert {"self.number[n] in self.inbox[o]", "self.number[o] in self.inbox[o]"} <= texts
    assert "n in self.inbox[o]" not in texts        # nodes are no numbers


def test_what_a_step_waits_for_can_be_said():
    [guard] = [text for text in said("toy_consensus", ["v"]) if "for q in self.quorum" in text
               and "self.vote" in text]
    assert guard.startswith("any(self.valid[q] and all(")


@functools.cache
def ticket():
    """A learner for the ticket lock, a system of size 2, and what each part of it is called."""
    one = spec("ticket_lock")
    whole = family(lambda sizes: one.system(**sizes), one.constants)
    system = one.system(threads=2)
    cells = frozenset((v.name, *key) for v in system.variables
                      for key in itertools.chain([()], ((0,), (1,))))
    tables = Tables(whole.system, [(system, reachable(system, 10_000).states)])
    return Learner(whole.system, tables), system, cells


def best(state, about):
    """The cheapest clause of the learner's that excludes a state, if there is any."""
    learner, system, _ = ticket()
    return next((text for _, _, text in learner.excluding(system, state, about)), None)


def changed(system, state, **values):
    return tuple(values.get(v.name, value) for v, value in zip(system.variables, state))


def test_a_clause_excludes_an_unreachable_state_and_no_reachable_one():
    learner, system, cells = ticket()
    states = reachable(system, 10_000).states
    bad = changed(system, states[0], inside=(True, True))
    expr = read_lemma(system, best(bad, cells))
    assert not evaluate(expr, Scope(system, bad))
    assert all(evaluate(expr, Scope(system, state)) for state in states)


def test_no_clause_excludes_a_reachable_state():
    learner, system, cells = ticket()
    assert best(reachable(system, 10_000).states[-1], cells) is None


def test_a_clause_speaks_of_what_it_may():
    learner, system, _ = ticket()
    bad = changed(system, reachable(system, 10).states[0], inside=(True, True))
    about = frozenset({("inside", 0), ("inside", 1)})
    text = best(bad, about)
    assert "inside" in text and "ticket" not in text and "serving" not in text


def test_what_is_doubted_is_not_said_again():
    learner, system, cells = ticket()
    bad = changed(system, reachable(system, 10).states[0], next=0, serving=2)
    text = best(bad, cells)
    learner.doubt(system, text, bad)
    assert best(bad, cells) != text
