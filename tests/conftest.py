"""What holds for every test."""
import gc
import os
import signal

import pytest

# A shell that starts a command in the background has it ignore interrupts, and so do all programs
# that it starts; but tests send some.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Systems, graphs and proofs are shared by tests, so a process has millions of objects that stay.
# Looking through them for garbage as often as Python would took a sixth of the time.
gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def fresh_cache(tmp_path_factory):
    """A cache for what is of no further use: new in each session, and the same for all of its
    processes, as compiling the engine takes long.

    Who uses it sets XDG_CACHE_HOME for one module only: what comes after in the process would
    compile again what the user's own cache has.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    directory = shared / "cache"
    directory.mkdir(exist_ok=True)
    return directory
