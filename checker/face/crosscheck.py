"""`checker crosscheck`: the same systems searched by TLC and SPIN, and what came out compared.

The number of distinct states has to be equal to the last one, and so does what is said of each
property that the other tool knows. A tool that is missing, a system that can not be translated
and a search that was cut short are `unknown`, never agreement.
"""
from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import click

from checker.engines.export import promela, spin, tla, tlc, tools
from checker.engines.export.refuse import Untranslatable
from checker.engines.interp.liveness import KINDS as LIVENESS
from checker.engines.interp.liveness import check_liveness
from checker.errors import EXIT_DIFFERS, EXIT_OK, EXIT_UNKNOWN, SpecError, UserError
from checker.face.arguments import SettingsCommand
from checker.face.compiled import compiled
from checker.face.find import find_specs
from checker.face.options import parse_settings
from checker.face.plan import Job, Selection, plan, those_that_know
from checker.face.search import Limits, search
from checker.face.terminal import complain, console
from checker.ir.system import System
from checker.results.exploration import Exploration
from checker.source import short_path

Outcome = Literal["agrees", "differs", "unknown"]
MARKS = {"agrees": ("✓", "green"), "differs": ("✗", "red"), "unknown": ("?", "yellow")}
SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of one system and one tool: the outcome and what there is to say of it."""

    tool: str
    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class Own:
    """The checker's own answer: how many states, and what each property is worth.

    `judged` says of a property whether something was found: a violation, or for a `sometimes` a
    witness.
    """

    distinct: int
    judged: dict[str, bool]


@click.command(cls=SettingsCommand)
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option("--tool", type=click.Choice(["all", "tlc", "spin"]), default="all",
              show_default=True, help="Whom to compare with.")
@click.option("--instance", metavar="NAME", help="The instance; else ci, or the first.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE...",
              help="Constants, several after one --set.")
@click.option("--fault", metavar="NAME", help="With this fault.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), default=SECONDS,
              show_default=True, metavar="S", help="The most that one run of a tool may take.")
def crosscheck(specs: tuple[str, ...], tool: str, instance: str | None,
               settings: tuple[str, ...], fault: str | None, seconds: float) -> int:
    """Compare states and verdicts with TLC and SPIN, where they are installed.

    Without SPEC, everything in spec/. TLC is compared in the number of distinct states and in
    every property; SPIN in everything but liveness.
    """
    found, errors = find_specs(specs)
    for error in errors:
        complain(error)
    chosen = Selection(instance, parse_settings(settings), fault, fault is not None)
    jobs = plan(those_that_know(found, chosen), chosen)
    wanted = [name for name in TOOLS if tool in ("all", name)]
    screen, outcomes = console(), []
    for job in jobs:
        screen.print(f"{job.spec.name}  {job.at or ''}  {short_path(job.spec.path)}"
                     + (f"  {job.title}" if job.fault else ""), style="bold")
        try:
            for comparison in compare(job, wanted, seconds):
                mark, style = MARKS[comparison.outcome]
                screen.print(f"  {mark} {comparison.outcome:8} {comparison.tool:5} "
                             f"{comparison.text}", style=style)
                outcomes.append(comparison.outcome)
        except SpecError as error:
            complain(error)
            errors.append(error)
    counted = ", ".join(f"{outcomes.count(o)} {o}" for o in MARKS)
    screen.print(f"\n{len(outcomes)} comparison{'s' * (len(outcomes) != 1)}: {counted}")
    if errors:
        return errors[0].exit_status
    if "differs" in outcomes:
        return EXIT_DIFFERS
    return EXIT_UNKNOWN if "unknown" in outcomes or not outcomes else EXIT_OK


def compare(job: Job, wanted: list[str], seconds: float) -> Iterator[Comparison]:
    """The job's system compared with each tool that is wanted. Raises SpecError."""
    try:
        ready = compiled(job)
        found, _ = search(ready, Limits(), None)
    except UserError as error:
        yield from (Comparison(name, "unknown", str(error)) for name in wanted)
        return
    for name in wanted:
        started = time.perf_counter()
        if not found.complete:
            yield Comparison(name, "unknown", f"the checker's own search: {found.reason}")
            continue
        try:
            yield with_time(TOOLS[name](ready.system, found, seconds), started)
        except tools.Missing as error:
            yield Comparison(name, "unknown", f"not compared: {error}".replace("\n ", ";"))
        except Untranslatable as error:
            yield Comparison(name, "unknown", str(error).replace("\n ", ";"))
        except tools.TimeoutExpired:
            yield Comparison(name, "unknown", f"no answer within {seconds:g} s")


def with_time(comparison: Comparison, started: float) -> Comparison:
    spent = time.perf_counter() - started
    return Comparison(comparison.tool, comparison.outcome, f"{comparison.text}, {spent:.1f} s")


# ── the tools ────────────────────────────────────────────────────────────────────────────────

def own_answer(system: System, found: Exploration, *, liveness: bool) -> Own:
    """What the checker found, by property."""
    judged = {p.name: p.name in found.violations or p.name in found.witnesses
              for p in system.properties if p.kind not in LIVENESS}
    judged |= dict.fromkeys(found.violations, True)
    if liveness:
        for name, live in check_liveness(system).items():
            if live.outcome != "unknown":
                judged[name] = live.outcome == "violated"
    return Own(found.distinct, judged)


def _tlc(system: System, found: Exploration, seconds: float) -> Comparison:
    module = tla.module(system)
    answer = tlc.explore(module, timeout=seconds)
    theirs = {tlc.base_name(name) for name in answer.failed | answer.seen}
    own = own_answer(system, found, liveness=bool(module.temporal))
    asked = set(own.judged) | theirs
    for name in module.temporal:
        if name in own.judged and not answer.error:
            live = tlc.holds(module, name, timeout=seconds)
            answer.error = live.error
            theirs |= live.failed
    left = [name for name in module.temporal if name not in own.judged]
    return compared("tlc", own, asked, answer.distinct, theirs, answer.error, left)


def _spin(system: System, found: Exploration, seconds: float) -> Comparison:
    model = promela.model(system)
    answer = spin.explore(model, timeout=seconds)
    own = own_answer(system, found, liveness=False)
    asked = set(own.judged) | answer.failed
    return compared("spin", own, asked, answer.distinct, answer.failed, answer.error,
                    list(model.left_out))


def compared(tool: str, own: Own, asked: set[str], distinct: int, theirs: set[str], error: str,
             left: list[str]) -> Comparison:
    """The two answers side by side; `asked` are the properties that were judged by both."""
    if error:
        return Comparison(tool, "unknown", f"{tool} failed: {' '.join(error.split())[:300]}")
    if distinct != own.distinct:
        return Comparison(tool, "differs", f"{distinct:,} states, not {own.distinct:,}")
    other = sorted(name for name in asked if own.judged.get(name, False) != (name in theirs))
    if other:
        found = [f"{name} ({tool} alone found {'it' if name in theirs else 'nothing'})"
                 for name in other]
        return Comparison(tool, "differs", f"{distinct:,} states, but not {', '.join(found)}")
    without = f"; without {', '.join(left)}" if left else ""
    return Comparison(tool, "agrees", f"{distinct:,} states, {plural(len(asked))}{without}")


def plural(properties: int) -> str:
    return f"{properties} propert{'y' if properties == 1 else 'ies'}"


TOOLS: dict[str, Callable[[System, Exploration, float], Comparison]] = {
    "tlc": _tlc, "spin": _spin,
}
