"""Every spec of the library and of the tests: reduced and not, the verdicts are the same."""
import dataclasses
import pathlib

import pytest

from checker.engines.native import explore
from checker.engines.native.emit import generate
from checker.engines.native.reduce import reductions, why_not
from checker.errors import UserError
from checker.frontend import load
from checker.judgement.certify import certify

ROOT = pathlib.Path(__file__).parents[2]
FILES = [*sorted((ROOT / "spec").glob("*/model.py")),
         *sorted(p for p in (ROOT / "tests/systems").glob("*.py") if "test_" not in p.name),
         *sorted((ROOT / "tests/specs").glob("*.py"))]
COMBINATIONS = (("symmetry",), ("partial-order",), ("symmetry", "partial-order"))
WITH_MERGING = {"right": ("local",), "fault": ("symmetry", "partial-order", "local")}
LARGEST = 2_000_000        # states; the small instances of all specs have fewer


def cases():
    """Each spec at its small instance as it should be, and with its first fault."""
    for path in FILES:
        for spec in load(path):
            for fault in (None, *spec.faults[:1]):
                name = f"{spec.name}-{fault.name if fault else 'right'}"
                yield pytest.param(spec, fault, id=name)


def same_verdicts(system, combinations):
    """How many combinations reduced something; all of them said what the whole search says."""
    whole = explore(system, threads=1, limit=LARGEST, liveness=False)
    assert whole.complete, f"{system.name} has more than {LARGEST:,} states"
    tried = set()
    for wanted in combinations:
        part = dataclasses.replace(system, properties=tuple(
            p for p in system.properties if not any(why_not(p, name) for name in wanted)))
        try:
            chosen = reductions(part, wanted)
        except UserError:
            continue
        if not chosen.used or chosen.used in tried:
            continue
        tried.add(chosen.used)
        found = explore(part, threads=2, prepared=generate(part, chosen))
        left_out = {p.name for p in system.properties} - {p.name for p in part.properties}
        assert set(found.violations) == set(whole.violations) - left_out
        assert set(found.witnesses) == set(whole.witnesses)
        assert found.complete and found.fired == whole.fired
        assert found.antecedents == {a for a in whole.antecedents if a[0] not in left_out}
        assert found.distinct <= whole.distinct
        for name, path in (found.violations | found.witnesses).items():
            certify(part, name, path)
    return len(tried)


@pytest.mark.parametrize("spec, fault", list(cases()))
def test_on_and_off_say_the_same(spec, fault):
    instance = "small" if "small" in spec.instances else next(iter(spec.instances), None)
    merging = WITH_MERGING["fault" if fault else "right"]
    same_verdicts(spec.system(instance, fault=fault), (*COMBINATIONS, merging))
