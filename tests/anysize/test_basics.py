"""Short clauses, and the tables that they are made from."""
import functools
import itertools

from tests.anysize.support import spec

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.smt.anysize.basics import basics, inductive
from checker.engines.smt.anysize.candidates import every_prefix
from checker.engines.smt.anysize.family import family
from checker.engines.smt.anysize.finite import reachable
from checker.engines.smt.anysize.holders import moved
from checker.engines.smt.anysize.lemmas import read_lemma
from checker.engines.smt.anysize.pycode import source
from checker.engines.smt.anysize.selection import Bench
from checker.engines.smt.anysize.tables import Tables, representative

MOST = 3_000


@functools.cache
def sampled(name):
    """A spec for every size, at size 2, and reachable states of that."""
    one = spec(name)
    whole = family(lambda sizes: one.system(**sizes), one.constants)
    system = whole.compile(dict.fromkeys(whole.constants, 2))
    return whole, system, reachable(system, MOST).states


def test_a_table_has_every_valuation_once():
    whole, system, states = sampled("ticket_lock")
    tables = Tables(whole.system, [(system, states)])
    prefix = next(each for each in every_prefix(whole.system) if len(each) == 1)
    table = tables.of(prefix)
    parts = [source(system, moved(expr, whole.system, system))
             for expr in (*table.atoms, *table.places)]
    look = eval(f"lambda state_, {prefix[0][0]}: ({', '.join(parts)},)")
    seen = {table.row(look(state, *chosen))
            for state, chosen in itertools.product(states, representative(system, prefix))}
    assert table.rows == len(seen) and all(map(table.has, seen))
    other = "".join("1" if bit == "0" else "0" for bit in next(iter(seen)))
    assert not table.has(other)
    table.add(other)
    assert table.has(other) and table.rows == len(seen) + 1


def test_basics_hold_in_all_reachable_states_and_are_inductive_together():
    whole, system, states = sampled("ticket_lock")
    bench = Bench(system)
    found = basics(Tables(whole.system, [(system, states)]), [bench], lambda text: None)
    assert found
    for text in found:
        expr = read_lemma(system, text)
        assert all(evaluate(expr, Scope(system, state)) for state in states), text
        assert bench.breaks(text, [*bench.own, *found]).outcome == "unsat", text


def test_what_is_not_inductive_is_left_out():
    _, system, _ = sampled("ticket_lock")
    bench = Bench(system)
    assert inductive(bench, ["self.serving == 0"]) == []
