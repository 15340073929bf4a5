"""A group of commands that are imported when they are used, so that small ones start quickly."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

from cli.errors import ReportingGroup


class Listed(NamedTuple):
    """Where a command is, and what the list of commands says of it, in one line of 80 columns.

    It is in a module that holds it under its own name, or at `module:attribute`.
    """

    place: str
    summary: str


class LazyGroup(ReportingGroup):
    """`listed` has its commands in the order in which they are shown; to show them, none is imported."""

    def __init__(self, *args: Any, listed: Mapping[str, Listed], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listed = listed

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.listed)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in self.listed:
            return None
        module, _, attribute = self.listed[cmd_name].place.partition(":")
        found = getattr(import_module(module), attribute or cmd_name)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in self.listed.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=self.listed, ctx=ctx) from None
