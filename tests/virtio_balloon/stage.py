"""A stage for the reference's threads: each waits at its step until the test lets it go on."""
from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from checker.judgement.replay import Director
from spec.hooks import Environment
from spec.virtio_balloon.reference import Machine

PATIENCE = 20       # seconds that a step may take before the test is wrong about it
SHORT = 0.2         # the same where it is expected to wait for a lock
TICK = 0.002


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


class Hand(Director):
    """Holds the threads at their steps."""

    def step(self, name: str, asleep: Callable[[], Any], patience: float) -> bool:
        """Let a thread run one step; whether it came to its next one, and does not wait."""
        end = time.monotonic() + patience
        with self._moved:
            if name not in self._running:
                self._running.add(name)
                self._go[name].release()
            while not self._moved.wait_for(lambda: name not in self._running, TICK):
                if name in asleep() or time.monotonic() > end:
                    return False
            return True


class Stage:
    """One machine whose threads wait at their steps: `step` lets one of them run one step."""

    def __init__(self, env: Environment | None = None, **constants: Any) -> None:
        self.director = Hand(PATIENCE)
        self.machine = Machine(at=self.director.at, env=env or Script(), **constants)
        self.director.stage = self      # type: ignore[assignment]  # for its locks and its end

    @property
    def locks(self) -> dict[str, Any]:
        return {**self.machine.locks(), **self.machine.switch.asleep()}

    @property
    def next(self) -> dict[str, str | None]:
        """By thread: the step at which it waits, None at its end."""
        return self.director.position

    @property
    def failures(self) -> dict[str, str]:
        return self.director.failures

    def spawn(self, name: str, body: Callable[[], Any]) -> str:
        """Start a thread; it waits at its first step then."""
        self.director.spawn(name, body)
        return name

    def start(self, *names: str) -> None:
        for name in names or self.machine.actors:
            self.spawn(name, self.machine.actors[name])

    def step(self, name: str, patience: float = PATIENCE) -> bool:
        """Let a thread run one step; whether it came to its next one, and does not wait."""
        return self.director.step(name, self.machine.switch.asleep, patience)

    def waits(self, name: str) -> bool:
        """Let a thread go that is expected to wait; whether it does."""
        return not self.step(name, SHORT)

    def until(self, name: str, label: str | None) -> None:
        """Run a thread up to the step `label`, which it has not begun then."""
        while self.next[name] != label:
            assert self.step(name), f"{name} waits for ever after {self.next[name]}"

    def random_steps(self, seed: int, count: int) -> Iterator[None]:
        """Start everybody and let so many steps be taken, by whom chance says; after each one."""
        self.start()
        rng = random.Random(seed)
        for _ in range(count):
            names = [name for name in self.next if not self.would_wait(name)]
            self.step(rng.choice(names))
            yield

    def would_wait(self, name: str) -> bool:
        """Whether the thread has ended, sleeps, or is about to take a lock that is taken."""
        at, locks = self.next[name], self.machine.locks()
        if at == "lock_page":
            return any(page.lock.locked() for page in self.machine.allocator.pages)
        if at == "update_balloon_size":
            return locks["actual_lock"].locked()
        return at is None or name in self.machine.switch.asleep() or \
            at in locks and locks[at].locked()

    def serve(self, queue: str) -> None:
        """The host sees the request of a queue, and answers."""
        for _ in range(2):
            assert self.step(f"{queue} queue")

    def end(self) -> None:
        """End the threads, wherever they wait, and then the machine."""
        assert self.director.close() == ()

    def close(self) -> None:
        self.machine.close()
