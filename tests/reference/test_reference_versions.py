"""Each version as it was: life cycles, error exits, opt-in. Nothing is wrong under the big lock."""
from __future__ import annotations

import re

import pytest

import spec.vfio_balloon.reference as reference
from spec.vfio_balloon.reference import EXITS, SPAPR_EXITS, VERSIONS, Options

COMMON_PLUG = ["BQL plug", "open group"]


def labels_of(stage, operation, number=0):
    name = stage.begin(operation, number)
    stage.finish(name)
    return stage.labels(name)


@pytest.mark.parametrize("version", VERSIONS)
def test_plug_and_unplug_of_two_groups_end_where_they_began(stage, version):
    s = stage(version=version, pages=2)
    before = s.machine.observe()
    for number in (0, 1):
        s.do("plug", number)
    during = s.machine.observe()
    assert during["votes"] == 2
    assert [group["container"] for group in during["groups"]] == [0, 0]
    assert all(group["kvm"] and group["holds_vote"] for group in during["groups"])
    assert during["pinned"] == [True, True]
    s.do("inflate")
    assert s.machine.memory.zaps == 0
    s.do("unplug", 0)
    assert s.machine.observe()["votes"] == 1
    assert s.machine.observe()["pinned"] == [True, True]
    s.do("unplug", 1)
    assert s.machine.observe() == before
    s.do("inflate")
    assert s.machine.memory.zaps == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_groups_may_get_containers_of_their_own(stage, version):
    s = stage(version=version, picks={"existing_container": None})
    before = s.machine.observe()
    for number in (0, 1):
        s.do("plug", number)
    assert [group["container"] for group in s.machine.observe()["groups"]] == [0, 1]
    for number in (0, 1):
        s.do("unplug", number)
    assert s.machine.observe() == before


def test_the_steps_of_upstream_are_in_the_order_of_the_code(stage):
    s = stage(version="upstream")
    assert labels_of(s, "plug", 0) == COMMON_PLUG + [
        "get space", "inhibit", "SET_CONTAINER existing", "open container", "API version",
        "CHECK_EXTENSION", "SET_CONTAINER", "SET_IOMMU", "KVM add", "link", "register listener",
        "list group", "GET_DEVICE_FD", "add device"]
    assert labels_of(s, "plug", 1) == COMMON_PLUG + [
        "get space", "inhibit", "SET_CONTAINER existing", "link existing", "KVM add existing",
        "list group", "GET_DEVICE_FD", "add device"]
    assert labels_of(s, "unplug", 0) == [
        "BQL unplug", "remove device", "uninhibit", "KVM del", "unlink", "UNSET_CONTAINER",
        "close group"]
    assert labels_of(s, "unplug", 1) == [
        "BQL unplug", "remove device", "uninhibit", "KVM del", "unlink", "unregister listener",
        "UNSET_CONTAINER", "close container", "put space", "close group"]


def test_the_backport_unsets_first_and_tells_kvm_last(stage):
    s = stage(version="rhel77")
    assert labels_of(s, "plug") == COMMON_PLUG + [
        "inhibit", "SET_CONTAINER existing", "open container", "API version", "CHECK_EXTENSION",
        "SET_CONTAINER", "SET_IOMMU", "register listener", "link", "list group", "KVM add",
        "GET_DEVICE_FD", "add device"]
    assert labels_of(s, "unplug") == [
        "BQL unplug", "remove device", "uninhibit", "KVM del", "UNSET_CONTAINER", "unlink",
        "unregister listener", "close container", "close group"]


@pytest.mark.parametrize("other", [False, True], ids=["alone", "with another group"])
@pytest.mark.parametrize("exit", EXITS + ("open_group", "device_fd"))
@pytest.mark.parametrize("version", VERSIONS)
def test_every_error_exit_restores_everything(stage, version, exit, other):
    s = stage(version=version, pages=2, picks={"existing_container": None})
    if other:
        s.do("plug", 1)
    before = s.machine.observe()
    s.env.failing = {exit}
    s.do("plug", 0)
    assert s.machine.observe() == before
    s.env.failing = set()
    s.do("plug", 0)
    assert s.machine.observe()["votes"] == (2 if other else 1)


def test_the_version_of_2021_votes_when_the_iommus_type_is_known(stage):
    s = stage(version="qemu61")
    assert labels_of(s, "plug", 0) == COMMON_PLUG + [
        "get space", "SET_CONTAINER existing", "open container", "API version",
        "CHECK_EXTENSION", "SET_CONTAINER", "SET_IOMMU", "inhibit", "KVM add", "link",
        "register listener", "list group", "GET_DEVICE_FD", "add device"]
    assert labels_of(s, "plug", 1) == COMMON_PLUG + [
        "get space", "SET_CONTAINER existing", "inhibit existing", "link existing",
        "KVM add existing", "list group", "GET_DEVICE_FD", "add device"]


@pytest.mark.parametrize("existing", [0, None], ids=["joins", "makes a container"])
def test_a_refused_vote_restores_everything(stage, existing):
    s = stage(version="qemu61", pages=2)
    s.do("plug", 1)
    before = s.machine.observe()
    s.env.failing, s.env.picks["existing container"] = {"refused"}, existing
    s.do("plug", 0)
    assert s.machine.observe() == before
    s.env.failing = set()
    s.do("plug", 0)
    assert s.machine.observe()["votes"] == 2


@pytest.mark.parametrize("refusal, kept", [("exit", False), ("returns", True)])
def test_the_version_of_2020_keeps_the_address_space_of_a_refused_group(stage, refusal, kept):
    s = stage(failing=("refused",), version="qemu61", vote="before_attach", refusal=refusal)
    s.do("plug")
    assert s.machine.observe()["space"] is kept
    assert s.machine.observe()["votes"] == 0


def test_the_backports_six_exits_release_six_times(stage):
    for exit in EXITS:
        s = stage(failing=(exit,), version="rhel77")
        assert labels_of(s, "plug").count(f"uninhibit on {exit}") == 1


@pytest.mark.parametrize("exit", SPAPR_EXITS[:1] + SPAPR_EXITS[2:3])
def test_spapr_v1_exits_restore_everything(stage, exit):
    s = stage(failing=(exit,), picks={"spapr_model": "v1"}, spapr=True)
    before = s.machine.observe()
    s.do("plug")
    assert s.machine.observe() == before


@pytest.mark.parametrize("exit", SPAPR_EXITS[1:])
def test_spapr_v2_exits_restore_everything_once_the_last_one_unregisters(stage, exit):
    s = stage(failing=(exit,), pages=2, spapr=True, spapr_exit_unregisters=True)
    before = s.machine.observe()
    s.do("plug")
    assert s.machine.observe() == before


def test_spapr_plugs_and_unplugs(stage):
    for model in ("v2", "v1"):
        s = stage(picks={"spapr_model": model}, spapr=True)
        before = s.machine.observe()
        s.do("plug")
        assert s.machine.observe()["pinned"] == [True]
        assert s.machine.observe()["containers"][0]["prereg"] == (model == "v2")
        s.do("unplug")
        assert s.machine.observe() == before


# Opting in.

def test_a_group_that_opts_in_withdraws_its_vote_and_does_not_give_it_back_twice(stage):
    s = stage(groups=1, mediated={0}, devices=[(0, True)])
    before = s.machine.observe()
    s.do("plug")
    during = s.machine.observe()
    assert during["votes"] == 0 and not during["groups"][0]["holds_vote"]
    assert during["containers"][0]["maps"] == [True]
    assert during["pinned"] == [False]
    s.do("inflate")
    assert s.machine.memory.zaps == 1
    s.do("unplug")
    assert s.machine.observe() == before


def test_an_ordinary_group_beside_one_that_opted_in_pins_everything_and_keeps_its_vote(stage):
    s = stage(mediated={0}, devices=[(0, True), (1, False)], pages=2)
    s.do("plug", 0)
    s.do("inflate")
    s.do("plug", 1)
    during = s.machine.observe()
    assert (during["votes"], during["pinned"], during["stale"]) == (
        1, [True, True], [False, False])
    s.do("unplug", 1)
    assert (s.machine.observe()["votes"], s.machine.observe()["pinned"]) == (0, [False, False])


def test_a_second_device_takes_no_second_vote(stage):
    s = stage(groups=1, devices=[(0, False), (0, False)])
    s.do("plug", 0)
    s.do("plug", 1)
    assert s.machine.observe()["votes"] == 1
    s.do("unplug", 0)
    assert s.machine.observe()["votes"] == 1
    s.do("unplug", 1)
    assert s.machine.observe()["votes"] == 0


@pytest.mark.parametrize("first", [False, True])
def test_devices_of_a_group_have_to_agree_and_the_refused_one_stays_open(stage, first):
    s = stage(groups=1, mediated={0}, devices=[(0, first), (0, not first)])
    s.do("plug", 0)
    votes = s.machine.observe()["votes"]
    s.do("plug", 1)
    after = s.machine.observe()
    assert (after["votes"], after["groups"][0]["devices"]) == (votes, 1)
    assert after["devices"][1] == {"fd": True, "in_group": False}      # until 8709b3954d41


# Postcopy.

def test_postcopy_votes_while_it_listens(stage):
    s = stage()
    migration = s.begin("postcopy")
    s.until(migration, "postcopy uninhibit")
    assert (s.machine.observe()["votes"], s.machine.observe()["postcopy_holds"]) == (1, True)
    s.finish(migration)
    assert (s.machine.observe()["votes"], s.machine.observe()["postcopy_holds"]) == (0, False)


# The table of steps.

def documented_steps():
    """The labels of the package's docstring."""
    table = reference.__doc__.split("Steps (")[1].split("With counter=")[0]
    labels = set(re.findall(r"^    (\S.*?)(?:  |$)", table, re.M))
    for exits, pattern in ((("prereg", "tce_info", "default_window"),
                            "unregister prereg on EXIT"),
                           (EXITS[1:], "close container on EXIT"),
                           (EXITS, "uninhibit on EXIT"), (EXITS, "uninhibit again on EXIT")):
        labels.remove(pattern)
        labels |= {pattern.replace("EXIT", exit) for exit in exits}
    return labels


def runs():
    """(constants, what fails, picks) that together pass by every step."""
    for version in VERSIONS:
        for exit in EXITS:
            yield dict(version=version, double_release_exit=exit), (exit,), {}
        yield dict(version=version), (), {}
    for exit in SPAPR_EXITS:
        yield dict(spapr=True, spapr_exit_unregisters=True), (exit,), {}
    yield dict(spapr=True), ("iommu_enable",), {"spapr_model": "v1"}
    yield dict(spapr=True), ("tce_info",), {"spapr_model": "v1"}
    yield dict(groups=1, mediated={0}, devices=[(0, True)]), (), {}


def test_the_docstring_lists_exactly_the_steps_there_are(stage):
    seen = set()
    for constants, failing, picks in runs():
        s = stage(**constants)
        s.env.picks.update({name.replace("_", " "): choice for name, choice in picks.items()})
        s.env.failing = set(failing)
        for number in range(len(s.machine.devices)):
            s.do("plug", number)
        for device in s.machine.devices:
            if device.group is not None:
                s.do("unplug", device.number)
        s.do("inflate")
        s.do("postcopy")
        s.spawn("guest", s.machine.balloon.guest_touch)
        s.finish("guest")
        seen |= {label for _, label in s.history}
    s = stage(version="qemu61")
    s.do("plug", 0)
    s.env.failing = {"refused"}
    s.do("plug", 1)
    seen |= {label for _, label in s.history}
    assert seen == documented_steps()


def test_the_docstring_lists_exactly_what_can_be_observed(stage):
    text = reference.__doc__.split("answers:")[1]
    observed = stage().machine.observe()
    documented = {line.split()[0].split("[")[0] for line in text.splitlines()
                  if re.match(r"  \S", line)}
    assert set(observed) == documented
    for part in ("groups", "containers", "devices"):
        for key in observed[part][0]:
            assert re.search(rf"\b{key}\b", text), key


def test_unknown_constants_are_refused():
    for wrong in ({"vote": "never"}, {"version": "v2"}, {"leak_exit": "tce_info"},
                  {"vote": "by_type"}, {"refusal": "returns"},
                  {"version": "rhel77", "spapr": True}, {"version": "rhel77", "unset_first": True}):
        with pytest.raises(ValueError):
            Options(**wrong)
