"""Every recorded counterexample: certified, rendered and replayed again.

The implementation with the mistake reproduces the trace, on real memory where the kernel permits
it; the correct one refuses a step or ends up elsewhere. A finding has no correct implementation
to compare with unless the spec's adapter knows one.
"""
import pathlib

import pytest

from checker.errors import UserError
from checker.face.recorded import load_file, system_of
from checker.judgement.recertify import to_trace
from checker.judgement.replay import Reproduced, replay
from checker.results.render import render

ROOT = pathlib.Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "counterexamples").rglob("*.itf.json"))
NAMES = [str(path.relative_to(ROOT / "counterexamples")) for path in FILES]


@pytest.fixture(autouse=True)
def in_root(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def systems():
    """Compiled systems by spec, instance and fault: many files share one."""
    return {}


def certified(path, systems):
    file = load_file(path.relative_to(ROOT))
    key = (file.path, file.spec, file.meta.get("instance"), file.meta.get("fault"))
    if key not in systems:
        systems[key] = system_of(file)
    return to_trace(systems[key], file)


def test_there_are_counterexamples():
    assert len(FILES) > 60


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_certifies_and_replays(path, systems):
    trace = certified(path, systems)
    text = path.with_name(path.name.replace(".itf.json", ".txt"))
    assert text.read_text() == render(trace), "the rendered text is not that of the file"
    try:
        outcome = replay(trace)
    except UserError as error:
        assert "no adapter" in str(error) or "no implementation" in str(error), error
        pytest.skip(str(error).splitlines()[0])
    assert isinstance(outcome, Reproduced), outcome
    assert not isinstance(replay(trace, correct=True), Reproduced)
