"""`checker replay`: a recorded counterexample, run on the implementation beside its spec."""
from __future__ import annotations

import click
from rich.text import Text

from checker.errors import EXIT_DIFFERS, EXIT_OK, UserError
from checker.face.ledger import Ledger
from checker.face.recorded import read_trace
from checker.face.replay_json import replay_json
from checker.face.terminal import console
from checker.judgement.replay import Blocked, Diverged, Outcome, Reproduced, adapter_of
from checker.judgement.replay import replay as run_on_implementation
from checker.results.trace import ChoiceMade, Trace

MEMORIES = ("io_uring", "simulated")

SAVED = {Blocked: "which is what the correct version has to do",
         Diverged: "the correct version does something else here"}


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False))
@click.option("--correct", is_flag=True,
              help="On the implementation without the mistake, which has to refuse it.")
@click.option("--memory", type=click.Choice(MEMORIES),
              help="What pins memory; else io_uring where it is permitted.")
@click.option("--spec", metavar="FILE.py", type=click.Path(dir_okay=False),
              help="The spec that the trace belongs to, where it is elsewhere now.")
@click.option("--json", "as_json", is_flag=True, help="What happened as JSON.")
def replay(file: str, correct: bool, memory: str | None, spec: str | None,
           as_json: bool) -> int:
    """Replay a recorded counterexample on the implementation.

    FILE is an .itf.json file. The trace is certified first; then each step runs in real threads,
    and the state after it is compared. It ends in one of: reproduced, diverged, blocked.
    """
    trace = read_trace(file, spec)
    ledger = Ledger(console())
    try:
        adapter = adapter_of(trace)
    except UserError:
        if correct or memory:
            raise
        if as_json:
            click.echo(replay_json(trace, None, correct=False, status=EXIT_OK))
            return EXIT_OK
        ledger.trace(trace)
        ledger.line("")
        ledger.line("The interpreter has re-executed the trace; there is no implementation to "
                    "replay it on.")
        return EXIT_OK
    outcome = run_on_implementation(trace, correct=correct, memory=memory, adapter=adapter)
    status = EXIT_OK if isinstance(outcome, Reproduced) != correct else EXIT_DIFFERS
    if as_json:
        click.echo(replay_json(trace, outcome, correct=correct, status=status))
    else:
        _tell(ledger, trace, outcome, correct)
    return status


def _tell(ledger: Ledger, trace: Trace, outcome: Outcome, correct: bool) -> None:
    """Each step as far as it came, and what became of it all."""
    on = "the correct implementation" if correct else "the implementation as modelled"
    ledger.line(f"{trace.system.name}: {trace.property}, {len(trace.steps)} steps, on {on}", "bold")
    width = max((len(step.actor) for step in trace.steps), default=0)
    stopped = not isinstance(outcome, Reproduced)
    for number, step in enumerate(trace.steps[:outcome.steps], 1):
        refused = stopped and number == outcome.steps
        choices = "".join(f"   {_choice(c)}" for c in step.choices)
        ledger.console.print(Text.assemble(
            f"{number:>4}  ", ("✗" if refused else "✓", "red" if refused else "green"),
            f" {step.actor:<{width}}  {step.label}", (choices, "dim")), soft_wrap=True)
    good = stopped == correct
    ledger.line("")
    ledger.line(str(outcome), "bold green" if good else "bold red")
    for line in outcome.symptom if isinstance(outcome, Reproduced) else ():
        ledger.line(f"  {line}")
    if correct and stopped:
        ledger.line(f"  {SAVED[type(outcome)]}")
    for thread in outcome.left:
        ledger.line(f"  note: the thread {thread} could not be ended", "yellow")


def _choice(choice: ChoiceMade) -> str:
    """A choice as traces show it."""
    if choice.kind == "fails":
        return f"{choice.name} {'fails' if choice.value else 'succeeds'}"
    return f"{choice.name}={choice.shown}"
