"""A search that is killed at any moment goes on to the same verdict and the same counts."""
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest

from checker.engines.native import Checkpoint, explore
from checker.engines.native.build import OPTIMISED, executable
from checker.engines.native.emit import generate
from checker.errors import EXIT_SPEC, UserError
from tests.handmade import counters, mutex
from tests.native.test_search import with_properties

KILLS = int(os.environ.get("CHECKPOINT_KILLS", "12"))
SYSTEM = with_properties(6, 9)              # 531,441 states


def answer(program, folder, *more):
    """What the engine prints, but for what depends on time and memory."""
    done = subprocess.run([program, *more, *folder], capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    kept = [line for line in lines if line[0] not in ("progress", "resumed")]
    return [kept[0][:5], *kept[1:]]


@pytest.fixture(scope="module")
def program():
    return executable(generate(SYSTEM), OPTIMISED)


def test_killed_again_and_again(program, tmp_path):
    """`CHECKPOINT_KILLS=100` is the long form of this test."""
    chance = random.Random(KILLS)
    whole = answer(program, [], "threads=2")
    started = time.perf_counter()
    answer(program, [], "threads=2")
    usual = time.perf_counter() - started
    killed, resumed, number = 0, 0, 0
    while killed < KILLS:
        number += 1
        assert number < 20 * KILLS, "it is over before it can be killed"
        saved = Checkpoint(tmp_path / f"kept{killed // 4}", every=0).arguments(generate(SYSTEM))
        process = subprocess.Popen([program, f"threads={chance.choice([1, 2, 3])}", *saved],
                                   stdout=subprocess.PIPE, text=True)
        time.sleep(chance.random() * usual)
        process.send_signal(signal.SIGKILL)
        output = process.communicate()[0]
        resumed += output.startswith("resumed")
        killed += process.returncode == -signal.SIGKILL and "end\n" not in output
        if killed % 4 == 3 or "end\n" in output:
            assert answer(program, saved, "threads=2") == whole
    assert resumed > KILLS / 4


def test_a_complete_search_leaves_nothing(tmp_path):
    folder = tmp_path / "kept"
    explore(SYSTEM, limit=200_000, checkpoint=Checkpoint(folder, every=0))
    assert {path.name for path in folder.iterdir()} == {"checkpoint", "states"}
    found = explore(SYSTEM, checkpoint=Checkpoint(folder, every=0))
    reference = explore(SYSTEM)
    assert found.resumed > 0 and found.complete and not folder.exists()
    assert (found.distinct, found.generated, found.levels, found.violations, found.fired) == (
        reference.distinct, reference.generated, reference.levels, reference.violations,
        reference.fired)


def saved(tmp_path, system=SYSTEM) -> pathlib.Path:
    explore(system, limit=100_000, checkpoint=Checkpoint(tmp_path, every=0))
    return tmp_path


@pytest.mark.parametrize("name", ["checkpoint", "states"])
def test_damage_is_refused(tmp_path, name):
    """Whichever bit it is."""
    file = saved(tmp_path) / name
    sound = file.read_bytes()
    chance = random.Random(name)
    for _ in range(25):
        broken = bytearray(sound)
        # Beyond what counts, `states` may hold what a process that died had begun to write.
        broken[chance.randrange(min(len(sound), 50_000))] ^= 1 << chance.randrange(8)
        file.write_bytes(bytes(broken))
        with pytest.raises(UserError, match="damaged") as caught:
            explore(SYSTEM, checkpoint=Checkpoint(tmp_path))
        assert caught.value.exit_status == EXIT_SPEC
    file.write_bytes(sound[:len(sound) // 2])
    with pytest.raises(UserError, match="damaged|cut short"):
        explore(SYSTEM, checkpoint=Checkpoint(tmp_path))
    file.write_bytes(sound)
    assert explore(SYSTEM, checkpoint=Checkpoint(tmp_path)).complete


def test_a_checkpoint_of_another_system_is_refused(tmp_path):
    saved(tmp_path)
    for other in (counters(6, 9), mutex(2)):
        with pytest.raises(UserError, match="another system"):
            explore(other, checkpoint=Checkpoint(tmp_path))


def test_two_searches_do_not_share_a_checkpoint(program, tmp_path):
    arguments = Checkpoint(tmp_path, every=0).arguments(generate(SYSTEM))
    with open(tmp_path / "states", "ab") as held:
        import fcntl
        fcntl.flock(held, fcntl.LOCK_EX)
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout == "refused another search is using it\n"


def test_a_folder_that_can_not_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="no checkpoint can be kept there"):
        explore(SYSTEM, checkpoint=Checkpoint(tmp_path / "file" / "kept"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_ends_the_search_with_a_reason(tmp_path):
    os.symlink("/dev/full", tmp_path / "checkpoint.new")
    found = explore(SYSTEM, checkpoint=Checkpoint(tmp_path, every=0))
    assert not found.complete
    assert found.reason == "no checkpoint could be written: No space left on device"
