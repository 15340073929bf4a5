"""One tree of commands, published twice: as `reconcilery` and as `celery -A monitor_tasks reconcilery`."""

import sys
from typing import NoReturn

import click

from cli.lazy_group import LazyGroup

#: Where each command is; it is imported when it is used, so that small ones such as `probe` start quickly.
COMMANDS = {
    "check": "cli.check",
    "missing": "cli.missing",
    "repair": "cli.repair.group",
    "compensate": "cli.repair.compensate",
    "alerts": "cli.alerts.group",
    "notify": "cli.notify.group",
    "events": "cli.events.group",
    "report": "cli.report",
    "status": "cli.status",
    "schedule": "cli.schedule",
    "init": "cli.init",
    "doctor": "cli.doctor",
    "config": "cli.config",
    "probe": "cli.probe",
    "serve": "cli.serve",
    "up": "cli.up.command",
    "version": "cli.version",
}


@click.group(
    cls=LazyGroup,
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: reconcilery check quick",
)
def reconcilery() -> None:
    """Find successful tasks that have no output, and put the outputs back.

    Results go to stdout, progress and messages to stderr; --json prints one object. Exit codes: 0 done, 1 could not
    do it, 2 wrong usage or bad input, 3 a finding at or over --fail-on, 4 partly repaired, 69 no broker or worker
    answered, 130 interrupted.
    """


def main() -> NoReturn:
    """The program."""
    reconcilery(prog_name="reconcilery")
    sys.exit(0)
