"""The engine alone, under sanitizers, with models written by hand in C."""
import pathlib
import subprocess

import pytest

from tests.native.strict import compile_, sanitized

DIGITS = pathlib.Path(__file__).with_name("digits.c")


@pytest.fixture
def digits(engine_object, tmp_path):
    """`digits(words, flags, *constants)`: the program of `digits.c` with these constants."""
    def made(words, flags, *constants):
        program = tmp_path / "program"
        engine = engine_object(words, *flags)
        compile_(words, [*flags, *constants], DIGITS, engine, "-o", program)
        return program
    return made


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def answer(program, *arguments):
    """The answer as lists of words; nothing may be written to the error output."""
    done = run(program, *arguments)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[:3000]
    lines = [line.split() for line in done.stdout.splitlines()
             if line.split()[0] not in ("progress", "stage", "table")]
    assert lines[-1] == ["end"]
    return lines


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
@pytest.mark.parametrize("words, bits", [(1, 18), (1, 26), (1, 50), (2, 50), (5, 50)])
def test_sanitizers_find_nothing(digits, words, bits, sanitizer):
    program = digits(words, sanitized(sanitizer), "-DMODULUS=45", f"-DBITS={bits}")
    lines = answer(program, "threads=3")
    assert lines[0][:5] == ["result", "complete", "91125", "273375", "1"]
    assert sum(map(int, lines[1][1:])) == 91125 and len(lines[1]) == 1 + 3 * 44 + 1
    paths = [line for line in lines if line[0] == "path"]
    assert paths == [["path", "1", "34"], ["path", "2", "133"], ["path", "3", "67"]]
    assert answer(program, "threads=1")[1:] == lines[1:]
    for arguments in (["limit=5000"], ["memory=250000"], ["early=1"]):
        outcome = answer(program, "threads=3", *arguments)[0][1]
        assert outcome == arguments[0].split("=")[0]


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_kinds_of_counterexamples(digits, sanitizer):
    """Each combination of digits at the first violation is a kind, or each up to their order."""
    program = digits(2, sanitized(sanitizer), "-DMODULUS=13", "-DBITS=50")
    digits = "1x1:0+6;1x1:16+6;1x1:96+6", "3x1:0+6,16+6,96+6"
    for violated, total in ((1, 9), (3, 18)):
        ends = [(a, b, total - 1 - a - b) for a in range(13) for b in range(13)
                if 0 <= total - 1 - a - b < 13]
        moves = [tuple((d, d + (i == mover)) for i, d in enumerate(end))
                 for end in ends for mover in range(3) if end[mover] < 12]
        for text, count in zip(digits, (len(moves), len(set(tuple(sorted(m)) for m in moves)))):
            asked = ["kinds=10000", f"property={violated}", f"points={text}"]
            lines = answer(program, "threads=3", *asked)
            kinds = [line for line in lines if line[0] == "kind"]
            assert kinds == [["kind", str(total + 1)]] * count
            assert answer(program, "threads=1", *asked)[1:] == lines[1:]
            some = answer(program, "threads=2", "kinds=7", *asked[1:])
            assert some[0][1] == "enough" and len([x for x in some if x[0] == "kind"]) == 7


def test_kinds_that_do_not_fit_are_refused(digits):
    program = digits(1, ["-O1"], "-DMODULUS=5", "-DBITS=18")
    for wrong in (["property=1"], ["property=4", "points=1x1:0+6"],
                  ["property=1", "points=1x2:0+6"], ["property=1", "points=1x1:64+6"]):
        done = run(program, "kinds=3", *wrong)
        assert done.returncode == 1 and "property and points do not fit" in done.stderr


@pytest.mark.parametrize("words, budget", [(1, 14_000_000), (2, 12_000_000)])
def test_what_memory_has_no_room_for_goes_to_a_file(digits, tmp_path, words, budget):
    """With the same budget the search completes, with the same answer, and leaves no file."""
    program = digits(words, ["-O1"], "-DMODULUS=100")
    ample, short = answer(program, "threads=2"), f"memory={budget}"
    assert answer(program, "threads=2", short)[0][1] == "memory"
    folder = tmp_path / "levels"
    folder.mkdir()
    spilled = answer(program, "threads=2", short, f"spill={folder}")
    assert spilled[0][:5] == ample[0][:5] and spilled[1:] == ample[1:]
    assert int(spilled[0][5]) < budget and not list(folder.iterdir())
    nowhere = answer(program, "threads=2", short, f"spill={tmp_path}/missing")
    assert nowhere[0][1] == "memory"


def test_wrong_arguments_are_refused(digits):
    program = digits(1, ["-O1"], "-DMODULUS=4")
    for arguments in (["nonsense"], ["threads"], ["threads=x"], ["limit="], ["depth=3"],
                      ["thread=1"], ["dump=/nowhere/at/all"]):
        done = run(program, *arguments)
        assert done.returncode != 0 and "engine:" in done.stderr


def test_the_state_file(digits, tmp_path):
    program = digits(2, ["-O1"], "-DMODULUS=4")
    answer(program, f"dump={tmp_path / 'states'}")
    assert (tmp_path / "states").stat().st_size == 4 ** 3 * 2 * 8
