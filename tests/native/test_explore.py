"""The native engine against the reference search: the same counts, findings and states."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from checker.engines.native import build, explore, prepare
from checker.ir.nodes import (Assign, Block, Check, Choose, Const, Finish, Goto, Local, Location,
                              Me, Op, Place, Var, Yield)
from checker.ir.system import IMPLICIT, Process, Property, Variable
from checker.types import ANY, Bool, Enum, Index, Int, Lock, Map, Range
from checker.values import initial_values, lowest
from tests.handmade import BOOL, TRUE, counters, machine, mutex, number, shared
from tests.native.agreement import agree, states_agree
from tests.native.random_systems import random_system

CHECKS = [kind for kind in IMPLICIT if kind != "deadlock"]
LEVEL = Int(0, 9)


@pytest.mark.parametrize("system", [mutex(2), mutex(3), mutex(3, broken=True), counters(3, 4),
                                    counters(1, 1), counters(2, 30)],
                         ids=["mutex2", "mutex3", "broken", "three", "one", "two"])
def test_handmade_systems(system):
    agree(system)
    states_agree(system)


@pytest.mark.parametrize("seed", range(40))
def test_random_systems(seed, monkeypatch):
    """Every second one as a long search would be compiled, and with the compiler's own checks."""
    if seed % 2:
        monkeypatch.setattr(build, "QUICK", build.OPTIMISED)
        monkeypatch.setattr(build, "FLAGS", (*build.FLAGS, "-fsanitize=undefined",
                                             "-fno-sanitize-recover=all"))
    system = random_system(seed)
    agree(system)
    states_agree(system)


@pytest.fixture(scope="module", autouse=True)
def compiled():
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(prepare, map(random_system, range(0, 40, 2))))


# ── the kinds of violations ──────────────────────────────────────────────────────────────────

def climber(*, condition=TRUE, kind="assertion", properties=(), initial=(0,), daemon=True):
    """One process counts `level` to 3, each time checking `condition` first."""
    level = Var("level", LEVEL)
    blocks = {0: Block((), Yield("climb")),
              1: Block((Check(condition, kind, "no"),
                        Assign(Place("level", (), LEVEL, LEVEL), Op("add", (level, number(1)),
                                                                    LEVEL))), Yield("climb"))}
    guard = Op("lt", (level, number(3)), BOOL)
    climb = Location("climb", "climb", "until", guard, 1, ())
    process = Process("climber", None, "", 0, blocks, {"climb": climb}, {}, daemon=daemon)
    return machine([process], [Variable("level", LEVEL, initial)], properties)


def level_is(op, value, primed=False):
    return Op(op, (Var("level", LEVEL, primed), number(value)), BOOL)


@pytest.mark.parametrize("kind", CHECKS)
def test_each_kind_of_check(kind):
    found = agree(climber(condition=level_is("ne", 2), kind=kind))
    assert list(found.violations) == [kind]
    assert found.violations[kind] == ((0, "climb"), (1, "climb"), (2, "climb"))
    assert found.generated == 2


def test_an_invariant_and_a_lemma_and_a_witness():
    found = agree(climber(properties=[
        Property("low", "invariant", level_is("lt", 2)),
        Property("lower", "lemma", level_is("lt", 1)),
        Property("top", "sometimes", level_is("eq", 3)),
        Property("beyond", "sometimes", level_is("eq", 4))]))
    assert [path[-1][0] for path in found.violations.values()] == [2, 1]
    assert found.witnesses["top"][-1][0] == 3 and "beyond" not in found.witnesses


def test_liveness_is_left_to_others_but_for_its_antecedents():
    found = agree(climber(properties=[
        Property("rises", "eventually", level_is("eq", 9), antecedents=(level_is("eq", 1),)),
        Property("leads", "leads_to", level_is("eq", 1), level_is("eq", 2))]))
    assert not found.violations and found.antecedents == {("rises", 0)}


def test_a_step_invariant_ends_with_the_state_after():
    grows = Op("lt", (Var("level", LEVEL), Var("level", LEVEL, primed=True)), BOOL)
    slow = Op("or", (grows, TRUE), BOOL)
    found = agree(climber(properties=[
        Property("never_two", "step_invariant", level_is("ne", 2, primed=True),
                 antecedents=(level_is("eq", 1), level_is("eq", 7, primed=True))),
        Property("grows", "step_invariant", slow)]))
    assert found.violations == {"never_two": ((0, "climb"), (1, "climb"), (2, "climb"))}
    assert found.antecedents == {("never_two", 0)}


def test_violations_in_an_initial_state():
    found = agree(climber(initial=(0, 5), condition=FALSE, properties=[
        Property("small", "invariant", level_is("le", 3)),
        Property("five", "sometimes", level_is("eq", 5))]))
    assert found.initial == 2
    assert found.violations["small"] == found.witnesses["five"] == ((5, "climb"),)
    assert found.violations["assertion"] == ((0, "climb"),)


def test_a_process_that_waits_for_ever_is_a_deadlock_unless_a_daemon():
    assert not agree(climber()).violations
    found = agree(climber(daemon=False))
    assert found.violations["deadlock"][-1] == (3, "climb")


FALSE = Const(False, BOOL)
LOCKS = Map(Range(2), Lock())


def takers(orders, *, releases=True, spinner=True):
    """Process i takes the locks `orders[i]`, one after the other, then frees them all.

    The spinner can always step, so that only the chain of locks shows a deadlock.
    """
    processes = []
    for i, order in enumerate(orders):
        me, blocks, locations = Me(Int(0, 9)), {}, {}
        for at, lock in enumerate(order):
            place = Place("locks", (Const(lock, Range(2)),), Lock(), LOCKS)
            held = Op("get", (Var("locks", LOCKS), Const(lock, Range(2))), Lock())
            following = f"take{at + 1}" if at + 1 < len(order) else "free"
            blocks[at + 1] = Block((Assign(place, Op("held", (me,), Lock())),), Yield(following))
            locations[f"take{at}"] = Location(f"take{at}", "take", "acquire",
                                              Op("is_free", (held,), BOOL), at + 1, (), lock=place)
        blocks[0] = Block((), Yield("take0"))
        free = [Assign(Place("locks", (Const(lock, Range(2)),), Lock(), LOCKS),
                       Op("free", (), Lock())) for lock in order]
        blocks[99] = Block(tuple(free) if releases else (), Finish())
        locations["free"] = Location("free", "free", "step", TRUE, 99, ())
        processes.append(Process(f"taker{i}", None, "", 0, blocks, locations, {}))
    if spinner:
        spin = Location("spin", "spin", "step", TRUE, 1, ())
        blocks = {0: Block((), Yield("spin")), 1: Block((), Yield("spin"))}
        processes.append(Process("spinner", None, "", 0, blocks, {"spin": spin}, {}, daemon=True))
    return machine(processes, [shared("locks", LOCKS)])


@pytest.mark.parametrize("orders, releases, stuck", [
    ([(0, 1), (0, 1)], True, False),
    ([(0, 1), (1, 0)], True, True),             # a cycle of two
    ([(0, 0)], True, True),                     # its own lock: a cycle of one
    ([(0,), (0,)], False, True),                # the holder is done
    ([(0, 1), (1, 0), (0,)], True, True),       # a third waits for the cycle
    ([(0,), (1,)], False, False),
], ids=["ordered", "cycle", "own", "finished", "chain", "apart"])
def test_chains_of_locks(orders, releases, stuck):
    found = agree(takers(orders, releases=releases))
    assert ("deadlock" in found.violations) == stuck


# ── initial states, choices, shapes ──────────────────────────────────────────────────────────

def test_every_initial_value_and_choices_before_the_first_await():
    flags = Map(Range(3), Bool(), init=ANY)
    die = Int(1, 6)
    even = Op("eq", (Op("mod", (Local("x", die), number(2)), Int(0, 1)), number(0)), BOOL)
    blocks = {0: Block((Choose("x", die, even, "die"),), Yield("show")),
              1: Block((Assign(Place("seen", (), die, die), Local("x", die)),), Finish())}
    show = Location("show", "show", "step", TRUE, 1, ("x",))
    process = Process("roll", Index("who", 2), "w", 0, blocks, {"show": show}, {"x": die})
    system = machine([process], [Variable("flags", flags, initial_values(flags)),
                                 shared("seen", die)])
    assert agree(system).initial == 8 * 3 * 3


def test_choices_multiply_and_may_depend_on_each_other():
    x, y, n = Local("x", LEVEL), Local("y", LEVEL), Local("n", BOOL)
    smaller = Op("lt", (y, x), BOOL)
    total = Op("add", (Op("mul", (x, number(10)), Int(0, 90)), y), Int(0, 99))
    cell = Place("sum", (), Int(0, 99), Int(0, 99))
    blocks = {0: Block((), Yield("go")),
              1: Block((Choose("x", LEVEL, Op("lt", (number(6), x), BOOL), "x"),
                        Choose("n", BOOL, TRUE, "n")), Goto(2)),
              2: Block((Choose("y", LEVEL, Op("or", (n, smaller), BOOL), "y"),
                        Assign(cell, total)), Finish())}
    go = Location("go", "go", "step", TRUE, 1, ())
    found = agree(machine([Process("p", None, "", 0, blocks, {"go": go}, {})],
                          [shared("sum", cell.type)]))
    assert found.generated == (7 + 8 + 9) + 3 * 10


@pytest.mark.parametrize("words, size", [(1, 20), (2, 70), (3, 140)])
def test_states_of_several_words(words, size):
    """A wide map in which one process moves a single True along and another sets a second."""
    table, where = Map(Range(size), Bool()), Range(size)
    at = Var("at", where)
    moved = Op("mod", (Op("add", (at, number(7)), Int(0, size + 7)), number(size)), where)

    def cell(key, value):
        return Assign(Place("table", (key,), BOOL, table), Const(value, BOOL))

    blocks = {0: Block((), Yield("move")),
              1: Block((cell(at, False), Assign(Place("at", (), where, where), moved),
                        cell(at, True)), Yield("move"))}
    move = Location("move", "move", "step", TRUE, 1, ())
    mover = Process("mover", None, "", 0, blocks, {"move": move}, {}, daemon=True)
    once = {0: Block((), Yield("set")), 1: Block((cell(number(3), True),), Finish())}
    setter = Process("setter", None, "", 0, once,
                     {"set": Location("set", "set", "step", TRUE, 1, ())}, {})
    system = machine([mover, setter], [shared("table", table), shared("at", where)])
    agree(system)
    states_agree(system)


def test_names_that_c_would_not_like():
    odd = Enum("*/ int", "/* é", "return")
    process = Process("for", Index("while", 2), "linux", 0,
                      {0: Block((), Yield("emit")),
                       1: Block((Assign(Place("x.y z", (), odd, odd), Local("é", odd)),),
                                Finish())},
                      {"emit": Location("emit", "*/", "step", TRUE, 1, ("é",))}, {"é": odd})
    system = machine([process], [Variable("x.y z", odd, ("return",)), shared("x_y_z", BOOL),
                                 shared("put", BOOL)],
                     [Property("a*/b", "sometimes", Op("eq", (Var("x.y z", odd), Const(
                         lowest(odd), odd)), BOOL))])
    assert agree(system).witnesses


def test_a_system_without_processes():
    found = agree(machine([], [Variable("level", LEVEL, (1, 2))]))
    assert (found.distinct, found.depth) == (2, 0)


def test_what_is_reported():
    found = explore(counters(2, 3), threads=2)
    assert (found.engine, found.threads, found.state_bits) == ("native", 2, 4)
    assert found.seconds > 0 and found.bytes_per_state > 0
