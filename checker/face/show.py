"""`checker show`: a spec's processes as state machines, or a recorded trace."""
from __future__ import annotations

import click

from checker.errors import EXIT_OK, UserError
from checker.face.arguments import SettingsCommand, chosen_job, one_system
from checker.face.drawing import dot, svg
from checker.face.ledger import Ledger
from checker.face.machine import beside, machine_text
from checker.face.recorded import SUFFIX, read_trace
from checker.face.terminal import console, write_file
from checker.ir.show import show_type
from checker.ir.system import System
from checker.source import short_path


@click.command(cls=SettingsCommand)
@one_system
@click.option("--dot", "dot_file", metavar="FILE", type=click.Path(dir_okay=False),
              help="Write the state machines for Graphviz.")
@click.option("--svg", "svg_file", metavar="FILE", type=click.Path(dir_okay=False),
              help="Write the state machines as a picture.")
@click.option("--spec", "other", metavar="FILE.py", type=click.Path(dir_okay=False),
              help="With a trace: the spec that it belongs to.")
def show(spec: str, dot_file: str | None, svg_file: str | None, other: str | None,
         **chosen) -> int:
    """Show processes as state machines, or a recorded trace.

    SPEC is a spec as for verify, or a .itf.json file. Beside each effect stands the line of the
    spec that it comes from. A trace is certified before it is shown.
    """
    ledger = Ledger(console())
    if spec.endswith(SUFFIX):
        if dot_file or svg_file or any(chosen.values()):
            raise UserError(f"{spec}: of the options only --spec goes with a trace")
        ledger.trace(read_trace(spec, other))
        return EXIT_OK
    if other:
        raise UserError("--spec goes with a trace only")
    system = chosen_job(spec, **chosen).system()
    for path, text in ((dot_file, dot), (svg_file, svg)):
        if path:
            write_file(path, text(system))
    if not (dot_file or svg_file):
        _show_system(ledger, system)
    return EXIT_OK


def _show_system(ledger: Ledger, system: System) -> None:
    ledger.line(f"{system.name}  {short_path(system.path)}", "bold")
    for variable in system.variables:
        if variable.kind == "shared":
            ledger.line(beside(system, variable.loc, 0,
                               f"{variable.name}: {show_type(variable.type)}"))
    for process in system.processes:
        ledger.line("")
        for number, line in enumerate(machine_text(system, process)):
            ledger.line(line, "bold" if number == 0 else "")
