"""The tests compile into a cache of their own."""
import pytest

from checker.engines import native


@pytest.fixture(scope="module", autouse=True)
def cache(fresh_cache):
    """A fresh cache, shared by all tests of the folder that do not ask for another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(fresh_cache))
        yield fresh_cache


def pytest_configure(config):
    config.addinivalue_line("markers", "no_compiler: runs without a C compiler")


def pytest_collection_modifyitems(items):
    if not native.available():
        for item in items:
            if "tests/native" in str(item.path) and item.get_closest_marker("no_compiler") is None:
                item.add_marker(pytest.mark.skip(reason="no C compiler"))
