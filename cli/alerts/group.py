"""`reconcilery alerts`: what is wrong, who has taken it on, what is silenced."""

import click

from cli.lazy_group import LazyGroup, Listed

COMMANDS = {
    "list": Listed("cli.alerts.listing:list_alerts", "List what is wrong, since when, and who has taken it on."),
    "ack": Listed("cli.alerts.handling", "Take an alert on: it is not repeated and not escalated."),
    "resolve": Listed("cli.alerts.handling", "Say that an alert is over."),
    "history": Listed("cli.alerts.history", "Show what happened to one alert or to all, newest first."),
    "silence": Listed("cli.alerts.silencing", "Tell nobody of what fits all of these, for a time."),
    "unsilence": Listed("cli.alerts.silencing", "End a silence before its time."),
    "silences": Listed("cli.alerts.silences", "List what is silenced, until when, by whom and why."),
}


@click.group(cls=LazyGroup, listed=COMMANDS, epilog="Example: reconcilery alerts ack 3f2a --note 'looking at it'")
def alerts() -> None:
    """See what is wrong, take it on, silence what need not be told.

    An alert or a silence is named by the first digits of its id, at least four.
    """
