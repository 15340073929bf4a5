"""`reconcilery events`: what services have told, what they tell now, and telling something from a script."""

import click

from cli.lazy_group import LazyGroup

COMMANDS = {
    "tail": "cli.events.tailing:tail",
    "list": "cli.events.listing:list_events",
    "emit": "cli.events.emitting:emit",
}


@click.group(cls=LazyGroup, places=COMMANDS, epilog="Example: reconcilery events tail --follow --level warning")
def events() -> None:
    """See the events of services as they come in or as they are kept, and send one from a script."""
