"""`--checkpoint`: long searches that go on where they were."""
import pathlib

from checker.errors import EXIT_OK, EXIT_SPEC, EXIT_UNKNOWN, EXIT_USAGE

TWO_PHASE = pathlib.Path(__file__).parents[1] / "systems" / "two_phase.py"
LONG = (TWO_PHASE, "--no-faults", "--set", "managers=7", "--engine", "native")


def test_a_search_goes_on_from_its_checkpoint(run, home, monkeypatch):
    monkeypatch.setattr("checker.engines.native.checkpoint.EVERY", 0.0)
    short = run("verify", *LONG, "--checkpoint", "kept", "--limit", 150_000)
    assert short.status == EXIT_UNKNOWN and (home / "kept" / "states").stat().st_size > 100_000
    again = run("verify", *LONG, "--checkpoint", "kept")
    assert again.status == EXIT_OK and "296,448 states, depth 22" in again.out
    assert "note: went on from a checkpoint of " in again.out
    assert not (home / "kept").exists()


def test_a_checkpoint_of_another_system_is_refused(run, home, monkeypatch):
    monkeypatch.setattr("checker.engines.native.checkpoint.EVERY", 0.0)
    run("verify", *LONG, "--checkpoint", "kept", "--limit", 150_000)
    other = run("verify", TWO_PHASE, "--no-faults", "--set", "managers=6", "--engine", "native",
                "--checkpoint", "kept")
    assert other.status == EXIT_SPEC
    assert "kept: the search can not go on from this checkpoint: it is one of another" in other.err
    assert "remove the folder" in other.err and (home / "kept" / "states").exists()


def test_one_search_at_a_time(run):
    answer = run("verify", "handover.py", "--checkpoint", "kept")
    assert answer.status == EXIT_USAGE and "--checkpoint keeps one search, not" in answer.err


def test_not_with_the_interpreter(run):
    answer = run("verify", "handover.py", "--engine", "interp", "--checkpoint", "kept")
    assert answer.status == EXIT_USAGE and "--checkpoint is for the native engine" in answer.err
