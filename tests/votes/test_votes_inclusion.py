"""Random runs of the votes' reference are behaviours of the model, step for step."""
import pathlib

import pytest

from checker.frontend import load
from spec.votes.adapter import adapter_for
from tests.inclusion import behaves
from tests.library import system_of
from tests.schedules import EVERYBODY

SPECS = {spec.name: spec
         for spec in load(pathlib.Path(__file__).parents[2] / "spec" / "votes" / "model.py")}
STEPS = 400
CASES = [(spec.name, instance) for spec in SPECS.values() for instance in spec.instances
         if instance != "large"]


@pytest.mark.parametrize("name, instance", CASES)
def test_the_reference_does_nothing_that_the_model_does_not(name, instance):
    run = behaves(system_of(SPECS[name], instance), adapter_for(name), f"{name} {instance}", STEPS)
    assert len(run.log) == STEPS and len(run.states) <= 4
    assert len(set(run.log)) >= 5               # not the same few steps over and over


def test_everybody_at_once():
    run = behaves(system_of(SPECS["FourKinds"], **EVERYBODY), adapter_for("FourKinds"), 1, 800)
    assert len({who for who, _ in run.log}) == 15


@pytest.mark.parametrize("name, constants", [
    ("Counter", dict(arithmetic="boolean")), ("Counter", dict(mistake="vfio_leaks")),
    ("TwoSides", dict(mistake="virtio_mem_releases_twice")),
    ("FourKinds", dict(vdpa_cleanup="always")), ("FourKinds", dict(matrix="coordinated"))], ids=str)
def test_a_reference_with_a_mistake_is_caught(name, constants):
    system, faulty = system_of(SPECS[name], "ci"), system_of(SPECS[name], "ci", **constants)
    for seed in range(30):
        try:
            behaves(system, adapter_for(name), seed, STEPS, built_as=faulty)
        except AssertionError as caught:
            assert "the model has no such step" in str(caught)
            return
    pytest.fail("not caught")
