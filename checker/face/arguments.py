"""Arguments that several commands share."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from checker.engines.native import Reduction
from checker.errors import UserError
from checker.face.find import find_spec
from checker.face.options import (parse_reductions, parse_settings, parse_size,
                                  spread_settings)
from checker.face.plan import Job, default_instance

F = TypeVar("F", bound=Callable[..., Any])


class SettingsCommand(click.Command):
    """A command whose `--set` takes several words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, spread_settings(args))


class Size(click.ParamType):
    """Bytes, as 4GiB."""

    name = "size"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        try:
            return value if isinstance(value, int) else parse_size(value)
        except UserError as error:
            self.fail(str(error), param, ctx)


class Reductions(click.ParamType):
    """Names of reductions, with commas between them."""

    name = "reductions"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[Reduction, ...]:
        try:
            return value if isinstance(value, tuple) else parse_reductions(value)
        except UserError as error:
            self.fail(str(error), param, ctx)


def one_system(function: F) -> F:
    """The argument and options that choose one system of one spec."""
    for decorate in (
        click.option("--preemptible", is_flag=True,
                     help="Let every process be interrupted before each access to shared state."),
        click.option("--fault", metavar="NAME", help="With this fault."),
        click.option("--set", "settings", multiple=True, metavar="NAME=VALUE...",
                     help="Constants, several after one --set."),
        click.option("--instance", metavar="NAME", help="The instance; else ci, or the first."),
        click.argument("spec", metavar="SPEC"),
    ):
        function = decorate(function)
    return function


def report_options(function: F) -> F:
    """The options that say how to report on one system."""
    verbose = click.option("--verbose", "-v", is_flag=True,
                           help="A line for every single property.")
    as_json = click.option("--json", "as_json", is_flag=True,
                           help="The report as JSON on standard output.")
    return as_json(verbose(function))


def chosen_job(spec: str, instance: str | None, settings: tuple[str, ...], fault: str | None,
               preemptible: bool) -> Job:
    """The job that `one_system`'s options choose. Raises UserError and SpecError."""
    found = find_spec(spec)
    return Job(found, instance or default_instance(found),
               found.fault(fault) if fault else None, parse_settings(settings), preemptible)
