"""A search that is killed goes on to the same verdicts on liveness, whatever it was doing."""
import random
import signal
import subprocess
import time
from dataclasses import replace

import pytest

from checker.engines.native import Checkpoint, explore
from checker.engines.native.build import OPTIMISED, executable
from checker.engines.native.emit import generate
from checker.ir.system import Property
from tests.native.test_checkpoint import KILLS
from tests.native.test_progress import living
from tests.native.test_search import sum_is

LIVING = living(6, 9)                       # 531,441 states; one property holds, one does not
SYSTEM = replace(LIVING, properties=(*LIVING.properties, Property(
    "below", "invariant", sum_is(6, 9, "lt", 11))))


def outcome(lines):
    """What an answer says: counts, verdicts, lassos; not what depends on time and memory."""
    kept = [line for line in lines if line[0] not in ("progress", "stage", "resumed", "table")]
    return [kept[0][:5], *kept[1:]]


@pytest.fixture(scope="module")
def program():
    return executable(generate(SYSTEM), OPTIMISED)


class Runner:
    """Runs the program with a checkpoint, again and again, until it comes to its end."""

    def __init__(self, program, folder):
        self.program = program
        self.arguments = [*Checkpoint(folder, every=0).arguments(generate(SYSTEM)), "live=1"]

    def start(self, threads):
        return subprocess.Popen([self.program, f"threads={threads}", *self.arguments],
                                stdout=subprocess.PIPE, text=True)

    def killed(self, threads, seconds, *, judging):
        """Whether it was killed, some time after it began, or began to judge liveness; and
        whether it had gone on from a checkpoint, and whether liveness was being judged."""
        process = self.start(threads)
        lines = []
        while judging:
            lines.append(process.stdout.readline())
            if not lines[-1] or lines[-1].startswith("antecedents"):
                break
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        lines += process.communicate()[0].splitlines(keepends=True)
        words = [line.split()[0] for line in lines if line.split()]
        return (process.returncode == -signal.SIGKILL and "end" not in words,
                "resumed" in words, "antecedents" in words and "live" not in words)

    def answer(self):
        process = self.start(2)
        lines = [line.split() for line in process.communicate()[0].splitlines()]
        assert process.returncode == 0
        return outcome(lines)


@pytest.mark.parametrize("judging", [False, True], ids=["searching", "judging"])
def test_killed_again_and_again(program, tmp_path, judging):
    chance = random.Random(KILLS)
    started = time.perf_counter()
    whole = subprocess.run([program, "threads=2", "live=1"], capture_output=True, text=True,
                           check=True)
    usual = time.perf_counter() - started
    expected = outcome([line.split() for line in whole.stdout.splitlines()])
    assert {line[2] for line in expected if line[0] == "live"} == {"holds", "violated"}
    killed = resumed = hit = number = 0
    while killed < KILLS:
        number += 1
        assert number < 20 * KILLS, "it is over before it can be killed"
        runner = Runner(program, tmp_path / f"kept{killed // 4}")
        seconds = chance.random() * usual / (8 if judging else 3)
        died, went_on, judged = runner.killed(chance.choice([1, 2, 3]), seconds, judging=judging)
        killed, resumed, hit = killed + died, resumed + went_on, hit + (died and judged)
        if died and killed % 4 == 0 or not died:
            assert runner.answer() == expected
    assert resumed > KILLS / 4
    assert hit > KILLS / 2 if judging else hit < KILLS


def test_the_verdicts_are_the_same(tmp_path):
    folder = tmp_path / "kept"
    explore(SYSTEM, limit=200_000, checkpoint=Checkpoint(folder, every=0))
    found = explore(SYSTEM, checkpoint=Checkpoint(folder, every=0))
    reference = explore(SYSTEM)
    assert found.resumed > 0 and found.complete and not folder.exists()
    assert found.live == reference.live and len(found.live) == 2
    assert found.violations == reference.violations and "below" in found.violations
    assert {live.outcome for live in found.live.values()} == {"holds", "violated"}
