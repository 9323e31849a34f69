"""Counterexamples without needless steps."""
import pytest

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.kinds import kinds
from checker.engines.interp.step import steps
from checker.frontend import load
from checker.judgement.certify import certify
from checker.judgement.tight import kind_of_trace, tight


def counter(fault):
    [spec] = [s for s in load("spec/votes/model.py") if s.name == "Counter"]
    return spec.system("ci", fault=spec.fault(fault))


def traces(system, name):
    return [certify(system, name, path) for path in kinds(system, name, 1000).paths]


def remains(trace, left_out):
    """Whether the steps at the other positions can be taken and end in the same violation."""
    reached = [trace.initial]
    for number, wanted in enumerate(trace.steps):
        if number not in left_out:
            reached = [s.after for state in reached for s in steps(trace.system, state)
                       if (s.instance.process.name, s.instance.key) == (wanted.process, wanted.key)
                       and s.location.name == wanted.location
                       and [c.value for c in s.choices] == [c.value for c in wanted.choices]]
    declared = trace.system.property_named(trace.property)
    return any(not evaluate(declared.expr, Scope(trace.system, state)) for state in reached)


@pytest.mark.parametrize("name", ["pinned_means_disabled", "votes_counted"])
def test_what_is_left_out_is_shown_shorter(name):
    found = traces(counter("counter_is_a_boolean"), name)
    shown = [trace for trace in found if tight(trace)]
    assert 1 < len(shown) < len(found)
    assert found[0] in shown                       # the shortest of all has no needless steps
    for trace in found:
        if trace not in shown:
            assert any(len(other.steps) < len(trace.steps) for other in shown)
    assert len({kind_of_trace(trace) for trace in found}) == len(found)


def test_against_all_ways_to_leave_out_last_steps_of_one_process():
    for trace in traces(counter("counter_is_a_boolean"), "pinned_means_disabled"):
        last = len(trace.steps) - 1
        needless = False
        actors = {step.actor for step in trace.steps[:-1]} - {trace.steps[-1].actor}
        for actor in actors:
            own = [n for n in range(last) if trace.steps[n].actor == actor]
            needless |= any(remains(trace, own[first:]) for first in range(len(own)))
        assert tight(trace) == (not needless)
