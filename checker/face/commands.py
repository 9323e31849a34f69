"""The commands: `checker COMMAND ...`; where every error ends as a message and a status."""
from __future__ import annotations

import gc
import importlib
import os
import sys
import traceback
from collections.abc import Sequence

import click

from checker import __version__
from checker.errors import (EXIT_INTERNAL, EXIT_OK, EXIT_UNKNOWN, EXIT_USAGE, SpecError,
                            UserError)
from checker.face.importing import importing
from checker.face.terminal import complain

COMMANDS = {
    "new": "new:new", "list": "listing:list_specs", "verify": "verify:verify",
    "replay": "replay:replay", "prove": "prove:prove",
    "certificate": "certificate:certificate", "simulate": "simulate:simulate",
    "mutate": "mutate:mutate",
    "export": "export:export", "crosscheck": "crosscheck:crosscheck",
    "show": "show:show", "graph": "graph:graph",
    "explain": "listing:explain", "doctor": "doctor:doctor",
}
"""In the order of use: the module within this package, and the command's name there."""

EPILOG = """\b
Exit status: 0 everything as declared; 1 a result differs from what is declared;
2 wrong usage; 3 the spec, or a file, is at fault; 4 unknown or incomplete;
5 a defect of the checker."""


class _Imported(click.Group):
    """Imports a command when it is asked for: Z3 alone takes longer to load than most runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        with importing():
            return getattr(importlib.import_module(f"checker.face.{module}"), name)


@click.group(cls=_Imported, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"],
                                              "max_content_width": 100})
@click.version_option(__version__, prog_name="checker")
@click.option("--debug", is_flag=True, help="Show the traceback of an internal error.")
def checker(debug: bool) -> None:
    """Check the ordering rules of concurrent code, written down as Python."""


def run(args: Sequence[str] | None = None) -> int:
    """Run a command line; the exit status."""
    words = list(sys.argv[1:] if args is None else args)
    # Systems and traces are large and hold no cycles worth a search for them every moment.
    gc.set_threshold(200_000, 50, 50)
    try:
        status = _run(words)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Whoever read the output has gone; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_UNKNOWN
    except OSError as error:
        complain(f"error: the output can not be written: {error.strerror}")
        return EXIT_USAGE


def _run(words: list[str]) -> int:
    try:
        return checker.main(words, prog_name="checker", standalone_mode=False) or EXIT_OK
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except (SpecError, UserError) as error:
        complain(error)
        return error.exit_status
    except (KeyboardInterrupt, click.Abort):
        complain("interrupted")
        return EXIT_UNKNOWN
    except OSError:
        raise
    except Exception as error:
        complain(_internal(error, words))
        return EXIT_INTERNAL


def _internal(error: Exception, words: list[str]) -> str:
    if "--debug" in words[:1]:
        return traceback.format_exc()
    return (f"error: a defect of the checker: {type(error).__name__}: {error}\n"
            f"  hint: `checker --debug {' '.join(words)}` shows where")
