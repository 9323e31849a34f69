"""Chance, where a reference asks what the code under study can not decide itself."""
import random
from typing import Any

from spec.hooks import Environment


class Dice(Environment):
    """Fails now and then, and picks anything."""

    def __init__(self, seed: int, failing: float = 0.1) -> None:
        self.random = random.Random(seed)
        self.failing = failing

    def fails(self, name: str) -> bool:
        return self.random.random() < self.failing

    def pick(self, name: str, choices: Any) -> Any:
        return self.random.choice(list(choices))
