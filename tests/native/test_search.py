"""The search itself: many threads, a growing table, and every way to end early."""
import os
import signal
import threading
import time
from dataclasses import replace

import pytest

from checker.engines.native import build, explore, prepare, reachable, run
from checker.engines.native.emit import generate
from checker.ir.nodes import Local, Op, Quantifier, Var
from checker.ir.system import Property
from checker.types import Int, Map, Range
from tests.handmade import BOOL, counters, mutex, number


def sum_is(n, modulus, op, value, primed=False):
    """A condition on the sum of the counters."""
    slot, digit = Range(n), Int(0, modulus - 1)
    counter = Var("counter", Map(slot, digit), primed)
    cell = Op("get", (counter, Local("i", slot)), digit)
    total = Quantifier("sum", "i", slot, cell, Int(0, n * modulus))
    return Op(op, (total, number(value)), BOOL)


def with_properties(n, modulus):
    """Counters with properties that fail in many states of a level, early and late."""
    skips_ten = Op("implies", (sum_is(n, modulus, "eq", 9), sum_is(n, modulus, "ne", 10, True)),
                   BOOL)
    return replace(counters(n, modulus), properties=(
        Property("below", "invariant", sum_is(n, modulus, "lt", 11)),
        Property("half", "sometimes", sum_is(n, modulus, "eq", n * (modulus - 1) // 2)),
        Property("stays", "step_invariant", skips_ten),
        Property("end", "sometimes", sum_is(n, modulus, "eq", n * (modulus - 1)))))


@pytest.mark.parametrize("n, modulus", [(5, 8), (6, 7)])
def test_any_number_of_threads_gives_the_same_answer(n, modulus):
    system = with_properties(n, modulus)
    alone = explore(system, threads=1)
    assert alone.distinct == modulus ** n and alone.generated == n * modulus ** n
    assert {name: len(path) for name, path in alone.violations.items()} == {
        "below": 12, "stays": 11}
    for threads in (2, 2, 3, 8):
        found = explore(system, threads=threads)
        for name in ("complete", "distinct", "generated", "levels", "violations", "witnesses",
                     "fired"):
            assert getattr(found, name) == getattr(alone, name), name


def test_the_table_grows_in_the_middle_of_a_level():
    found = explore(counters(6, 10), threads=2)
    assert (found.complete, found.distinct, found.generated) == (True, 10 ** 6, 6 * 10 ** 6)
    assert found.levels[1] == 6 and sum(found.levels) == 10 ** 6 and found.depth == 54


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("limit", [1, 5, 77, 4095])
def test_the_limit_is_exact(threads, limit):
    found = explore(counters(4, 8), limit=limit, threads=threads)
    assert (found.complete, found.distinct) == (False, limit)
    assert f"{limit:,}" in found.reason and sum(found.levels) <= limit
    assert explore(counters(4, 8), limit=4096, threads=threads).complete


def test_the_memory_budget_ends_the_search():
    budget = 12 << 20
    found = explore(counters(7, 10), memory=budget, threads=2)
    assert not found.complete and "memory" in found.reason
    assert 10 ** 6 < found.distinct < 10 ** 7
    assert found.bytes_per_state * found.distinct <= budget
    shorter = explore(counters(7, 10), limit=10 ** 6)
    assert found.levels[:len(shorter.levels)] == shorter.levels


def test_a_budget_too_small_for_anything():
    found = explore(mutex(2), memory=1)
    assert (found.complete, found.distinct) == (False, 0) and "memory" in found.reason


def test_the_default_budget_is_below_what_is_free():
    assert 1 << 20 < run.free_memory() < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_stop_early_ends_with_the_level_of_the_violation():
    system = with_properties(4, 9)
    early, whole = explore(system, stop_early=True), explore(system)
    assert not early.complete and early.reason == "stopped at the first violation"
    assert early.levels == whole.levels[:11]
    assert early.violations == {"stays": whole.violations["stays"]}
    assert whole.complete and set(whole.violations) == {"stays", "below"}


def test_stop_early_without_a_violation_is_complete():
    found = explore(mutex(2), stop_early=True)
    assert found.complete and found.witnesses


def test_progress_is_reported():
    seen = []
    explore(counters(7, 11), report=seen.append, threads=1)
    assert seen and seen == sorted(seen, key=lambda p: p.distinct)
    assert all(p.generated >= p.distinct and p.memory > 0 for p in seen)


def test_a_long_search_begins_anew_with_a_better_program(monkeypatch, own_cache_with):
    """And the next one begins with that."""
    own_cache_with(generate(mutex(2)).layout.words, build.QUICK, build.OPTIMISED)
    system, made = with_properties(6, 9), []

    def executable(generated, level=build.QUICK):
        made.append(level)
        return build.executable(generated, level)

    monkeypatch.setattr(run, "executable", executable)
    monkeypatch.setattr(run, "POLL", 0.001)
    monkeypatch.setattr(run, "OPTIMISE_AFTER", 0)
    # The first program would not come to an end before the second is there.
    slow = explore(counters(7, 10), threads=1)
    assert made == [build.QUICK, build.OPTIMISED]
    assert (slow.complete, slow.distinct, slow.generated) == (True, 10 ** 7, 7 * 10 ** 7)
    again = explore(counters(7, 10), threads=1)
    assert len(made) == 2 and again.distinct == slow.distinct
    monkeypatch.setattr(run, "OPTIMISE_AFTER", 1000)
    quick = explore(system)
    assert made[2:] == [build.QUICK] and quick.distinct == 9 ** 6


def test_a_report_that_fails_ends_the_search():
    def report(_progress):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        explore(counters(9, 10), report=report, memory=1 << 30)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_keeps_what_was_covered(threads):
    def interrupt():
        time.sleep(0.8)
        os.kill(os.getpid(), signal.SIGINT)

    system = replace(counters(9, 10), properties=(
        Property("below", "invariant", sum_is(9, 10, "lt", 5)),))
    prepare(system)
    threading.Thread(target=interrupt).start()
    found = explore(system, threads=threads, memory=4 << 30)
    assert (found.complete, found.reason) == (False, "interrupted")
    assert found.distinct > 1000 and found.levels[:2] == [1, 9]
    assert len(found.violations["below"]) == 6


def test_an_interrupt_while_compiling(monkeypatch):
    def compile_(command):
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_compile", compile_)
    found = explore(counters(2, 17))
    assert (found.complete, found.reason, found.distinct) == (False, "interrupted", 0)


def test_a_search_that_is_killed_is_incomplete(monkeypatch):
    def kill_soon(self, process, follow=run._Run._follow):
        threading.Timer(1.0, process.kill).start()
        follow(self, process)

    monkeypatch.setattr(run._Run, "_follow", kill_soon)
    found = explore(counters(9, 10), memory=4 << 30)
    assert not found.complete and "SIGKILL" in found.reason and found.distinct > 0


def test_what_is_learned_from_is_the_same_whatever_the_number_of_threads():
    system = counters(5, 8)
    alone = list(reachable(system, threads=1, most=1000))
    assert len(set(alone)) == 1000
    assert all(list(reachable(system, threads=4, most=1000)) == alone for _ in range(3))
    every = list(reachable(system, threads=4, most=10 ** 6))
    assert set(every) == set(reachable(system)) and every != sorted(every)
    few = [state[0] for state in alone]
    assert all(sum(counter[0] == digit for counter in few) > 60 for digit in range(8))


def test_all_states_can_be_had():
    states = set(reachable(counters(3, 5), threads=2))
    assert len(states) == 125 and {state[0] for state in states} >= {(0, 0, 0), (4, 4, 4)}
    with pytest.raises(RuntimeError):
        list(reachable(counters(3, 5), limit=100))
