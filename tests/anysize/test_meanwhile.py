"""Work in a second process: its result, and what is left when it has none."""
import os

import pytest

from checker.engines.smt.anysize.meanwhile import meanwhile


def test_the_result_is_of_another_process():
    with meanwhile(os.getpid) as result:
        assert result() not in (None, os.getpid())


@pytest.mark.parametrize("work", [lambda: 1 // 0, lambda: os._exit(1)])
def test_work_that_fails_has_no_result(work, capfd):
    """The first process then does it itself, and tells what is wrong."""
    with meanwhile(work) as result:
        assert result() is None
    assert capfd.readouterr().err == ""


def test_no_process_outlives_the_block():
    def pid():
        return os.getpid()

    with meanwhile(pid) as result:
        other = result()
    with pytest.raises(ProcessLookupError):
        os.kill(other, 0)
