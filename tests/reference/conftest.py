"""A stage for the reference's threads: each waits at its step until the test lets it go on."""
from __future__ import annotations

import pathlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

ROOT = str(pathlib.Path(__file__).resolve().parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from spec.vfio_balloon.reference import Environment, Machine, io_uring_permitted  # noqa: E402

PATIENCE = 20       # seconds that a step may take before the test is wrong about it


class Script(Environment):
    """Fails what is in `failing`, and picks what is in `picks`, else the first choice."""

    def __init__(self, failing: tuple[str, ...] = (), **picks: Any) -> None:
        self.failing = set(failing)
        self.picks = {name.replace("_", " "): choice for name, choice in picks.items()}

    def fails(self, name: str) -> bool:
        return name in self.failing

    def pick(self, name: str, choices: Any) -> Any:
        choice = self.picks.get(name, choices[0])
        assert choice in choices, (name, choice, choices)
        return choice


class Blocked(Exception):
    """The step waits for the big lock."""


class Curtain(BaseException):
    """Ends a thread that the test leaves waiting at a step."""


class Stage:
    """Hooks for one machine, and the machine: `step` lets one thread run one step."""

    def __init__(self, failing: tuple[str, ...] = (), picks: dict[str, Any] | None = None,
                 env: Environment | None = None, **constants: Any) -> None:
        self.next: dict[str, str | None] = {}       # thread -> step it waits at, None at its end
        self.history: list[tuple[str, str]] = []
        self.threads: list[threading.Thread] = []
        self.env = env or Script(failing, **(picks or {}))
        self._go: dict[str, threading.Semaphore] = {}
        self._arrived = threading.Semaphore(0)
        self._failure: BaseException | None = None
        self._over = False
        self.machine = Machine(at=self.at, spawn=self.spawn, env=self.env, **constants)

    def at(self, label: str) -> None:
        name = threading.current_thread().name
        if name not in self._go:
            return
        self.next[name] = label
        self._arrived.release()
        self._go[name].acquire()
        if self._over:
            raise Curtain

    def spawn(self, name: str, body: Callable[[], Any]) -> threading.Thread:
        def live() -> None:
            try:
                body()
            except Exception as failure:
                self._failure = failure
            except Curtain:
                pass
            finally:
                self.next[name] = None
                self._arrived.release()

        self._go[name] = threading.Semaphore(0)
        thread = threading.Thread(name=name, target=live, daemon=True)
        self.threads.append(thread)
        thread.start()
        self._arrive()
        return thread

    def _arrive(self) -> None:
        assert self._arrived.acquire(timeout=PATIENCE), f"a step does not end: {self.next}"
        if self._failure is not None:
            raise self._failure

    def enabled(self, name: str) -> bool:
        label = self.next[name]
        return label is not None and not (
            label.startswith("BQL") and self.machine.bql_lock.locked())

    def step(self, name: str) -> str:
        """Run one step of a thread; its label."""
        label = self.next[name]
        assert label is not None, f"{name} has ended"
        if not self.enabled(name):
            raise Blocked(f"{name}: {label}")
        self.history.append((name, label))
        self._go[name].release()
        self._arrive()
        return label

    def until(self, name: str, label: str) -> None:
        """Run a thread up to the step `label`, which it has not begun then."""
        while self.next[name] != label:
            self.step(name)

    def finish(self, name: str) -> None:
        """Run a thread to its end."""
        while self.next[name] is not None:
            self.step(name)

    # The actors' operations, each in a thread of its own.

    def begin(self, operation: str, number: int = 0) -> str:
        """Start "plug", "unplug", "inflate" or "postcopy" in a thread; its name."""
        machine = self.machine
        body = {
            "plug": lambda: machine.vfio.vfio_realize(machine.devices[number]),
            "unplug": lambda: machine.vfio.vfio_instance_finalize(machine.devices[number]),
            "inflate": machine.balloon.virtio_balloon_handle_output,
            "postcopy": machine.postcopy.incoming_migration,
        }[operation]
        name = f"{operation} {number} #{len(self.threads)}"
        self.spawn(name, body)
        return name

    def do(self, operation: str, number: int = 0) -> None:
        """Run a whole operation."""
        self.finish(self.begin(operation, number))

    def labels(self, name: str) -> list[str]:
        return [label for thread, label in self.history if thread == name]

    def close(self) -> None:
        self._over = True
        for go in self._go.values():
            go.release()
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        self.machine.close()


@pytest.fixture(params=["io_uring", "simulated"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "io_uring" and not io_uring_permitted():
        pytest.skip("io_uring is not permitted here")
    return request.param


@pytest.fixture
def stage() -> Iterator[Callable[..., Stage]]:
    """Makes stages, with Machine's arguments; closes them all."""
    stages: list[Stage] = []

    def make(*arguments: Any, **keywords: Any) -> Stage:
        stages.append(Stage(*arguments, **keywords))
        return stages[-1]

    yield make
    for each in stages:
        each.close()
