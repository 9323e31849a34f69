"""The command that runs references for as long as one likes."""
import sys

import pytest

from spec.votes.reference.counters import Counters
from tests import schedules


def run(monkeypatch, *arguments):
    monkeypatch.chdir(schedules.ROOT)
    monkeypatch.setattr(sys, "argv", ["schedules", *arguments])
    return schedules.main()


def test_every_protocol_has_its_turn(monkeypatch, capsys):
    seen = []
    monkeypatch.setattr(schedules, "run_one", lambda protocol, *_: seen.append(protocol) or 1)
    monkeypatch.setattr(schedules, "sizes_of", lambda protocol: [lambda: None])
    times = iter(range(1000))
    monkeypatch.setattr(schedules.time, "monotonic", lambda: next(times))
    assert run(monkeypatch, "--seconds", "20") == 0
    known = {path.parent.name for path in (schedules.ROOT / "spec").glob("*/adapter.py")}
    assert set(seen) == known and len(seen) == 21
    assert capsys.readouterr().out == "runs: 21, steps: 21, all behaviours of their models\n"


@pytest.mark.parametrize("protocol", ["votes", "virtio_mem"])
def test_one_protocol(monkeypatch, capsys, protocol):
    assert run(monkeypatch, protocol, "--seconds", "0", "--seed", "3") == 0
    assert capsys.readouterr().out.startswith("runs: 1, steps: ")


def test_a_wrong_reference_ends_it(monkeypatch, capsys):
    """Counters that count twice."""
    give = Counters.give
    monkeypatch.setattr(Counters, "give",
                        lambda self, *arguments: give(self, *arguments) or give(self, *arguments))
    assert run(monkeypatch, "votes", "--seconds", "60") == 1
    said = capsys.readouterr().out
    assert said.startswith("votes, ") and "the model has no such step" in said


def test_an_unknown_protocol(monkeypatch, capsys):
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "balloons")
    assert ended.value.code == 2 and "no protocol 'balloons'" in capsys.readouterr().err
