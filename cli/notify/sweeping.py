"""`reconcilery notify sweep`: what the workers' sweeper does, by this process, with neither broker nor worker."""

import click
import redis

from cli.as_json import json_flag, print_object
from cli.ledger import opened_ledger
from consistency.errors import BrokerUnavailable
from consistency.latest import connect, redis_errors
from consistency.logs import configure_logging
from consistency.settings import Settings
from notifiers.deliveries.sending_round import deliver_due
from notifiers.post_office import post_for
from notifiers.sweeping import sweep_all

_MOST = 10_000


@click.command(epilog="Example: reconcilery notify sweep")
@click.option("--seconds", type=click.FloatRange(min=1, max=3600), default=60.0, show_default=True, metavar="N")
@json_flag
def sweep(*, seconds: float, as_json: bool) -> None:
    """Tell what is due from this machine; what the workers have told is left alone."""
    with opened_ledger() as resources:
        configure_logging(resources.settings, "cli")
        sweep_all(resources)
        with post_for(resources, _shared(resources.settings)) as post:
            done = deliver_due(post, _MOST, seconds)
    counts = {name: number for name, number in done.items() if isinstance(number, int)}
    if as_json:
        print_object(counts=counts)
    else:
        told = ", ".join(f"{number} {name}" for name, number in counts.items())
        click.echo(f"{told or 'Nothing was to be sent'}.")


def _shared(settings: Settings) -> redis.Redis | None:
    """The limits that the workers share, while there is a Redis."""
    client = connect(settings)
    try:
        with redis_errors(client):
            client.ping()
    except BrokerUnavailable:
        client.close()
        return None
    return client
