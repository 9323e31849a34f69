"""The native engine: a system becomes C, the C a program, and the program explores the system.

`layout` says how a state becomes words, `expressions` and `steps` translate the IR, `emit` puts
the generated file together, `build` compiles it with the engine in `c/`, and `run` runs it.
`reduce` decides which reductions are sound for a system; `checkpoint` keeps long searches.
"""
from checker.engines.native.build import (CompileError, NoCompiler, cache_directory,
                                          compiler)
from checker.engines.native.checkpoint import Checkpoint
from checker.engines.native.kinds import kinds
from checker.engines.native.layout import Unsupported
from checker.engines.native.reduce import REDUCTIONS, Reduction
from checker.engines.native.run import explore, prepare, reachable

__all__ = ["REDUCTIONS", "Checkpoint", "CompileError", "NoCompiler", "Reduction", "Unsupported",
           "available", "cache_directory", "explore", "kinds", "prepare", "reachable"]


def available() -> bool:
    """Whether there is a C compiler."""
    try:
        compiler()
    except NoCompiler:
        return False
    return True
