"""How often Python looks for garbage while a proof is made.

A proof makes many objects, keeps most of them, and makes hardly any cycles; Z3's terms count their
references. Looking through all of them again and again took a seventh of the time.
"""
from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW = 100_000
"""So many new objects, instead of 700, make Python look through them."""


@contextmanager
def few_collections() -> Iterator[None]:
    """Within the block, cycles are looked for seldom; what there is before it is not looked at."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(NEW, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
