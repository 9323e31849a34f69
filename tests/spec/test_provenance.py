"""Every await of every model says which code it stands for."""
import re

import pytest
from support import ROOT

from checker.face.compiled import compiled
from checker.face.find import find_specs
from checker.face.plan import Selection, default_instance, plan

FILES = sorted((ROOT / "spec").glob("*/model.py")) + sorted((ROOT / "spec").glob("*/telling.py"))
PLACE = re.compile(r"[\w/-]+\.[ch]:\w+|virtio specification, [\d.]+ .+")
NOT_OF_ONE_FUNCTION = {
    "vcpu": "the guest's memory management",            # qemu_balloon: any guest's
    "DMA": "the device",                                # dirty_log: no function, hardware
    "choose": "softmmu/physmem.c: its callers",         # votes: whoever they are
    "acquire driver.fs_lock": "mm/page_alloc.c: its caller"}    # a task within a file system


def waits(path):
    """(spec, instance or fault, step, its provenance) of everything that is checked of a file."""
    specs, errors = find_specs([str(path)])
    assert errors == []
    for spec in specs:
        # What `checker verify` checks, which compiles it too; and the other instances.
        jobs = plan([spec], Selection())
        for instance in set(spec.instances) - {default_instance(spec)}:
            jobs += plan([spec], Selection(instance=instance, faults=False))
        for job in jobs:
            for process in compiled(job).system.processes:
                for name, location in process.locations.items():
                    yield spec.name, job.fault or job.instance, name, location.provenance


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_step_has_its_file_and_function(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    found = list(waits(path))
    assert len(found) > 20
    assert [wait for wait in found if not PLACE.fullmatch(wait[3])
            and NOT_OF_ONE_FUNCTION.get(wait[2]) != wait[3]] == []
