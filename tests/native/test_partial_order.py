"""Partial order: fewer states, the same verdicts; and each of its conditions is needed."""
import pathlib
import textwrap

import pytest

from checker.engines.interp.explore import explore as reference
from checker.engines.native import explore
from checker.engines.native.reduce import reductions
from checker.errors import UserError
from checker.frontend import load
from checker.ir import dependence
from checker.ir.dependence import Overlap, local_steps
from checker.ir.locks import Locks, needed_free
from checker.judgement.certify import certify
from tests.semantics import support
from tests.semantics.support import component

TESTS = pathlib.Path(__file__).parents[1]
COMBINATIONS = [["partial-order"], ["symmetry", "partial-order"]]

WORKERS = """
    def __init__(self, *, threads=3, locked=True):
        self.thread = Index("thread", threads)
        self.prepared = Map(self.thread, Int(0, 2))
        self.total, self.seen = Int(0, 6), Int(0, 6)
        self.lock = Lock
        self.locked = locked

    @process(each="thread")
    async def worker(self, t):
        await step("prepare")
        self.prepared[t] = 1
        await step("choose")
        self.prepared[t] = pick((1, 2), "how much")
        if self.locked:
            await self.lock.acquire()
        else:
            await step("begin")
        before = self.seen
        await step("add")
        self.seen = before + self.prepared[t]
        await step("publish")
        self.total = self.seen
        if self.locked:
            self.lock.release()
        {end}

    @invariant
    def never_less(self):
        return implies({when}, self.total >= {least})

    @sometimes
    def everything(self):
        return self.total == 6
"""


def workers(tmp_path, end="pass", when="True", least="0", **constants):
    return system_of(tmp_path, WORKERS.format(end=end, when=when, least=least), **constants)


def system_of(tmp_path, body, **constants):
    return support.tested(support.write(component(body), tmp_path), **constants).system


def same_verdicts(system, reduce, threads=1):
    """On and off: the same violations, witnesses, steps and antecedents, all of it certified."""
    expected, found = reference(system), explore(system, threads=threads, reduce=reduce)
    assert found.complete and found.distinct <= expected.distinct
    for name in ("violations", "witnesses"):
        assert set(getattr(found, name)) == set(getattr(expected, name)), name
    assert (found.fired, found.antecedents) == (expected.fired, expected.antecedents)
    for name, path in (found.violations | found.witnesses).items():
        certify(system, name, path)
        assert len(path) >= len((expected.violations | expected.witnesses)[name])
    return expected, found


@pytest.mark.parametrize("reduce", COMBINATIONS)
@pytest.mark.parametrize("locked", [True, False])
def test_what_only_one_instance_touches_is_done_first(reduce, locked, tmp_path):
    expected, found = same_verdicts(workers(tmp_path, locked=locked), reduce, threads=2)
    assert found.distinct < expected.distinct / (2 if locked else 1)
    assert found.reductions == ("symmetry of thread",) * (len(reduce) - 1) + ("partial order",)


@pytest.mark.parametrize("reduce", COMBINATIONS)
def test_violations_behind_what_is_put_off(reduce, tmp_path):
    """A deadlock, an overflow and an assertion that only some order of the steps leads to."""
    system = workers(tmp_path, threads=3, locked=False, least="min(self.total, self.seen)",
                     end="await step('look')\n        assert self.total == self.seen, 'late'")
    expected, _ = same_verdicts(system, reduce)
    assert {"assertion"} <= set(expected.violations)
    system = system_of(tmp_path, '''
        def __init__(self):
            self.one, self.two = Lock, Lock
            self.steps = Map(Range(2), Int(0, 3))

        @process
        async def first(self):
            for i in (1, 2, 3):
                await step("count")
                self.steps[0] = i
            async with self.one:
                await step("between")
                async with self.two:
                    await step("both")

        @process
        async def second(self):
            for i in (1, 2, 3):
                await step("count")
                self.steps[1] = i
            async with self.two:
                await step("between")
                async with self.one:
                    await step("both")
        ''')
    expected, found = same_verdicts(system, reduce[-1:])
    assert set(expected.violations) == {"deadlock"} and found.distinct < expected.distinct / 2


@pytest.mark.parametrize("path, constants", [
    ("systems/peterson.py", {}), ("systems/die_hard.py", {}),
    ("systems/two_phase.py", dict(managers=3)), ("systems/allocator.py", {}),
    ("systems/barrier.py", {}), ("protocols/ticket_lock.py", dict(threads=3)),
    ("specs/group_attach.py", dict(groups=2, pages=1)),
])
def test_known_systems(path, constants):
    system = load(TESTS / path)[-1].system(None, **constants)
    kept = tuple(p for p in system.properties if p.kind not in ("leads_to", "step_invariant"))
    object.__setattr__(system, "properties", kept)
    for reduce in COMBINATIONS:
        same_verdicts(system, reduce)


# ── what is local ────────────────────────────────────────────────────────────────────────────

def test_local_steps_and_what_endangers_them(tmp_path):
    system = workers(tmp_path)
    found = {step.location: step for step in local_steps(system)}
    assert set(found) == {"prepare", "choose", "acquire lock", "add"}
    assert not found["prepare"].dangers                     # prepared[t] is its own
    assert not found["choose"].dangers
    [danger] = found["add"].dangers                         # the others wait for the lock
    assert danger.anyone == {"add", "publish"}
    assert found["prepare"].rank > found["choose"].rank > found["add"].rank


def test_locks_that_are_surely_held(tmp_path):
    system = workers(tmp_path)
    locks = Locks(system)
    assert locks.sound == {("lock",)}
    assert {at for (_, at), held in locks.held.items() if held} == {"add", "publish"}
    guard = system.process["worker"].locations["acquire lock"].guard
    assert needed_free(guard) == {("lock",)}


def test_a_lock_that_is_tried_is_held_where_it_was_free(tmp_path):
    system = system_of(tmp_path, '''
        def __init__(self):
            self.lock, self.n = Lock, Int(0, 3)

        @process(times=2)
        async def attempt(self):
            await until(lambda: not self.lock.locked(), "wait")
            taken = self.lock.try_acquire()
            await step("count")
            self.n = 1 if taken else 2
            await step("leave")
            if taken:
                self.lock.release()

        @process
        async def other(self):
            await step("try")
            if self.lock.try_acquire():
                await step("inside")
                self.lock.release()
        ''')
    locks = Locks(system)
    assert locks.sound == {("lock",)}
    assert locks.held["attempt", "count"] == {("lock",)}
    assert locks.held["other", "try"] == frozenset()
    same_verdicts(system, ["partial-order"])


def test_a_lock_that_anybody_frees_tells_nothing(tmp_path):
    system = workers(tmp_path)
    [process] = system.processes
    for block in process.blocks.values():          # drop the checks before a release
        object.__setattr__(block, "statements", tuple(
            s for s in block.statements if getattr(s, "kind", "") != "release"))
    assert Locks(system).sound == {("lock",)}      # the steps before say that it is held
    for location in process.locations.values():    # and now anybody passes
        object.__setattr__(location, "guard", dependence.Const(True, location.guard.type))
    assert Locks(system).sound == frozenset()


# ── each condition is needed ─────────────────────────────────────────────────────────────────

RACE = '''
    def __init__(self):
        self.n, self.m, self.done = Int(0, 2), Int(0, 2), Bool

    @process
    async def first(self):
        await step("a")
        self.n = 1
        await step("b")
        self.m = 1

    @process(daemon=True)
    async def second(self):
        await step("look")
        assert not (self.n == 1 and self.m == 0), "in the middle"
        self.done = True

    @invariant
    def apart(self):
        return not (self.n == 0 and self.done)
'''

IGNORED = '''
    def __init__(self):
        self.n, self.bad = Bool, Bool

    @process(daemon=True)
    async def spin(self):
        while True:
            await step("one")
            self.n = True
            await step("two")
            self.n = False

    @process
    async def worker(self):
        await step("break")
        self.bad = True

    @invariant
    def good(self):
        return not self.bad
'''


def violations(system):
    return set(explore(system, threads=1, reduce=["partial-order"]).violations)


def test_visible_steps_are_not_taken_alone(monkeypatch, tmp_path):
    system = system_of(tmp_path, RACE.replace("assert not (self.n == 1 and self.m == 0)",
                                              "assert True").replace("assert True, ", "pass #"))
    assert violations(system) == {"apart"} == set(reference(system).violations)
    monkeypatch.setattr(dependence.Analysis, "visible", lambda *_: False)
    assert violations(system) == set()


def test_dependent_steps_are_not_taken_alone(monkeypatch, tmp_path):
    system = system_of(tmp_path, RACE)
    assert violations(system) == {"apart", "assertion"} == set(reference(system).violations)
    monkeypatch.setattr(dependence, "conflict", lambda *_: Overlap.NEVER)
    assert "assertion" not in violations(system)


def test_no_step_is_put_off_for_ever(monkeypatch, tmp_path):
    system = system_of(tmp_path, IGNORED)
    assert violations(system) == {"good"}
    monkeypatch.setattr(dependence, "_ranks",
                        lambda dangers, _: {name: 0 for name in dangers})
    assert violations(system) == set()


def test_what_is_true_under_a_lock_may_be_written_under_it(tmp_path):
    """The invariant reads what the steps write, and says nothing while the lock is held."""
    system = workers(tmp_path, when="not self.lock.locked()", least="self.seen")
    assert "add" in {step.location for step in local_steps(system)}
    same_verdicts(system, ["partial-order"])
    system = workers(tmp_path, least="self.seen")
    assert "add" not in {step.location for step in local_steps(system)}
    assert set(same_verdicts(system, ["partial-order"])[1].violations) == {"never_less"}


# ── refusals ─────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("kind, body, names", [
    ("step_invariant", "@step_invariant\ndef only_up(self, before, after):\n"
     "    return after.total >= before.total", ["partial-order"]),
    ("eventually", "@eventually\ndef ends(self):\n    return self.total == 6",
     ["partial-order", "symmetry"]),
    ("leads_to", "@leads_to\ndef ends(self):\n    return self.seen == 6, self.total == 6",
     ["partial-order", "symmetry"]),
])
def test_what_is_not_sound_is_refused_by_name(kind, body, names, tmp_path):
    system = system_of(tmp_path, WORKERS.format(end="pass", when="True", least="0")
                       + textwrap.indent(body, "    "))
    for name in ("partial-order", "symmetry"):
        if name in names:
            with pytest.raises(UserError, match=f"--reduce {name} is not sound for the {kind} "
                               r"property `(only_up|ends)` \(.*:\d+\).*"):
                reductions(system, [name])
        else:
            assert reductions(system, [name]).used


def test_nothing_to_reduce_is_no_error(tmp_path):
    system = load(TESTS / "systems/die_hard.py")[-1].system(None)
    found = reductions(system, ["partial-order", "symmetry"])
    assert found.used == () and len(found.notes) == 2
