"""Into a stream of Redis, from which a worker takes the events into the ledger."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import redis

from consistency.events import WrittenEvent
from monitoring.event_stream import BODY, ID, open_redis, redis_place, redis_reason, stream_key
from monitoring.transports.transport import Refused, Unreachable

#: More than these would be a danger to the memory of whoever else uses that Redis; a disk has more room.
MOST_WAITING = 200_000


class RedisTransport:
    """Adds each event with its id; the collector keeps once what was added twice."""

    def __init__(self, url: str, prefix: str) -> None:
        self._client = open_redis(url)
        self._key = stream_key(prefix)

    @property
    def name(self) -> str:
        return f"the stream {self._key} in {redis_place(self._client)}"

    def send(self, events: Sequence[WrittenEvent]) -> Sequence[Refused]:
        """Add them in one go; Redis itself refuses no event."""
        if (waiting := self.waiting()) >= MOST_WAITING:
            raise Unreachable(f"{self.name} holds {waiting} events that no worker has collected; is one running?")
        with self._errors(), self._client.pipeline(transaction=False) as pipe:
            for event in events:
                pipe.xadd(self._key, {ID: event.id, BODY: event.body})
            pipe.execute()
        return ()

    def waiting(self) -> int:
        """How many events no worker has collected yet."""
        with self._errors():
            return int(self._client.xlen(self._key))

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (redis.RedisError, OSError) as error:
            raise Unreachable(f"{self.name} did not do its part: {redis_reason(error)}") from error
