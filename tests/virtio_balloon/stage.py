"""A stage for the reference's threads: each waits at its step until the test lets it go on."""
from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

from spec.virtio_balloon.reference import Environment, Machine, Stopped

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
        return choice if choice in choices else choices[0]


class Dice(Environment):
    """Fails now and then, and picks anything."""

    def __init__(self, seed: int, failing: float = 0.1) -> None:
        self.random = random.Random(seed)
        self.failing = failing

    def fails(self, name: str) -> bool:
        return self.random.random() < self.failing

    def pick(self, name: str, choices: Any) -> Any:
        return self.random.choice(list(choices))


class Stage:
    """One machine whose threads wait at their steps: `step` lets one of them run one step."""

    def __init__(self, env: Environment | None = None, **constants: Any) -> None:
        self.next: dict[str, str | None] = {}       # thread -> step it waits at, None at its end
        self.failures: dict[str, Exception] = {}
        self._go: dict[str, threading.Semaphore] = {}
        self._arrived: dict[str, threading.Semaphore] = {}
        self.threads: dict[str, threading.Thread] = {}
        self.machine = Machine(at=self.at, env=env or Script(), **constants)

    def at(self, label: str) -> None:
        name = threading.current_thread().name
        if name not in self._go:
            return
        self.next[name] = label
        self._arrived[name].release()
        self._go[name].acquire()

    def spawn(self, name: str, body: Callable[[], Any]) -> str:
        """Start a thread; it waits at its first step then."""
        def live() -> None:
            try:
                body()
            except Exception as failure:
                self.failures[name] = failure
            except Stopped:
                pass
            finally:
                self.next[name] = None
                self._arrived[name].release()

        self._go[name], self._arrived[name] = threading.Semaphore(0), threading.Semaphore(0)
        self.threads[name] = threading.Thread(name=name, target=live, daemon=True)
        self.threads[name].start()
        assert self._arrived[name].acquire(timeout=PATIENCE)
        return name

    def start(self, *names: str) -> None:
        for name in names or self.machine.actors:
            self.spawn(name, self.machine.actors[name])

    def step(self, name: str, patience: float = PATIENCE) -> bool:
        """Let a thread run one step; whether it came to its next one."""
        self._go[name].release()
        return self._arrived[name].acquire(timeout=patience)

    def until(self, name: str, label: str | None) -> None:
        """Run a thread up to the step `label`, which it has not begun then."""
        while self.next[name] != label:
            assert self.step(name), f"{name} waits for ever after {self.next[name]}"

    def serve(self, queue: str) -> None:
        """The host sees the request of a queue, and answers."""
        for _ in range(2):
            assert self.step(f"{queue} queue")

    def close(self) -> None:
        self.machine.switch.off.set()
        for name, thread in self.threads.items():
            while thread.is_alive():
                self._go[name].release()
                thread.join(0.01)
        self.machine.close()
