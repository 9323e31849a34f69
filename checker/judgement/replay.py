"""Replay: run a certified trace, step by step, on an executable implementation.

A model says what can go wrong; a program shows it. Each process instance of the trace becomes a
thread of the implementation. A thread stops at each hook, `at("label")`, and waits there; replay
releases one thread for one step at a time, in the order of the trace, and gives it the choices
of that step (what fails, what is picked). After each step it compares what can be observed with
the trace's state. That ends in one of three ways:

- `Reproduced`: every step was possible, every state agrees, and the symptom is there;
- `Diverged`: after some step a variable is not what the trace says;
- `Blocked`: the implementation refuses a step. Its thread is at another hook, has ended, asks
  for what the trace does not decide, raises, or really waits (for a lock, say).

The bridge is an adapter: a module `adapter.py` beside the spec with a function
`adapter_for(spec_name)`, whose result has the method `build` (see `Adapter`). A faulty trace can
be tried on the correct implementation (`correct=True`): there it must not be reproduced.

NOTE(lassos): the loop of a lasso is run twice, as once could be luck. Then every thread that can
not step in the model is let go. It may block, or look and come back to where it was; one that
comes on does not wait for ever, and that is a divergence. So a wait that the correct
implementation ends is told from one that nobody ends, although each step before was the same.

NOTE(blocked threads): a thread that waits for something real does not come back to a hook. It is
given up when nothing has moved for `timeout` seconds: neither has a thread arrived, nor has the
released thread's position in its code or its processor time changed. At the end every thread is
ended: one that is at a hook by an exception raised there, which also frees the locks that it
holds; one that waits for a lock by releasing that lock for it. What can not be ended even so is
reported in `left`.
"""
from __future__ import annotations

import pathlib
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from checker.engines.interp.step import enabled, location_of, stuck
from checker.errors import UserError
from checker.frontend.spec import import_file
from checker.ir.system import Instance, State, System
from checker.results.trace import Trace, TraceStep
from checker.values import Value, show

PATIENCE = 1.0      # seconds; a thread is given up after two of them without a move
ENDING = 2.0        # seconds that a thread may take to end, once it was told to
WAITS = ("until", "acquire", "wait", "wait_for")    # who called these is what one wants to know


# ── what an adapter provides ─────────────────────────────────────────────────────────────────

class Hooks(Protocol):
    """What replay puts in the place of chance; the implementation calls it from its threads."""

    def at(self, label: str) -> None:
        """The calling thread is about to run the step `label`."""

    def fails(self, name: str) -> bool:
        """Whether the operation `name` fails in this step."""

    def pick(self, name: str, options: Sequence[Any]) -> Any:
        """One of `options`."""


class Implementation(Protocol):
    """One running implementation, with threads that stop at hooks.

    `memory` says what the symptom is made of ("io_uring", "simulated", ""). `locks` are the real
    locks by name, for telling who waits and for ending threads that wait. Whoever inherits from
    this, and calls threads, hooks and choices what the model calls them, need not say so again.
    """

    memory: str
    locks: Mapping[str, Any]
    system: System

    def thread(self, instance: Instance) -> str:
        """The name of the thread that stands for a process instance: the process, and its key."""
        name = instance.process.name
        return name if instance.key is None else f"{name} {instance.key}"

    def holder(self, thread: str | None) -> int | None:
        """A lock's value while this thread has it: the number of its instance; None for nobody."""
        return next((i.number for i in self.system.instances if self.thread(i) == thread), None)

    def threads(self) -> Mapping[str, Callable[[], object]]:
        """What each thread runs, by name."""

    def label(self, step: TraceStep) -> str:
        """The hook at which the step begins: the step's own label."""
        return step.label

    def choices(self, step: TraceStep) -> list[tuple[str, Any]]:
        """The step's choices as the implementation asks for them: names and values, in order."""
        return [(choice.name, choice.value) for choice in step.choices]

    def observe(self) -> Mapping[str, Value]:
        """The model's variables, as far as they can be seen, in the model's values."""

    def symptom(self, property: str) -> Sequence[str] | None:
        """What shows that the property is violated, in lines of text; None where nothing does."""

    def close(self) -> None:
        """Give everything back; every thread has ended."""


class Adapter(Protocol):
    """What `adapter_for(spec_name)` returns."""

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool,
              memory: str | None) -> Implementation:
        """The implementation with the trace's constants; `correct`: without their mistakes."""


# ── outcomes ─────────────────────────────────────────────────────────────────────────────────

@dataclass(frozen=True, slots=True)
class Outcome:
    """How a replay ended, after how many steps; `left` names threads that could not be ended."""

    steps: int
    memory: str = ""
    left: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Reproduced(Outcome):
    """Every step was possible and every state agrees; `symptom` is what it comes to."""

    symptom: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" ({self.memory} memory)" if self.memory else ""
        return f"reproduced in {self.steps} steps{where}"


@dataclass(frozen=True, slots=True)
class Diverged(Outcome):
    """After step `steps` (0: at the beginning) a variable is not what the trace says."""

    variable: str = ""
    expected: str = ""
    observed: str = ""

    def __str__(self) -> str:
        return (f"diverged at step {self.steps}: {self.variable} should be {self.expected}, "
                f"is {self.observed}")


@dataclass(frozen=True, slots=True)
class Blocked(Outcome):
    """The implementation does not take step `steps`, and why."""

    actor: str = ""
    label: str = ""
    why: str = ""

    def __str__(self) -> str:
        return f"blocked at step {self.steps}, `{self.label}` of {self.actor}: {self.why}"


# ── replay ───────────────────────────────────────────────────────────────────────────────────

def adapter_of(trace: Trace) -> Adapter:
    """The adapter beside the trace's spec. Raises UserError where there is none."""
    path = pathlib.Path(trace.system.path).with_name("adapter.py")
    if not trace.system.path or not path.is_file():
        raise UserError(f"{trace.system.name} has no implementation to replay on",
                        hint=f"write {path}, with a function `adapter_for(spec_name)`")
    return import_file(path).adapter_for(trace.system.name)


def replay(trace: Trace, *, correct: bool = False, memory: str | None = None,
           timeout: float = PATIENCE, adapter: Adapter | None = None) -> Outcome:
    """Run the trace on its implementation, or on the correct one. Never hangs.

    `memory` forces a kind of memory; `timeout` is how long nothing may move before a thread
    counts as blocked. For lassos see the note above.
    """
    director = Director(timeout)
    stage = (adapter or adapter_of(trace)).build(trace, director, correct=correct, memory=memory)
    director.stage = stage
    try:
        outcome = _run(director, stage, trace)
    finally:
        left = director.close()
    return replace(outcome, left=left)


def _run(director: Director, stage: Implementation, trace: Trace) -> Outcome:
    system = trace.system
    threads = {(i.process.name, i.key): stage.thread(i) for i in system.instances}
    try:
        for name, body in stage.threads().items():
            director.spawn(name, body)
        _compare(trace, 0, trace.initial, stage)
        numbered = list(enumerate(trace.steps, 1))
        again = [] if trace.loop is None else numbered[trace.loop:]
        for number, step in numbered + again:
            _take(director, stage, threads[step.process, step.key], number, step)
            if step.after is not None:
                _compare(trace, number, step.after, stage)
        if trace.loop is not None:
            _nobody_else(director, stage, trace, threads)
        if trace.property == "deadlock":
            return _deadlock(director, stage, trace, threads)
    except _Ended as ended:
        return ended.outcome
    return _judge(stage, trace, director)


def _judge(stage: Implementation, trace: Trace, director: Director) -> Outcome:
    """Every step was taken: is the damage there?"""
    count = len(trace.steps)
    shown = [f"{name}: {failure}" for name, failure in director.failures.items()]
    symptom = stage.symptom(trace.property)
    if symptom is None and not shown and trace.kind != "sometimes":
        return Diverged(count, stage.memory, "the symptom", f"{trace.property} violated",
                        "nothing to be seen")
    return Reproduced(count, stage.memory, (*shown, *(symptom or ()), *_for_ever(trace)))


def _for_ever(trace: Trace) -> tuple[str, ...]:
    """What was tried of a lasso besides its steps."""
    if trace.loop is None:
        return ()
    first, last = trace.loop + 1, len(trace.steps)
    if first > last:
        return ("then nobody comes on",)
    steps = f"steps {first} to {last}" if first < last else f"step {last}"
    return (f"after {steps} once more, whoever waits does not come on",)


def _take(director: Director, stage: Implementation, thread: str, number: int,
          step: TraceStep) -> None:
    """Let one thread run one step of the trace. Raises _Ended where it does not."""
    label = stage.label(step)

    def blocked(why: str) -> _Ended:
        return _Ended(Blocked(number, stage.memory, step.actor, label, why))

    at = director.position.get(thread)
    if at != label:
        raise blocked("its thread has ended" if at is None else f"its thread is at `{at}`")
    director.script = list(stage.choices(step))
    problem = director.release(thread)
    failure = director.failures.get(thread)
    if problem is not None:
        raise blocked(problem)
    if failure is not None and step.after is not None:
        raise blocked(f"its thread fails: {failure}")
    if director.script and failure is None:
        raise blocked(f"it never asks for {director.script[0][0]!r}")


def _compare(trace: Trace, number: int, state: State, stage: Implementation) -> None:
    """Compare everything that can be observed with a state of the trace."""
    system = trace.system
    for name, observed in stage.observe().items():
        expected = state[system.position[name]]
        if observed != expected:
            of = system.variable[name].type
            raise _Ended(Diverged(number, stage.memory, name, _show(of, expected),
                                  _show(of, observed)))


def _nobody_else(director: Director, stage: Implementation, trace: Trace,
                 threads: Mapping[tuple[str, Value], str]) -> None:
    """See that no thread comes on that can not step in the model. Raises _Ended if one does."""
    system, final, count = trace.system, trace.states[-1], len(trace.steps)
    waiting = [threads[i.process.name, i.key] for i in system.instances
               if not enabled(system, final, i)]
    before = dict(director.position)
    director.script = []
    for name in director.settle([name for name in waiting if before.get(name) is not None]):
        if director.position[name] != before[name]:
            at = director.position[name]
            raise _Ended(Diverged(count, stage.memory, f"the thread {name}", "waiting for ever",
                                  "at its end" if at is None else f"at `{at}`"))
    _compare(trace, count, final, stage)


def _show(of: Any, value: Value) -> str:
    """A value as the model shows it; as Python does where it is none of the model's."""
    try:
        return show(of, value)
    except Exception:
        return repr(value)


def _deadlock(director: Director, stage: Implementation, trace: Trace,
              threads: Mapping[tuple[str, Value], str]) -> Outcome:
    """Let those who are stuck go on, or everybody where nothing can step: nobody may come on.

    A daemon that serves others still runs beside threads that wait for each other's locks.
    """
    final = trace.states[-1]
    waiting = stuck(trace.system, final) or [
        i for i in trace.system.instances if location_of(trace.system, final, i) is not None]
    names = [threads[i.process.name, i.key] for i in waiting]
    director.script = []
    arrived = director.release_all(names)
    count = len(trace.steps)
    if arrived is not None:
        return Diverged(count, stage.memory, "deadlock", "nobody goes on",
                        f"{arrived} is at `{director.position[arrived]}`")
    symptom = tuple(f"{name} waits {director.where(name)}" for name in names)
    return Reproduced(count, stage.memory, symptom)


class _Ended(Exception):
    """The replay is over, before the trace is."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


class _Curtain(BaseException):
    """Ends a thread that waits at a hook. Not an Exception, so that nothing catches it."""


class _Unscripted(Exception):
    """The implementation asks for a choice that the step does not make."""


@dataclass
class Director:
    """Holds the threads at their hooks: the `Hooks` of an implementation.

    `script` has the choices of the running step that are not yet made; who overrides `fails` and
    `pick` may make them in another way.
    """

    timeout: float
    stage: Implementation | None = None
    position: dict[str, str | None] = field(default_factory=dict)   # None: has ended
    failures: dict[str, str] = field(default_factory=dict)
    script: list[tuple[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._threads: dict[str, threading.Thread] = {}
        self._go: dict[str, threading.Semaphore] = {}
        self._moved = threading.Condition()
        self._running: set[str] = set()
        self._over = False

    # Hooks, called by the implementation's threads.

    def at(self, label: str) -> None:
        name = threading.current_thread().name
        if threading.current_thread() is not self._threads.get(name):
            return                              # set-up, before the play
        if self._over:
            raise _Curtain
        self._arrive(name, label)
        self._go[name].acquire()
        if self._over:
            raise _Curtain

    def fails(self, name: str) -> bool:
        return bool(self._next(name))

    def pick(self, name: str, options: Sequence[Any]) -> Any:
        scripted = any(name == other for other, _ in self.script)
        if len(options) == 1 and not scripted and not self._over:
            return options[0]                   # no choice at all
        chosen = self._next(name)
        if chosen not in options:
            raise _Unscripted(f"{name!r} can not be {chosen!r}, only one of {list(options)!r}")
        return chosen

    def _next(self, name: str) -> Any:
        if self._over:
            raise _Curtain
        for number, (scripted, value) in enumerate(self.script):
            if scripted == name:
                del self.script[number]
                return value
        raise _Unscripted(f"it asks for {name!r}, which the trace does not decide")

    def _arrive(self, name: str, label: str | None) -> None:
        with self._moved:
            self.position[name] = label
            self._running.discard(name)
            self._moved.notify_all()

    # Direction.

    def spawn(self, name: str, body: Callable[[], object]) -> None:
        """Start a thread and let it run to its first hook."""
        self._go[name] = threading.Semaphore(0)
        self._running.add(name)
        thread = threading.Thread(name=name, target=self._live, args=(name, body), daemon=True)
        self._threads[name] = thread
        thread.start()
        problem = self._wait_for({name})
        if problem is not None:
            raise _Ended(Blocked(0, "", name, "its first hook", problem))

    def _live(self, name: str, body: Callable[[], object]) -> None:
        try:
            body()
        except _Curtain:
            pass
        except Exception as failure:            # whatever it is, it belongs in the report
            if not self._over:
                self.failures[name] = f"{type(failure).__name__}: {failure}"
        finally:
            self._arrive(name, None)

    def release(self, name: str) -> str | None:
        """Let a thread run to its next hook or its end; why it does not come there, or None."""
        self._running.add(name)
        self._go[name].release()
        return self._wait_for({name})

    def settle(self, names: Sequence[str]) -> list[str]:
        """Let threads go on until none moves any more; those that came to a hook or their end."""
        waiting = set(names) - self._running
        self._running |= waiting
        for name in waiting:
            self._go[name].release()
        self._wait_for(waiting)
        return sorted(waiting - self._running)

    def release_all(self, names: Sequence[str]) -> str | None:
        """Let threads go on; the first that comes to a hook or its end, or None."""
        waiting = set(names) - self._running
        self._running |= waiting
        for name in waiting:
            self._go[name].release()
        with self._moved:
            self._moved.wait_for(lambda: not waiting <= self._running, self.timeout)
            return next((name for name in names if name not in self._running), None)

    def _wait_for(self, names: set[str]) -> str | None:
        """Wait until the threads have arrived, for as long as they move."""
        places = None
        while True:
            with self._moved:
                if self._moved.wait_for(lambda: not names & self._running, self.timeout):
                    return None
                # Under the lock a running thread can not end, so its clock can be read.
                now = [self._place(name) for name in sorted(names & self._running)]
            if now == places:
                return "its thread waits " + self.where(min(names & self._running))
            places = now

    def _place(self, name: str) -> Any:
        """Where a thread is and how long it has run: a waiting one changes neither."""
        ident = self._threads[name].ident or 0
        frame = sys._current_frames().get(ident)
        clock = getattr(time, "pthread_getcpuclockid", None)        # macOS has none
        ran = time.clock_gettime(clock(ident)) if clock else 0.0
        return frame and (id(frame), frame.f_lasti, ran)

    def where(self, name: str) -> str:
        """Where in its code a thread that does not come back is, and which locks are taken."""
        frame = sys._current_frames().get(self._threads[name].ident or 0)
        while frame is not None and frame.f_back and frame.f_code.co_name in WAITS:
            frame = frame.f_back
        place = ""
        if frame is not None:
            place = (f"in {frame.f_code.co_name} "
                     f"({pathlib.Path(frame.f_code.co_filename).name}:{frame.f_lineno})")
        taken = [lock for lock, real in self._locks().items() if real.locked()]
        return place + (f" while {', '.join(taken)} is taken" if taken else "")

    def _locks(self) -> Mapping[str, Any]:
        return self.stage.locks if self.stage is not None else {}

    def close(self) -> tuple[str, ...]:
        """End every thread and close the implementation; who could not be ended."""
        self._over = True
        for go in self._go.values():
            go.release()
        waited = 0.0
        while waited < ENDING and any(t.is_alive() for t in self._threads.values()):
            for thread in self._threads.values():
                thread.join(0.02)
            waited += 0.02
            if waited > 0.1:
                self._free_locks()
        left = tuple(name for name, thread in self._threads.items() if thread.is_alive())
        if self.stage is not None and not left:
            self.stage.close()
        return left

    def _free_locks(self) -> None:
        """Release for good what a thread waits for, so that it comes to its next hook."""
        for lock in self._locks().values():
            if lock.locked():
                try:
                    lock.release()
                except RuntimeError:
                    pass            # its holder has just done so
