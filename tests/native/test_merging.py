"""Local steps merged: fewer states, the same verdicts, real traces; each condition is needed."""
import textwrap

import pytest

from checker.engines.interp.explore import explore as reference
from checker.engines.interp.step import initial_states, steps
from checker.engines.native import Checkpoint, explore
from checker.engines.native import reduce as native_reduce
from checker.engines.native.emit import generate
from checker.engines.native.reduce import reductions
from checker.engines.native.unmerged import unmerged
from checker.errors import UserError
from checker.frontend import load
from checker.ir import merging
from checker.ir.merging import beginning, mergeable
from checker.ir.steady import steady
from checker.judgement.certify import certify
from tests.native.test_partial_order import IGNORED, TESTS, same_verdicts, system_of

COMBINATIONS = [["local"], ["symmetry", "local"], ["partial-order", "local"],
                ["symmetry", "partial-order", "local"]]

CLERKS = """
    def __init__(self, *, clerks=3, most=3):
        self.clerk = Index("clerk", clerks)
        self.draft = Map(self.clerk, Int(0, most))
        self.sent = Int(0, 6)

    @process(each="clerk")
    async def write(self, c):
        {before}
        await step("think")
        self.draft[c] = pick((1, 2), "how much")
        await step("check")
        extra = maybe("extra")
        await step("correct")
        self.draft[c] += int(extra)
        await step("send")
        assert self.sent < {limit}, "too much"
        self.sent += self.draft[c]
        {after}

    @invariant
    def bounded(self):
        return self.sent <= 6

    @sometimes
    def much(self):
        return self.sent == 6
"""


def clerks(tmp_path, before="pass", limit="7", after="pass", more="", **constants):
    body = CLERKS.format(before=before, limit=limit, after=after)
    return system_of(tmp_path, body + textwrap.indent(textwrap.dedent(more), "    "), **constants)


def named(system):
    return {name for _, name in mergeable(system)}


# ── what is merged, and what comes of it ─────────────────────────────────────────────────────

def test_what_a_process_does_by_itself_is_merged(tmp_path):
    assert named(clerks(tmp_path)) == {"think", "check", "correct"}


@pytest.mark.parametrize("reduce", COMBINATIONS)
def test_the_same_verdicts(reduce, tmp_path):
    """An overflow, an assertion, a witness behind choices, before the first await and after it."""
    for before, most in (("pass", 3), ('await step("begin")', 3), ("pass", 2)):
        system = clerks(tmp_path, before=before, limit="4", most=most)
        expected, found = same_verdicts(system, reduce, threads=2)
        assert {"assertion"} <= set(expected.violations)
        assert ("overflow" in expected.violations) == (most == 2)
        assert found.distinct < expected.distinct / 4
        assert found.reductions[-1] == f"merging of local steps ({3 + (before != 'pass')} of " \
            f"{4 + (before != 'pass')})"
        assert not found.shortest


def test_nobody_waits_at_a_merged_location(tmp_path):
    """Three clerks that only choose, and then send one after another: the states are those in which
    each has what he chose, or is done."""
    system = clerks(tmp_path, clerks=2)
    found = explore(system, threads=1, reduce=["local"])
    assert found.initial == 3 ** 2                 # what each may have drafted: 1, 2 or 3
    assert found.complete and found.depth == 2


def test_every_state_of_a_path_follows_by_one_step(tmp_path):
    system = clerks(tmp_path, limit="4", after='await step("end")')
    found = explore(system, threads=1, reduce=["local"])
    for path in (found.violations | found.witnesses).values():
        assert path[0] in set(initial_states(system))
        for before, after in zip(path, path[1:]):
            assert after in {step.after for step in steps(system, before)}
    labels = [step.label for step in certify(system, "assertion",
                                             found.violations["assertion"]).steps]
    assert labels.count("send") >= 2 and {"think", "check", "correct"} <= set(labels)


def test_a_path_that_nobody_can_walk_is_an_error(tmp_path):
    system = clerks(tmp_path)
    [first] = initial_states(system)
    merged = mergeable(system)
    other = tuple(2 if variable.name == "sent" else value
                  for variable, value in zip(system.variables, first))
    with pytest.raises(RuntimeError, match="no initial state"):
        unmerged(system, merged, "much", (other,))
    with pytest.raises(RuntimeError, match="no step"):
        unmerged(system, merged, "much", (first, other))


def test_a_check_that_fails_in_a_merged_step(tmp_path):
    """The draft may leave its range, by one choice of two, while the others go on."""
    system = clerks(tmp_path, most=2, after='await step("rest")')
    expected, found = same_verdicts(system, ["local"])
    assert "overflow" in expected.violations and "correct" in named(system)
    trace = certify(system, "overflow", found.violations["overflow"])
    assert [step.label for step in trace.steps] == ["think", "check", "correct"]


def test_a_deadlock_behind_merged_steps(tmp_path):
    system = system_of(tmp_path, '''
        def __init__(self):
            self.one, self.two = Lock, Lock
            self.note = Map(Range(2), Int(0, 3))

        @process
        async def first(self):
            async with self.one:
                await step("write")
                self.note[0] = 1
                await step("again")
                self.note[0] = 2
                async with self.two:
                    await step("both")

        @process
        async def second(self):
            async with self.two:
                await step("write")
                self.note[1] = 1
                async with self.one:
                    await step("both")
        ''')
    for reduce in COMBINATIONS[::2]:
        expected, found = same_verdicts(system, reduce)
        assert set(expected.violations) == {"deadlock"} and found.distinct < expected.distinct


@pytest.mark.parametrize("path", [
    "systems/peterson.py", "systems/die_hard.py", "systems/two_phase.py", "systems/allocator.py",
    "systems/barrier.py", "protocols/ticket_lock.py", "specs/workers.py"])
def test_known_systems(path):
    system = load(TESTS / path)[-1].system(None)
    kept = tuple(p for p in system.properties if p.kind not in ("leads_to", "step_invariant"))
    object.__setattr__(system, "properties", kept)
    same_verdicts(system, ["local"])


def test_a_search_that_was_saved_goes_on(tmp_path):
    system = load(TESTS / "specs/workers.py")[-1].system("ci")
    folder = tmp_path / "kept"
    options = dict(threads=1, reduce=["local"])
    explore(system, limit=700, checkpoint=Checkpoint(folder, every=0), **options)
    with pytest.raises(UserError, match="can not go on from this checkpoint"):
        explore(system, threads=1, checkpoint=Checkpoint(folder, every=0))     # without --reduce
    found = explore(system, checkpoint=Checkpoint(folder, every=0), **options)
    whole = explore(system, **options)
    assert 0 < found.resumed < whole.distinct == found.distinct and found.complete
    assert (found.levels, found.witnesses, found.fired) == (
        whole.levels, whole.witnesses, whole.fired)


def test_steps_in_any_order_are_met_once(tmp_path):
    """What is not looked up, because it is met from another side, is that of merged steps, too."""
    system = load(TESTS / "specs/workers.py")[-1].system("ci")
    found = generate(system, reductions(system, ["local"]))
    assert ".dependences = dependences" in found.text
    for reduce in (["local", "symmetry"], ["local", "partial-order"]):
        assert ".dependences = NULL" in generate(system, reductions(system, reduce)).text


def test_choices_of_many_processes_are_not_all_made_before_the_search(monkeypatch, tmp_path):
    """Three clerks of up to three drafts each are 27 beginnings; else they begin one by one."""
    system = clerks(tmp_path, limit="4")
    together, merged = explore(system, threads=1, reduce=["local"]), mergeable(system)
    assert beginning(system, merged) == {"write"} and together.initial == 3 ** 3
    monkeypatch.setattr(merging, "MOST_RESULTS", 4 ** 3 - 1)      # two choices of two: four results
    assert mergeable(system) == merged and beginning(system, merged) == frozenset()
    for reduce in COMBINATIONS:
        expected, found = same_verdicts(system, reduce)
        assert found.initial == 1 and found.distinct < expected.distinct


def test_choices_of_one_step_are_not_too_many(monkeypatch, tmp_path):
    system = clerks(tmp_path)
    monkeypatch.setattr(merging, "MOST_RESULTS", 3)
    assert named(system) == {"think", "correct"}
    same_verdicts(system, ["local"])


# ── each condition is needed ─────────────────────────────────────────────────────────────────

def violations(system, *more):
    return set(explore(system, threads=1, reduce=["local", *more]).violations)


BETWEEN = '''
    def __init__(self):
        self.n, self.seen = Int(0, 2), Bool

    @process
    async def counts(self):
        await step("one")
        self.n = 1
        await step("two")
        self.n = 2

    @process(daemon=True)
    async def looks(self):
        await {wait}
        {look}
        self.seen = True

    @invariant
    def fine(self):
        return {fine}
'''


def test_what_others_touch_is_not_merged(monkeypatch, tmp_path):
    system = system_of(tmp_path, BETWEEN.format(
        wait='step("look")', look='assert self.n != 1, "in the middle"', fine="True"))
    assert named(system) == set()
    assert violations(system) == {"assertion"} == set(reference(system).violations)
    monkeypatch.setattr(merging, "_unshared", lambda *_: True)
    assert violations(system) == set()


def test_what_a_property_sees_is_not_merged(monkeypatch, tmp_path):
    system = system_of(tmp_path, BETWEEN.format(wait='step("rest")', look="pass",
                                                fine="self.n != 1"))
    assert named(system) == {"rest"}
    assert violations(system) == {"fine"} == set(reference(system).violations)
    monkeypatch.setattr(merging, "_invisible", lambda *_: True)
    assert violations(system) == set()


def test_what_waits_is_not_merged(monkeypatch, tmp_path):
    """The guard is the process's own business, and false: a deadlock that a merged step misses."""
    system = system_of(tmp_path, '''
        def __init__(self):
            self.n, self.m = Int(0, 2), Int(0, 2)

        @process
        async def waits(self):
            await step("one")
            self.n = pick((1, 2), "which")
            await until(lambda: self.n == 2, "two")
            self.n = 0
        ''')
    assert "two" not in named(system)
    assert violations(system) == {"deadlock"} == set(reference(system).violations)
    monkeypatch.setattr(merging, "_always_enabled", lambda *_: True)
    assert violations(system) == set()


def test_cycles_are_not_merged(monkeypatch, tmp_path):
    system = system_of(tmp_path, IGNORED)
    assert named(system) == {"one"}                # and not "two": somebody has to stand somewhere
    for more in ((), ("partial-order",)):
        assert violations(system, *more) == {"good"} == set(reference(system).violations)
    monkeypatch.setattr(merging, "_closes", lambda *_: False)
    with pytest.raises(RecursionError):
        generate(system, reductions(system, ["local"]))


def test_partial_order_breaks_cycles_of_merged_steps(monkeypatch, tmp_path):
    """Where it gives up a location that is merged, nobody ever stands there: nothing is broken."""
    body = IGNORED.replace("self.n = True", 'self.n = True\n            await step("three")')
    system = system_of(tmp_path, body)
    assert violations(system, "partial-order") == {"good"}
    assert reductions(system, ["partial-order", "local"]).alone == ()
    monkeypatch.setattr(native_reduce, "usable",
                        lambda system, _, usable=native_reduce.usable: usable(system, frozenset()))
    assert violations(system, "partial-order") == set()


# ── properties of steps, and refusals ────────────────────────────────────────────────────────

@pytest.mark.parametrize("said, expected", [
    ("after.sent >= before.sent", True),
    ("not after.sent < before.sent", True),
    ("before.sent == after.sent or after.sent != 1", True),
    ("not (before.sent == 0 and after.sent == 6)", True),
    ("implies(before.sent == 2, after.sent != 0 and after.sent in (2, 3, 4, 5))", True),
    ("all(before.draft[c] == after.draft[c] or after.sent == 1 for c in self.clerk)", True),
    ("not any(before.draft[c] == 1 and after.draft[c] == 2 for c in self.clerk)", True),
    ("after.sent > before.sent", False),
    ("after.sent != before.sent", False),
    ("before.sent <= 3", False),
    ("any(before.draft[c] == after.draft[c] for c in self.clerk) and after.sent == 0", False),
])
def test_what_is_true_of_a_step_that_changes_nothing(said, expected, tmp_path):
    system = clerks(tmp_path, clerks=2, more=f"""
        @step_invariant
        def stepwise(self, before, after):
            return {said}
    """)
    assert steady(system.property_named("stepwise")) is expected
    if expected:
        same_verdicts(system, ["symmetry", "local"])
    else:
        with pytest.raises(UserError, match=r"--reduce local is not sound for the step_invariant "
                           r"property `stepwise` \(.*:\d+\): steps that change nothing"):
            reductions(system, ["local"])


def test_what_would_be_missed_without_that(monkeypatch, tmp_path):
    """The other process does what it does by itself between the two steps of this one."""
    system = system_of(tmp_path, BETWEEN.format(wait='step("rest")', look="pass", fine="True") + """
    @step_invariant
    def moves_on(self, before, after):
        return before.n != 1 or after.n != 1
    """)
    assert "moves_on" in reference(system).violations
    monkeypatch.setattr(native_reduce, "steady", lambda _: True)
    assert violations(system) == set()


def test_a_step_that_a_property_of_steps_sees_is_not_merged(tmp_path):
    system = clerks(tmp_path, more="""
        @step_invariant
        def never_back(self, before, after):
            return all(after.draft[c] >= before.draft[c] for c in self.clerk)
    """)
    assert named(system) == {"check"}
    same_verdicts(system, ["local"])


@pytest.mark.parametrize("kind, said", [
    ("eventually", "self.sent == 6"), ("leads_to", "self.sent == 1, self.sent == 6")])
def test_liveness_is_refused_by_name(kind, said, tmp_path):
    system = clerks(tmp_path, more=f"@{kind}\ndef ends(self):\n    return {said}")
    with pytest.raises(UserError, match=f"--reduce local is not sound for the {kind} property "
                       r"`ends` \(.*:\d+\): what is fair is told from single steps"):
        reductions(system, ["local"])


def test_nothing_to_merge_is_no_error():
    system = load(TESTS / "systems/die_hard.py")[-1].system(None)
    found = reductions(system, ["local"])
    assert found.used == () and found.shortest
    [note] = found.notes
    assert note.startswith("local reduces nothing")
