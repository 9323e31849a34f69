"""Where a model waits for a lock its reference does: none is left out, however shortly held."""
import functools
import threading

import pytest

from checker.face.find import find_specs
from checker.judgement.replay import adapter_of
from tests.library import system_of
from tests.schedules import ROOT
from tests.waiting import comes_on, ways

# By file, spec and instance: how many states to look at.
CASES = {
    ("votes/model", "FourKinds", "small"): 5_000,
    ("vfio_balloon/model", "Upstream", "small"): 2_000,
    ("virtio_balloon/model", "Linux49", "small"): 6_000,
    ("virtio_balloon/model", "Linux49Life", "small"): 8_000,
    ("virtio_balloon/telling", "Telling", "small"): 2_000,
    ("virtio_mem/model", "Today", "small"): 2_000,
    ("virtio_mem/telling", "Telling", "small"): 2_000,
    ("qemu_balloon/model", "Today", "small"): 5_000,
    ("qemu_balloon/model", "Hinting", "small"): 9_000,
    ("stack/model", "Stack", "small"): 16_000, ("dirty_log/model", "Today", "small"): 2_000,
}


@functools.cache
def waits(file, name, instance, limit):
    specs, errors = find_specs([str(ROOT / "spec" / f"{file}.py")])
    assert errors == []
    return ways(system_of({spec.name: spec for spec in specs}[name], instance), limit)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_the_reference_waits_where_the_model_does(case):
    found = waits(*case, CASES[case])
    assert found
    assert {lock: said for lock, trace in found.items() if (said := comes_on(trace))} == {}


class NoLock:
    """A lock that keeps nobody out."""

    def acquire(self, *_, **__):
        return True

    def release(self):
        pass

    def locked(self):
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class WithoutALock:
    """A reference that leaves one lock out."""

    def __init__(self, adapter, path):
        self.adapter = adapter
        *self.way, self.name = path.split(".")

    def build(self, *arguments, **more):
        stage = self.adapter.build(*arguments, **more)
        owner = stage.machine
        for part in self.way:
            owner = getattr(owner, part)
        assert isinstance(getattr(owner, self.name), type(threading.Lock()))
        setattr(owner, self.name, NoLock())
        return stage


@pytest.mark.parametrize("case, path", [
    (("virtio_balloon/model", "Linux49", "small"), "driver.info.pages_lock"),
    (("virtio_balloon/model", "Linux49Life", "small"), "life.config_lock"),
    (("vfio_balloon/model", "Upstream", "small"), "bql_lock")], ids=str)
def test_a_reference_that_leaves_a_lock_out_is_caught(case, path):
    found = waits(*case, CASES[case])
    adapter = WithoutALock(adapter_of(next(iter(found.values()))), path)
    assert any(comes_on(trace, adapter=adapter) for trace in found.values())
