"""Systems of the protocols, each compiled once for all tests and processes, as many ask for it."""
from checker.engines import native
from checker.engines.interp.explore import explore as interpret
from checker.face.compiled import Compiled, compiled
from checker.face.plan import Job


def made(spec, instance=None, fault=None, **constants) -> Compiled:
    """What `spec.system` compiles, as the commands keep it: by the content of all that it is
    made of, the checker's own files among them."""
    return compiled(Job(spec, instance, fault, constants))


def system_of(spec, instance=None, fault=None, **constants):
    return made(spec, instance, fault, **constants).system


def searched(spec, instance=None, fault=None, **constants):
    """(system, what a whole search of it finds)."""
    it = made(spec, instance, fault, **constants)
    if not native.available():
        return it.system, interpret(it.system)
    return it.system, native.explore(it.system, prepared=it.prepare())
