"""What a worker sends is the same once it is unpacked, and no trace is opened that nobody reads."""
import pathlib
import pickle

import pytest

from checker.face import packing
from checker.face.check import check
from checker.face.packing import pack, unpack
from checker.frontend import load
from checker.ir.system import System
from checker.results.render import render
from checker.results.trace import Trace


VOTES = pathlib.Path(__file__).parents[2] / "spec/votes/model.py"


@pytest.fixture
def sent():
    """A run with traces, and as it arrives."""
    spec = load(VOTES)[0]
    run = check(spec, "small", fault=spec.faults[0])
    return run, unpack(pack(run))


def traces(run):
    return [r.verdict.trace for r in run.results if r.verdict.trace is not None]


def test_everything_arrives(sent):
    run, arrived = sent
    assert len(traces(run)) > 1
    assert [render(trace) for trace in traces(arrived)] == [render(t) for t in traces(run)]
    assert arrived.results == run.results and arrived.system == run.system
    assert arrived.found == run.found and arrived.job == run.job


def test_what_is_looked_into_is_an_ordinary_thing(sent):
    _, arrived = sent
    for thing, of in ((arrived.system, System), (traces(arrived)[0], Trace)):
        assert type(thing) is not of and isinstance(thing, of)
        assert thing.__dict__ and type(thing) is of
        assert pickle.loads(pickle.dumps(thing)) == thing


def test_a_default_is_not_taken_for_what_was_sent(sent):
    """`loop` and `explanation` have defaults in the class, which stand in no object."""
    run, arrived = sent
    explained = [n for n, trace in enumerate(traces(run)) if trace.explanation]
    assert explained
    for n in explained:
        assert traces(unpack(pack(run)))[n].explanation == traces(run)[n].explanation


def test_lines_are_printed_without_opening_anything(sent, monkeypatch):
    from checker.face.ledger import rows

    run, arrived = sent
    monkeypatch.setattr(packing._Box, "things", property(lambda box: pytest.fail("opened")))
    assert list(rows(arrived)) == list(rows(run))
    assert [r.standing for r in arrived.results] == [r.standing for r in run.results]
