"""What the front end makes of real specifications is legal, and printed the same each time."""
import pathlib

import pytest

from checker.frontend.spec import load
from checker.ir.show import digest
from checker.ir.verify import verify

SYSTEMS = pathlib.Path(__file__).parent.parent / "systems"
FILES = [file for file in sorted(SYSTEMS.glob("*.py")) if not file.name.startswith("test_")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_compiled_systems_are_legal(file):
    for spec in load(file):
        for fault in (None, *spec.faults):
            for preemptible in (False, True):
                system = spec.system(fault=fault, preemptible=preemptible)
                verify(system)
                again = spec.system(fault=fault, preemptible=preemptible)
                assert digest(again) == digest(system)


def test_there_are_some():
    assert len(FILES) >= 5
