"""The text of a trace: golden for one, and its shape for all widths and many lanes."""
from dataclasses import replace

import pytest

from checker.engines.interp.explore import explore
from checker.ir.system import Property
from checker.judgement.certify import certify
from checker.results.render import render, render_lines
from checker.results.shown import changes, shown
from checker.results.trace import ChoiceMade
from checker.source import Loc
from checker.types import Lock, Map, Maybe, Record
from tests.handmade import BOOL, TRUE, machine, mutex, shared


def overflow(threads):
    system = mutex(threads, broken=True)
    path = explore(system, stop_early=True).violations["overflow"]
    return certify(system, "overflow", path)


GOLDEN = """\
overflow in step 4

     worker(thread0)  worker(thread1)
  0                                    (initial)
       lock=free   total=0
  1  take             ·                amount=2
       lock: free → worker(thread0)   worker(thread0).x: 1 → 2
  2  add              ·                worker(thread0) is done
       lock: worker(thread0) → free   total: 0 → 2
  3  ·                take             amount=2
       lock: free → worker(thread1)   worker(thread1).x: 1 → 2
  4  ·                add
       fails: `total` leaves its range

`total` leaves its range
  total + 2 is 4
  total is 2

replay: checker replay overflow.itf.json
"""


def test_golden():
    trace = replace(overflow(2), meta={"command": "checker replay overflow.itf.json"})
    assert render(trace) == GOLDEN


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 200])
def test_lines_keep_to_the_width(threads, width):
    lines = render(overflow(threads), width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert lines == [line.rstrip() for line in lines]
    for number in range(2 * threads + 1):
        assert any(line.split()[:1] == [str(number)] for line in lines)


def test_lanes_give_way_to_names():
    trace = overflow(4)
    wide, narrow = (render_lines(trace, width=width) for width in (100, 50))
    assert any(line.kind == "lanes" and "…" in line.text for line in wide)
    assert not any(line.kind == "lanes" for line in narrow)
    assert any(line.text.startswith("  1  worker(thread0): take") for line in narrow)


def test_sources_provenance_and_labels_that_do_not_fit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trace = overflow(2)
    first = replace(trace.steps[0], loc=Loc(str(tmp_path / "model.py"), 31),
                    label="a label of quite some length indeed, as nobody writes it",
                    provenance="hw/vfio/common.c:vfio_connect_container")
    lines = render(replace(trace, steps=(first, *trace.steps[1:]))).splitlines()
    row = next(line for line in lines if line.startswith("  1"))
    below = lines[lines.index(row) + 1]
    assert "amount=2   model.py:31" in row and "…" in row
    assert "a label of quite some length indeed, as nobody writes it" in below
    assert any("hw/vfio/common.c:vfio_connect_container" in line for line in lines)


@pytest.mark.parametrize("kind, value, text", [
    ("fails", True, "ioctl fails"), ("fails", False, "ioctl succeeds"),
    ("maybe", True, "ioctl=True"), ("pick", 1, "ioctl=1")])
def test_choices_in_words(kind, value, text):
    trace = overflow(1)
    first = replace(trace.steps[0], choices=(ChoiceMade(kind, "ioctl", value, str(value)),))
    assert text in render(replace(trace, steps=(first, *trace.steps[1:])))


def test_the_headline_has_the_place_and_the_words_of_the_property(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    system = mutex(1)
    low = Property("low", "invariant", replace(TRUE, value=False), doc="It stays low.\n\nMore.",
                   loc=Loc(str(tmp_path / "model.py"), 7))
    system = replace(system, properties=(low,))
    trace = certify(system, "low", explore(system).violations["low"])
    lines = render(trace).splitlines()
    assert lines[0].startswith("invariant low is violated after 0 steps")
    assert lines[0].endswith("model.py:7") and len(lines[0]) == 100
    assert lines[1] == "  It stays low."


def test_a_lasso_shows_where_it_returns():
    system = mutex(1)
    witness = certify(system, "full", explore(system).witnesses["full"])
    lasso = replace(witness, kind="eventually", loop=1,
                    steps=(*witness.steps, replace(witness.steps[0], after=witness.states[1])))
    lines = render(lasso).splitlines()
    assert lines.index("     ── from here on, over and over:") < lines.index(
        "     ── back to state 1")
    ended = render(replace(witness, loop=2)).splitlines()
    assert "     ── nothing can step any more: the run ends here" in ended


def test_holders_have_names_at_any_depth_and_changes_go_to_the_leaves():
    deep = Map(BOOL, Record(lock=Lock(), last=Maybe(BOOL)))
    system = replace(mutex(2), variables=machine([], [shared("deep", deep)]).variables)
    before, after = ((None, None), (None, None)), ((None, None), (1, False))
    assert shown(system, deep, before) == "{all: (lock=free, last=None)}"
    assert "lock=worker(thread1), last=False" in shown(system, deep, after)
    assert [str(change) for change in changes(system, (before,), (after,))] == [
        "deep[True].lock: free → worker(thread1)", "deep[True].last: None → False"]
