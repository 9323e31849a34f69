"""What a running search reports, liveness included; and when it begins anew."""
import os
import signal
import threading
from dataclasses import replace

import pytest

from checker.engines.interp.liveness import check_liveness
from checker.engines.native import build, explore, prepare, run
from checker.ir.nodes import Const, Op, Var
from checker.ir.system import Property
from checker.types import Int, Map, Range
from tests.handmade import BOOL, counters, number
from tests.native.test_liveness import BY_GRAPH
from tests.native.test_search import sum_is


def living(n, modulus):
    """Fair counters: each of them is full again and again, but all at once perhaps never."""
    system = counters(n, modulus)
    [process] = system.processes
    never = Property("full", "eventually", sum_is(n, modulus, "eq", n * (modulus - 1)))
    slot, digit = Range(n), Int(0, modulus - 1)
    first = Op("get", (Var("counter", Map(slot, digit)), Const(0, slot)), digit)
    empty, full = [Op("eq", (first, number(value)), BOOL) for value in (0, modulus - 1)]
    filled = Property("filled", "leads_to", empty, target=full)
    return replace(system, processes=(replace(process, fair="weak"),), properties=(never, filled))


def test_levels_are_told():
    seen = []
    found = explore(counters(7, 9), report=seen.append, threads=1)
    assert seen
    for progress in seen:
        assert progress.frontier == progress.levels[-1] and len(progress.levels) <= 16
        first = progress.depth + 1 - len(progress.levels)
        assert list(progress.levels) == found.levels[first:progress.depth + 1]
        complete = sum(found.levels[:progress.depth + 1])
        assert progress.following == progress.distinct - complete


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("flags, stages, n, modulus", [
    ([], {"fields"}, 6, 9),
    (BY_GRAPH, {"graph", "components"}, 7, 8)])
def test_liveness_is_told(monkeypatch, threads, flags, stages, n, modulus):
    """Each stage takes longer than the time between two reports."""
    monkeypatch.setenv("CC", " ".join([*build.compiler(), *flags]))
    system, seen = living(n, modulus), []
    found = explore(system, report=seen.append, threads=threads)
    assert {name: live.outcome for name, live in found.live.items()} == {
        "full": "violated", "filled": "holds"}
    told = [progress for progress in seen if progress.stage is not None]
    assert {p.distinct for p in told} == {found.distinct} == {modulus ** n}
    assert {p.generated for p in told} == {found.generated}
    assert {p.depth for p in told} == {found.depth}
    names = [p.stage.name for p in told]
    assert stages <= set(names)
    for progress in told:
        assert 0 <= progress.stage.done <= 1
        assert (progress.stage.property in ("full", "filled")) == (
            progress.stage.name in ("components", "fields", "goals"))
    assert [p.stage.done for p in told if p.stage.name == "graph"] == sorted(
        p.stage.done for p in told if p.stage.name == "graph")


def test_the_interpreter_tells_of_liveness():
    seen = []
    system = living(4, 6)
    answer = check_liveness(system, report=seen.append)
    assert {p.stage.name for p in seen} == {"graph", "components"}
    assert [p.stage.property for p in seen if p.stage.property] == list(answer)


def test_waiting_is_no_reason_for_a_better_program(monkeypatch):
    """A program that gets no processor for a second has not searched for a second."""
    monkeypatch.setattr(run, "made_earlier", lambda generated, level: None)
    made, system = [], counters(6, 9)
    prepare(system)

    def executable(generated, level=build.QUICK):
        made.append(level)
        return build.executable(generated, level)

    def follow(self, process, usual=run._Run._follow):
        process.send_signal(signal.SIGSTOP)
        threading.Timer(1.5, lambda: os.kill(process.pid, signal.SIGCONT)).start()
        usual(self, process)

    monkeypatch.setattr(run, "executable", executable)
    monkeypatch.setattr(run._Run, "_follow", follow)
    found = explore(system, threads=1)
    assert found.complete and found.distinct == 9 ** 6 and found.seconds > 1.4
    assert made == [build.QUICK]
