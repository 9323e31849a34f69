"""`checker certificate`: solvers judge a proof for every size again, from its files alone."""
from __future__ import annotations

import click

from checker.engines.smt.anysize import check_certificate
from checker.engines.smt.anysize.certificate import SOLVERS, Checked
from checker.errors import EXIT_DIFFERS, EXIT_OK, EXIT_SPEC, EXIT_UNKNOWN, UserError
from checker.face.ledger import Ledger
from checker.face.progress import ProgressLine
from checker.face.terminal import console

MISSING = "not installed"


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--solver", "solvers", type=click.Choice(SOLVERS), multiple=True,
              help="Ask this solver only; it has to be installed.")
def certificate(directory: str, solvers: tuple[str, ...]) -> int:
    """Check a certificate that `prove --any-size --certificate DIR` wrote.

    Every file in DIR has to be unsatisfiable for every solver. cvc5 is asked where it is
    installed: pip install 'checker[certificates]'.
    """
    with ProgressLine(console(error=True)).working(directory) as tell:
        try:
            checked = check_certificate(directory, solvers or SOLVERS, tell)
        except ValueError as error:
            raise UserError(str(error), exit_status=EXIT_SPEC, hint="write one with: checker prove "
                            "SPEC --any-size --certificate DIR") from error
    ledger = Ledger(console())
    for solver in solvers or SOLVERS:
        _tell(ledger, checked, solver)
    if solvers and any(answer == MISSING for found in checked.files.values()
                       for answer in found.values()):
        raise UserError("cvc5 is not installed", hint="pip install 'checker[certificates]'")
    if checked.complete:
        return EXIT_OK
    said = {answer for found in checked.files.values() for answer in found.values()}
    return EXIT_DIFFERS if "sat" in said else EXIT_UNKNOWN


def _tell(ledger: Ledger, checked: Checked, solver: str) -> None:
    """How many files a solver agreed on, and what it said of the others."""
    total, agreed = len(checked.files), checked.agreed[solver]
    answers = {name: found[solver] for name, found in checked.files.items()}
    if MISSING in answers.values():
        ledger.line(f"- {solver:<5} {MISSING}")
        return
    ledger.line(f"{'✓' if agreed == total else '✗'} {solver:<5} {agreed} of {total} obligations "
                "are unsatisfiable", "" if agreed == total else "red")
    for name, answer in answers.items():
        if answer != "unsat":
            ledger.line(f"  {name}: {answer}")
