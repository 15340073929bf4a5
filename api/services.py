"""What the process that answers HTTP keeps for as long as it lives: settings, engines, Redis."""

import threading
from dataclasses import dataclass, field
from typing import Annotated, Any

from anyio import CapacityLimiter
from fastapi import Depends, Request
from redis import Redis
from sqlalchemy import Engine, event

from consistency.latest import connect
from consistency.resources import Resources, open_resources
from consistency.settings import Settings
from consistency.shared import Shared

#: How long one statement may run, a server may be silent, and somebody may hold a lock, before that is told: well
#: before the deadline of an answer, for on a busy machine SQLite waits for longer than it was asked to.
PATIENCE_SECONDS = 5
#: As many as requests are usually worked on at one time; opening one takes longer than most answers.
_CONNECTIONS = 20
#: Redis is asked twice, and both have to be over before the deadline of an answer.
_REDIS_SECONDS = 2.5


@dataclass(frozen=True)
class Services:
    """Opened without asking anybody, so that a server that is down is told by each answer that needs it."""

    settings: Settings
    resources: Resources
    redis: Redis
    shared: Shared
    #: Set when the process is asked to end, for answers that would otherwise go on for ever.
    stopping: threading.Event = field(default_factory=threading.Event)
    #: One mark for each answer that goes on for long; the event loop alone touches it.
    streams: set[object] = field(default_factory=set)
    #: How many of those may ask the database at one time, so that they leave threads for other answers.
    looking: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(4))

    def close(self) -> None:
        """Close all connections."""
        self.shared.close()
        self.redis.close()
        self.resources.dispose()


def open_services(settings: Settings) -> Services:
    """ConfigurationError when no database is configured."""
    resources = open_resources(settings, kept=_CONNECTIONS)
    for engine in {resources.primary, resources.read, resources.store}:
        _grow_impatient(engine)
    client = connect(settings, _REDIS_SECONDS)
    return Services(settings, resources, client, Shared(client))


def services_of(request: Request) -> Services:
    """The services of the application that answers this request."""
    found: Services = request.app.state.services
    return found


async def _services(request: Request) -> Services:
    return services_of(request)


# It waits for nobody, so it needs no thread; nor do the other questions of this kind.
UsesServices = Annotated[Services, Depends(_services)]


def _grow_impatient(engine: Engine) -> None:
    """Whoever waits for an answer over HTTP has gone long before the patience of workers is at its end."""
    kind = engine.dialect.name

    @event.listens_for(engine, "do_connect")
    def on_connect(_dialect: Any, _record: Any, _args: Any, given: dict[str, Any]) -> None:
        given.update(_PATIENCE.get(kind, _PATIENCE["mysql"]))


_PATIENCE: dict[str, dict[str, Any]] = {
    "sqlite": {"timeout": PATIENCE_SECONDS},
    "postgresql": {
        "options": f"-c statement_timeout={1000 * PATIENCE_SECONDS} -c lock_timeout={1000 * PATIENCE_SECONDS}",
        "tcp_user_timeout": 1000 * PATIENCE_SECONDS,
    },
    "mysql": {"read_timeout": PATIENCE_SECONDS, "write_timeout": PATIENCE_SECONDS},
}
