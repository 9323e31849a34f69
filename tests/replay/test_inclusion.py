"""Random runs of the reference of spec/vfio_balloon are behaviours of the model."""
import pytest
from support import SPECS

from spec.vfio_balloon.adapter import adapter_for
from tests.inclusion import behaves
from tests.library import system_of
from tests.schedules import LOCKLESS

STEPS = 300
CASES = [(name, instance) for name, spec in SPECS.items() for instance in spec.instances
         if instance != "large"] + [(name, "lockless") for name in SPECS]


@pytest.mark.parametrize("name, instance", CASES)
def test_the_reference_does_nothing_that_the_model_does_not(name, instance):
    spec = SPECS[name]
    system = system_of(spec, **LOCKLESS) if instance == "lockless" else system_of(spec, instance)
    run = behaves(system, adapter_for(name), f"{name} {instance}", STEPS, failing=0.15)
    assert len(run.log) == STEPS
    assert len(run.states) <= 2         # what can be seen decides nearly everything


@pytest.mark.parametrize("constants", [dict(counter="boolean"), dict(kvm_on_reuse=False),
                                       dict(leak_exit="set_iommu"), dict(unset_first=True),
                                       dict(bql=False)], ids=str)
def test_a_faulty_reference_is_caught(constants):
    """The same runs, where the reference has a mistake that the model has not."""
    system = system_of(SPECS["Upstream"], "small")
    faulty = system_of(SPECS["Upstream"], "small", **constants)
    for seed in range(20):
        try:
            behaves(system, adapter_for("Upstream"), seed, STEPS, built_as=faulty, failing=0.15)
        except AssertionError as caught:
            assert any(said in str(caught) for said in (
                "the model has no such step", "who waits in the model comes on",
                "they do not begin in the same state"))
            return
    pytest.fail("not caught")
