"""`checker graph`: the state graph of a small system, summarised and drawn."""
from __future__ import annotations

import click

from checker.errors import EXIT_OK
from checker.face.arguments import SettingsCommand, chosen_job, one_system
from checker.face.state_graph import build, dot, summary, svg
from checker.face.terminal import console, write_file
from checker.source import short_path

LIMIT = 20_000


@click.command(cls=SettingsCommand)
@one_system
@click.option("--dot", "dot_file", metavar="FILE", type=click.Path(dir_okay=False),
              help="Write the graph for Graphviz.")
@click.option("--svg", "svg_file", metavar="FILE", type=click.Path(dir_okay=False),
              help="Write the graph as a picture.")
@click.option("--limit", type=click.IntRange(min=1), default=LIMIT, show_default=True,
              help="The most states to look at.")
def graph(spec: str, dot_file: str | None, svg_file: str | None, limit: int, **chosen) -> int:
    """Summarise or draw the state graph of a small system.

    The summary tells how many states and steps there are, where runs end, and the strongly
    connected components: the sets of states in which a run can stay for ever.
    """
    system = chosen_job(spec, **chosen).system()
    found = build(system, limit)
    for path, text in ((dot_file, dot), (svg_file, svg)):
        if path:
            write_file(path, text(found))
    out = console()
    out.print(f"{system.name}  {short_path(system.path)}", style="bold")
    for line in summary(found):
        out.print(line)
    return EXIT_OK
