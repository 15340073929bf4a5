"""One tree of commands, published twice: as `reconcilery` and as `celery -A monitor_tasks reconcilery`."""

import sys
from importlib import import_module
from typing import NoReturn

import click

from cli.errors import ReportingGroup

#: Where each command is; it is imported when it is used, so that small ones such as `probe` start quickly.
COMMANDS = {
    "check": "cli.check",
    "missing": "cli.missing",
    "status": "cli.status",
    "schedule": "cli.schedule",
    "init": "cli.init",
    "doctor": "cli.doctor",
    "config": "cli.config",
    "probe": "cli.probe",
    "up": "cli.up.command",
    "version": "cli.version",
}


class LazyGroup(ReportingGroup):
    """A group of the commands in COMMANDS: each module holds its command under the command's own name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        found = getattr(import_module(COMMANDS[cmd_name]), cmd_name)
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: reconcilery check quick",
)
def reconcilery() -> None:
    """Find successful tasks that have no output.

    Results go to stdout, progress and messages to stderr; --json prints one object. Exit codes: 0 done, 1 could not
    do it, 2 wrong usage or bad input, 3 a finding at or over --fail-on, 69 no broker or worker answered,
    130 interrupted.
    """


def main() -> NoReturn:
    """The program."""
    reconcilery(prog_name="reconcilery")
    sys.exit(0)
