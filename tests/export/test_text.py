"""What exports look like, and what is refused."""
import re

import pytest

from checker.engines.export import promela, tla
from checker.engines.export.names import Names
from checker.engines.export.refuse import Untranslatable
from checker.engines.export.structure import End, If, falls_through, items, step_body
from checker.errors import EXIT_UNKNOWN
from checker.frontend import load
from checker.ir.nodes import Const, Op, Place, Assign, Block, Location, Var, Yield
from checker.ir.system import Process, Property
from checker.types import ANY, Enum, Int, Map, Range, Set
from tests.export.conftest import ROOT
from tests.handmade import BOOL, TRUE, counters, machine, mutex, number, shared


def corner(name, instance=None):
    [spec] = [s for s in load(ROOT / "tests/export/corners.py") if s.name == name]
    return spec.system(instance or next(iter(spec.instances)))


def one_step(*statements, variables, properties=()):
    """A process that does the statements again and again."""
    blocks = {0: Block((), Yield("go")), 1: Block(tuple(statements), Yield("go"))}
    go = Location("go", "go", "step", TRUE, 1, ())
    process = Process("p", None, "", 0, blocks, {"go": go}, {}, daemon=True)
    return machine([process], variables, properties)


# ── TLA+ ─────────────────────────────────────────────────────────────────────────────────────

def test_an_action_reads_like_the_step():
    written = tla.module(counters(3, 4)).text
    assert re.search(r"count\(i\) ==\n    /\\ counter' = \[counter EXCEPT !\[i\] = "
                     r"\(counter\[i\] \+ 1\) % 4\]", written), written
    assert "Next ==\n    \\/ \\E i \\in 0..2 : count(i)\n" in written
    assert "in_range == \\A i \\in 0..2 : counter[i] <= 3" in written


def test_a_failing_check_is_a_condition_and_an_invariant():
    module = tla.module(mutex(2, broken=True))
    assert re.search(r"worker_add\(t\) ==\n    /\\ worker_at\[t\] = \"add\"\n"
                     r"    /\\ total \+ worker_x\[t\] <= 3  \\\* else overflow", module.text)
    assert re.search(r"worker_add_fails\(t, kind_\) ==\n.*\n"
                     r"    /\\ ~\(total \+ worker_x\[t\] <= 3\)\n"
                     r"    /\\ kind_ = \"overflow\"", module.text)
    assert module.invariants["overflow"] == "NoOverflow"
    assert module.invariants["deadlock"] == "NoDeadlock"
    assert "CONSTANT thread0 = thread0\n" in module.config


def test_lines_of_the_spec_stand_beside_what_they_became():
    written = tla.module(corner("Strong")).text
    assert re.search(r"through' = TRUE  \\\* export/corners\.py:\d+  self\.through = True", written)
    assert re.search(r"open, +\\\* Bool  export/corners\.py:\d+", written)
    assert "<>(through)" in written and "<>[](~guest_enabled)" in written


def test_only_what_may_step_in_place_is_served_in_place():
    assert "ENABLED (worker /\\ UNCHANGED vars)" in tla.module(corner("Idle", "weak")).text
    assert "moves_stays" in tla.module(corner("Still", "breaks")).text


def test_a_loop_over_an_index_is_one_function():
    written = tla.module(corner("Zoo")).text
    assert re.search(r"\[v \\in Who \|-> \[shape\[v\] EXCEPT !\.size = ", written), written


def test_names_are_legal_and_unique():
    names = Names(["CASE"])
    assert names.fresh("CASE") == "CASE_2" and names.fresh("a b.c") == "the_a_b_c"
    assert names.fresh("WF_x").startswith("the_") and names.fresh("9") == "the_9"
    assert names.name("k", "x y") == names.name("k", "other") == "the_x_y"
    assert names.fresh("the_x_y") == "the_x_y_2"


# ── Promela ──────────────────────────────────────────────────────────────────────────────────

def test_a_step_is_one_d_step():
    written = promela.model(counters(3, 4)).text
    assert "byte counter[3];" in written
    assert "inline count(i) {\n  counter[i] = (counter[i] + 1) % 4;\n}" in written
    assert ":: d_step { count_enabled(2) -> count(2) }" in written


def test_choices_at_the_beginning_are_options_and_later_ones_are_atomic():
    model = promela.model(mutex(2))
    assert "worker_take(0, 1) }" in model.text or "atomic {" in model.text
    assert model.left_out == () and "deadlock" in model.asserted.values()


def test_what_is_left_out_is_named():
    model = promela.model(corner("Strong"))
    assert model.left_out == ("gets_through",)
    assert "Left out, for want of fairness between instances: gets_through" in model.text


def test_without_hidden_variables_there_are_none():
    assert "hidden" in promela.model(corner("Zoo", "careless")).text
    assert "hidden" not in promela.model(corner("Zoo", "careless"), resident=True).text


# ── the shape of steps ───────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("cls", ["Idle", "Crossed", "Zoo"])
def test_every_path_of_a_step_ends(cls):
    for process in corner(cls).processes:
        for location in process.locations.values():
            body = step_body(process, location.entry)
            assert not falls_through(body)
            for item in items(body):
                if isinstance(item, If):
                    for branch in (item.then, item.otherwise):
                        assert all(not isinstance(i, End) for i in branch[:-1])


# ── refusals ─────────────────────────────────────────────────────────────────────────────────

def refused(write, system):
    with pytest.raises(Untranslatable) as caught:
        write(system)
    assert caught.value.exit_status == EXIT_UNKNOWN
    return str(caught.value)


@pytest.mark.parametrize("write, language", [(tla.module, "TLA+"), (promela.model, "Promela")])
def test_numbers_beyond_32_bits(write, language):
    wide = Int(0, 2 ** 40)
    more = Op("mul", (Var("x", wide), Var("x", wide)), Int(0, 2 ** 60))
    system = one_step(Assign(Place("x", (), wide, wide), Op("mod", (more, number(9)), Int(0, 8))),
                      variables=[shared("x", wide)])
    text = refused(write, system)
    assert f"can not be said in {language}" in text and "32 bits" in text


@pytest.mark.parametrize("write", [tla.module, promela.model])
def test_too_many_initial_values(write):
    many = Map(Range(13), BOOL, init=ANY)
    system = one_step(variables=[shared("many", many)])
    assert "8,192 initial values" in refused(write, system)


def test_a_name_that_tla_can_not_spell():
    colour = Enum("grün", "rot")
    system = one_step(variables=[shared("c", colour)])
    assert "'grün' of an Enum" in refused(tla.module, system)


def test_a_set_too_large_for_a_number():
    large = Set(Range(32))
    system = one_step(variables=[shared("s", large)])
    assert "a Set of 32 elements" in refused(promela.model, system)
    assert "s = {}" in tla.module(system).text


def test_the_place_is_named():
    wide = Int(0, 2 ** 40)
    [spec] = load(ROOT / "tests/export/wide.py")
    text = refused(tla.module, spec.system())
    assert re.match(r".*tests/export/wide\.py:\d+: a number from 1 to 1,099,511,627,777 ", text)
    assert wide.hi == 1_099_511_627_776


def test_a_step_invariant_of_unprimed_variables_alone_is_simplified_away():
    x = Int(0, 1)
    same = Op("eq", (Var("x", x), Var("x", x, primed=True)), BOOL)
    kept = Property("kept", "step_invariant", Op("or", (same, Const(False, BOOL)), BOOL))
    module = tla.module(one_step(variables=[shared("x", x)], properties=[kept]))
    assert list(module.actions) == ["kept"] and "kept" not in module.invariants
    assert "kept_always == [][kept]_vars" in module.text
