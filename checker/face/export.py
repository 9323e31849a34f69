"""`checker export`: one system as a TLA+ module or a Promela model."""
from __future__ import annotations

import pathlib

import click

from checker.engines.export import promela, tla
from checker.errors import EXIT_OK
from checker.face.arguments import SettingsCommand, chosen_job, one_system
from checker.face.terminal import complain, console, write_file
from checker.ir.system import System


@click.command(cls=SettingsCommand)
@one_system
@click.option("--to", "target", type=click.Choice(["tla", "promela"]), required=True,
              help="The language: tla for TLC, promela for SPIN.")
@click.option("--out", metavar="DIR", default=".", show_default=True,
              type=click.Path(file_okay=False), help="Where to write the files.")
def export(target: str, out: str, **chosen) -> int:
    """Write one system for another model checker.

    NAME.tla and NAME.cfg for TLC, NAME.pml for SPIN: with the spec's names, and the lines that
    everything comes from. What can not be said there is refused, or named where it is left out.
    """
    system = chosen_job(**chosen).system()
    files, hint = (_tla if target == "tla" else _promela)(system)
    for name, text in files.items():
        write_file(pathlib.Path(out) / name, text)
    names = " and ".join(str(pathlib.Path(out) / name) for name in files)
    written = "is written" if len(files) == 1 else "are written"
    console().print(f"{names} {written}; next: {hint}")
    return EXIT_OK


def _tla(system: System) -> tuple[dict[str, str], str]:
    module = tla.module(system)
    return ({f"{module.name}.tla": module.text, f"{module.name}.cfg": module.config},
            f"java -cp tla2tools.jar tlc2.TLC -deadlock {module.name}")


def _promela(system: System) -> tuple[dict[str, str], str]:
    model = promela.model(system)
    if model.left_out:
        complain(f"left out: {', '.join(model.left_out)}: SPIN knows no fairness between the "
                 "instances, which are one process there")
    return {f"{model.name}.pml": model.text}, f"spin -o1 -o2 -a {model.name}.pml"
