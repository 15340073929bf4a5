"""One tree of commands, published twice: as `reconcilery` and as `celery -A monitor_tasks reconcilery`."""

import sys
from typing import NoReturn

import click

from cli.lazy_group import LazyGroup, Listed

#: In the order in which somebody new may need them.
COMMANDS = {
    "check": Listed("cli.check", "Check the last hour, day or fortnight, or any stretch of time."),
    "missing": Listed("cli.missing", "List the tasks that have no output though they should."),
    "repair": Listed("cli.repair.group", "Plan a repair, apply it, watch and steer it, and take it back."),
    "compensate": Listed("cli.repair.compensate", "Plan a repair, apply it and measure again, in one go."),
    "alerts": Listed("cli.alerts.group", "See what is wrong, take it on, silence what need not be told."),
    "notify": Listed("cli.notify.group", "Try a channel, see what became of messages, send again."),
    "events": Listed("cli.events.group", "See the events of services, and send one from a script."),
    "report": Listed("cli.report", "Report a stretch of time as text, HTML, Markdown or JSON."),
    "status": Listed("cli.status", "Show how things stand: checks, alerts, schedule, processes."),
    "schedule": Listed("cli.schedule", "Show when which check runs."),
    "init": Listed("cli.init", "Create or upgrade the product's own tables."),
    "doctor": Listed("cli.doctor", "Look for what is wrong with the setup, and say what helps."),
    "config": Listed("cli.config", "Show, check and begin the configuration."),
    "probe": Listed("cli.probe", "Say whether worker, beat or API of this machine is alive."),
    "serve": Listed("cli.serve", "Answer HTTP: the web page, the API, metrics."),
    "up": Listed("cli.up.command", "Start everything on this machine, until Ctrl-C."),
    "version": Listed("cli.version", "Print the version."),
}


@click.group(
    cls=LazyGroup,
    listed=COMMANDS,
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
