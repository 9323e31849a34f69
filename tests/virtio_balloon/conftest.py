"""Stages for the tests of the reference."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.virtio_balloon.stage import Stage


@pytest.fixture
def stage() -> Iterator[Callable[..., Stage]]:
    """Makes stages, with Machine's arguments; ends them all."""
    stages: list[Stage] = []

    def make(*arguments: Any, **keywords: Any) -> Stage:
        stages.append(Stage(*arguments, **keywords))
        return stages[-1]

    yield make
    for each in stages:
        each.end()
