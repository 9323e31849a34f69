"""The tests compile into a cache of their own."""
import functools
import shutil

import pytest

from checker.engines import native
from checker.engines.native import build
from checker.engines.native.emit import SOURCES
from tests.native.strict import compile_


@pytest.fixture(scope="module", autouse=True)
def cache(fresh_cache):
    """A fresh cache, shared by all tests of the folder that do not ask for another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(fresh_cache))
        yield fresh_cache


@pytest.fixture
def own_cache_with(cache, tmp_path, monkeypatch):
    """`own_cache_with(words, *levels)`: a cache of the test's own that has these engines already,
    which take longer to compile than a model."""
    def made(words, *levels):
        own = tmp_path / "checker"
        own.mkdir()
        for level in levels:
            for file in cache.glob(f"checker/{build.engine(words, level).name}*"):
                shutil.copy(file, own)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        return own
    return made


@pytest.fixture(scope="session")
def engine_object(tmp_path_factory):
    """`engine_object(words, *flags)`: the engine, compiled strictly and once with these flags."""
    folder = tmp_path_factory.mktemp("engines")

    @functools.cache
    def made(words, *flags):
        target = folder / f"{len(list(folder.iterdir()))}.o"
        compile_(words, flags, "-c", SOURCES / "engine.c", "-o", target)
        return target
    return made


def pytest_configure(config):
    config.addinivalue_line("markers", "no_compiler: runs without a C compiler")


def pytest_collection_modifyitems(items):
    if not native.available():
        for item in items:
            if "tests/native" in str(item.path) and item.get_closest_marker("no_compiler") is None:
                item.add_marker(pytest.mark.skip(reason="no C compiler"))
