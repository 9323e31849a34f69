"""Names that occur, and what a step reads and writes."""
from checker.ir.nodes import Op, Quantifier, Var
from checker.ir.walk import (blocks_from, fold, free_locals, start_access, state_variables,
                             step_access, subexpressions)
from tests.handmade import BOOL, TRUE, counters, mutex


def test_a_quantifier_binds_its_variable():
    everywhere = counters(2, 3).properties[0].expr
    assert isinstance(everywhere, Quantifier)
    assert free_locals(everywhere) == frozenset()
    assert free_locals(everywhere.body) == {"i"}
    assert state_variables(everywhere) == {"counter"}


def test_subexpressions_come_from_the_top_down():
    expr = Op("not", (Op("and", (TRUE, Var("b", BOOL)), BOOL),), BOOL)
    assert [type(e).__name__ for e in subexpressions(expr)] == ["Op", "Op", "Const", "Var"]
    assert fold(expr, lambda node, below: 1 + sum(below)) == 4


def test_what_a_step_reads_and_writes():
    worker = mutex(2).processes[0]
    take, add = step_access(worker, "take"), step_access(worker, "add")
    assert (take.reads, take.writes) == ({"lock"}, {"lock"})
    assert (add.reads, add.writes) == ({"total"}, {"total", "lock"})
    assert start_access(worker).writes == frozenset()
    assert blocks_from(worker, 1) == [1]
