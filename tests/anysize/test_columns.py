"""Columns of bits say what expressions are in states: the same as a look at each state."""
import pytest
from tests.anysize.support import spec

from checker.engines.smt.anysize.atoms import atoms, waiting
from checker.engines.smt.anysize.candidates import can_be_said, prefixes
from checker.engines.smt.anysize.columns import Columns
from checker.engines.smt.anysize.family import family
from checker.engines.smt.anysize.finite import reachable
from checker.engines.smt.anysize.holders import moved
from checker.engines.smt.anysize.pycode import source


def said(name):
    """The family, two samples, and for each prefix what can be said."""
    one = spec(name)
    whole = family(lambda sizes: one.system(**sizes), one.constants)
    systems = [whole.compile(dict.fromkeys(whole.constants, size)) for size in (1, 2)]
    samples = [(system, reachable(system, 300).states) for system in systems]
    for prefix in prefixes(whole.system):
        exprs = [*(a.expr for a in atoms(whole.system, prefix)
                   if can_be_said(whole.system, a.expr)), *waiting(whole.system, prefix)]
        yield whole.system, samples, prefix, exprs


def tuples(system, prefix):
    """Elements of the prefix: the first ones, the last ones, and the first and the second."""
    sizes = [next(v.type.key.size for v in system.variables
                  if getattr(getattr(v.type, "key", None), "name", "") == of.name)
             for _, of in prefix]
    return sorted({tuple(0 for _ in sizes), tuple(size - 1 for size in sizes),
                   tuple(min(i, size - 1) for i, size in enumerate(sizes))})


@pytest.mark.parametrize("name", ["lock_server", "group_attach", "ricart_agrawala"])
def test_rows_are_what_a_look_at_each_state_tells(name):
    looked, columns = 0, None
    for system, samples, prefix, exprs in said(name):
        columns = columns or Columns(system, samples)
        for elements in dict.fromkeys([prefix, prefix[::-1]]):
            looked += compared(columns, exprs, elements)
    assert looked > 20


def compared(columns, exprs, prefix):
    """How many rows there are, which are what they have to be."""
    every = [tuples(sample, prefix) for sample, _ in columns.samples]
    found, count = columns.columns(exprs, prefix, every)
    rows = {tuple(next(value for value, mask in column.items() if mask >> row & 1)
                  for column in found) for row in range(count)}
    seen = set()
    for (sample, states), chosen in zip(columns.samples, every):
        names = "".join(f", {name}" for name, _ in prefix)
        parts = "".join(f"{source(sample, moved(expr, columns.system, sample))}, "
                        for expr in exprs)
        look = eval(f"lambda state_{names}: ({parts})")
        seen |= {look(state, *elements) for state in states for elements in chosen}
    assert rows == seen and len(rows) == count
    return count
