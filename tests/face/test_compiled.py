"""The cache of compiled specs: an optimisation that never decides how a command ends."""
from checker.errors import EXIT_OK


def test_an_entry_that_another_process_removes_meanwhile_is_no_error(run, tmp_path, monkeypatch):
    """The folder is listed, then looked at entry by entry: in between one may be gone."""
    cache = tmp_path / "cache" / "checker"
    cache.mkdir(parents=True)
    (cache / "system-gone").symlink_to("nowhere")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parent))
    answer = run("verify", "handover.py", "--no-faults")
    assert answer.status == EXIT_OK, answer.err
    assert len(list(cache.glob("system-*"))) == 2


def test_entries_are_kept_where_the_environment_says_now(run, tmp_path, monkeypatch):
    for name in ("one", "two"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / name))
        assert run("verify", "handover.py", "--no-faults").status == EXIT_OK
        assert len(list((tmp_path / name / "checker").glob("system-*"))) == 1
