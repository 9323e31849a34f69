"""How a search is getting on: one line on a terminal, nothing anywhere else."""
from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from checker.face.forecast import forecast
from checker.face.options import show_size
from checker.face.plan import Job
from checker.results.exploration import Progress, Report, Stage


class ProgressLine:
    """Shows the progress of one search after the other on a console, if it is a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    def begin(self, job: Job) -> Report | None:
        """The callback for the search of `job`; None where nobody would see it."""
        if not self._console.is_terminal:
            return None
        title = f"{job.spec.name} {job.title}"
        return self.show(title, lambda progress: describe(title, progress))

    def show(self, title: str, describe: Callable[[Progress], str]) -> Report:
        self.end()
        spinner = Spinner("dots", Text(title))
        self._live = Live(spinner, console=self._console, transient=True, refresh_per_second=10)
        self._live.start()
        return lambda progress: spinner.update(text=Text(describe(progress)))

    def end(self) -> None:
        """Take the line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    @contextlib.contextmanager
    def working(self, title: str) -> Iterator[Callable[[str], None]]:
        """A line for work that reports in words; gives the callback for them."""
        if not self._console.is_terminal:
            yield lambda text: None
            return
        with self._console.status(title) as status:
            yield lambda text: status.update(Text(f"{title} · {text}"))


def describe(title: str, progress: Progress) -> str:
    """The line: counts, rate, memory, and what is ahead, where that can be told."""
    parts = [title, f"{progress.distinct:,} states"]
    if progress.stage is not None:
        parts += [_stage(progress.stage)]
    else:
        rate = progress.generated / max(progress.seconds, 1e-3)
        parts += [f"{_short(rate)} steps/s", f"depth {progress.depth}",
                  f"frontier {progress.frontier:,}"]
    if progress.memory:
        parts.append(show_size(progress.memory))
    return " · ".join([*parts, *_ahead(progress)])


STAGES = {"states": "states without the goals", "graph": "graph of the runs",
          "fields": "what fields tell of {}",
          "goals": "goals of {}", "components": "runs without the goal of {}"}
"""What the stages of the judgement of liveness look at."""


def _stage(stage: Stage) -> str:
    return f"liveness: {STAGES[stage.name].format(stage.property)}, {stage.done:.0%}"


def _ahead(progress: Progress) -> Iterator[str]:
    """The forecast, and the time if states are found as fast as until now."""
    more = None if progress.stage else forecast(progress.levels, progress.following)
    if more:
        seconds = more * progress.seconds / max(progress.distinct, 1)
        yield f"about {_rounded(progress.distinct + more):,} in all, {_time(seconds)} left"


def _rounded(number: int) -> int:
    """To two digits: a forecast is worth no more."""
    unit = 10 ** max(len(str(number)) - 2, 0)
    return (number + unit // 2) // unit * unit


def _time(seconds: float) -> str:
    for name, unit in (("h", 3600), ("min", 60)):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def _short(rate: float) -> str:
    for unit in ("", "k", "M"):
        if rate < 1000:
            return f"{rate:.0f}{unit}" if rate >= 100 or not unit else f"{rate:.1f}{unit}"
        rate /= 1000
    return f"{rate:.1f}G"
