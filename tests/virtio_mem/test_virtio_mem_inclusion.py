"""Random runs of virtio-mem's reference are behaviours of the model, step for step."""
import pathlib

import pytest

from checker.frontend import load
from spec.virtio_mem.adapter import adapter_for
from tests.inclusion import behaves
from tests.library import system_of

SPECS = {spec.name: spec for spec in load(
    pathlib.Path(__file__).parents[2] / "spec" / "virtio_mem" / "model.py")}
STEPS = 400
CASES = [(spec.name, instance) for spec in SPECS.values() for instance in spec.instances
         if instance != "large"]


@pytest.mark.parametrize("name, instance", CASES)
def test_the_reference_does_nothing_that_the_model_does_not(name, instance):
    run = behaves(system_of(SPECS[name], instance), adapter_for(name), f"{name} {instance}", STEPS,
                  failing=0.1)
    assert len(run.log) == STEPS and len(run.states) <= 4
    assert len(set(run.log)) >= 10              # not the same few steps over and over


@pytest.mark.parametrize("name, instance, constants", [
    ("Merged", "small", dict(device_reset="unplugs")),
    ("Today", "small", dict(discards_after_failed_plug=False)),
    ("Today", "ci", dict(changes_while_migrating=True)),
    ("Today", "small", dict(vfio_votes=False)),
    ("V1", "small", dict(unregister="nobody unmaps"))], ids=str)
def test_a_reference_with_a_mistake_is_caught(name, instance, constants):
    system = system_of(SPECS[name], instance)
    other = system_of(SPECS[name], instance, **constants)
    for seed in range(30):
        try:
            behaves(system, adapter_for(name), seed, STEPS, built_as=other, failing=0.4)
        except AssertionError as caught:
            assert "the model has no such step" in str(caught)
            return
    pytest.fail("not caught")
