"""What the calling process plans and repairs with: the provider behind its limits."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from cli.terminal import note
from compensation.bench import Bench, bench_for
from consistency.errors import BrokerUnavailable
from consistency.latest import connect, redis_errors
from consistency.logs import configure_logging
from consistency.resources import Resources
from consistency.settings import Settings


@contextmanager
def workplace(resources: Resources, rule_id: str, *, local: bool) -> Iterator[Bench]:
    """A bench whose limits are shared with the workers, unless `local` or Redis is away."""
    configure_logging(resources.settings, "cli")
    with _limits(resources.settings, local=local) as client, bench_for(resources, rule_id, client) as bench:
        yield bench


@contextmanager
def _limits(settings: Settings, *, local: bool) -> Iterator[redis.Redis | None]:
    if local:
        yield None
        return
    with connect(settings) as client:
        yield client if _answers(client) else None


def _answers(client: redis.Redis) -> bool:
    try:
        with redis_errors(client):
            client.ping()
    except BrokerUnavailable as error:
        note(f"Note: the provider's limits hold for this process alone, because {error}")
        return False
    return True
