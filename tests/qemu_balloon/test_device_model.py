"""QEMU's balloon device: nothing differs at the smallest size, and what each version breaks."""
from __future__ import annotations

import pathlib

import pytest

from checker.face.check import check
from checker.frontend import load
from checker.judgement.vacuity import vacuity
from tests.library import searched

SPECS = {spec.name: spec for spec in load(
    pathlib.Path(__file__).parents[2] / "spec" / "qemu_balloon" / "model.py")}
STATES = {"Madvise": 892, "Remembers": 892, "ClearsOnDeflate": 892, "OneBit": 892,
          "ResetsOnDeflate": 892, "OneRun": 892, "OneElement": 897, "Today": 4_827,
          "FirstHinting": 21_772, "Hinting": 8_606, "Stats2016": 31, "Stats": 27, "Size": 34}
CONTENT = "guests_pages_keep_their_content"
REQUEST = "discards_keep_to_their_request"
GIVEN = "the_host_gets_what_is_in_the_balloon"


def differing(run):
    return {result.verdict.property for result in run.results if result.standing != "declared"}


@pytest.mark.parametrize("name", STATES)
def test_nothing_differs_at_the_smallest_size(name):
    run = check(SPECS[name], "small")
    assert differing(run) == set() and run.complaints == () and run.defects == ()
    assert run.found.distinct == STATES[name]


@pytest.mark.parametrize("name,instance", [
    (name, instance) for name in STATES for instance in SPECS[name].instances
    if instance != "large"])
def test_every_instance_is_as_it_should_be(name, instance):
    system, found = searched(SPECS[name], instance)
    assert found.complete and not found.violations and found.distinct < 600_000
    assert vacuity(system, found) == ()
    assert {p.name for p in system.properties_of("sometimes")} <= set(found.witnesses)


# How many steps it takes until the guest has lost something, by version and finding.
LOSSES = {("Madvise", "a_host_page_goes_with_its_first_part"): 6,
          ("Remembers", "the_first_part_fills_the_bitmap"): 6,
          ("Remembers", "deflates_are_ignored"): 22,
          ("ClearsOnDeflate", "the_first_part_fills_the_bitmap"): 6,
          ("OneBit", "a_reset_keeps_the_bitmap"): 14,
          ("OneBit", "pages_are_used_before_the_answer"): 14,
          ("OneBit", "inhibited_deflates_are_not_seen"): 29,
          ("ResetsOnDeflate", "a_reset_keeps_the_bitmap"): 14,
          ("ResetsOnDeflate", "pages_are_used_before_the_answer"): 14,
          ("ResetsOnDeflate", "inhibited_deflates_are_not_seen"): 29,
          ("OneRun", "the_bitmap_outlives_its_request"): 14}


@pytest.mark.parametrize("name,finding", LOSSES)
def test_what_a_version_does_to_its_guest(name, finding):
    fault = SPECS[name].fault(finding)
    assert fault.finding
    run = check(SPECS[name], "small", fault=fault)
    assert differing(run) == set()
    traces = {r.verdict.property: r.verdict.trace for r in run.results}
    assert len(traces[CONTENT].steps) == LOSSES[name, finding]


@pytest.mark.parametrize("name,finding", LOSSES)
def test_the_bitmap_of_one_request_does_nothing_of_it(name, finding):
    fault = SPECS[name].fault(finding)
    situation = {key: value for key, value in fault.constants.items() if key != "bits"}
    assert differing(check(SPECS["OneElement"], "small", **situation)) == set()


FIRST = {"a_late_start_is_believed": 23, "start_takes_no_lock": 9,
         "after_a_failure_the_guest_waits": 6, "hinted_pages_are_missed_by_postcopy": 19}


@pytest.mark.parametrize("finding", FIRST)
def test_what_free_page_hinting_broke_as_it_came(finding):
    fault = SPECS["FirstHinting"].fault(finding)
    run = check(SPECS["FirstHinting"], "small", fault=fault)
    assert fault.finding and differing(run) == set()
    traces = {r.verdict.property: r.verdict.trace for r in run.results}
    assert len(traces[fault.broken[-1]].steps) == FIRST[finding]
    assert differing(check(SPECS["Hinting"], "small")) == set()


def test_a_guest_that_waits_only_loses_to_the_interval():
    """With the bitmap of a run no content is lost, but what was answered is discarded."""
    situation = dict(subpages=2, users=(), resets=False, guest="waits")
    broken = differing(check(SPECS["OneRun"], "small", **situation))
    assert broken == {REQUEST, "bitmap_goes_with_its_request"}


def test_nobody_gives_back_what_comes_in_parts_or_while_inhibited():
    """The host does not get what is in the balloon; README.md tells why that is not promised."""
    for situation in (dict(subpages=2), dict(users=("vfio",))):
        assert differing(check(SPECS["OneElement"], "gives back", **situation)) == {GIVEN}
