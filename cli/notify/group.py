"""`reconcilery notify`: whether channels work, and what became of messages."""

import click

from cli.lazy_group import LazyGroup, Listed

COMMANDS = {
    "test": Listed("cli.notify.testing:test", "Send a test message through a channel, once."),
    "list": Listed("cli.notify.listing:list_deliveries", "List the latest messages, newest first."),
    "dead": Listed("cli.notify.dead", "List the messages that nobody was told, with the reason."),
    "redeliver": Listed("cli.notify.redelivering:redeliver", "Send dead messages again."),
    "sweep": Listed("cli.notify.sweeping:sweep", "Tell what is due from this machine."),
}


@click.group(cls=LazyGroup, listed=COMMANDS, epilog="Example: reconcilery notify test ops")
def notify() -> None:
    """Try a channel, see what became of messages, send again what was given up."""
