"""`reconcilery events`: what services have told, what they tell now, and telling something from a script."""

import click

from cli.lazy_group import LazyGroup, Listed

COMMANDS = {
    "tail": Listed("cli.events.tailing:tail", "Show the latest events; with --follow also those that come in."),
    "list": Listed("cli.events.listing:list_events", "List the events that are kept, newest first."),
    "emit": Listed("cli.events.emitting:emit", "Send one event, and wait until it is taken."),
}


@click.group(cls=LazyGroup, listed=COMMANDS, epilog="Example: reconcilery events tail --follow --level warning")
def events() -> None:
    """See the events of services as they come in or as they are kept, and send one from a script."""
