"""Every rule of every protocol is broken by some fault: what nothing breaks says nothing."""
import functools

import pytest
from support import ROOT
from tests.library import system_of

from checker.face.find import find_specs

KINDS = ("invariant", "step_invariant", "eventually", "leads_to")
FILES = sorted((ROOT / "spec").glob("*/model.py")) + sorted((ROOT / "spec").glob("*/telling.py"))
PARTS = {"guest.": "virtio_balloon", "memory.": "virtio_mem"}
"""In the stack: the rules of its parts have their faults where the parts are."""


@functools.cache
def specs_of(path):
    specs, errors = find_specs([str(path)])
    assert errors == []
    return specs


def rules(path):
    """What is asked of a file's specs in any of their instances."""
    return {rule.name.partition("(")[0] for spec in specs_of(path) for instance in spec.instances
            for rule in system_of(spec, instance).properties_of(*KINDS)}


@functools.cache
def broken(path):
    return {name for spec in specs_of(path) for fault in spec.faults for name in fault.broken}


def breaks(path, rule):
    if rule in broken(path):
        return True
    return any(rule.startswith(prefix) and rule.removeprefix(prefix) in broken(
        ROOT / "spec" / part / "model.py") for prefix, part in PARTS.items())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_rule_is_broken_by_some_fault(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    asked = rules(path)
    assert len(asked) > 2
    assert [rule for rule in sorted(asked) if not breaks(path, rule)] == []
