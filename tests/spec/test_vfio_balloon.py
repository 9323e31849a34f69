"""The four versions keep their rules, and each fault breaks what it says and nothing else."""
import re

import pytest
from support import FAULTS, ROOT, SPECS, searched
from tests.library import system_of

import spec.vfio_balloon.reference as reference
from checker.engines.interp.explore import explore as interpret
from checker.engines.interp.liveness import check_liveness
from checker.errors import SpecError
from checker.judgement.certify import certify
from checker.judgement.vacuity import never_seen, vacuity

LIVE = "groups_leave_the_list"
INSTANCES = [(name, instance) for name, spec in SPECS.items() for instance in spec.instances
             if instance != "large"]


@pytest.mark.parametrize("name, instance", INSTANCES)
def test_every_version_keeps_its_rules_and_nothing_is_vacuous(name, instance):
    system, found = searched(name, instance)
    assert found.violations == {}
    assert [complaint.message for complaint in vacuity(system, found)] == []
    assert [p.name for p in never_seen(system, found)] == []


@pytest.mark.parametrize("name, fault, instance",
                         [(name, fault, "small") for name, fault in FAULTS]
                         + [(name, fault, "ci") for name, fault in FAULTS if name == "Upstream"])
def test_every_fault_breaks_what_it_names_and_nothing_else(name, fault, instance):
    system, found = searched(name, instance, fault)
    broken = set(SPECS[name].fault(fault).broken)
    assert set(found.violations) == broken - {LIVE}
    late = {live.outcome for live in check_liveness(system).values()}
    assert ("violated" in late) == (LIVE in broken)
    assert never_seen(system, found) == ()
    for broken, path in found.violations.items():
        assert certify(system, broken, path).property == broken


@pytest.mark.parametrize("name", SPECS)
def test_every_rule_is_broken_by_something(name):
    """A rule that nothing breaks is no rule."""
    spec = SPECS[name]
    broken = {rule for fault in spec.faults for rule in fault.broken}
    rules = {p.name.partition("(")[0] for i in spec.instances for p in system_of(spec, i).properties
             if p.kind in ("invariant", "step_invariant", "leads_to")}
    asked_for = {"kvm_knows_the_group_before_the_listener"} if name == "Rhel77" else set()
    assert broken == rules | asked_for


@pytest.mark.parametrize("name", SPECS)
def test_every_fault_is_cited_and_findings_are_declared(name):
    assert all(fault.cite for fault in SPECS[name].faults)
    findings = {fault.name for fault in SPECS[name].faults if fault.finding}
    common = {"teardown_under_the_lock", "teardown_without_the_lock", "check_then_act",
              "nobody_locks"}
    spapr = {"spapr_exit_keeps_its_listener", "spapr_pins_for_those_who_opted_in"}
    of_2018 = spapr | {"devices_disagree", "postcopy_calls_for_each_state"}
    assert findings == common | {
        "Upstream": of_2018,
        "Reviewed": of_2018 | {"joining_pins_before_the_vote", "spapr_pins_before_the_vote"},
        "Rhel77": {"devices_disagree", "listener_exit_releases_while_pinned",
                   "kvm_told_last_of_all"},
        "Qemu61": spapr | {"joining_pins_before_the_vote"}}[name]


def test_the_order_that_was_reviewed_is_the_one_that_was_changed():
    """The same constants that upstream's stronger instance stands break the reviewed version."""
    ordered = SPECS["Upstream"].instances["ordered"]
    assert interpret(SPECS["Upstream"].system(None, **ordered, ), limit=500).violations == {}
    _, found = searched("Reviewed", fault="joining_pins_before_the_vote")
    assert set(found.violations) == {"pinned_means_inhibited", "no_stale_mapping"}


def test_the_order_of_2021_has_the_gap_of_the_review_again_and_votes_first_it_has_not():
    _, found = searched("Qemu61", fault="joining_pins_before_the_vote")
    assert set(found.violations) == {"pinned_means_inhibited", "no_stale_mapping"}
    constants = {**SPECS["Qemu61"].instances["ordered"], "mixed": True, "vote": "before_attach"}
    assert interpret(SPECS["Qemu61"].system(None, **constants)).violations == {}


@pytest.mark.parametrize("name", SPECS)
def test_both_explicit_engines_agree(name):
    system, found = searched(name, "small")
    plain = interpret(system)
    assert (plain.distinct, plain.generated, plain.levels, plain.fired) == (
        found.distinct, found.generated, found.levels, found.fired)


@pytest.mark.parametrize("name", SPECS)
def test_steps_are_named_as_in_the_reference(name):
    table = reference.__doc__.split("Choices (")[0]
    exits = "open, api, no_type1, set_container, set_iommu, listener, prereg, tce_info, " \
        "default_window"
    known = set(re.findall(r"^    (\w[\w ]*?)(?:  |$)", table, re.MULTILINE))
    known |= {label.replace("EXIT", exit) for label in known if "EXIT" in label
              for exit in exits.split(", ")}
    for instance in SPECS[name].instances:
        for process in SPECS[name].system(instance).processes:
            for location in process.locations.values():
                assert location.label in known, location.label


def test_readme_lists_every_fault_and_every_rule():
    text = (ROOT / "spec" / "vfio_balloon" / "README.md").read_text()
    for name, fault in FAULTS:
        generic = re.sub(r"_on_\w+$", "_on_EXIT", fault)
        assert f"`{fault}`" in text or f"`{generic}`" in text, (name, fault)
    for spec in SPECS.values():
        for declared in spec.system("ordered").properties:
            if declared.kind != "sometimes":
                assert f"`{declared.name}`" in text, declared.name


@pytest.mark.parametrize("constants", [dict(spapr=True), dict(unset_first=True)], ids=str)
def test_the_backport_has_no_such_thing(constants):
    with pytest.raises(SpecError, match="type1 only"):
        SPECS["Rhel77"].system("small", **constants)
