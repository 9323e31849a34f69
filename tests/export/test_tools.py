"""Running other tools."""
import pathlib
import time

import pytest

from checker.engines.export.tools import TimeoutExpired, run_tool


def test_what_a_tool_prints_and_how_it_ends(tmp_path):
    done = run_tool(["sh", "-c", "pwd; echo wrong >&2; exit 3"], tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == (f"{tmp_path}\n", "wrong\n", 3)


def test_what_a_late_tool_has_started_ends_with_it(tmp_path):
    started = tmp_path / "started"
    with pytest.raises(TimeoutExpired):
        run_tool(["sh", "-c", f"sleep 60 & echo $! > {started}; wait"], tmp_path, timeout=0.5)
    assert _ends(int(started.read_text()))


def _ends(process):
    """Whether a process ends soon; nobody may have asked yet how an orphan ended."""
    for _ in range(100):
        try:
            status = pathlib.Path(f"/proc/{process}/stat").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            return True
        if status.rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False
