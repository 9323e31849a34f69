"""`checker graph`: what it says of small graphs, its pictures, and what it refuses."""
import re
from xml.etree import ElementTree

import pytest

from checker.engines.interp.explore import explore
from checker.errors import EXIT_OK, EXIT_UNKNOWN, EXIT_USAGE, UserError
from checker.face.state_graph import build, components, dot, summary, svg
from tests.handmade import counters, mutex
from tests.interp.test_liveness import digraph


def parts(system):
    return [(part.states, part.cyclic, part.closed) for part in components(build(system, 1000))]


def test_the_summary(run):
    answer = run("graph", "handover.py")
    assert answer.status == EXIT_OK
    assert answer.out.splitlines() == [
        "Handover  handover.py",
        "9 states, 1 of them initial; 10 steps; depth 5",
        "2 states in which nothing can step: 7, 8",
        "9 components: in 0 of them a run can stay for ever, 2 can not be left"]


def test_a_fault_has_a_graph_of_its_own(run):
    answer = run("graph", "handover.py", "--fault", "two_takes")
    assert "fail a check and lead nowhere" in answer.out


def test_components():
    """0 and 1 lead to each other, 3 to itself, and from 4 there is no way on."""
    system = digraph(5, [("", [(0, 1), (1, 0), (1, 2), (2, 3), (3, 3), (0, 4)])], [])
    assert parts(system) == [((0, 1), True, False), ((2,), False, True), ((3,), False, False),
                             ((4,), True, True)]
    assert list(summary(build(system, 10)))[1:] == [
        "1 state in which nothing can step: 2",
        "4 components: in 2 of them a run can stay for ever, 2 can not be left",
        "  2 states (0, 1), from depth 0, can be left",
        "  1 state (4), from depth 3, can not be left"]


@pytest.mark.parametrize("system", [counters(2, 4), mutex(2), mutex(2, broken=True)])
def test_the_counts_are_those_of_the_search(system):
    found, searched = build(system, 1000), explore(system)
    assert (len(found.states), found.steps) == (searched.distinct, searched.generated)
    assert max(found.depths) == searched.depth
    assert bool(found.failing) == bool(searched.violations)


def test_pictures(run, home):
    answer = run("graph", "handover.py", "--dot", "g.dot", "--svg", "g.svg")
    assert answer.status == EXIT_OK
    text = (home / "g.dot").read_text()
    assert len(re.findall(r"^ +\d+ -> \d+ ", text, re.MULTILINE)) == 10
    assert '2 [label="2 full=True sent=1", tooltip="full=True, sent=1, taken=0' in text
    root = ElementTree.fromstring((home / "g.svg").read_text())
    named = [node.tag.rpartition("}")[2] for node in root.iter()]
    assert (named.count("rect"), named.count("circle"), named.count("path")) == (9, 1, 11)


def test_states_that_reach_each_other_share_a_frame():
    system = digraph(3, [("", [(0, 1), (1, 0), (1, 2)])], [])
    text = dot(build(system, 10))
    frame = text[text.index("subgraph"):].split("}")[0]
    assert "0 [" in frame and "1 [" in frame and "2 [" not in frame


def test_what_is_too_large(run):
    answer = run("graph", "handover.py", "--limit", 5)
    assert answer.status == EXIT_UNKNOWN
    assert "more than 5 states" in answer.err and "--limit" in answer.err
    with pytest.raises(UserError, match="512 states do not fit a picture"):
        svg(build(counters(3, 8), 1000))
    assert run("graph", "handover.py", "--limit", 0).status == EXIT_USAGE
