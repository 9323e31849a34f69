"""Running the command line in this process, in a directory of its own."""
import pathlib
import re
import shutil
from dataclasses import dataclass

import pytest

from checker.face.cli import main

SPECS = pathlib.Path(__file__).parent / "specs"


@dataclass
class Answer:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def lines(self):
        """The output without the line that tells the time."""
        lines = self.out.splitlines()
        assert re.fullmatch(r"[\d.,]+ s", lines[-1]), lines[-1]
        return lines[:-1]

    def rows(self):
        """The ledger as (mark, word, name, rest), one for each line that begins with a mark."""
        found = []
        for line in self.out.splitlines():
            match = re.fullmatch(r"  ([✓✗?]) (\w+) +(.*?)(?:  +(.*))?", line)
            if match:
                found.append(match.groups())
        return found


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty working directory with the example specs in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for path in SPECS.glob("*.py"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.fixture
def run(home, capsys):
    """Run a command line: `run("verify", "handover.py")`."""
    def command(*words):
        capsys.readouterr()
        status = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Answer(status, captured.out, captured.err)
    return command
