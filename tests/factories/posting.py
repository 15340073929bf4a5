"""A post office for tests: own tables, channels that speak to a local server, and a sender."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, insert, select, update

from consistency.channel_settings import ConsoleSettings
from consistency.database import database_now
from consistency.errors import BadRequest, ConfigurationError
from consistency.http_trouble import NoReply
from consistency.ledger.delivery_tables import channel_states, deliveries
from consistency.outbound import Outbound
from consistency.resources import Resources
from consistency.settings import Settings
from consistency.shared import Shared
from consistency.timed_sockets import Deadline
from notifiers.channels.channel import CHAT_RETRIES, Channel, Outcome, RateWindow, Verdict
from notifiers.deliveries.limits import Limiter
from notifiers.deliveries.outbox import Delivery, enqueue, find_delivery
from notifiers.deliveries.post import Post
from notifiers.deliveries.sending import deliver
from notifiers.messages.message import AlertFact, Message, NoticeFact
from tests.factories.messages import a_message, an_alert
from tests.factories.own_tables import make_own_tables
from tests.servers.talking import Request, Response, Talking, serving

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_OUTCOMES = {
    200: Outcome.OK,
    400: Outcome.PERMANENT_MESSAGE,
    410: Outcome.PERMANENT_CHANNEL,
    418: Outcome.UNKNOWN,
    429: Outcome.RATE_LIMITED,
}


@dataclass(frozen=True)
class Line:
    """A channel that posts each message to `url` and judges the answer by its status. Retry-After is a pause."""

    url: str
    supersedes: bool = False
    windows: tuple[RateWindow, ...] = ()
    limit_key: str = "line"
    retries: tuple[timedelta, ...] = CHAT_RETRIES
    outbound: Outbound = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "outbound", Outbound([urlsplit(self.url).netloc]))

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:
        headers = {"webhook-id": message.id, "progress": progress or "", "at": now.isoformat()}
        body = message.model_dump_json().encode()
        reply = self.outbound.request("POST", self.url, Deadline(timedelta(seconds=20)), headers=headers, body=body)
        if isinstance(reply, NoReply):
            return Verdict(Outcome.TRANSIENT, reply.code, reply.detail)
        outcome = _OUTCOMES.get(reply.status, Outcome.TRANSIENT)
        pause = reply.headers.get("Retry-After")
        return Verdict(
            outcome,
            str(reply.status),
            pause=timedelta(seconds=float(pause)) if pause else None,
            reply=reply.body.decode(),
            progress=reply.headers.get("Progress"),
        )

    def close(self) -> None:
        self.outbound.close()


class Exchange:
    """The channels of a test by their names, and what stands in for each."""

    timeout = timedelta(seconds=20)

    def __init__(self, channels: Mapping[str, Channel], fallbacks: Mapping[str, str]) -> None:
        self.channels = dict(channels)
        self.fallbacks = dict(fallbacks)
        #: Those that cannot be made, and why.
        self.unmade: dict[str, str] = {}

    def channel(self, name: str) -> Channel:
        """The channel, or BadRequest."""
        if name in self.unmade:
            raise ConfigurationError(self.unmade[name])
        self._require(name)
        return self.channels[name]

    def settings_of(self, name: str) -> ConsoleSettings:
        """What is the same for every kind."""
        self._require(name)
        return ConsoleSettings(fallback=self.fallbacks.get(name, ""), timeout=self.timeout)

    def _require(self, name: str) -> None:
        if name not in self.channels:
            raise BadRequest(f"channel: there is no channel {name}")


class Receiver:
    """Takes what lines post to `/NAME`, and answers with what a test has laid out for that name, else with 200."""

    def __init__(self) -> None:
        self.server = Talking(self._answer)
        self.answers: dict[str, deque[Response]] = defaultdict(deque)
        self.always: dict[str, Response] = {}
        self._seen: list[tuple[str, Request]] = []
        self._lock = Lock()

    def seen(self, name: str) -> list[Request]:
        """What was posted to a name, in order."""
        with self._lock:
            return [request for path, request in self._seen if path == name]

    def ids(self, name: str) -> list[str]:
        """The ids of these."""
        return [request.headers["webhook-id"] for request in self.seen(name)]

    def _answer(self, request: Request) -> Response:
        name = request.path.strip("/")
        with self._lock:
            self._seen.append((name, request))
            waiting = self.answers[name]
            return waiting.popleft() if waiting else self.always.get(name, Response(200, b"ok"))


class Office:
    """A sender with its tables; messages are numbered from 1."""

    def __init__(self, engine: Engine, receiver: Receiver, exchange: Exchange, limiter: Limiter) -> None:
        settings = Settings(database_url=str(engine.url))
        self.engine = engine
        self.receiver = receiver
        self.exchange = exchange
        self.post = Post(Resources(settings, engine, engine, engine), exchange, limiter, "a sender")

    def line(self, name: str, fallback: str = "", **how: Any) -> None:
        """Add a channel."""
        self.exchange.channels[name] = Line(f"{self.receiver.server.url}/{name}", **how)
        if fallback:
            self.exchange.fallbacks[name] = fallback

    def put(self, channel: str = "chat", seq: int = 1, *told: AlertFact | NoticeFact, group: str = "g") -> str:
        """Decide a message of a group as a flush does."""
        message = a_message(*told or [an_alert(seq)], id=f"msg_{group}_{channel}_{seq}", thread=group, seq=seq)
        with self.engine.begin() as connection:
            supersedes = self.exchange.channel(channel).supersedes
            now = database_now(connection)
            return enqueue(connection, message, channel, group, seq, message.reason, supersedes, now)

    def send(self, delivery_id: str, **how: Any) -> dict[str, Any]:
        """Make an attempt now, whenever the next one would be."""
        self.make_due(delivery_id)
        return deliver(replace(self.post, **how), delivery_id)

    def make_due(self, *ids: str) -> None:
        """As if the wait of these, or of all, were over, or the lease of whoever has them."""
        mine = deliveries.c.id.in_(ids) if ids else deliveries.c.id.is_not(None)
        open_ones = deliveries.c.state.in_(["queued", "sending"])
        with self.engine.begin() as connection:
            connection.execute(update(deliveries).where(mine, open_ones).values(next_at=LONG_AGO))

    def age(self, *ids: str, by: timedelta = timedelta(minutes=2)) -> None:
        """As if these had been made earlier."""
        with self.engine.begin() as connection:
            made = database_now(connection) - by
            connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(created_at=made))

    def find(self, delivery_id: str) -> Delivery:
        """A delivery as it stands."""
        with self.engine.connect() as connection:
            found = find_delivery(connection, delivery_id)
        assert found is not None
        return found

    def column(self, delivery_id: str, name: str) -> Any:
        """A value of its row."""
        with self.engine.connect() as connection:
            return connection.scalar(select(deliveries.c[name]).where(deliveries.c.id == delivery_id))

    def states(self) -> dict[str, str]:
        """How every delivery stands."""
        with self.engine.connect() as connection:
            return {row.id: row.state for row in connection.execute(select(deliveries))}

    def break_channel(self, name: str, probe: bool = False) -> None:  # noqa: FBT001, FBT002 - one of two ways
        """As if a channel were broken, and perhaps its next probe due."""
        with self.engine.begin() as connection:
            now = database_now(connection)
            until = LONG_AGO if probe else now + timedelta(minutes=1)
            values = {"channel": name, "failures": 5, "probes": 0, "reason": "503", "updated_at": now}
            connection.execute(insert(channel_states).values(**values, broken_since=now, paused_until=until))

    def end_pause(self, name: str) -> None:
        """As if the time were over for which a channel is left alone."""
        with self.engine.begin() as connection:
            ending = update(channel_states).where(channel_states.c.channel == name)
            connection.execute(ending.values(paused_until=LONG_AGO))


@contextmanager
def office_of(engine: Engine, shared: Shared | None = None) -> Iterator[Office]:
    """An office with the channel `chat`, which nobody stands in for, until a test adds more."""
    make_own_tables(engine)
    receiver = Receiver()
    with serving(receiver.server):
        office = Office(engine, receiver, Exchange({}, {}), Limiter(shared or Shared(None), "test:"))
        office.line("chat")
        yield office
        for channel in office.exchange.channels.values():
            channel.close()
