"""`reconcilery alerts`: what is wrong, who has taken it on, what is silenced."""

import click

from cli.lazy_group import LazyGroup

COMMANDS = {
    "list": "cli.alerts.listing:list_alerts",
    "ack": "cli.alerts.handling",
    "resolve": "cli.alerts.handling",
    "history": "cli.alerts.history",
    "silence": "cli.alerts.silencing",
    "unsilence": "cli.alerts.silencing",
    "silences": "cli.alerts.silences",
}


@click.group(cls=LazyGroup, places=COMMANDS, epilog="Example: reconcilery alerts ack 3f2a --note 'looking at it'")
def alerts() -> None:
    """See what is wrong, take it on, silence what need not be told.

    An alert or a silence is named by the first digits of its id, at least four.
    """
