"""CPython itself runs the spec: the second opinion on what the front end understood.

The interpreter defines what the IR means; nothing but CPython can say whether the IR means what
the author's Python means. So the spec's own coroutines run here, on live objects in place of the
declared state, and every state and every step is compared with the interpreter's.
"""
from checker.engines.live.explore import explore_by_replay
from checker.engines.live.lockstep import Disagreement
from checker.engines.live.run import Live, Unsupported
from checker.engines.live.simulate import Simulation, simulate

__all__ = ["Disagreement", "Live", "Simulation", "Unsupported", "explore_by_replay", "simulate"]
