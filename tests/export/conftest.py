"""The tools that exports are compared with: where they are missing, a test is skipped."""
import pathlib

import pytest

from checker.engines.export import tools
from checker.face.crosscheck import compare
from checker.face.plan import Job
from checker.frontend import load

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 300


@pytest.fixture
def tlc():
    try:
        return tools.tlc_command()
    except tools.Missing as error:
        pytest.skip(str(error))


@pytest.fixture
def spin():
    try:
        return tools.spin_command(), tools.c_compiler()
    except tools.Missing as error:
        pytest.skip(str(error))


@pytest.fixture
def agrees():
    """`agrees("tlc", "tests/systems/barrier.py", "Barrier", "small")`: what was compared."""
    def compared(tool, path, cls, instance, fault=None):
        [spec] = [spec for spec in load(ROOT / path) if spec.name == cls]
        job = Job(spec, instance, spec.fault(fault) if fault else None)
        [found] = compare(job, [tool], SECONDS)
        assert found.outcome == "agrees", found
        return found.text
    return compared
