"""Liveness in the native engine against the interpreter, on cyclic graphs under all fairness."""
import itertools
import random
import signal
import subprocess
from dataclasses import replace

import pytest

from checker.engines.interp.liveness import check_liveness
from checker.engines.native import explore
from checker.engines.native.build import OPTIMISED, compiler, executable
from checker.engines.native.emit import generate
from checker.engines.native.live import MOST_FAIR
from checker.ir.nodes import Const, Op, Var
from checker.ir.system import Property
from checker.ir.verify import verify
from checker.judgement.certify import certify
from checker.types import Int, Map, Range
from tests.handmade import BOOL, counters, number
from tests.interp.test_liveness import CASES, at, digraph, random_case
from tests.native.random_systems import Author, random_system
from tests.native.strict import compile_, sanitized
from tests.native.test_engine_c import answer


def compared(system):
    """Decide with one and two threads and with the interpreter; by property, the answers of both
    engines. The threads have to find the same lassos, and every lasso has to certify."""
    verify(system)
    expected, found = check_liveness(system), explore(system, threads=1).live
    assert explore(system, threads=2).live == found
    assert {n: live.outcome for n, live in found.items()} == {
        n: live.outcome for n, live in expected.items()}
    for name, live in found.items():
        assert live.engine == "native"
        if live.outcome == "violated":
            certify(system, name, live.path, live.loop)
    return {name: (found[name], expected[name]) for name in found}


def lengths(answers):
    """How much longer than the interpreter's each lasso is."""
    return [len(mine.path) - len(theirs.path)
            for mine, theirs in answers.values() if mine.outcome == "violated"]


@pytest.mark.parametrize("name", CASES)
def test_examples(name):
    *parts, (outcome, nodes, loop) = CASES[name]
    (found, _), = compared(digraph(*parts)).values()
    assert (found.outcome, found.loop) == (outcome, loop)
    assert len(found.path) == len(nodes)


def larger_case(chance, nodes):
    """Sparse edges among many nodes: long ways, several components, some within others."""
    pairs = list(itertools.product(range(nodes), repeat=2))
    walkers = [(chance.choice(["", "weak", "weak", "strong", "strong"]),
                chance.sample(pairs, nodes // 2)) for _ in range(chance.randint(2, 4))]
    premise = chance.choice([None, chance.sample(range(nodes), 3)])
    return nodes, walkers, chance.sample(range(nodes), chance.randint(0, 2)), premise


def test_random_graphs():
    chance, outcomes, longer = random.Random(11), [], []
    for number_ in range(60):
        case = random_case(chance) if number_ % 2 else larger_case(chance, 12 + number_)
        answers = compared(digraph(*case))
        outcomes += [found.outcome for found, _ in answers.values()]
        longer += lengths(answers)
    assert 10 < outcomes.count("violated") < 55
    assert sum(extra > 0 for extra in longer) <= len(longer) / 10, longer


@pytest.fixture
def engine(monkeypatch):
    """Has the engine compiled with these flags from now on, which the cache tells apart."""
    command = compiler()

    def use(*flags):
        monkeypatch.setenv("CC", " ".join([*command, *flags]))
    return use


BY_FIELDS = ["-DFRAGMENTS=false"]
BY_GRAPH = ["-DFRAGMENTS=false", "-DFIELDS=false"]
"""Flags for the engine to decide without the faster ways that come before."""


def mixed_case(seed):
    """Graphs, small and large; and systems of several variables."""
    chance = random.Random(seed)
    if seed % 3 == 2:
        return lively(seed)
    return digraph(*(random_case(chance) if seed % 3 else larger_case(chance, 12 + seed % 60)))


def test_each_way_to_decide_finds_the_same(engine):
    """A fragment, the fields of the states, the whole graph: verdicts and lassos, to the state."""
    systems = [mixed_case(seed) for seed in range(81, 96)]
    found = [explore(system, threads=2).live for system in systems]
    for flags in (BY_FIELDS, BY_GRAPH):
        engine(*flags)
        for seed, (system, expected) in enumerate(zip(systems, found, strict=True)):
            for threads in (1, 2):
                assert explore(system, threads=threads).live == expected, seed
    outcomes = [live.outcome for answer in found for live in answer.values()]
    assert outcomes.count("holds") > 3 < outcomes.count("violated")


def test_the_patient_search_for_a_loop(engine):
    """Where a shortest loop is not affordable: longer ones, and still fair."""
    engine("-DMOST_STAGES=1")
    chance, extra = random.Random(12), []
    for number_ in range(25):
        extra += lengths(compared(digraph(*larger_case(chance, 12 + number_))))
    assert max(extra) > 0 and len(extra) > 8


def lively(seed):
    """All types, wide states, several initial states, locks, several properties at once."""
    system, chance = random_system(seed), random.Random(seed)
    author = Author(seed, [v.name for v in system.variables
                           if v.kind == "shared" and v.name != "lock"])
    worker, = system.processes
    return replace(
        system, processes=(replace(worker, fair=chance.choice(["", "weak", "strong"])),),
        properties=system.properties + (
            Property("reaches", "eventually", author.expr(BOOL, 2, {})),
            Property("answers", "leads_to", author.expr(BOOL, 1, {}), author.expr(BOOL, 2, {})),
            Property("never", "eventually", Const(False, BOOL))))


@pytest.mark.parametrize("seed", range(24))
def test_random_systems(seed):
    system = lively(seed)
    if explore(system, liveness=False).distinct <= 4000:
        compared(system)


def turning(places, modulus):
    """Counters that go round; the first one has to come back to 0 from the middle."""
    system = counters(places, modulus)
    slot, digit = Range(places), Int(0, modulus - 1)
    first = Op("get", (Var("counter", Map(slot, digit)), Const(0, slot)), digit)

    def equals(n):
        return Op("eq", (first, number(n)), BOOL)

    turns = Property("turns", "leads_to", equals(modulus // 2), equals(0))
    stays = Property("stays", "leads_to", equals(0), equals(modulus // 2))
    return replace(system, properties=(*system.properties, turns, stays))


def fairly(system, fair):
    return replace(system, processes=tuple(replace(p, fair=fair) for p in system.processes))


@pytest.mark.parametrize("fair, outcome", [("", "violated"), ("weak", "holds"),
                                           ("strong", "holds")])
def test_large_components(fair, outcome):
    """Every component has 10,000 states or more, and fairness to one process decides."""
    found = explore(fairly(turning(5, 10), fair)).live
    assert [live.outcome for live in found.values()] == [outcome] * 2
    assert found["turns"].distinct == 100_000


def test_more_states_than_the_interpreter_takes():
    system = turning(6, 8)
    found = explore(system).live["turns"]
    assert found.outcome == "violated" and found.distinct == 262_144
    trace = certify(system, "turns", found.path, found.loop)
    assert (len(trace.steps), found.loop) == (4 + 8, 4)


def test_the_memory_budget(engine):
    """What does not suffice for the graph is no answer; the search before it is complete."""
    engine(*BY_GRAPH)
    system = fairly(turning(5, 10), "weak")
    whole = explore(system, liveness=False)
    budget = int(whole.bytes_per_state * whole.distinct) + 2_000_000
    found = explore(system, memory=budget)
    assert found.complete and found.distinct == 100_000
    assert {live.outcome for live in found.live.values()} == {"unknown"}
    assert "all 100,000 states were visited" in found.live["turns"].reason


def test_fields_decide_where_there_is_no_memory_for_the_graph():
    system = fairly(turning(5, 10), "weak")
    whole = explore(system, liveness=False)
    found = explore(system, memory=int(whole.bytes_per_state * whole.distinct) + 2_000_000)
    assert {live.outcome for live in found.live.values()} == {"holds"}


def test_levels_go_to_a_file_where_the_graph_needs_their_memory(engine):
    """Between the budget that is enough for everything and the one that is not, the same answer."""
    engine(*BY_GRAPH)
    system = turning(5, 10)
    outcomes, found = set(), explore(system)
    for budget in range(2_000_000, 16_000_000, 1_000_000):
        short = explore(system, memory=budget, threads=1)
        if short.complete:
            outcomes.add(short.live["turns"].outcome)
        if short.complete and short.live["turns"].outcome == "violated":
            assert short.live == found.live
    assert outcomes == {"unknown", "violated"}


def test_too_many_fair_instances_are_left_to_the_interpreter():
    few, many = fairly(turning(MOST_FAIR, 1), "weak"), fairly(turning(MOST_FAIR + 1, 1), "weak")
    assert set(explore(few).live) == {"turns", "stays"}
    assert explore(many).live == {}
    assert explore(few, liveness=False).live == {}


def test_an_interrupt_keeps_what_the_search_found():
    program = executable(generate(fairly(turning(6, 10), "weak")), OPTIMISED)
    with subprocess.Popen([program, "threads=2", "live=1"], stdout=subprocess.PIPE,
                          text=True) as process:
        while not (line := process.stdout.readline()).startswith("result"):
            pass
        process.send_signal(signal.SIGINT)
        lines = [after.split() for after in process.stdout]
    assert line.split()[:3] == ["result", "complete", "1000000"]
    assert [words[2] for words in lines if words[0] == "live"] == ["interrupted"] * 2
    assert lines[-1] == ["end"] and process.returncode == 0


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
@pytest.mark.parametrize("flags", [[], BY_FIELDS, BY_GRAPH])
def test_sanitizers_find_nothing(engine_object, tmp_path, sanitizer, flags):
    of = Int(0, 39)
    first = digraph(*larger_case(random.Random(3), 40))
    walk = replace(first, properties=(*first.properties, Property(
        "asked", "leads_to", at(1, 2, 3, of=of), at(4, of=of))))
    turns = [turning(4, modulus) for modulus in (10, 4)]
    # How far the counters count does not matter to the interpreter's answer, but to its time.
    cases = {"walk": (walk, walk), "turn": turns, "fair": [fairly(t, "strong") for t in turns]}
    flags = [*flags, *sanitized(sanitizer)]
    for name, (system, smaller) in cases.items():
        source, program = tmp_path / f"{name}.c", tmp_path / name
        source.write_text(generate(system).text)
        compile_(1, flags, source, engine_object(1, *flags), "-o", program)
        lines = answer(program, "threads=3", "live=1")
        assert [words[2] for words in lines if words[0] == "live"] == [
            live.outcome for live in check_liveness(smaller).values()]
        answer(program, "threads=3", "live=1", "memory=600000")
