"""Real processes: pipes, terminals, interrupts, full disks."""
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import time

import pytest

from checker.engines import native
from checker.errors import EXIT_INTERNAL, EXIT_OK, EXIT_UNKNOWN, EXIT_USAGE
from checker.face import commands, importing

CHECKER = [sys.executable, "-m", "checker"]
ESCAPE = "\x1b["


@pytest.fixture
def start(home):
    """Start a checker as a process of its own."""
    started = []

    def command(*words, **options):
        process = subprocess.Popen([*CHECKER, *map(str, words)], cwd=home, text=True, **{
            "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})
        started.append(process)
        return process
    yield command
    for process in started:
        process.kill()
        process.wait()


def in_terminal(home, words, seconds=30, **environment):
    """What a command writes on a terminal of 100 columns, and its exit status."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(home)
        os.environ.update(TERM="xterm-256color", COLUMNS="100", **environment)
        os.execv(sys.executable, [*CHECKER, *words])
    written, limit = b"", time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            if select.select([terminal], [], [], 0.1)[0]:
                data = os.read(terminal, 65536)
                if not data:
                    break
                written += data
        except OSError:
            break                          # the child has closed its end
    os.close(terminal)
    return written.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_pipe_gets_plain_text(start):
    process = start("verify", "wrong.py:Broken")
    out, err = process.communicate()
    assert process.returncode == 1 and err == ""
    assert ESCAPE not in out and "\r" not in out and "invariant low is violated" in out


def test_a_terminal_gets_colours(home):
    text, status = in_terminal(home, ["verify", "wrong.py:Broken"])
    assert status == 1 and f"{ESCAPE}1;31m✗" in text
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")
    assert "✗ violated  low " in plain and "invariant low is violated after 3 steps" in plain


def test_no_colour_where_none_is_wanted(home):
    text, status = in_terminal(home, ["verify", "wrong.py:Broken"], NO_COLOR="1")
    assert status == 1 and not re.search(r"\x1b\[[0-9;]*3[0-7]m", text)


def test_a_terminal_shows_progress(home):
    text, status = in_terminal(home, ["verify", "wrong.py:Big", "--set", "places=4", "--engine",
                                      "interp", "--property", "in_range"])
    assert status == EXIT_OK
    assert re.search(r"Big as it should be · [\d,]+ states · [\d.]+k? steps/s · depth \d+ · "
                     r"frontier \d", text), text


@pytest.mark.parametrize("engine", ["interp", "native"])
def test_an_interrupt_tells_what_was_covered(start, home, engine):
    if engine == "native" and not native.available():
        pytest.skip("no C compiler")
    (home / "huge.py").write_text((home / "wrong.py").read_text().replace(
        '"ci": dict(places=2)', '"ci": dict(places=12)'))
    words = ["--memory", "1GiB"] if engine == "native" else []
    process = start("verify", "wrong.py:Racy", "huge.py:Big", "--engine", engine, *words)
    assert any("implicit" in line for line in process.stdout)       # the first spec is done
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == EXIT_UNKNOWN, err
    assert re.search(r"\? unknown +in_range +\w+ +no violation in [\d,]+ states, depth \d+: "
                     r"(interrupted|the memory)", out), out
    assert "Traceback" not in err


def test_an_interrupt_of_anything_else(run, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt
    monkeypatch.setattr(commands.checker.get_command(None, "simulate"), "callback", interrupted)
    answer = run("simulate", "handover.py")
    assert answer.status == EXIT_UNKNOWN and answer.err.strip() == "interrupted"


def test_a_reader_that_goes_away(start):
    process = start("verify", "handover.py", "--verbose")
    process.stdout.close()
    assert process.wait(timeout=20) == EXIT_UNKNOWN
    assert process.stderr.read() == ""


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk(start, home):
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = start("list", "handover.py", stdout=full)
        _, err = process.communicate()
    assert process.returncode == EXIT_USAGE
    assert err == "error: the output can not be written: No space left on device\n"
    report = start("verify", "handover.py", "--junit", "/dev/full")
    _, err = report.communicate()
    assert report.returncode == EXIT_USAGE and "No space left on device" in err


def test_a_terminal_without_these_characters(start):
    process = start("verify", "handover.py", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    out, _ = process.communicate()
    assert process.returncode == EXIT_OK and "? holds     nothing_lost" in out


def broken(*args, **options):
    raise ZeroDivisionError("somewhere deep")


def test_an_internal_error_is_short(run, monkeypatch):
    monkeypatch.setattr(commands.checker.get_command(None, "verify"), "callback", broken)
    answer = run("verify", "handover.py")
    assert answer.status == EXIT_INTERNAL
    assert answer.err == ("error: a defect of the checker: ZeroDivisionError: somewhere deep\n"
                          "  hint: `checker --debug verify handover.py` shows where\n")


def test_debug_shows_the_traceback(run, monkeypatch):
    monkeypatch.setattr(commands.checker.get_command(None, "verify"), "callback", broken)
    answer = run("--debug", "verify", "handover.py")
    assert answer.status == EXIT_INTERNAL and "Traceback" in answer.err
    assert "in broken" in answer.err


INTERRUPTED = """
import os, signal, sys
from checker.face import cli

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
sys.exit(cli.main(["list", "handover.py"]))
"""


@pytest.mark.parametrize("module", ["checker.face.commands", "click", "checker.errors",
                                    "checker.face.listing", "rich.console", "checker.frontend"])
def test_an_interrupt_while_modules_are_imported(home, module):
    """One line and the status: no exception out of the middle of a module."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, module], cwd=home,
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (EXIT_UNKNOWN, "", "interrupted\n")
    assert importing.STATUS == EXIT_UNKNOWN


def test_who_ignores_interrupts_still_does(home):
    ignored = INTERRUPTED.replace("sys.exit", "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                                  "sys.exit")
    done = subprocess.run([sys.executable, "-c", ignored, "click"], cwd=home,
                          capture_output=True, text=True, check=False)
    assert done.returncode == EXIT_OK and "Handover" in done.stdout
