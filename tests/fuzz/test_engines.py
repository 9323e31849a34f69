"""What the engines of the fuzzer have found, each as a small spec."""
import pytest

from checker.engines import native
from checker.engines.native.emit import generate
from checker.engines.native.reduce import reductions
from tests.fuzz.engines import Programs, answers, disagreements
from tests.semantics import support

pytestmark = pytest.mark.skipif(not native.available(), reason="no C compiler")


@pytest.fixture(scope="module")
def programs(fresh_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(fresh_cache))
        yield Programs()


def several(body, folder, programs, times):
    """What engines say differently of a spec, in so many runs."""
    system = support.tested(support.write(support.component(body), folder)).system
    with programs.program(generate(system, reductions(system, ()))) as program:
        return [wrong for _ in range(times) for wrong in disagreements(answers(program))]


def test_room_for_successors_that_grows_twice_in_one_state(programs, tmp_path):
    """The system may give back the piece of memory that it was given back: the room has moved,
    and is where it was. Whose turn a successor belonged to was then read from where it was not."""
    body = """
        def __init__(self):
            self.group = Index("group", 2)

        @process(each="group")
        async def choose(self, me):
            await step("choose")
            for i in range(2):
                one = maybe("one")
                if maybe("another"):
                    two = maybe("two")

        @process
        async def wait(self):
            await step("wait")

        @leads_to
        def never(self):
            return True, False
        """
    assert several(body, tmp_path, programs, 10) == []


def test_reports_of_progress_are_no_part_of_the_answer(tmp_path):
    """A slow engine says how far it is; `stage` was once taken for a part of what it answers."""
    script = tmp_path / "engine"
    reports = "progress 1 2 3 0 1 4096 0\nstage graph 0 0 1 4096 0"
    script.write_text(f"#!/bin/sh\ncat <<end_of_answers\nrun users 1\nresult complete 1 1 0 9\n"
                      f"end\nleft 0\nrun users 2\n{reports}\nresult complete 1 1 0 99\n"
                      f"end\nleft 0\nend_of_answers\n")
    script.chmod(0o755)
    found = answers(script)
    assert set(found) == {("users", "1"), ("users", "2")} and disagreements(found) == []
    other = script.read_text().replace("result complete 1 1 0 99", "result complete 1 2 0 9")
    script.write_text(other)
    assert len(disagreements(answers(script))) == 1
