"""Proofs of the protocols, each made once for all tests."""
import functools
import pathlib

from checker.engines.smt.anysize import prove_any_size
from checker.frontend.spec import load

TESTS = pathlib.Path(__file__).resolve().parents[1]
FILES = {"lock_server": "protocols", "decentralized_lock": "protocols",
         "group_attach": "protocols", "ricart_agrawala": "protocols",
         "ring_election": "protocols", "sharded_store": "protocols",
         "ticket_lock": "protocols", "toy_consensus": "protocols", "allocator": "systems",
         "tcommit": "systems", "two_phase": "systems"}


@functools.cache
def spec(name):
    return load(TESTS / FILES[name] / f"{name}.py")[0]


@functools.cache
def proof(name, seed=0):
    """The proof without lemmas of the author's, found by inference."""
    return prove_any_size(spec(name), seed=seed, lemmas=())


def with_lemmas(name, lemmas, **more):
    return prove_any_size(spec(name), lemmas=tuple(lemmas), infer=False, **more)
