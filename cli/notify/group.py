"""`reconcilery notify`: whether channels work, and what became of messages."""

import click

from cli.lazy_group import LazyGroup

COMMANDS = {
    "test": "cli.notify.testing:test",
    "list": "cli.notify.listing:list_deliveries",
    "dead": "cli.notify.dead",
    "redeliver": "cli.notify.redelivering:redeliver",
    "sweep": "cli.notify.sweeping:sweep",
}


@click.group(cls=LazyGroup, places=COMMANDS, epilog="Example: reconcilery notify test ops")
def notify() -> None:
    """Try a channel, see what became of messages, send again what was given up."""
