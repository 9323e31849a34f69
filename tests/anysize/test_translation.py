"""The any-size formulas, evaluated in finite structures, say what the interpreter does.

A state is written into the leaves, the elements of each sort are named, and then each path is
asked for its state after: it must be one of the interpreter's, and each of those must be one of
some path. Counts are exact there, so the delta rule and the axioms are tested as well.
"""
import pytest
import z3
from tests.anysize.structure import Structure
from tests.anysize.support import spec

from checker.engines.smt.anysize.finite import reachable

NAMES = ["group_attach", "two_phase", "decentralized_lock", "allocator", "sharded_store",
         "ticket_lock", "ricart_agrawala"]
STATES = 6


@pytest.fixture(scope="module", params=NAMES)
def structure(request):
    return Structure(spec(request.param))


def test_steps_agree_with_the_interpreter(structure):
    sample = reachable(structure.system, 300)
    chosen = sample.states[:: max(1, len(sample.states) // STATES)][:STATES]
    encoding = structure.encoding
    for prop in structure.family.system.properties:
        if prop.kind == "invariant":
            encoding.holds(prop.expr)                      # makes its counts
    for state in chosen:
        structure.agrees(state)


def test_axioms_hold_where_counts_are_exact(structure):
    sample = reachable(structure.system, 100)
    state = sample.states[-1]
    solver, encoding = structure.solver, structure.encoding
    solver.push()
    solver.add(structure.is_state(encoding.base.values, state), *structure.exact(encoding.base))
    for name, axiom in encoding.counts.axioms(encoding.base):
        if not isinstance(axiom, bool):
            assert solver.check(z3.Not(axiom)) == z3.unsat, name
    solver.pop()
