"""Waiting as a kernel waits: who has nothing to do sleeps, until somebody wakes it."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from spec.virtio_balloon.reference.switch import TICK, Stopped, Switch


class Scheduler(Switch):
    """Locks and conditions that threads really wait for.

    A thread that waits for a condition sleeps at a gate of its own. Whatever a step changes is
    seen when the step is over, which is when its thread comes to its next one: that opens the
    gates, and all who sleep look again. What no step changes is waited for for ever.
    """

    def __init__(self, at: Callable[[str], None]) -> None:
        super().__init__(at)
        self.wanted: dict[str, threading.Lock] = {}     # by thread: what it waits for
        self.holder: dict[threading.Lock, str] = {}     # who took it last
        self.gates: dict[str, threading.Lock] = {}      # by thread that waits for a condition
        self.reasons: dict[str, str] = {}               # what it waits for, if it is not there
        self.guard = threading.Lock()

    def at(self, label: str) -> None:
        self.wake_up()
        super().at(label)

    def wake_up(self) -> None:
        """Open all gates."""
        with self.guard:
            for gate in self.gates.values():
                if gate.locked():
                    gate.release()

    def until(self, condition: Callable[[], bool], label: str) -> None:
        """A step that begins once the condition is true; called again after each that was false."""
        self.at(label)
        me = threading.current_thread().name
        try:
            while True:
                gate = threading.Lock()
                gate.acquire()
                with self.guard:    # before the look, so that no change comes unseen after it
                    self.gates[me] = gate
                if condition():
                    return
                self.reasons[me] = label
                gate.acquire()
                del self.reasons[me]
                super().at(label)   # without a wake-up: two who wait would wake each other
        finally:
            with self.guard:
                del self.gates[me]

    def acquire(self, lock: threading.Lock, label: str) -> None:
        """A step that begins with a lock, waited for as long as it takes."""
        me = threading.current_thread().name
        self.wanted[me] = lock
        self.at(label)
        lock.acquire()
        if self.off.is_set():       # it was released to end this thread
            raise Stopped
        del self.wanted[me]
        self.holder[lock] = me

    def turn_off(self, threads: Mapping[str, threading.Thread],
                 locks: Mapping[str, threading.Lock], patience: float) -> list[str]:
        """End the threads wherever they wait, freeing locks for them; who did not end in time."""
        self.off.set()
        end = time.monotonic() + patience
        while (left := [n for n, thread in threads.items() if thread.is_alive()]):
            if time.monotonic() > end:
                break
            self.wake_up()
            if all(name in self.wanted for name in left):       # whoever runs ends by itself
                _free(locks)
            threads[left[0]].join(TICK)
        return left

    # Who waits for what.

    def waits_for_itself(self, lock: threading.Lock) -> list[str]:
        """The threads that want a lock which they hold."""
        return [name for name, wanted in self.wanted.items()
                if wanted is lock and lock.locked() and self.holder.get(lock) == name]

    def waits(self, locks: Mapping[str, threading.Lock]) -> dict[str, str]:
        """By thread that waits for a lock or for a condition, named after the step that it
        precedes: what for, and with which locks held."""
        found = {name: f"`{label}`" for name, label in self.reasons.items()}
        for label, lock in locks.items():
            found |= {name: label for name, wanted in self.wanted.items()
                      if wanted is lock and lock.locked()}
        held = {name: [label for label, lock in locks.items()
                       if lock.locked() and self.holder.get(lock) == name] for name in found}
        return {name: what + (f", holding {', '.join(held[name])}" if held[name] else "")
                for name, what in found.items()}

    def asleep(self) -> dict[str, threading.Lock]:
        """The closed gates at which threads sleep, by thread."""
        with self.guard:
            return {name: gate for name, gate in self.gates.items()
                    if name in self.reasons and gate.locked()}


def _free(locks: Mapping[str, threading.Lock]) -> None:
    for lock in locks.values():
        if lock.locked():
            try:
                lock.release()
            except RuntimeError:
                pass                # its holder has just done so
