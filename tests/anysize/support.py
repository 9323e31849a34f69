"""Proofs of the protocols, each made once for all tests."""
import functools
import pathlib

from checker.engines import native
from checker.engines.interp.explore import explore as interpret
from checker.engines.smt.anysize import prove_any_size
from checker.engines.smt.anysize.finite import Sample, reachable
from checker.frontend.spec import load
from checker.ir.system import System

TESTS = pathlib.Path(__file__).resolve().parents[1]
FILES = {"lock_server": "protocols", "decentralized_lock": "protocols",
         "group_attach": "protocols", "ricart_agrawala": "protocols",
         "ring_election": "protocols", "sharded_store": "protocols",
         "ticket_lock": "protocols", "toy_consensus": "protocols", "allocator": "systems",
         "tcommit": "systems", "two_phase": "systems"}
LARGE = ("ricart_agrawala",)
"""Explored by the native engine, as `checker verify --any-size` does; the interpreter takes ten
times as long (docs/proofs.md)."""
MOST_STATES = 3_000_000
"""That the native engine is given."""


def explore(system: System):
    """By the native engine where there is a compiler."""
    try:
        return native.explore(system, limit=MOST_STATES)
    except (native.NoCompiler, native.Unsupported):
        return interpret(system, limit=20_000)


def states(system: System, most: int) -> Sample:
    try:
        every = native.reachable(system, limit=most, most=most)
        return Sample(system, list(every), complete=True)
    except RuntimeError:
        return Sample(system, (), complete=False)
    except (native.NoCompiler, native.Unsupported):
        return reachable(system, most)


@functools.cache
def spec(name):
    return load(TESTS / FILES[name] / f"{name}.py")[0]


@functools.cache
def proof(name, seed=0):
    """The proof without lemmas of the author's, found by inference."""
    engine = dict(states=states, explorer=explore) if name in LARGE else {}
    return prove_any_size(spec(name), seed=seed, lemmas=(), **engine)


def with_lemmas(name, lemmas, **more):
    return prove_any_size(spec(name), lemmas=tuple(lemmas), infer=False, **more)
