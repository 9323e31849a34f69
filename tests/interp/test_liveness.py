"""Liveness under fairness: small examples, and random graphs against all loops, enumerated."""
import itertools
import random

import networkx
import pytest

from checker.engines.interp import liveness
from checker.engines.interp.lasso import NotALasso, check_lasso
from checker.engines.interp.liveness import check_liveness
from checker.ir.build import conjunction, disjunction
from checker.ir.nodes import Assign, Block, Choose, Local, Location, Op, Place, Var, Yield
from checker.ir.system import Process, Property
from checker.ir.verify import verify
from checker.judgement.certify import NotCertified, certify
from checker.types import Int
from tests.handmade import BOOL, machine, number, shared


def at(*nodes, of):
    return disjunction([Op("eq", (Var("node", of), number(n)), BOOL) for n in nodes])


def walker(name, edges, fair, of):
    """A process that moves the shared `node` along its edges."""
    target = Local("next", of)
    where = disjunction([conjunction([at(a, of=of), Op("eq", (target, number(b)), BOOL)])
                         for a, b in edges])
    blocks = {0: Block((), Yield("move")),
              1: Block((Choose("next", of, where, "next"),
                        Assign(Place("node", (), of, of), target)), Yield("move"))}
    guard = at(*sorted({a for a, _ in edges}), of=of)
    move = Location("move", "move", "step", guard, 1, ())
    return Process(name, None, "", 0, blocks, {"move": move}, {}, fair=fair, daemon=True)


def digraph(nodes, walkers, goal, premise=None):
    """A system whose states are graph nodes, 0 the initial one; walkers: (fairness, edges)."""
    of = Int(0, nodes - 1)
    processes = [walker(f"p{n}", edges, fair, of) for n, (fair, edges) in enumerate(walkers)]
    if premise is None:
        declared = Property("live", "eventually", at(*goal, of=of))
    else:
        declared = Property("live", "leads_to", at(*premise, of=of), at(*goal, of=of))
    return machine(processes, [shared("node", of)], [declared])


def decided(system):
    """The outcome, the nodes of the lasso and where it returns; a lasso has to certify."""
    verify(system)
    found = check_liveness(system)["live"]
    if found.outcome == "violated":
        certify(system, "live", found.path, found.loop)
        return found.outcome, [state[0] for state in found.path], found.loop
    return found.outcome, [], None


CASES = {
    "a straight way gets there": (2, [("", [(0, 1), (1, 1)])], [1], None,
                                  ("holds", [], None)),
    "it ends before": (3, [("", [(0, 1)])], [2], None, ("violated", [0, 1], 1)),
    "an unfair process need not move": (2, [("", [(0, 0)]), ("", [(0, 1)])], [1], None,
                                        ("violated", [0, 0], 0)),
    "a weakly fair one has to": (2, [("", [(0, 0)]), ("weak", [(0, 1)])], [1], None,
                                 ("holds", [], None)),
    "weak fairness is not enough where it is disabled now and then": (
        3, [("", [(0, 1), (1, 0)]), ("weak", [(0, 2)])], [2], None, ("violated", [0, 1, 0], 0)),
    "strong fairness is": (
        3, [("", [(0, 1), (1, 0)]), ("strong", [(0, 2)])], [2], None, ("holds", [], None)),
    "a strong one that is disabled for ever is no obstacle": (
        4, [("", [(0, 1), (1, 2), (2, 1)]), ("strong", [(0, 3)])], [3], None,
        ("violated", [0, 1, 2, 1], 1)),
    "fairness to somebody else lengthens the loop": (
        4, [("", [(0, 1), (1, 0)]), ("weak", [(1, 2), (0, 2), (2, 0)])], [3], None,
        ("violated", [0, 2, 0], 0)),
    "leads to, answered": (3, [("", [(0, 1), (1, 2), (2, 0)])], [2], [1], ("holds", [], None)),
    "leads to, never asked": (2, [("", [(0, 0)])], [1], [1], ("holds", [], None)),
    "leads to, asked at the end": (3, [("", [(0, 1), (1, 2)])], [1], [0, 2],
                                   ("violated", [0, 1, 2], 2)),
    "the goal before the question does not count": (
        4, [("", [(0, 1), (1, 2), (2, 3), (3, 2)])], [1], [3], ("violated", [0, 1, 2, 3, 2], 2)),
    "the goal at the time of the question does": (
        2, [("", [(0, 1)])], [1], [1], ("holds", [], None)),
}


@pytest.mark.parametrize("name", CASES)
def test_examples(name):
    *parts, expected = CASES[name]
    assert decided(digraph(*parts)) == expected


def test_certificates_tell_why_the_run_is_fair():
    system = digraph(4, [("", [(0, 1), (1, 0)]), ("weak", [(0, 2)]), ("strong", [(1, 0)]),
                         ("strong", [(3, 0)])], [2])
    found = check_liveness(system)["live"]
    assert found.certificates == (
        "p1 (weak fairness) can not step in state 1 of the loop",
        "p2 (strong fairness) is taken in the loop, by step 2",
        "p3 (strong fairness) can not step anywhere in the loop")
    explanation = certify(system, "live", found.path, found.loop).explanation
    assert explanation[1:] == ("the run repeats states 0 to 2 for ever", *found.certificates)


def test_too_large_and_interrupted_are_unknown(monkeypatch):
    system = digraph(3, [("", [(0, 1), (1, 2), (2, 0)])], [])
    found = check_liveness(system, limit=2)["live"]
    assert found.outcome == "unknown" and "2" in found.reason
    assert check_liveness(system, limit=3)["live"].outcome == "violated"

    def interrupt(*_):
        raise KeyboardInterrupt
    monkeypatch.setattr(liveness, "steps_of", interrupt)
    assert check_liveness(system)["live"].reason == "interrupted"


# ── against enumeration ──────────────────────────────────────────────────────────────────────

def random_case(chance):
    nodes = chance.randint(2, 5)
    pairs = list(itertools.product(range(nodes), repeat=2))
    walkers = [(chance.choice(["", "weak", "strong", "strong"]),
                chance.sample(pairs, chance.randint(1, 4)))
               for _ in range(chance.randint(1, 3))]
    goal = chance.sample(range(nodes), chance.randint(0, 1))
    premise = chance.choice([None, chance.sample(range(nodes), chance.randint(0, 2))])
    return nodes, walkers, goal, premise


def violated_by_enumeration(nodes, walkers, goal, premise):
    """Whether some set of edges, walked for ever, is fair; tried for every set of edges."""
    edges = [(a, b, w) for w, (_, own) in enumerate(walkers) for a, b in own]
    graph = networkx.DiGraph([(a, b) for a, b, _ in edges])
    graph.add_nodes_from(range(nodes))
    reachable = {0} | networkx.descendants(graph, 0)
    begins = {0} if premise is None else set(premise) & reachable
    inside = networkx.DiGraph(graph.subgraph(set(range(nodes)) - set(goal)))
    region = set().union(*({b} | networkx.descendants(inside, b) for b in begins if b in inside))
    sources = [{a for a, _ in own} for _, own in walkers]
    if any(all(node not in able for able in sources) for node in region):
        return True
    edges = [(a, b, w) for a, b, w in edges if a in region and b in region]
    for chosen in itertools.chain.from_iterable(
            itertools.combinations(edges, n) for n in range(1, len(edges) + 1)):
        loop = networkx.DiGraph([(a, b) for a, b, _ in chosen])
        if networkx.is_strongly_connected(loop) and all(
                fair_to(w, fair, sources[w], chosen, set(loop))
                for w, (fair, _) in enumerate(walkers)):
            return True
    return False


def fair_to(walker_, fair, able, chosen, touched):
    taken = any(w == walker_ for _, _, w in chosen)
    return (taken or fair == "" or (fair == "weak" and not touched <= able)
            or (fair == "strong" and not touched & able))


@pytest.mark.parametrize("shortest", [True, False])
def test_random_graphs_agree_with_enumeration(monkeypatch, shortest):
    if not shortest:
        monkeypatch.setattr(liveness, "MOST_LOOP_NODES", 0)
    chance, outcomes = random.Random(7), []
    for _ in range(150):
        case = random_case(chance)
        outcome, _, _ = decided(digraph(*case))
        assert (outcome == "violated") == violated_by_enumeration(*case), case
        outcomes.append(outcome)
    assert 30 < outcomes.count("violated") < 120


# ── lassos that are none ─────────────────────────────────────────────────────────────────────

STRONG = digraph(4, [("", [(0, 1), (1, 0), (1, 1)]), ("strong", [(0, 2), (2, 0)])], [3])


@pytest.mark.parametrize("nodes, loop, cause", [
    ([0, 1, 0], 0, "not fair to p1"),
    ([0, 1], 1, "can step"),
    ([0, 1], 0, "not state 0 again"),
    ([1, 1], 0, "not an initial state"),
    ([0, 2, 1, 0], 0, "no step leads from state 1 to state 2"),
    ([0, 2, 0], 3, "no state 3"),
    ([0, 2, 0], -1, "no state -1"),
])
def test_what_is_no_fair_run(nodes, loop, cause):
    declared, = STRONG.properties
    states = [(n, "move", "move") for n in nodes]
    with pytest.raises(NotALasso, match=cause):
        check_lasso(STRONG, declared, tuple(states), loop)
    with pytest.raises(NotCertified):
        certify(STRONG, "live", tuple(states), loop)


def test_a_fair_run_on_which_the_property_holds():
    states = tuple((n, "move", "move") for n in (0, 2, 0))
    of = Int(0, 3)
    check_lasso(STRONG, STRONG.properties[0], states, 0)
    for declared, cause in [
            (Property("live", "eventually", at(2, of=of)), "holds in state 1"),
            (Property("live", "leads_to", at(0, of=of), at(2, of=of)), "the conclusion follows"),
            (Property("live", "leads_to", at(1, of=of), at(3, of=of)), "the conclusion follows")]:
        with pytest.raises(NotALasso, match=cause):
            check_lasso(STRONG, declared, states, 0)
