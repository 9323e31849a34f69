"""What every fault of a reference has to show."""
from checker.judgement.certify import certify
from checker.judgement.replay import Reproduced, replay
from tests.library import searched


def reproduced_and_refused(spec, fault, instance):
    """Each rule that the fault breaks: the reference with it shows that, the right one refuses."""
    declared = spec.fault(fault)
    system, found = searched(spec, instance, declared)
    for broken in declared.broken:
        trace = certify(system, broken, found.violations[broken])
        outcome = replay(trace, timeout=0.3)
        assert isinstance(outcome, Reproduced) and outcome.symptom, (broken, outcome)
        assert not isinstance(replay(trace, correct=True, timeout=0.3), Reproduced), broken
