"""The balloon driver's specs: nothing differs at the smallest sizes; what v4.9 itself breaks."""
from __future__ import annotations

import pytest

from checker.face.check import check
from checker.frontend import load

SPECS = {spec.name: spec for spec in load("spec/virtio_balloon/model.py")}
STATES = {"Linux49": 5_182, "Fixed": 5_427, "Linux49Life": 7_188, "FixedLife": 7_419,
          "Linux49Progress": 1_694, "FixedProgress": 1_634}


def differing(run):
    return [result.verdict.property for result in run.results if result.standing != "declared"]


@pytest.mark.parametrize("name", SPECS)
def test_nothing_differs_at_the_smallest_size(name):
    run = check(SPECS[name], "small")
    assert differing(run) == [] and run.complaints == () and run.defects == ()
    assert run.found.distinct == STATES[name]


# What the model of the released driver finds with no mistake in it, and in how many steps.
DEFECTS = {"alloc_under_balloon_lock": 8, "type_of_the_old_page": 24,
           "migration_between_zones": 29, "oom_counts_balloon_pages": 22}


@pytest.mark.parametrize("name", DEFECTS)
def test_v49_has_the_defects_that_were_fixed_later(name):
    fault = SPECS["Linux49"].fault(name)
    assert fault.finding
    run = check(SPECS["Linux49"], "small", fault=fault)
    assert differing(run) == []
    traces = {r.verdict.property: r.verdict.trace for r in run.results}
    assert len(traces[fault.broken[0]].steps) == DEFECTS[name]


@pytest.mark.parametrize("name", DEFECTS)
def test_the_fixed_driver_has_not(name):
    fault = SPECS["Linux49"].fault(name)
    run = check(SPECS["Fixed"], fault.instance, **fault.constants)
    assert differing(run) == []


# What was fixed later, and the one change that mends it in the driver as it was released.
FIXES = {("Linux49", "alloc_under_balloon_lock"): dict(allocates="first"),
         ("Linux49", "type_of_the_old_page"): dict(deletes="locked"),
         ("Linux49", "migration_between_zones"): dict(recounts=True),
         ("Linux49", "oom_counts_balloon_pages"): dict(oom_counts="pages"),
         ("Linux49Life", "mount_left_behind"): dict(unmounts=True, inits_stats=True),
         ("Linux49Life", "first_stats_uninitialised"): dict(inits_stats=True),
         ("Linux49Progress", "endless_inflation"): dict(aligns=True)}


@pytest.mark.parametrize("name, finding", FIXES)
def test_each_fix_alone_mends_what_it_is_for(name, finding):
    fault = SPECS[name].fault(finding)
    assert set(fault.broken) & set(differing(check(SPECS[name], fault.instance,
                                                   **fault.constants)))
    run = check(SPECS[name], fault.instance, **fault.constants | FIXES[name, finding])
    assert differing(run) == []


@pytest.mark.parametrize("per_page", [2, 4])
@pytest.mark.parametrize("name", ["Linux49", "Fixed"])
def test_with_larger_pages_nothing_changes_but_the_numbers(name, per_page):
    run = check(SPECS[name], "small", per_page=per_page, sizes=(0, 2 * per_page))
    assert differing(run) == [] and run.found.distinct == STATES[name]


def test_under_pages_lock_alone_the_type_test_is_still_a_race():
    """89da619bc18d does not help a scanner that takes no page lock: README.md tells why."""
    for name in ("Linux49", "Fixed"):
        run = check(SPECS[name], "small", type_test="unlocked")
        assert differing(run) == ["only_pages_of_the_balloon_are_followed"]


def test_without_must_tell_host_pages_may_be_released_first():
    """The specification calls telling a courtesy then; the request still names free pages."""
    for must_tell in (False, True):
        run = check(SPECS["Linux49"], "small", tells="after_release", must_tell=must_tell)
        assert ("no_guest_page_lost" in differing(run)) == must_tell


def test_statistics_are_answered():
    for name in ("Linux49Progress", "FixedProgress"):
        run = check(SPECS[name], "stats")
        assert differing(run) == []
