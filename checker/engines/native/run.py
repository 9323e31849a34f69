"""Running the executable of a system: arguments, progress, the answer, and its states decoded.

The program writes lines: `progress` while it runs, then its counts, then a `path` for each
property that it found, then `end`. Without that last line nothing is believed.

A search begins with a program that was compiled quickly. When it takes long, the program is
compiled again with optimisation meanwhile, and the search begins anew with that one.
"""
from __future__ import annotations

import contextlib
import os
import pathlib
import random
import signal
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from checker.engines.native.build import (OPTIMISED, QUICK, CompileError, NoCompiler, engine,
                                         executable, made_earlier)
from checker.engines.native.checkpoint import Checkpoint
from checker.engines.native.emit import Generated, generate
from checker.engines.native.layout import WORD, Layout
from checker.engines.native.reduce import Reduction, reductions
from checker.engines.native.unmerged import unmerged
from checker.errors import UserError
from checker.ir.system import State, System
from checker.results.exploration import (Exploration, Liveness, Path, Progress, Report,
                                         Stage, rolled_up)

SHARE_OF_MEMORY = 0.8
"""Of what is free when the search starts, unless a budget is given."""
OPTIMISE_AFTER = 0.5
"""Seconds of processor time, of all threads, that a search has taken when a better program is
worth its compilation. Not of the clock: while others keep the machine busy, seconds pass in which
nothing was searched, and a compilation takes from them what it does not give back."""
IMPROVING = "better program"
"""The name of the thread that compiles it; it may outlive the search."""
POLL = 0.1
"""Seconds between looks at the progress of a running search."""


def explore(system: System, *, threads: int | None = None, limit: int | None = None,
            memory: int | None = None, stop_early: bool = False, liveness: bool = True,
            report: Report | None = None, reduce: Sequence[Reduction] = (),
            prepared: Generated | None = None,
            checkpoint: Checkpoint | None = None) -> Exploration:
    """Visit every reachable state of `system`; `prepared` is what `prepare` gave for it, with
    the same `reduce`: the reductions to use, see `reduce.py`.

    `limit` is the most distinct states to store and `memory` the most bytes to use; at either
    the search ends, incomplete. `stop_early` ends it with the level of the first violation. An
    interrupt ends it as well: the answer then holds what was covered. With `liveness`, a search
    that is complete goes on to decide the liveness properties. With a `checkpoint` the search
    goes on from what is there, saves what it does, and removes that when it is complete.

    Raises NoCompiler, Unsupported for a system that only the interpreter can explore, and
    UserError for a reduction that is not sound for it and for a checkpoint that does not fit.
    """
    started = time.perf_counter()
    generated = prepared or generate(system, reductions(system, reduce))
    arguments = [*_arguments(threads, limit, memory, stop_early), f"live={int(liveness)}"]
    if checkpoint is not None:
        arguments += checkpoint.arguments(generated)
    run = _Run(generated, arguments, report, checkpoint)
    found = run.exploration(limit, memory)
    if checkpoint is not None and found.complete:
        checkpoint.clear()
    found.seconds = time.perf_counter() - started
    found.threads = threads or default_threads()
    return found


def run(generated: Generated, asked: Sequence[str], *, threads: int | None, limit: int | None,
        memory: int | None, report: Report | None) -> Exploration:
    """What the program answers to something else than the whole question; see `kinds.py`."""
    arguments = [*_arguments(threads, limit, memory, False), *asked]
    return _Run(generated, arguments, report).exploration(limit, memory)


def reachable(system: System, *, threads: int | None = None, limit: int | None = None,
              memory: int | None = None, most: int | None = None) -> Iterator[State]:
    """All reachable states, in no particular order; for learning from them, and for tests.
    `most`: so many of them, from all over the graph; these and their order are the same in every
    run, whatever the number of threads.

    Raises RuntimeError where the search ended before it had them all.
    """
    generated = generate(system)
    words = generated.layout.words
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "states"
        arguments = [*_arguments(threads, limit, memory, False), f"dump={file}"]
        found = _Run(generated, arguments, None).exploration(limit, memory)
        if not found.complete:
            raise RuntimeError(f"the states are not complete: {found.reason}")
        packed = struct.iter_unpack(f"={words}Q", file.read_bytes())
        for state in packed if most is None else _some(packed, most):
            yield generated.layout.decode(state)


def _some(packed: Iterable[tuple[int, ...]], most: int) -> list[tuple[int, ...]]:
    """At most so many of the states. Threads leave them in any order; and every second one of a
    sorted list may well have the same value of some variable, so they are drawn."""
    ordered = sorted(packed)
    return random.Random(0).sample(ordered, min(most, len(ordered)))


def prepare(system: System, reduce: Sequence[Reduction] = ()) -> Generated:
    """Compile the system, so that exploring it starts at once; to be given to `explore`."""
    used = reductions(system, reduce)
    with ThreadPoolExecutor(1) as beside:
        # An engine that was never compiled takes longest of all: it begins before the model's
        # text is known. What goes wrong with it is said by `executable`, which waits for it.
        beside.submit(engine, Layout(system).words, QUICK)
        generated = generate(system, used)
        executable(generated)
    return generated


def default_threads() -> int:
    """As many as this process may have processors."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _arguments(threads: int | None, limit: int | None, memory: int | None,
               stop_early: bool) -> list[str]:
    return [f"threads={threads or default_threads()}", f"limit={limit or 0}",
            f"memory={free_memory() if memory is None else memory}",
            f"early={int(stop_early)}"]


def free_memory() -> int:
    """The bytes that a search may take without being killed for it."""
    free = _meminfo()
    with contextlib.suppress(OSError, ValueError):
        group = pathlib.Path("/sys/fs/cgroup")
        most = int((group / "memory.max").read_text(encoding="ascii"))
        free = min(free, most - int((group / "memory.current").read_text(encoding="ascii")))
    return int(free * SHARE_OF_MEMORY)


def _meminfo() -> int:
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            name, amount = line.split()[:2]
            if name == "MemAvailable:":
                return int(amount) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


@dataclass
class _Run:
    """One run of a program. A thread reads what it writes, so that an interrupt loses nothing."""

    generated: Generated
    arguments: list[str]
    report: Report | None
    checkpoint: Checkpoint | None = None
    progress: Progress | None = None
    answer: list[list[str]] = field(default_factory=list)
    remarks: dict[str, list[str]] = field(default_factory=dict)     # of its checkpoint
    interrupted: bool = False
    reported: int = 0                               # states, in the last report
    shown: Progress | None = None                   # that one
    optimised: bool = False                         # the program that it began with
    spent: float = 0.0                              # seconds of processor time, of all threads
    improving: threading.Thread | None = None
    made: pathlib.Path | None = None                # by that thread
    better: pathlib.Path | None = None              # the program to begin anew with
    decoded: dict[tuple[int, ...], State] = field(default_factory=dict)     # paths share states

    def exploration(self, limit: int | None, memory: int | None) -> Exploration:
        try:
            program = self._program()
        except KeyboardInterrupt:
            return Exploration(False, engine="native", reason=_reason("interrupted", None, None))
        self.started = time.perf_counter()
        status, errors = self._finished(program)
        if self.better is not None:
            self.answer.clear()
            status, errors = self._finished(self.better)
        if self.checkpoint and "refused" in self.remarks:
            raise self.checkpoint.refused(" ".join(self.remarks["refused"]))
        if not self.answer or self.answer[-1] != ["end"]:
            return self._died(status, errors)
        return self._decoded(limit, memory)

    def _program(self) -> pathlib.Path:
        """The program to begin with. The better one is for a search that took long before, and
        for one that is worth saving."""
        program = made_earlier(self.generated, OPTIMISED)
        self.optimised = self.checkpoint is not None or program is not None
        return program or executable(self.generated, OPTIMISED if self.optimised else QUICK)

    def _finished(self, program: pathlib.Path) -> tuple[int, str]:
        """Run a program to its end; its status and what it wrote to the error output."""
        # Levels that memory has no room for go to where the program lies.
        arguments = [*self.arguments, f"spill={program.parent}"]
        with subprocess.Popen([program, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              text=True) as process:
            self._follow(process)
            return process.wait(), process.stderr.read()

    def _follow(self, process: subprocess.Popen[str]) -> None:
        """Pass on progress until the program is done or there is a better one; an interrupt
        asks it to come to an end, a second one does not ask."""
        reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        reader.start()
        try:
            while reader.is_alive() and not self._improved():
                self._wait(reader, process)
        finally:
            if reader.is_alive():
                process.kill()
            reader.join()

    def _wait(self, reader: threading.Thread, process: subprocess.Popen[str]) -> None:
        try:
            reader.join(POLL)
            self._pass_on()
        except KeyboardInterrupt:
            if self.interrupted:
                raise
            self.interrupted = True
            process.send_signal(signal.SIGINT)

    def _pass_on(self) -> None:
        """Report progress, but for what a search that began anew has yet to make up for."""
        seen = self.progress
        if self.report is None or seen is None or seen is self.shown:
            return
        if seen.stage is not None or seen.distinct > self.reported:
            self.reported, self.shown = seen.distinct, seen
            self.report(seen)

    def _improved(self) -> bool:
        """Whether a better program has just become available; begins to make it in due time.
        A search that is complete does not begin anew, whatever follows it."""
        if self.interrupted or self.optimised or self.better is not None or self.answer:
            return False
        if self.improving is None:
            if self.spent > OPTIMISE_AFTER:
                self.improving = threading.Thread(target=self._improve, name=IMPROVING)
                self.improving.start()
            return False
        if self.improving.is_alive():
            return False
        self.better = self.made
        return self.better is not None

    def _improve(self) -> None:
        # Where that fails, the first program has to do.
        with contextlib.suppress(CompileError, NoCompiler, UserError, OSError):
            self.made = executable(self.generated, OPTIMISED)

    def _read(self, lines: Iterator[str]) -> None:
        for line in lines:
            words = line.split()
            if words[:1] in (["progress"], ["stage"]):
                self.spent = int(words[-1]) / 1000
                self.progress = self._stage(words) if words[0] == "stage" else \
                    self._progress(*map(int, words[1:]))
            elif words[:1] in (["refused"], ["unsaved"], ["resumed"]):
                self.remarks[words[0]] = words[1:]
            else:
                self.answer.append(words)

    def _progress(self, distinct: int, generated: int, depth: int, following: int,
                  *more: int) -> Progress:
        *levels, held, _ = more
        return Progress(distinct, generated, depth, levels[-1],
                        time.perf_counter() - self.started, held, tuple(levels), following)

    def _stage(self, words: list[str]) -> Progress:
        """After the search, whose counts have been told: where liveness is."""
        _, name, number, done, size, held, _ = words
        (_, _, distinct, generated, *_), levels = self.answer[:2]
        of = self.generated.properties[int(number)] if int(number) else ""
        return Progress(int(distinct), int(generated), len(levels) - 2, 0,
                        time.perf_counter() - self.started, int(held),
                        stage=Stage(name, of, int(done) / max(int(size), 1)))

    def _died(self, status: int, errors: str) -> Exploration:
        """No answer: killed from outside, or a defect."""
        if status not in (-signal.SIGKILL, -signal.SIGTERM):
            raise RuntimeError(f"the native engine failed with status {status}: {errors}")
        found = Exploration(False, engine="native",
                            reason=f"the search was killed by {signal.Signals(-status).name}")
        if self.progress is not None:
            found.distinct, found.generated = self.progress.distinct, self.progress.generated
            found.depth = self.progress.depth
        return found

    # ── the answer ──────────────────────────────────────────────────────────────────────────

    def _decoded(self, limit: int | None, memory: int | None) -> Exploration:
        lines = iter(self.answer)
        _, outcome, *counts = next(lines)
        distinct, generated, initial, held = map(int, counts)
        levels = [int(count) for count in next(lines)[1:]]
        layout = self.generated.layout
        found = Exploration(
            outcome == "complete", distinct=distinct, generated=generated, initial=initial,
            depth=max(len(levels) - 1, 0), levels=levels, reason=_reason(outcome, limit, memory),
            engine="native", state_bits=layout.bits, bytes_per_state=held / max(distinct, 1),
            reductions=self.generated.reductions.used,
            shortest=self.generated.reductions.shortest,
            resumed=int(self.remarks.get("resumed", ["0"])[0]))
        if outcome == "unsaved":
            found.reason = "no checkpoint could be written: " + " ".join(self.remarks[outcome])
        found.fired = {self.generated.locations[int(n)] for n in next(lines)[1:]}
        _, found.table, table_bytes = next(lines)
        found.table_bytes = int(table_bytes) / max(distinct, 1)
        found.antecedents = {self.generated.antecedents[int(n)] for n in next(lines)[1:]}
        names = self.generated.properties
        witnessed = {p.name for p in layout.system.properties_of("sometimes")}
        for line in lines:
            match line:
                case ["live", number, outcome]:
                    live = self._live(int(number), outcome, distinct, memory)
                    found.live[live.property] = live
                case ["kind", length]:
                    found.kinds.append(self._path(lines, int(length)))
                case ["path", number, length]:
                    path, name = self._path(lines, int(length)), names[int(number)]
                    if name in found.live:
                        found.live[name] = self._lasso(found.live[name], path, lines)
                    else:
                        path = unmerged(layout.system, self.generated.reductions.merged, name, path)
                        (found.witnesses if name in witnessed else found.violations)[name] = path
        return found

    def _live(self, number: int, outcome: str, distinct: int, memory: int | None) -> Liveness:
        name = self.generated.properties[number]
        if outcome == "holds" or outcome == "violated":
            return Liveness(name, outcome, distinct, engine="native")
        reason = _reason(outcome, None, memory)
        if outcome == "memory":
            reason = f"all {distinct:,} states were visited, the runs through them not: {reason}"
        return Liveness(name, "unknown", distinct, reason=reason, engine="native")

    def _lasso(self, live: Liveness, path: Path, lines: Iterator[list[str]]) -> Liveness:
        """The path, how it goes on, and where it returns to."""
        _, _, count, loop = next(lines)
        path, at = rolled_up(path + self._path(lines, int(count)), int(loop))
        return replace(live, path=path, loop=at)

    def _path(self, lines: Iterator[list[str]], length: int) -> Path:
        states = []
        for _ in range(length):
            words = tuple(int(word, 16) for word in next(lines))
            assert all(word < 1 << WORD for word in words)
            if words not in self.decoded:
                self.decoded[words] = self.generated.layout.decode(words)
            states.append(self.decoded[words])
        return tuple(states)


def _reason(outcome: str, limit: int | None, memory: int | None) -> str:
    match outcome:
        case "limit":
            return f"the limit of {limit:,} states was reached"
        case "memory":
            budget = "what is free" if memory is None else f"{memory:,} bytes"
            return f"the memory budget, {budget}, was used up"
        case "interrupted":
            return "interrupted"
        case "early":
            return "stopped at the first violation"
        case "enough":
            return "there were enough"
    return ""
