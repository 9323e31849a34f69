"""Systems of the VFIO specs and what a complete search finds in them, each searched once."""
import functools
import pathlib

from checker.engines import native
from checker.engines.interp.explore import explore as interpret
from checker.frontend import load

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "spec" / "vfio_balloon" / "model.py"
SPECS = {spec.name: spec for spec in load(MODEL)}
FAULTS = [(name, fault.name) for name, spec in SPECS.items() for fault in spec.faults]


@functools.cache
def searched(name, instance="small", fault=None):
    """(system, exploration) of an instance; a fault is laid over it unless it has its own."""
    spec = SPECS[name]
    system = spec.system(instance, fault=spec.fault(fault) if fault else None)
    found = native.explore(system) if native.available() else interpret(system)
    assert found.complete, found.reason
    return system, found
