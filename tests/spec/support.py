"""Systems of the VFIO specs and what a complete search finds in them, each searched once."""
import functools
import pathlib

from checker.frontend import load
from tests import library

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "spec" / "vfio_balloon" / "model.py"
SPECS = {spec.name: spec for spec in load(MODEL)}
FAULTS = [(name, fault.name) for name, spec in SPECS.items() for fault in spec.faults]


@functools.cache
def searched(name, instance="small", fault=None):
    """(system, exploration) of an instance; a fault is laid over it unless it has its own."""
    spec = SPECS[name]
    system, found = library.searched(spec, instance, spec.fault(fault) if fault else None)
    assert found.complete, found.reason
    return system, found
